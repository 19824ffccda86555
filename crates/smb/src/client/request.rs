//! Requests as the program writes them: bodies by their types, one or several in a compound.

use netsession_wire::Writer;

use super::credits;
use crate::msg::{
    BreakAcknowledgment, ChangeNotifyRequest, ChangeNotifyResponse, CloseRequest, CloseResponse, Command,
    CreateRequest, CreateResponse, EchoRequest, EchoResponse, EncodeError, FlushRequest, FlushResponse,
    HEADER_LEN, IoctlRequest, IoctlResponse, LockRequest, LockResponse, LogoffRequest, LogoffResponse,
    Message, QueryDirectoryRequest, QueryDirectoryResponse, QueryInfoRequest, QueryInfoResponse, ReadRequest,
    ReadResponse, SetInfoRequest, SetInfoResponse, TRANSFORM_HEADER_LEN, TreeConnectRequest,
    TreeConnectResponse, TreeDisconnectRequest, TreeDisconnectResponse, TreeId, WriteRequest, WriteResponse,
    frame_header,
};

/// A request body, and the type of its answer.
pub trait Request<'a>: Message<'a> {
    /// The body of a successful answer.
    type Response<'r>: Message<'r>;

    /// Returns the bytes of payload that it sends, and those that it accepts; credits depend on both.
    fn payload(&self) -> (usize, u32) {
        (0, 0)
    }
}

macro_rules! requests {
    ($($request:ty => $response:ty),+ $(,)?) => {$(
        impl<'a> Request<'a> for $request {
            type Response<'r> = $response;
        }
    )+};
}

requests! {
    BreakAcknowledgment => BreakAcknowledgment,
    ChangeNotifyRequest => ChangeNotifyResponse<'r>,
    CloseRequest => CloseResponse,
    CreateRequest => CreateResponse,
    EchoRequest => EchoResponse,
    FlushRequest => FlushResponse,
    LockRequest => LockResponse,
    LogoffRequest => LogoffResponse,
    QueryInfoRequest<'a> => QueryInfoResponse<'r>,
    SetInfoRequest<'a> => SetInfoResponse,
    TreeConnectRequest => TreeConnectResponse,
    TreeDisconnectRequest => TreeDisconnectResponse,
}

impl<'a> Request<'a> for IoctlRequest<'a> {
    type Response<'r> = IoctlResponse<'r>;

    fn payload(&self) -> (usize, u32) {
        (self.input.len(), self.max_output_response)
    }
}

impl<'a> Request<'a> for QueryDirectoryRequest {
    type Response<'r> = QueryDirectoryResponse<'r>;

    fn payload(&self) -> (usize, u32) {
        (0, self.output_buffer_length)
    }
}

impl<'a> Request<'a> for ReadRequest<'a> {
    type Response<'r> = ReadResponse<'r>;

    fn payload(&self) -> (usize, u32) {
        (0, self.length)
    }
}

impl<'a> Request<'a> for WriteRequest<'a> {
    type Response<'r> = WriteResponse;

    fn payload(&self) -> (usize, u32) {
        (self.data.len(), 0)
    }
}

/// One or several requests that the client sends together. Several are *related*: each uses the tree connection and the
/// open of the one before it ([MS-SMB2] 3.2.4.1.4).
#[derive(Debug)]
pub struct Chain {
    pub(super) parts: Vec<Part>,
}

/// One request of a chain: room for the header, then the body.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) command: Command,
    pub(super) tree_id: TreeId,
    pub(super) charge: u16,
    pub(super) message: Vec<u8>,
}

impl Chain {
    /// A single request within the tree connection `tree_id`, or none ([`TreeId::NONE`]).
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit the message.
    pub fn new<'a, R: Request<'a>>(tree_id: TreeId, request: &R) -> Result<Self, EncodeError> {
        Ok(Self { parts: vec![Part::new(tree_id, request)?] })
    }

    /// Adds a request that is related to the one before it.
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit the message.
    pub fn then<'a, R: Request<'a>>(mut self, request: &R) -> Result<Self, EncodeError> {
        self.parts.push(Part::new(TreeId::RELATED, request)?);
        Ok(self)
    }
}

impl Chain {
    /// Whether the chain fits a frame, and each of its requests the limits of the server (3.2.4.1.5).
    pub(super) fn check(&self, multi_credit: bool) -> Result<(), EncodeError> {
        let most = if multi_credit { u16::MAX } else { 1 };
        if self.parts.iter().any(|part| part.charge > most) {
            let limit = u64::from(most).saturating_mul(credits::BYTES_PER_CREDIT.into());
            let length = self.parts.iter().map(|part| part.message.len()).max().unwrap_or_default();
            return Err(EncodeError { what: "payload, sent or asked for,", length, limit });
        }
        let padded = |part: &Part| part.message.len().next_multiple_of(8);
        let length = self.parts.iter().map(padded).fold(TRANSFORM_HEADER_LEN, usize::saturating_add);
        frame_header(length).map(drop)
    }
}

impl Part {
    fn new<'a, R: Request<'a>>(tree_id: TreeId, request: &R) -> Result<Self, EncodeError> {
        let (sends, expects) = request.payload();
        let charge = match R::COMMAND {
            Command::READ | Command::WRITE | Command::IOCTL | Command::QUERY_DIRECTORY => {
                credits::charge(sends, expects)
            }
            _ => 1,
        };
        let message = Self::message(request, sends)?;
        Ok(Self { command: R::COMMAND, tree_id, charge, message })
    }

    /// The body, after zeros in place of its header.
    pub(super) fn message<'a>(body: &impl Message<'a>, payload: usize) -> Result<Vec<u8>, EncodeError> {
        let room = payload.saturating_add(HEADER_LEN + 128);
        let mut writer = Writer::after(Vec::with_capacity(room));
        writer.zeros(HEADER_LEN);
        body.encode(&mut writer)?;
        Ok(writer.finish())
    }
}
