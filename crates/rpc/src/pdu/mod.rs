//! The messages of connection-oriented DCE/RPC (C706 chapter 12, [MS-RPCE] 2.2.2), read and written by both
//! roles. Stub data are borrowed, not copied.

mod auth;
mod bind;
mod call;
mod framer;
mod header;
mod syntax;

pub use auth::AuthVerifier;
pub use bind::{
    Bind, BindAck, BindNak, ContextElement, ContextOutcome, ContextReason, ContextResult, RejectReason,
};
pub use call::{Fault, Request, Response};
pub use framer::Framer;
pub use header::{HEADER_LENGTH, Header, MUST_RECEIVE, PduFlags, PduType, VERSION};
use netsession_wire::{DecodeError, Reader, Writer};
pub use syntax::SyntaxId;

use crate::RpcError;

/// One PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// Fragment and other flags. `OBJECT_UUID` follows the body when a request is written.
    pub flags: PduFlags,
    /// The call that the PDU belongs to.
    pub call_id: u32,
    /// What it says.
    pub body: Body<'a>,
    /// Authentication of RPC itself, which netsession does not use.
    pub auth: Option<AuthVerifier<'a>>,
}

/// What a PDU says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// A fragment of a call.
    Request(Request<'a>),
    /// A fragment of an answer.
    Response(Response<'a>),
    /// A call that failed.
    Fault(Fault<'a>),
    /// Opens the association.
    Bind(Bind),
    /// Answers a bind.
    BindAck(BindAck),
    /// Refuses a bind.
    BindNak(BindNak),
    /// Proposes more contexts.
    AlterContext(Bind),
    /// Answers an alter_context.
    AlterContextResp(BindAck),
    /// Third leg of an authentication; what counts is in `auth`.
    Auth3,
    /// The server asks the client to close.
    Shutdown,
    /// The client asks that a call be cancelled.
    CoCancel,
    /// The client has lost interest in a call.
    Orphaned,
}

impl<'a> Pdu<'a> {
    /// A PDU in one fragment, without authentication.
    #[must_use]
    pub const fn whole(call_id: u32, body: Body<'a>) -> Self {
        Self { flags: PduFlags::WHOLE, call_id, body, auth: None }
    }

    /// Reads one PDU, which must fill `bytes` exactly.
    ///
    /// # Errors
    /// [`RpcError::Version`], [`RpcError::DataRepresentation`], [`RpcError::UnknownPdu`] and
    /// [`RpcError::Decode`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RpcError> {
        let mut reader = Reader::new(bytes);
        let header = Header::decode(&mut reader)?;
        if usize::from(header.frag_length) != bytes.len() {
            return Err(DecodeError::invalid("frag_length").into());
        }
        let (body, auth) = AuthVerifier::split(reader.rest(), header.auth_length)?;
        // Alignment counts from the start of the PDU, so the body is read behind its header.
        let end = HEADER_LENGTH.saturating_add(body.len());
        let mut reader = Reader::new(bytes.get(..end).unwrap_or_default());
        reader.skip(HEADER_LENGTH, "header")?;
        let body = Body::decode(&header, &mut reader)?;
        Ok(Self { flags: header.flags, call_id: header.call_id, body, auth })
    }

    /// Writes the PDU.
    ///
    /// # Errors
    /// [`RpcError::TooLong`] where it does not fit the 65,535 bytes of a fragment, or a list its count.
    pub fn encode(&self) -> Result<Vec<u8>, RpcError> {
        let has_object = matches!(&self.body, Body::Request(Request { object: Some(_), .. }));
        let mut flags = self.flags;
        flags.set(PduFlags::OBJECT_UUID, has_object);
        let mut header = Header {
            pdu_type: self.body.pdu_type(),
            flags,
            frag_length: 0,
            auth_length: length(self.auth.map_or(0, |auth| auth.token.len()))?,
            call_id: self.call_id,
        };
        let mut writer = Writer::new();
        header.encode(&mut writer);
        self.body.encode(&mut writer)?;
        if let Some(auth) = &self.auth {
            auth.encode(&mut writer);
        }
        header.frag_length = length(writer.position())?;
        writer.fill_u16(8, header.frag_length);
        Ok(writer.finish())
    }
}

fn length(bytes: usize) -> Result<u16, RpcError> {
    u16::try_from(bytes).map_err(|_| RpcError::TooLong { what: "frag_length" })
}

impl<'a> Body<'a> {
    /// The PDU's type.
    #[must_use]
    pub const fn pdu_type(&self) -> PduType {
        match self {
            Self::Request(_) => PduType::REQUEST,
            Self::Response(_) => PduType::RESPONSE,
            Self::Fault(_) => PduType::FAULT,
            Self::Bind(_) => PduType::BIND,
            Self::BindAck(_) => PduType::BIND_ACK,
            Self::BindNak(_) => PduType::BIND_NAK,
            Self::AlterContext(_) => PduType::ALTER_CONTEXT,
            Self::AlterContextResp(_) => PduType::ALTER_CONTEXT_RESP,
            Self::Auth3 => PduType::AUTH3,
            Self::Shutdown => PduType::SHUTDOWN,
            Self::CoCancel => PduType::CO_CANCEL,
            Self::Orphaned => PduType::ORPHANED,
        }
    }

    fn decode(header: &Header, reader: &mut Reader<'a>) -> Result<Self, RpcError> {
        Ok(match header.pdu_type {
            PduType::REQUEST => {
                Self::Request(Request::decode(reader, header.flags.contains(PduFlags::OBJECT_UUID))?)
            }
            PduType::RESPONSE => Self::Response(Response::decode(reader)?),
            PduType::FAULT => Self::Fault(Fault::decode(reader)?),
            PduType::BIND => Self::Bind(Bind::decode(reader)?),
            PduType::BIND_ACK => Self::BindAck(BindAck::decode(reader)?),
            PduType::BIND_NAK => Self::BindNak(BindNak::decode(reader)?),
            PduType::ALTER_CONTEXT => Self::AlterContext(Bind::decode(reader)?),
            PduType::ALTER_CONTEXT_RESP => Self::AlterContextResp(BindAck::decode(reader)?),
            PduType::AUTH3 => Self::Auth3,
            PduType::SHUTDOWN => Self::Shutdown,
            PduType::CO_CANCEL => Self::CoCancel,
            PduType::ORPHANED => Self::Orphaned,
            pdu_type => return Err(RpcError::UnknownPdu { pdu_type }),
        })
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), RpcError> {
        match self {
            Self::Request(request) => request.encode(writer),
            Self::Response(response) => response.encode(writer),
            Self::Fault(fault) => fault.encode(writer),
            Self::Bind(bind) | Self::AlterContext(bind) => bind.encode(writer)?,
            Self::BindAck(ack) | Self::AlterContextResp(ack) => ack.encode(writer)?,
            Self::BindNak(nak) => nak.encode(writer)?,
            Self::Auth3 => writer.zeros(4),
            Self::Shutdown | Self::CoCancel | Self::Orphaned => {}
        }
        Ok(())
    }
}
