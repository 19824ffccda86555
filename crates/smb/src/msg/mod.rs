//! The messages of SMB2 and SMB3 ([MS-SMB2] 2.2), each in both directions.
//!
//! A message is a [`Header`] of 64 bytes and a [`Body`]. [`encode`] makes a message, [`link`] joins several into a
//! compound, [`Packet::split`] splits a compound, and [`Packet::body`] reads a body. This crate writes reserved fields
//! and padding as zeros, and ignores them when it reads; it keeps unknown values and flags. Bodies with large payloads
//! borrow them, and can be written without them: see [`ReadResponse::encode_head`] and [`WriteRequest::encode_head`].

mod cancel;
mod change_notify;
mod close;
mod create;
pub mod create_context;
mod echo;
mod error_response;
pub(crate) mod field;
mod flush;
mod frame;
pub mod fsctl;
mod header;
mod ids;
mod ioctl;
mod lock;
mod logoff;
mod negotiate;
mod negotiate_context;
mod oplock_break;
mod packet;
mod query_directory;
mod query_info;
mod query_quota;
mod read;
mod server_notification;
mod session_setup;
mod set_info;
mod smb1_negotiate;
#[cfg(test)]
pub(crate) mod testing;
mod transform;
mod tree_connect;
mod tree_disconnect;
mod write;

pub use cancel::CancelRequest;
pub use change_notify::{ChangeNotifyFlags, ChangeNotifyRequest, ChangeNotifyResponse, CompletionFilter};
pub use close::{CloseFlags, CloseRequest, CloseResponse};
pub use create::{
    CreateAction, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, CreateResponseFlags,
    ImpersonationLevel, OplockLevel, ShareAccess,
};
pub use create_context::{CreateContext, CreateContextData, LeaseState};
pub use echo::{EchoRequest, EchoResponse};
pub use error_response::{ErrorContext, ErrorData, ErrorId, ErrorResponse, ShareRedirect, SymbolicLinkError};
pub use field::EncodeError;
pub use flush::{FlushRequest, FlushResponse};
pub use frame::{FRAME_HEADER_LEN, FRAME_MAX, frame_header, frame_length};
pub use header::{Command, Form, HEADER_LEN, Header, HeaderFlags};
pub use ids::{AsyncId, FileId, LeaseKey, MessageId, SessionId, TreeId};
pub use ioctl::{CtlCode, IoctlFlags, IoctlRequest, IoctlResponse};
pub use lock::{LockElement, LockFlags, LockRequest, LockResponse};
pub use logoff::{LogoffRequest, LogoffResponse};
pub use negotiate::{Capabilities, Dialect, NegotiateRequest, NegotiateResponse, SecurityMode};
pub use negotiate_context::{
    Cipher, CompressionAlgorithm, CompressionFlags, HashAlgorithm, NegotiateContext, RdmaTransform,
    SigningAlgorithm, TransportFlags,
};
pub use oplock_break::{
    BreakAcknowledgment, BreakNotification, LeaseBreak, LeaseBreakFlags, LeaseBreakNotification, OplockBreak,
};
pub use packet::{Packet, Packets, encode, link};
pub use query_directory::{QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse};
pub use query_info::{InfoType, QueryInfoFlags, QueryInfoRequest, QueryInfoResponse};
pub use query_quota::{QueryQuotaInfo, QuotaUsers};
pub use read::{Channel, ReadFlags, ReadRequest, ReadResponse};
pub use server_notification::ServerNotification;
pub use session_setup::{SessionFlags, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse};
pub use set_info::{SetInfoRequest, SetInfoResponse};
pub use smb1_negotiate::Smb1Negotiate;
pub use transform::{
    CompressionHeader, CompressionPayloadHeader, Protocol, TRANSFORM_HEADER_LEN, TransformHeader,
};
pub use tree_connect::{
    ShareCapabilities, ShareFlags, ShareType, TreeConnectContext, TreeConnectFlags, TreeConnectRequest,
    TreeConnectResponse,
};
pub use tree_disconnect::{TreeDisconnectRequest, TreeDisconnectResponse};
pub use write::{WriteFlags, WriteRequest, WriteResponse};

use netsession_wire::{DecodeError, Reader, Writer};

/// The part of a message after its header.
///
/// Offsets in bodies count from the start of the header. So `writer` and `reader` work on a whole message, and their
/// position is [`HEADER_LEN`] when a body is written or read.
pub trait Body<'a>: Sized {
    /// Writes the body after its header.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Returns the bytes of data in it, whose length the other side may have chosen; 0 if it is always short.
    fn data_length(&self) -> usize {
        0
    }

    /// Reads the body after its header.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a body.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;
}

/// A body that belongs to one command. Only [`ErrorResponse`] belongs to all of them.
pub trait Message<'a>: Body<'a> {
    /// The command in the header of this body.
    const COMMAND: Command;
}
