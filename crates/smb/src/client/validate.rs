//! VALIDATE_NEGOTIATE_INFO: detects that an attacker changed the negotiation, for dialects below 3.1.1
//! ([MS-SMB2] 2.2.31.4, 2.2.32.6, 3.2.5.5, 3.2.5.14.12).

use netsession_wire::{DecodeError, NtStatus};

use super::{Config, Entropy, Error, Negotiated, Stage, Violation, negotiate};
use crate::Structure;
use crate::msg::fsctl::{ValidateNegotiateRequest, ValidateNegotiateResponse};
use crate::msg::{Dialect, EncodeError, IoctlResponse, Packet};

/// Bytes of the answer.
pub(super) const RESPONSE_SIZE: u32 = 24;

/// Whether the specification requires the check: not with 3.1.1, whose keys depend on the negotiation, and not if the
/// client has offered no dialect of 3.x.
pub(super) fn is_due(config: &Config, negotiated: &Negotiated) -> bool {
    negotiated.dialect != Dialect::SMB_3_1_1
        && config.dialects.iter().any(|dialect| *dialect >= Dialect::SMB_3_0)
}

/// Returns what the client has sent in NEGOTIATE.
pub(super) fn request(config: &Config, entropy: &Entropy) -> Result<Vec<u8>, EncodeError> {
    let sent = negotiate::request(config, entropy);
    let again = ValidateNegotiateRequest {
        capabilities: sent.capabilities,
        client_guid: sent.client_guid,
        security_mode: sent.security_mode,
        dialects: sent.dialects,
    };
    again.to_bytes()
}

/// Checks the answer, after its signature or encryption. A server may answer that it does not know the request, because
/// only the server can have sent this. Any other difference ends the connection.
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
    if u32::try_from(output.len()) != Ok(RESPONSE_SIZE) {
        return Err(DecodeError::invalid("VALIDATE_NEGOTIATE_INFO response").into());
    }
    let again = ValidateNegotiateResponse::from_bytes(output)?;
    let differs = |what| Err(Violation::NegotiationChanged { what }.into());
    if again.dialect != negotiated.dialect {
        differs("dialect")
    } else if again.capabilities != negotiated.capabilities {
        differs("capabilities")
    } else if again.security_mode != negotiated.security_mode {
        differs("security mode")
    } else if again.server_guid != negotiated.server_guid {
        differs("server GUID")
    } else {
        Ok(())
    }
}
