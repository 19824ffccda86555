//! The messages of connection-oriented DCE/RPC (C706 chapter 12, [MS-RPCE] 2.2.2), read and written by both
//! roles. Stub data are borrowed, not copied.

mod auth;
mod bind;
mod call;
mod codes;
mod framer;
mod header;
mod syntax;

pub use auth::AuthVerifier;
pub use bind::{Bind, BindAck, BindNak, ContextElement, ContextOutcome};
pub use call::{Fault, Request, Response};
pub use codes::{ContextReason, ContextResult, PduType, RejectReason};
pub use framer::Framer;
pub use header::{HEADER_LENGTH, Header, MUST_RECEIVE, PduFlags, VERSION};
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
    /// The body.
    pub body: Body<'a>,
    /// Authentication of RPC itself, which netsession does not use.
    pub auth: Option<AuthVerifier<'a>>,
}

/// The body of a PDU.
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
    /// Third leg of an authentication; `auth` has its contents.
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
        // Alignment counts from the start of the PDU, so read the body after its header.
        let end = HEADER_LENGTH.saturating_add(body.len());
        let mut reader = Reader::new(bytes.get(..end).unwrap_or_default());
        reader.skip(HEADER_LENGTH, "header")?;
        let body = Body::decode(&header, &mut reader)?;
        Ok(Self { flags: header.flags, call_id: header.call_id, body, auth })
    }

    /// Writes the PDU.
    ///
    /// # Errors
    /// [`RpcError::TooLong`] if it does not fit the 65,535 bytes of a fragment, or a list does not fit its count.
    pub fn encode(&self) -> Result<Vec<u8>, RpcError> {
        let mut flags = self.flags;
        if let Body::Request(request) = &self.body {
            flags.set(PduFlags::OBJECT_UUID, request.object.is_some());
        }
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
    /// Returns the PDU's type.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(pdu: &Pdu<'_>) {
        let bytes = pdu.encode().unwrap();
        assert_eq!(Pdu::decode(&bytes).as_ref(), Ok(pdu));
        for cut in 0..bytes.len() {
            assert!(Pdu::decode(&bytes[..cut]).is_err(), "cut at {cut} of {}", bytes.len());
        }
    }

    /// A failure here would let one role write PDUs that the other role cannot read, or read a part of a PDU.
    #[test]
    fn what_is_written_is_read_and_nothing_less() {
        let context = ContextElement {
            context_id: 7,
            abstract_syntax: SyntaxId::new(1, 3),
            transfer_syntaxes: vec![SyntaxId::NDR32, SyntaxId::NDR64],
        };
        let bind = Bind { max_xmit_frag: 1, max_recv_frag: 2, assoc_group_id: 3, contexts: vec![context] };
        let outcome = ContextOutcome {
            result: ContextResult::NEGOTIATE_ACK,
            reason: ContextReason(3),
            transfer_syntax: SyntaxId::NONE,
        };
        let ack = |secondary_address| BindAck {
            max_xmit_frag: 1,
            max_recv_frag: 2,
            assoc_group_id: 3,
            secondary_address,
            results: vec![outcome],
        };
        let nak = BindNak {
            reason: RejectReason::LOCAL_LIMIT_EXCEEDED,
            versions: vec![(5, 0), (5, 1)],
            extension: vec![],
        };
        let request = Request {
            alloc_hint: 4,
            context_id: 7,
            opnum: 13,
            object: Some(netsession_wire::Guid([9; 16])),
            stub: b"",
        };
        let bodies = [
            Body::Bind(bind.clone()),
            Body::AlterContext(bind),
            Body::BindAck(ack(vec![])),
            Body::BindAck(ack(b"a\0".to_vec())),
            Body::AlterContextResp(ack(b"abc\0".to_vec())),
            Body::BindNak(nak),
            Body::Response(Response { alloc_hint: 0, context_id: 7, cancel_count: 1, stub: b"results" }),
            Body::Shutdown,
            Body::CoCancel,
            Body::Orphaned,
        ];
        for body in bodies {
            round_trip(&Pdu::whole(1, body));
        }
        let with_object = PduFlags::WHOLE | PduFlags::OBJECT_UUID;
        round_trip(&Pdu { flags: with_object, call_id: 2, body: Body::Request(request), auth: None });
    }

    /// A failure here would take the padding or the token of an authenticated peer for arguments.
    #[test]
    fn authentication_is_separated_from_the_stub() {
        let auth =
            AuthVerifier { auth_type: 10, auth_level: 5, padding: 3, context_id: 1, token: b"signature" };
        let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub: b"12345" };
        let pdu = Pdu { auth: Some(auth), ..Pdu::whole(1, Body::Response(response)) };
        round_trip(&pdu);
        round_trip(&Pdu { auth: Some(AuthVerifier { padding: 0, ..auth }), ..Pdu::whole(1, Body::Auth3) });
        let mut bytes = pdu.encode().unwrap();
        let padding = bytes.len() - auth.token.len() - 6;
        bytes[padding] = 200;
        assert!(Pdu::decode(&bytes).is_err(), "more padding than there are bytes");
    }

    /// A failure here would send a long list with a wrong count.
    #[test]
    fn a_list_that_does_not_fit_is_not_sent() {
        let stub = vec![0; 65_536];
        let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub: &stub };
        let too_long = |what| Err(RpcError::TooLong { what });
        assert_eq!(Pdu::whole(1, Body::Response(response)).encode(), too_long("frag_length"));
        let context =
            ContextElement { context_id: 0, abstract_syntax: SyntaxId::NONE, transfer_syntaxes: vec![] };
        let contexts = vec![context; 256];
        let bind = Bind { max_xmit_frag: 1, max_recv_frag: 2, assoc_group_id: 3, contexts };
        assert_eq!(Pdu::whole(1, Body::Bind(bind)).encode(), too_long("p_context_elem"));
    }
}
