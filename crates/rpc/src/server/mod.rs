//! The server's end of an association ([MS-RPCE] 3.3.3).
//!
//! [`Association`] turns the bytes of the pipe into [`Event`]s, above all [`Call`]s, and results into bytes for the
//! pipe. The caller carries out the calls.

mod negotiate;
mod receive;

use std::collections::VecDeque;

use netsession_wire::Guid;

use crate::FaultCode;
use crate::RpcError;
use crate::fragments::{self, Reassembly};
use crate::pdu::{Body, Fault, Framer, MUST_RECEIVE, Pdu, PduFlags, Response, SyntaxId};

/// An interface that the server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The UUID and the version.
    pub id: SyntaxId,
    /// The encodings of its calls, the preferred one first.
    pub transfer_syntaxes: Vec<SyntaxId>,
}

impl Interface {
    /// Returns an interface in NDR32, which older clients need, and in NDR64 for clients that offer nothing else.
    #[must_use]
    pub fn new(id: SyntaxId) -> Self {
        Self { id, transfer_syntaxes: vec![SyntaxId::NDR32, SyntaxId::NDR64] }
    }
}

/// The settings of an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The interfaces on this pipe.
    pub interfaces: Vec<Interface>,
    /// The name of the pipe, such as `\PIPE\srvsvc`. Clients get it and ignore it.
    pub endpoint: String,
    /// The association group in the response to a bind: any number but 0.
    pub assoc_group_id: u32,
    /// Largest fragment, in bytes, to send and to receive.
    pub max_fragment: u16,
    /// Largest call, in bytes of stub data over all its fragments ([MS-RPCE] 3.3.3.5.4).
    pub max_request: usize,
    /// The most presentation contexts of one client.
    pub max_contexts: usize,
}

impl Config {
    /// Returns the settings for `interfaces` on the pipe `endpoint`: fragments of 4,280 bytes, calls of up to 4 MiB, and
    /// 64 contexts.
    #[must_use]
    pub const fn new(endpoint: String, interfaces: Vec<Interface>) -> Self {
        let max_fragment = 4280;
        Self { interfaces, endpoint, assoc_group_id: 1, max_fragment, max_request: 4 << 20, max_contexts: 64 }
    }
}

/// A complete call. The caller answers it with [`Association::respond`] or [`Association::fault`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The identifier with which the caller answers the call.
    pub call_id: u32,
    /// The interface.
    pub interface: SyntaxId,
    /// The encoding of the stub data in the call and in the response.
    pub transfer_syntax: SyntaxId,
    /// The operation.
    pub opnum: u16,
    /// The object of the call, if the client names one.
    pub object: Option<Guid>,
    /// The arguments.
    pub stub: Vec<u8>,
}

/// An action for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Send these bytes: one PDU, one message of the pipe.
    Send(Vec<u8>),
    /// Carry out this call.
    Call(Call),
    /// The client requests that the caller cancel the call. The call still needs an answer.
    Cancel {
        /// The identifier of the call.
        call_id: u32,
    },
    /// The client no longer waits for the call. The association drops an answer to it.
    Orphaned {
        /// The identifier of the call.
        call_id: u32,
    },
    /// Close the pipe after you have sent everything before. No event follows.
    Close(RpcError),
}

/// The server's end of an association: one call at a time.
#[derive(Debug)]
pub struct Association {
    config: Config,
    framer: Framer,
    events: VecDeque<Event>,
    phase: Phase,
    contexts: Vec<Context>,
    /// The largest fragment that the client accepts.
    max_xmit_frag: u16,
    /// The call of which more fragments must arrive.
    receiving: Option<Receiving>,
    /// The call that the caller is carrying out.
    dispatched: Option<Dispatched>,
    /// The highest call identifier so far.
    last_call_id: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Bound,
    Closed,
}

/// An accepted presentation context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Context {
    id: u16,
    interface: SyntaxId,
    transfer_syntax: SyntaxId,
}

#[derive(Debug)]
struct Receiving {
    call_id: u32,
    object: Option<Guid>,
    whole: Reassembly,
}

#[derive(Debug, Clone, Copy)]
struct Dispatched {
    call_id: u32,
    context_id: u16,
    orphaned: bool,
}

impl Association {
    /// Returns the association of a pipe that a client has just opened.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            framer: Framer::new(),
            events: VecDeque::new(),
            phase: Phase::New,
            contexts: Vec::new(),
            max_xmit_frag: MUST_RECEIVE,
            receiving: None,
            dispatched: None,
            last_call_id: 0,
        }
    }

    /// Takes bytes that the client wrote, cut anywhere. [`poll`](Self::poll) returns the events that result.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.phase != Phase::Closed {
            self.receive(bytes);
        }
    }

    /// Returns the next event, or `None` until more bytes arrive.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Answers a call with its results.
    ///
    /// # Errors
    /// Returns [`RpcError::NotReady`] if no call with this identifier is open.
    pub fn respond(&mut self, call_id: u32, stub: &[u8]) -> Result<(), RpcError> {
        let call = self.finish(call_id)?;
        if call.orphaned {
            return Ok(());
        }
        for fragments::Fragment { flags, alloc_hint, stub } in fragments::split(stub, self.max_xmit_frag) {
            let response = Response { alloc_hint, context_id: call.context_id, cancel_count: 0, stub };
            self.send(&Pdu { flags, call_id, body: Body::Response(response), auth: None });
        }
        Ok(())
    }

    /// Answers a call with a fault. A code that a server must not send becomes [`FaultCode::NCA_S_FAULT_UNSPEC`].
    ///
    /// # Errors
    /// Returns [`RpcError::NotReady`] if no call with this identifier is open.
    pub fn fault(&mut self, call_id: u32, code: FaultCode) -> Result<(), RpcError> {
        let call = self.finish(call_id)?;
        if !call.orphaned {
            let certainly_not =
                [FaultCode::NCA_S_OP_RNG_ERROR, FaultCode::NCA_S_UNK_IF, FaultCode::BAD_STUB_DATA];
            let flags = if certainly_not.contains(&code) {
                PduFlags::WHOLE | PduFlags::DID_NOT_EXECUTE
            } else {
                PduFlags::WHOLE
            };
            let code = if code.is_forbidden() { FaultCode::NCA_S_FAULT_UNSPEC } else { code };
            self.send_fault(call_id, call.context_id, code, flags);
        }
        Ok(())
    }

    fn finish(&mut self, call_id: u32) -> Result<Dispatched, RpcError> {
        self.dispatched
            .take_if(|call| call.call_id == call_id)
            .ok_or(RpcError::NotReady("no such call is open"))
    }

    fn send_fault(&mut self, call_id: u32, context_id: u16, status: FaultCode, flags: PduFlags) {
        // The length of the fault itself, as Windows' and Samba's servers send it.
        let alloc_hint = 24;
        let fault = Fault { alloc_hint, context_id, cancel_count: 0, flags: 0, status, extension: &[] };
        self.send(&Pdu { flags, call_id, body: Body::Fault(fault), auth: None });
    }

    /// Everything else fits its field, so encoding fails only for an endpoint's name that is too long; this ends the
    /// association.
    fn send(&mut self, pdu: &Pdu<'_>) {
        match pdu.encode() {
            Ok(bytes) => self.events.push_back(Event::Send(bytes)),
            Err(error) => self.close(error),
        }
    }

    fn close(&mut self, error: RpcError) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            self.framer = Framer::new();
            self.receiving = None;
            self.events.push_back(Event::Close(error));
        }
    }
}
