use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::msg::field::{len32, size};

open_enum! {
    /// What a client on macOS asks for.
    pub struct AppleCommand(u32) {
        /// What the server supports.
        SERVER_QUERY = 1,
        /// The path of a file by its number.
        RESOLVE_ID = 2,
    }
}

bitflags::bitflags! {
    /// The parts of an answer to [`AppleCommand::SERVER_QUERY`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct AppleParts: u64 {
        /// The capabilities of the server.
        const SERVER = 1;
        /// The capabilities of the share.
        const VOLUME = 2;
        /// The model of the computer.
        const MODEL = 4;
    }
}

bitflags::bitflags! {
    /// What both sides support.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct AppleCapabilities: u64 {
        /// Listings in FileIdBothDirectoryInformation have [`AppleEntry`](crate::fscc::AppleEntry).
        const READ_DIR_ATTR = 1;
        /// The server copies a file with its streams in one request.
        const OSX_COPYFILE = 2;
        /// The server runs on Unix.
        const UNIX_BASED = 4;
        /// Security descriptors carry the mode of Unix.
        const NFS_ACE = 8;
    }
}

bitflags::bitflags! {
    /// What a share supports.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct AppleVolume: u64 {
        /// [`AppleCommand::RESOLVE_ID`].
        const RESOLVE_ID = 1;
        /// Names that differ in case only are different names.
        const CASE_SENSITIVE = 2;
        /// A FLUSH waits until the data is on the disk.
        const FULL_SYNC = 4;
    }
}

/// The question of a client on macOS, in the first CREATE on a share (Apple's extension AAPL, as in the public source of its
/// client).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppleRequest {
    /// What it asks for.
    pub command: AppleCommand,
    /// The parts of the answer that it wants; with [`AppleCommand::RESOLVE_ID`] the number of the file.
    pub parts: AppleParts,
    /// What the client supports; empty with [`AppleCommand::RESOLVE_ID`].
    pub capabilities: AppleCapabilities,
}

/// The answer to [`AppleCommand::SERVER_QUERY`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppleResponse {
    /// The capabilities of the server, if they were asked for.
    pub server: Option<AppleCapabilities>,
    /// Those of the share.
    pub volume: Option<AppleVolume>,
    /// The model of the computer, from which Finder chooses an icon.
    pub model: Option<String>,
}

const NAME: &[u8] = b"AAPL";

impl CreateContextData for AppleRequest {
    const NAME: &'static [u8] = NAME;
}

impl Structure for AppleRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.command.0);
        writer.u32(0);
        writer.u64(self.parts.bits());
        if self.command != AppleCommand::RESOLVE_ID {
            writer.u64(self.capabilities.bits());
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "AAPL request";
        let command = AppleCommand(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        let parts = AppleParts::from_bits_retain(reader.u64(WHAT)?);
        let capabilities = match command {
            AppleCommand::RESOLVE_ID => AppleCapabilities::empty(),
            _ => AppleCapabilities::from_bits_retain(reader.u64(WHAT)?),
        };
        Ok(Self { command, parts, capabilities })
    }
}

impl CreateContextData for AppleResponse {
    const NAME: &'static [u8] = NAME;
}

impl Structure for AppleResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let mut parts = AppleParts::empty();
        parts.set(AppleParts::SERVER, self.server.is_some());
        parts.set(AppleParts::VOLUME, self.volume.is_some());
        parts.set(AppleParts::MODEL, self.model.is_some());
        writer.u32(AppleCommand::SERVER_QUERY.0);
        writer.u32(0);
        writer.u64(parts.bits());
        self.server.iter().for_each(|server| writer.u64(server.bits()));
        self.volume.iter().for_each(|volume| writer.u64(volume.bits()));
        if let Some(model) = &self.model {
            let model = utf16::encode(model);
            writer.u32(0);
            writer.u32(len32(model.len(), "model")?);
            writer.bytes(&model);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "AAPL response";
        if AppleCommand(reader.u32(WHAT)?) != AppleCommand::SERVER_QUERY {
            return Err(DecodeError::invalid("command of an AAPL response"));
        }
        reader.skip(4, WHAT)?;
        let parts = AppleParts::from_bits_retain(reader.u64(WHAT)?);
        let mut number = |part| parts.contains(part).then(|| reader.u64(WHAT)).transpose();
        let server = number(AppleParts::SERVER)?.map(AppleCapabilities::from_bits_retain);
        let volume = number(AppleParts::VOLUME)?.map(AppleVolume::from_bits_retain);
        let model = match parts.contains(AppleParts::MODEL) {
            true => {
                reader.skip(4, WHAT)?;
                let length = size(reader.u32(WHAT)?);
                Some(utf16::decode(reader.bytes(length, WHAT)?, WHAT)?)
            }
            false => None,
        };
        Ok(Self { server, volume, model })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make Finder take the server for one that does not know it, and ask for each file by itself.
    #[test]
    fn questions_and_answers_survive() {
        let parts = AppleParts::all();
        let capabilities = AppleCapabilities::READ_DIR_ATTR;
        keeps(&AppleRequest { command: AppleCommand::SERVER_QUERY, parts, capabilities });
        let capabilities = AppleCapabilities::empty();
        keeps(&AppleRequest { command: AppleCommand::RESOLVE_ID, parts, capabilities });
        let whole = AppleResponse {
            server: Some(AppleCapabilities::READ_DIR_ATTR),
            volume: Some(AppleVolume::FULL_SYNC),
            model: Some("Xserve".into()),
        };
        keeps(&whole);
        keeps(&AppleResponse { server: None, volume: None, ..whole.clone() });
        keeps(&AppleResponse { server: whole.server, volume: None, model: None });
        let bytes = whole.to_bytes().unwrap();
        assert_eq!(bytes[..24], [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!((bytes[36], bytes.len()), (12, 40 + 12));
    }
}
