use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

open_enum! {
    /// State of a pipe ([MS-FSCC] 2.3.46, 2.4.38).
    pub struct PipeState(u32) {
        DISCONNECTED = 1,
        LISTENING = 2,
        CONNECTED = 3,
        CLOSING = 4,
    }
}

/// Waits until a pipe exists: PIPE_WAIT ([MS-FSCC] 2.3.49).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipeWaitRequest {
    /// The time limit, in steps of 100 milliseconds; `None` for no limit.
    pub timeout: Option<i64>,
    /// The pipe, without `\pipe\`.
    pub name: String,
}

/// The answer to PIPE_PEEK ([MS-FSCC] 2.3.46).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipePeekResponse {
    /// State of the pipe.
    pub state: PipeState,
    /// The bytes that the client can read.
    pub read_data_available: u32,
    /// The messages that the client can read.
    pub number_of_messages: u32,
    /// Bytes of the first of them.
    pub message_length: u32,
    /// The data, as much as the client has requested.
    pub data: Vec<u8>,
}

impl Structure for PipeWaitRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.name);
        writer.i64(self.timeout.unwrap_or_default());
        writer.u32(len32(name.len(), "pipe name")?);
        writer.u8(u8::from(self.timeout.is_some()));
        writer.u8(0);
        writer.bytes(&name);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FSCTL_PIPE_WAIT request";
        let timeout = reader.i64(WHAT)?;
        let length = size(reader.u32(WHAT)?);
        let timeout = (reader.u8(WHAT)? != 0).then_some(timeout);
        reader.skip(1, WHAT)?;
        Ok(Self { timeout, name: utf16::decode(reader.bytes(length, "pipe name")?, "pipe name")? })
    }
}

impl Structure for PipePeekResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.state.0);
        writer.u32(self.read_data_available);
        writer.u32(self.number_of_messages);
        writer.u32(self.message_length);
        writer.bytes(&self.data);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FSCTL_PIPE_PEEK response";
        Ok(Self {
            state: PipeState(reader.u32(WHAT)?),
            read_data_available: reader.u32(WHAT)?,
            number_of_messages: reader.u32(WHAT)?,
            message_length: reader.u32(WHAT)?,
            data: reader.rest().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients wait for another pipe, or forever.
    #[test]
    fn both_survive() {
        keeps(&PipeWaitRequest { timeout: Some(50), name: "srvsvc".into() });
        keeps(&PipeWaitRequest { timeout: None, name: String::new() });
        keeps(&PipePeekResponse {
            state: PipeState::CONNECTED,
            read_data_available: 1,
            number_of_messages: 2,
            message_length: 3,
            data: vec![4, 5],
        });
    }
}
