//! How the server processes the client's PDUs ([MS-RPCE] 3.3.3.5).

use super::{Association, Call, Dispatched, Event, Phase, Receiving};
use crate::fragments::{FragmentOf, Reassembly};
use crate::pdu::{
    Bind, BindAck, BindNak, Body, HEADER_LENGTH, MUST_RECEIVE, Pdu, PduFlags, PduType, RejectReason, Request,
    VERSION,
};
use crate::{FaultCode, RpcError};

/// A fragment of a call that is this much older than the newest one is a leftover, not an error ([MS-RPCE] 3.3.3.5.6).
const OLD_CALLS: u32 = 150;

impl Association {
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let mut framer = std::mem::take(&mut self.framer);
        framer.push(bytes);
        while self.phase != Phase::Closed {
            match framer.next_pdu(self.max_recv_frag()) {
                Ok(Some(pdu)) => self.on_bytes(pdu),
                Ok(None) => {
                    self.framer = framer;
                    return;
                }
                Err(error) => self.refuse(framer.rest(), error),
            }
        }
    }

    fn on_bytes(&mut self, bytes: &[u8]) {
        let result = Pdu::decode(bytes).and_then(|pdu| self.on_pdu(&pdu));
        if let Err(error) = result {
            self.refuse(bytes, error);
        }
    }

    /// An error here ends the association. For everything else, the association has already queued the answer.
    fn on_pdu(&mut self, pdu: &Pdu<'_>) -> Result<(), RpcError> {
        match &pdu.body {
            Body::Bind(_) if pdu.auth.is_some() => {
                let reason = RejectReason::AUTHENTICATION_TYPE_NOT_RECOGNIZED;
                self.reject(pdu.call_id, reason);
                Err(RpcError::BindRefused { reason })
            }
            _ if pdu.auth.is_some() => Err(mismatch(pdu, "auth_length: no authentication was negotiated")),
            Body::Bind(bind) if self.phase == Phase::New => self.on_bind(pdu.call_id, bind, false),
            Body::AlterContext(bind) if self.phase == Phase::Bound => self.on_bind(pdu.call_id, bind, true),
            Body::Bind(_) => {
                let reason = RejectReason::NOT_SPECIFIED;
                self.reject(pdu.call_id, reason);
                Err(RpcError::BindRefused { reason })
            }
            Body::Request(request) if self.phase == Phase::Bound => self.on_request(pdu, request),
            Body::CoCancel => {
                if self.dispatched.is_some_and(|call| call.call_id == pdu.call_id) {
                    self.events.push_back(Event::Cancel { call_id: pdu.call_id });
                }
                Ok(())
            }
            Body::Orphaned => {
                self.on_orphaned(pdu.call_id);
                Ok(())
            }
            _ => {
                let when = if self.phase == Phase::New { "before a bind" } else { "to a server" };
                Err(RpcError::Unexpected { pdu_type: pdu.body.pdu_type(), when })
            }
        }
    }

    fn on_bind(&mut self, call_id: u32, bind: &Bind, alter: bool) -> Result<(), RpcError> {
        if bind.contexts.is_empty() {
            self.reject(call_id, RejectReason::NOT_SPECIFIED);
            return Err(RpcError::BindRefused { reason: RejectReason::NOT_SPECIFIED });
        }
        let Ok(results) = self.negotiate(bind) else {
            let reason = RejectReason::LOCAL_LIMIT_EXCEEDED;
            self.reject(call_id, reason);
            return Err(RpcError::BindRefused { reason });
        };
        if !alter {
            // If a client accepts less than the required size, send fragments of the required size.
            self.max_xmit_frag = bind.max_recv_frag.min(self.config.max_fragment).max(MUST_RECEIVE);
            self.phase = Phase::Bound;
        }
        let mut secondary_address = Vec::new();
        if !alter {
            secondary_address.extend_from_slice(self.config.endpoint.as_bytes());
            secondary_address.push(0);
        }
        let ack = BindAck {
            max_xmit_frag: self.max_xmit_frag,
            max_recv_frag: bind.max_xmit_frag.min(self.max_recv_frag()).max(MUST_RECEIVE),
            assoc_group_id: self.config.assoc_group_id,
            secondary_address,
            results,
        };
        let body = if alter { Body::AlterContextResp(ack) } else { Body::BindAck(ack) };
        self.send(&Pdu::whole(call_id, body));
        Ok(())
    }

    fn on_request(&mut self, pdu: &Pdu<'_>, request: &Request<'_>) -> Result<(), RpcError> {
        let Request { context_id, opnum, .. } = *request;
        let of = FragmentOf { pdu_type: PduType::REQUEST, context_id, opnum };
        let mut receiving = match self.receiving.take() {
            Some(begun) if begun.call_id == pdu.call_id => {
                begun.whole.check(of, pdu.flags)?;
                begun
            }
            Some(_) => return Err(mismatch(pdu, "call_id: the call before is not whole")),
            None if !pdu.flags.contains(PduFlags::FIRST) => return self.on_leftover(pdu),
            None if self.dispatched.is_some() => {
                return Err(mismatch(pdu, "call_id: the call before was not answered"));
            }
            None => {
                self.last_call_id = self.last_call_id.max(pdu.call_id);
                let whole = Reassembly::start(of, pdu.flags, self.config.max_request)?;
                Receiving { call_id: pdu.call_id, object: request.object, whole }
            }
        };
        let Some(context) = self.contexts.iter().find(|context| context.id == context_id).copied() else {
            let flags = PduFlags::WHOLE | PduFlags::DID_NOT_EXECUTE;
            self.send_fault(pdu.call_id, 0, FaultCode::NCA_S_UNK_IF, flags);
            return Ok(());
        };
        match receiving.whole.add(request.stub, pdu.flags) {
            Ok(false) => self.receiving = Some(receiving),
            Ok(true) => {
                let Receiving { call_id, object, whole } = receiving;
                self.dispatched = Some(Dispatched { call_id, context_id, orphaned: false });
                self.events.push_back(Event::Call(Call {
                    call_id,
                    interface: context.interface,
                    transfer_syntax: context.transfer_syntax,
                    opnum,
                    object,
                    stub: whole.finish(),
                }));
            }
            // [MS-RPCE] 3.3.3.5.4: the server refuses the call, and the association continues.
            Err(_) => {
                let flags = PduFlags::WHOLE | PduFlags::DID_NOT_EXECUTE;
                self.send_fault(pdu.call_id, context_id, FaultCode::ACCESS_DENIED, flags);
            }
        }
        Ok(())
    }

    /// Skips the rest of a call that the server refused in its middle.
    const fn on_leftover(&self, pdu: &Pdu<'_>) -> Result<(), RpcError> {
        match self.last_call_id.checked_sub(pdu.call_id) {
            Some(..OLD_CALLS) => Ok(()),
            _ => Err(mismatch(pdu, "first-fragment flag")),
        }
    }

    fn on_orphaned(&mut self, call_id: u32) {
        self.receiving.take_if(|call| call.call_id == call_id);
        if let Some(call) = self.dispatched.as_mut().filter(|call| call.call_id == call_id && !call.orphaned)
        {
            call.orphaned = true;
            self.events.push_back(Event::Orphaned { call_id });
        }
    }

    /// Ends the association, after an answer: a bind_nak to a bind ([MS-RPCE] 2.2.2.5), a fault to everything else
    /// ([MS-RPCE] 3.3.3.5.7).
    fn refuse(&mut self, bytes: &[u8], error: RpcError) {
        let pdu_type = bytes.get(2).copied().map(PduType);
        let call_id = call_id_of(bytes);
        match (pdu_type, call_id) {
            // The association has already queued the answer.
            _ if matches!(error, RpcError::BindRefused { .. }) => {}
            (Some(PduType::BIND), Some(call_id)) => {
                let reason = match error {
                    RpcError::DataRepresentation { .. } => RejectReason::NOT_SPECIFIED,
                    _ => RejectReason::PROTOCOL_VERSION_NOT_SUPPORTED,
                };
                self.reject(call_id, reason);
            }
            (_, Some(call_id)) => {
                self.send_fault(call_id, 0, FaultCode::NCA_S_PROTO_ERROR, PduFlags::WHOLE);
            }
            _ => {}
        }
        self.close(error);
    }

    fn reject(&mut self, call_id: u32, reason: RejectReason) {
        // Three bytes of padding, as Windows' and Samba's servers send them.
        let nak = BindNak { reason, versions: vec![VERSION], extension: vec![0; 3] };
        self.send(&Pdu::whole(call_id, Body::BindNak(nak)));
    }

    const fn max_recv_frag(&self) -> u16 {
        if self.config.max_fragment < MUST_RECEIVE { MUST_RECEIVE } else { self.config.max_fragment }
    }
}

/// Returns the call identifier of a header that may be invalid, in the byte order that it claims.
fn call_id_of(header: &[u8]) -> Option<u32> {
    let little_endian = header.get(4)? & 0xf0 != 0;
    let bytes = *header.get(..HEADER_LENGTH)?.last_chunk()?;
    Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
}

const fn mismatch(pdu: &Pdu<'_>, what: &'static str) -> RpcError {
    RpcError::Mismatch { pdu_type: pdu.body.pdu_type(), what }
}
