//! How the client processes the server's PDUs ([MS-RPCE] 3.3.2.5).

use netsession_wire::DecodeError;

use super::{Answer, Association, Interface, State};
use crate::RpcError;
use crate::fragments::{FragmentOf, Reassembly};
use crate::pdu::{BindAck, Body, ContextResult, Fault, MUST_RECEIVE, Pdu, PduFlags, PduType, Response};

impl Association {
    pub(super) fn answer(&mut self, bytes: &[u8]) -> Result<Option<Answer>, RpcError> {
        if matches!(self.state, State::Failed) {
            return Err(RpcError::NotReady("the association has failed"));
        }
        self.framer.push(bytes);
        let mut answer = None;
        let mut framer = std::mem::take(&mut self.framer);
        // Samba sends larger fragments than the client requests.
        while let Some(pdu) = framer.next_pdu(u16::MAX)? {
            let pdu = Pdu::decode(pdu)?;
            if answer.is_some() {
                return Err(unexpected(&pdu, "after the answer was whole"));
            }
            answer = self.on_pdu(&pdu)?;
        }
        self.framer = framer;
        if answer.is_some() && !self.framer.rest().is_empty() {
            return Err(DecodeError::invalid("what follows the answer").into());
        }
        Ok(answer)
    }

    fn on_pdu(&mut self, pdu: &Pdu<'_>) -> Result<Option<Answer>, RpcError> {
        if pdu.auth.is_some() {
            return Err(mismatch(pdu, "auth_length: authentication was not asked for"));
        }
        if matches!(pdu.body, Body::Shutdown) {
            return Err(RpcError::Shutdown);
        }
        match self.state {
            State::Binding { call_id, .. } | State::Calling { call_id, .. } if call_id != pdu.call_id => {
                Err(mismatch(pdu, "call_id"))
            }
            State::Binding { alter, .. } => self.on_bind_answer(pdu, alter).map(Some),
            State::Calling { .. } => self.on_call_answer(pdu),
            State::New | State::Idle | State::Failed => Err(unexpected(pdu, "that was not asked for")),
        }
    }

    fn on_bind_answer(&mut self, pdu: &Pdu<'_>, alter: bool) -> Result<Answer, RpcError> {
        match &pdu.body {
            Body::BindAck(ack) if !alter => {
                // If a server accepts less than the required size, send fragments of the required size.
                self.max_xmit_frag = ack.max_recv_frag.max(MUST_RECEIVE);
                self.assoc_group_id = ack.assoc_group_id;
                self.on_results(ack)
            }
            Body::AlterContextResp(ack) if alter => self.on_results(ack),
            Body::BindNak(nak) if !alter => Err(RpcError::BindRefused { reason: nak.reason }),
            Body::Fault(fault) => Err(RpcError::Fault(fault.status)),
            _ => Err(unexpected(pdu, "in answer to a bind")),
        }
    }

    /// Finds the one context that the server accepted ([MS-RPCE] 3.3.1.5.6).
    fn on_results(&mut self, ack: &BindAck) -> Result<Answer, RpcError> {
        let pdu_type = PduType::BIND_ACK;
        let offered = &self.config.transfer_syntaxes;
        if ack.results.len() != offered.len() {
            return Err(RpcError::Mismatch { pdu_type, what: "number of results" });
        }
        let interface = Interface(self.proposed.len().saturating_sub(1));
        let (Some(proposed), Some(first)) = (self.proposed.last_mut(), ack.results.first()) else {
            return Err(RpcError::NotReady("no encoding was offered"));
        };
        let context_ids = proposed.first_context_id..;
        let mut results = context_ids.zip(&ack.results).zip(offered);
        let accepted = results.find(|((_, outcome), _)| outcome.result == ContextResult::ACCEPTANCE);
        let Some(((context_id, outcome), offered)) = accepted else {
            return Err(RpcError::ContextRefused { result: first.result, reason: first.reason });
        };
        if outcome.transfer_syntax != *offered {
            return Err(RpcError::Mismatch { pdu_type, what: "transfer syntax" });
        }
        proposed.accepted = Some((context_id, *offered));
        self.state = State::Idle;
        Ok(Answer::Bound { interface, transfer_syntax: *offered })
    }

    fn on_call_answer(&mut self, pdu: &Pdu<'_>) -> Result<Option<Answer>, RpcError> {
        match &pdu.body {
            Body::Response(response) => self.on_response(pdu.flags, response),
            Body::Fault(fault) => {
                self.state = State::Idle;
                Ok(Some(fault_answer(pdu.flags, fault)))
            }
            _ => Err(unexpected(pdu, "in answer to a call")),
        }
    }

    fn on_response(&mut self, flags: PduFlags, fragment: &Response<'_>) -> Result<Option<Answer>, RpcError> {
        let State::Calling { context_id, opnum, response, .. } = &mut self.state else {
            return Err(RpcError::Unexpected { pdu_type: PduType::RESPONSE, when: "without a call" });
        };
        let of = FragmentOf { pdu_type: PduType::RESPONSE, context_id: fragment.context_id, opnum: *opnum };
        if fragment.context_id != *context_id {
            return Err(RpcError::Mismatch { pdu_type: PduType::RESPONSE, what: "p_cont_id" });
        }
        let mut whole = match response.take() {
            Some(begun) => {
                begun.check(of, flags)?;
                begun
            }
            None => Reassembly::start(of, flags, self.config.max_response)?,
        };
        if whole.add(fragment.stub, flags)? {
            self.state = State::Idle;
            return Ok(Some(Answer::Response { stub: whole.finish() }));
        }
        *response = Some(whole);
        Ok(None)
    }
}

const fn fault_answer(flags: PduFlags, fault: &Fault<'_>) -> Answer {
    Answer::Fault { code: fault.status, did_not_execute: flags.contains(PduFlags::DID_NOT_EXECUTE) }
}

const fn unexpected(pdu: &Pdu<'_>, when: &'static str) -> RpcError {
    RpcError::Unexpected { pdu_type: pdu.body.pdu_type(), when }
}

const fn mismatch(pdu: &Pdu<'_>, what: &'static str) -> RpcError {
    RpcError::Mismatch { pdu_type: pdu.body.pdu_type(), what }
}
