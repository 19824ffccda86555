//! VALIDATE_NEGOTIATE_INFO: whether somebody changed the negotiation, for dialects below 3.1.1
//! ([MS-SMB2] 2.2.31.4, 2.2.32.6, 3.2.5.5, 3.2.5.14.12).

use netsession_wire::{DecodeError, Guid, NtStatus, Reader, Writer};

use super::{Config, Entropy, Error, Negotiated, Stage, Violation, negotiate};
use crate::msg::{Dialect, IoctlResponse, Packet};

/// Bytes of the answer.
pub(super) const RESPONSE_SIZE: u32 = 24;

/// Whether the specification asks for the check: not with 3.1.1, whose keys depend on the negotiation, and
/// not where no dialect of 3.x was offered, from which one could have been led away.
pub(super) fn is_due(config: &Config, negotiated: &Negotiated) -> bool {
    negotiated.dialect != Dialect::SMB_3_1_1
        && config.dialects.iter().any(|dialect| *dialect >= Dialect::SMB_3_0)
}

/// What was sent in NEGOTIATE, once more.
pub(super) fn request(config: &Config, entropy: &Entropy) -> Vec<u8> {
    let sent = negotiate::request(config, entropy);
    let mut writer = Writer::new();
    writer.u32(sent.capabilities.bits());
    sent.client_guid.encode(&mut writer);
    writer.u16(sent.security_mode.bits());
    writer.u16(u16::try_from(sent.dialects.len()).unwrap_or(u16::MAX));
    sent.dialects.iter().for_each(|dialect| writer.u16(dialect.0));
    writer.finish()
}

/// Checks the answer, whose signature or encryption was verified before: a server that does not know the
/// request may say so, since nobody else can have said it; any other difference ends the connection.
pub(super) fn check(negotiated: &Negotiated, answer: &Packet<'_>) -> Result<(), Error> {
    let status = answer.header.status;
    if status == NtStatus::ACCESS_DENIED {
        return Err(Error::Refused { stage: Stage::ValidateNegotiate, status });
    }
    if !status.is_success() {
        return Ok(());
    }
    let response: IoctlResponse<'_> = answer.body()?;
    compare(negotiated, response.output)
}

fn compare(negotiated: &Negotiated, output: &[u8]) -> Result<(), Error> {
    const WHAT: &str = "VALIDATE_NEGOTIATE_INFO response";
    let mut reader = Reader::new(output);
    let capabilities = reader.u32(WHAT)?;
    let guid = Guid::decode(&mut reader)?;
    let security_mode = reader.u16(WHAT)?;
    let dialect = reader.u16(WHAT)?;
    if reader.remaining() > 0 {
        return Err(DecodeError::invalid(WHAT).into());
    }
    let differs = |what| Err(Violation::NegotiationChanged { what }.into());
    if dialect != negotiated.dialect.0 {
        differs("dialect")
    } else if capabilities != negotiated.capabilities.bits() {
        differs("capabilities")
    } else if security_mode != negotiated.security_mode.bits() {
        differs("security mode")
    } else if guid != negotiated.server_guid {
        differs("server GUID")
    } else {
        Ok(())
    }
}
