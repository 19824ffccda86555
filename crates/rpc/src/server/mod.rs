//! The server's end of an association ([MS-RPCE] 3.3.3): the pipe's bytes become calls, and results become
//! bytes for the pipe. What a call does is the caller's business.

mod negotiate;
mod receive;

use std::collections::VecDeque;

use netsession_wire::Guid;

use crate::FaultCode;
use crate::RpcError;
use crate::fragments::{self, Reassembly};
use crate::pdu::{Body, Fault, Framer, MUST_RECEIVE, Pdu, PduFlags, Response, SyntaxId};

/// An interface that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its UUID and version.
    pub id: SyntaxId,
    /// Encodings it can be called in, the preferred one first.
    pub transfer_syntaxes: Vec<SyntaxId>,
}

impl Interface {
    /// In NDR32, as older clients need it, and in NDR64 for those that offer nothing else.
    #[must_use]
    pub fn new(id: SyntaxId) -> Self {
        Self { id, transfer_syntaxes: vec![SyntaxId::NDR32, SyntaxId::NDR64] }
    }
}

/// What the caller may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What is served on this pipe.
    pub interfaces: Vec<Interface>,
    /// The pipe's name, such as `\PIPE\srvsvc`, which clients are told and ignore.
    pub endpoint: String,
    /// The association group that clients are told: any number but 0.
    pub assoc_group_id: u32,
    /// Largest fragment, in bytes, to send and to receive.
    pub max_fragment: u16,
    /// Largest call, in bytes of stub data over all its fragments ([MS-RPCE] 3.3.3.5.4).
    pub max_request: usize,
    /// Presentation contexts that one client may have.
    pub max_contexts: usize,
}

impl Config {
    /// Serves `interfaces` on the pipe named `endpoint`: fragments of 4,280 bytes, calls of up to 4 MiB, 64
    /// contexts.
    #[must_use]
    pub const fn new(endpoint: String, interfaces: Vec<Interface>) -> Self {
        let max_fragment = 4280;
        Self { interfaces, endpoint, assoc_group_id: 1, max_fragment, max_request: 4 << 20, max_contexts: 64 }
    }
}

/// A call that is whole, to be answered by [`Association::respond`] or [`Association::fault`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// By which it is answered.
    pub call_id: u32,
    /// The interface that is called.
    pub interface: SyntaxId,
    /// How the stub data are encoded, and must be encoded in the answer.
    pub transfer_syntax: SyntaxId,
    /// The operation.
    pub opnum: u16,
    /// The object that the call is for, where the client named one.
    pub object: Option<Guid>,
    /// The arguments.
    pub stub: Vec<u8>,
}

/// What the caller has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Send these bytes: one PDU, one message of the pipe.
    Send(Vec<u8>),
    /// Carry out this call.
    Call(Call),
    /// The client asks that the call be cancelled; it is to be answered all the same.
    Cancel {
        /// Of the call.
        call_id: u32,
    },
    /// The client no longer waits for the call; an answer is dropped.
    Orphaned {
        /// Of the call.
        call_id: u32,
    },
    /// Close the pipe once what came before is sent. Nothing follows.
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
    /// Largest fragment that the client takes.
    max_xmit_frag: u16,
    /// The call that is arriving.
    receiving: Option<Receiving>,
    /// The call that the caller is carrying out.
    dispatched: Option<Dispatched>,
    /// The highest call identifier seen.
    last_call_id: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Bound,
    Closed,
}

/// A presentation context that was accepted.
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
    /// For a pipe that a client has just opened.
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

    /// Takes bytes that the client wrote, cut anywhere. What they lead to comes from [`poll`](Self::poll).
    pub fn push(&mut self, bytes: &[u8]) {
        if self.phase != Phase::Closed {
            self.receive(bytes);
        }
    }

    /// The next thing to do; `None` until more bytes come.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Answers a call with its results.
    ///
    /// # Errors
    /// [`RpcError::NotReady`] where no such call is open.
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

    /// Answers a call with a fault. A code that servers must not send becomes
    /// [`FaultCode::NCA_S_FAULT_UNSPEC`].
    ///
    /// # Errors
    /// [`RpcError::NotReady`] where no such call is open.
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
        // The length of the fault itself, as Windows' and Samba's servers say it.
        let alloc_hint = 24;
        let fault = Fault { alloc_hint, context_id, cancel_count: 0, flags: 0, status, extension: &[] };
        self.send(&Pdu { flags, call_id, body: Body::Fault(fault), auth: None });
    }

    /// Everything sent is cut to its field before, so that encoding fails only for an endpoint's name that
    /// does not fit; the association ends then.
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
