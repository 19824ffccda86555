//! The messages of SMB2 and SMB3 ([MS-SMB2] 2.2), each in both directions.
//!
//! A message is a [`Header`] of 64 bytes and a [`Body`]. [`encode`] makes one, [`link`] joins several into
//! a compound, [`Packet::split`] takes one apart, and [`Packet::body`] reads a body. Reserved fields and
//! padding are written as zeros and ignored when read; values and flags that this crate does not know are
//! kept. Bodies with large payloads borrow them, and can be written without: see [`ReadResponse::encode_head`]
//! and [`WriteRequest::encode_head`].

mod cancel;
mod close;
mod create;
mod create_context;
mod echo;
mod error_response;
mod field;
mod frame;
mod header;
mod ids;
mod ioctl;
mod logoff;
mod negotiate;
mod negotiate_context;
mod packet;
mod read;
mod session_setup;
#[cfg(test)]
mod testing;
mod tree_connect;
mod tree_disconnect;
mod write;

pub use cancel::CancelRequest;
pub use close::{CloseFlags, CloseRequest, CloseResponse};
pub use create::{
    CreateAction, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, CreateResponseFlags,
    ImpersonationLevel, OplockLevel, ShareAccess,
};
pub use create_context::CreateContext;
pub use echo::{EchoRequest, EchoResponse};
pub use error_response::{ErrorContext, ErrorData, ErrorId, ErrorResponse, ShareRedirect, SymbolicLinkError};
pub use field::EncodeError;
pub use frame::{FRAME_HEADER_LEN, FRAME_MAX, frame_header, frame_length};
pub use header::{Command, Form, HEADER_LEN, Header, HeaderFlags};
pub use ids::{AsyncId, FileId, MessageId, SessionId, TreeId};
pub use ioctl::{CtlCode, IoctlFlags, IoctlRequest, IoctlResponse};
pub use logoff::{LogoffRequest, LogoffResponse};
pub use negotiate::{Capabilities, Dialect, NegotiateRequest, NegotiateResponse, SecurityMode};
pub use negotiate_context::{
    Cipher, CompressionAlgorithm, CompressionFlags, HashAlgorithm, NegotiateContext, RdmaTransform,
    SigningAlgorithm, TransportFlags,
};
pub use packet::{Packet, Packets, encode, link};
pub use read::{Channel, ReadFlags, ReadRequest, ReadResponse};
pub use session_setup::{SessionFlags, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse};
pub use tree_connect::{
    ShareCapabilities, ShareFlags, ShareType, TreeConnectContext, TreeConnectFlags, TreeConnectRequest,
    TreeConnectResponse,
};
pub use tree_disconnect::{TreeDisconnectRequest, TreeDisconnectResponse};
pub use write::{WriteFlags, WriteRequest, WriteResponse};

use netsession_wire::{DecodeError, Reader, Writer};

/// What follows the header of a message.
///
/// Offsets in bodies count from the start of the header. So `writer` and `reader` stand on a whole message,
/// at [`HEADER_LEN`], when a body is written or read.
pub trait Body<'a>: Sized {
    /// Writes the body after its header.
    ///
    /// # Errors
    /// [`EncodeError`] where a value is longer than its length field can say.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Reads the body after its header.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are not such a body.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;
}

/// A body that belongs to one command. Only [`ErrorResponse`] belongs to all of them.
pub trait Message<'a>: Body<'a> {
    /// The command of its header.
    const COMMAND: Command;
}
