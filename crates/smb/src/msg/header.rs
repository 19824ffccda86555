use netsession_wire::{DecodeError, NtStatus, Reader, Writer, open_enum};

use super::{AsyncId, MessageId, SessionId, TreeId};

/// Bytes of a header.
pub const HEADER_LEN: usize = 64;

/// "\xfeSMB".
const PROTOCOL_ID: [u8; 4] = [0xfe, b'S', b'M', b'B'];

open_enum! {
    /// The command of a message ([MS-SMB2] 2.2.1.1).
    pub struct Command(u16) {
        NEGOTIATE = 0x00,
        SESSION_SETUP = 0x01,
        LOGOFF = 0x02,
        TREE_CONNECT = 0x03,
        TREE_DISCONNECT = 0x04,
        CREATE = 0x05,
        CLOSE = 0x06,
        FLUSH = 0x07,
        READ = 0x08,
        WRITE = 0x09,
        LOCK = 0x0a,
        IOCTL = 0x0b,
        CANCEL = 0x0c,
        ECHO = 0x0d,
        QUERY_DIRECTORY = 0x0e,
        CHANGE_NOTIFY = 0x0f,
        QUERY_INFO = 0x10,
        SET_INFO = 0x11,
        OPLOCK_BREAK = 0x12,
        SERVER_TO_CLIENT_NOTIFICATION = 0x13,
    }
}

bitflags::bitflags! {
    /// How to process a message ([MS-SMB2] 2.2.1.1).
    ///
    /// [`Form`] represents SMB2_FLAGS_ASYNC_COMMAND.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct HeaderFlags: u32 {
        /// A response.
        const SERVER_TO_REDIR = 0x0000_0001;
        /// Related to the request before it in a compound.
        const RELATED_OPERATIONS = 0x0000_0004;
        /// Signed.
        const SIGNED = 0x0000_0008;
        /// The requested I/O priority, from 0 to 7 in these three bits (3.1.1).
        const PRIORITY_MASK = 0x0000_0070;
        /// The path is a DFS path.
        const DFS_OPERATIONS = 0x1000_0000;
        /// Sent again after the connection was lost (3.x).
        const REPLAY_OPERATION = 0x2000_0000;
    }
}

/// SMB2_FLAGS_ASYNC_COMMAND.
const ASYNC_COMMAND: u32 = 0x0000_0002;

/// The two forms of a header, which SMB2_FLAGS_ASYNC_COMMAND distinguishes ([MS-SMB2] 2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 2.2.1.2.
    Sync {
        /// Reserved; some clients put a process number here, which the server returns.
        reserved: u32,
        /// The tree connection.
        tree_id: TreeId,
    },
    /// 2.2.1.1: an answer to a request that is still in progress, and a CANCEL of such a request.
    Async(AsyncId),
}

/// The header of every message ([MS-SMB2] 2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    /// Credits that the request consumes; 0 in SMB 2.0.2.
    pub credit_charge: u16,
    /// The status of a response; 0 or the [`Header::channel_sequence`] of a request.
    pub status: NtStatus,
    /// The command of the message.
    pub command: Command,
    /// The credits that a request asks for, or that a response grants.
    pub credits: u16,
    /// How to process it.
    pub flags: HeaderFlags,
    /// The offset from this header to the next one in a compound; 0 in the last. [`super::link`] sets it.
    pub next_command: u32,
    /// Identifies the request.
    pub message_id: MessageId,
    /// Tree connection, or number of the asynchronous operation.
    pub form: Form,
    /// The session.
    pub session_id: SessionId,
    /// The signature of the message, if [`HeaderFlags::SIGNED`] is set.
    pub signature: [u8; 16],
}

impl Header {
    /// The position of the signature in a message.
    pub const SIGNATURE_RANGE: std::ops::Range<usize> = 48..64;

    /// Returns the header of a request without a session, which consumes and asks for one credit.
    #[must_use]
    pub const fn request(command: Command, message_id: MessageId) -> Self {
        Self {
            credit_charge: 1,
            status: NtStatus::SUCCESS,
            command,
            credits: 1,
            flags: HeaderFlags::empty(),
            next_command: 0,
            message_id,
            form: Form::Sync { reserved: 0, tree_id: TreeId::NONE },
            session_id: SessionId::NONE,
            signature: [0; 16],
        }
    }

    /// Returns the header of the response to this request, with the same numbers, unsigned, and not linked to another
    /// message.
    ///
    /// Its credits are those that the request asks for; the server replaces them with those that it grants.
    #[must_use]
    pub const fn response(&self, status: NtStatus) -> Self {
        let kept = HeaderFlags::RELATED_OPERATIONS.union(HeaderFlags::PRIORITY_MASK);
        Self {
            status,
            flags: self.flags.intersection(kept).union(HeaderFlags::SERVER_TO_REDIR),
            next_command: 0,
            signature: [0; 16],
            ..*self
        }
    }

    /// Returns whether this is a response.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.flags.contains(HeaderFlags::SERVER_TO_REDIR)
    }

    /// Returns the tree connection; `None` for an asynchronous header, which has none.
    #[must_use]
    pub const fn tree_id(&self) -> Option<TreeId> {
        match self.form {
            Form::Sync { tree_id, .. } => Some(tree_id),
            Form::Async(_) => None,
        }
    }

    /// Returns the number of an asynchronous operation.
    #[must_use]
    pub const fn async_id(&self) -> Option<AsyncId> {
        match self.form {
            Form::Sync { .. } => None,
            Form::Async(id) => Some(id),
        }
    }

    /// Returns the ChannelSequence of a request (3.x): how often the client has changed its channel.
    #[must_use]
    pub const fn channel_sequence(&self) -> u16 {
        let [low, high, ..] = self.status.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Writes 64 bytes.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&PROTOCOL_ID);
        writer.u16(64);
        writer.u16(self.credit_charge);
        writer.u32(self.status.0);
        writer.u16(self.command.0);
        writer.u16(self.credits);
        let flags = self.flags.bits() & !ASYNC_COMMAND;
        writer.u32(flags | if self.async_id().is_some() { ASYNC_COMMAND } else { 0 });
        writer.u32(self.next_command);
        writer.u64(self.message_id.0);
        match self.form {
            Form::Sync { reserved, tree_id } => {
                writer.u32(reserved);
                writer.u32(tree_id.0);
            }
            Form::Async(id) => writer.u64(id.0),
        }
        writer.u64(self.session_id.0);
        writer.bytes(&self.signature);
    }

    /// Reads 64 bytes.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an SMB2 header.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2 header";
        if reader.array(WHAT)? != PROTOCOL_ID {
            return Err(DecodeError::invalid("SMB2 header ProtocolId"));
        }
        super::field::structure_size(reader, 64, "SMB2 header StructureSize")?;
        let credit_charge = reader.u16(WHAT)?;
        let status = NtStatus(reader.u32(WHAT)?);
        let command = Command(reader.u16(WHAT)?);
        let credits = reader.u16(WHAT)?;
        let flags = reader.u32(WHAT)?;
        let next_command = reader.u32(WHAT)?;
        let message_id = MessageId(reader.u64(WHAT)?);
        let form = match flags & ASYNC_COMMAND {
            0 => Form::Sync { reserved: reader.u32(WHAT)?, tree_id: TreeId(reader.u32(WHAT)?) },
            _ => Form::Async(AsyncId(reader.u64(WHAT)?)),
        };
        Ok(Self {
            credit_charge,
            status,
            command,
            credits,
            flags: HeaderFlags::from_bits_retain(flags & !ASYNC_COMMAND),
            next_command,
            message_id,
            form,
            session_id: SessionId(reader.u64(WHAT)?),
            signature: reader.array(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(header: &Header) -> Vec<u8> {
        let mut writer = Writer::new();
        header.encode(&mut writer);
        writer.finish()
    }

    /// A failure here would make every peer refuse every message.
    #[test]
    fn both_forms_survive_and_stand_where_the_specification_says() {
        let sync = Header {
            credit_charge: 2,
            status: NtStatus(0x0001_0002),
            credits: 3,
            flags: HeaderFlags::from_bits_retain(0x8000_0074),
            next_command: 0x68,
            form: Form::Sync { reserved: 0xfeff, tree_id: TreeId(5) },
            session_id: SessionId(6),
            signature: [7; 16],
            ..Header::request(Command(0x7f), MessageId(4))
        };
        let bytes = bytes_of(&sync);
        assert_eq!(bytes.len(), HEADER_LEN);
        assert_eq!(bytes[..4], PROTOCOL_ID);
        assert_eq!(bytes[32..40], [0xff, 0xfe, 0, 0, 5, 0, 0, 0]);
        assert_eq!(bytes[Header::SIGNATURE_RANGE], [7; 16]);
        assert_eq!(Header::decode(&mut Reader::new(&bytes)), Ok(sync));
        assert_eq!((sync.channel_sequence(), sync.tree_id(), sync.async_id()), (2, Some(TreeId(5)), None));

        let asynchronous = Header { form: Form::Async(AsyncId(9)), ..sync };
        let bytes = bytes_of(&asynchronous);
        assert_eq!(bytes[16], 0x76, "the flag goes with the form");
        assert_eq!(Header::decode(&mut Reader::new(&bytes)), Ok(asynchronous));
        assert_eq!(asynchronous.tree_id(), None);
    }

    /// A failure here would take garbage or SMB1 for SMB2.
    #[test]
    fn other_protocols_are_refused() {
        let good = bytes_of(&Header::request(Command::ECHO, MessageId(1)));
        for (at, byte) in [(0, 0xff), (0, 0xfd), (4, 65), (5, 1)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(Header::decode(&mut Reader::new(&bad)).is_err(), "byte {at}");
        }
        assert!(Header::decode(&mut Reader::new(&good[..63])).is_err());
    }
}
