//! The client's end of an association ([MS-RPCE] 3.3.2).
//!
//! [`Association`] turns calls into bytes for the pipe, and the bytes of the pipe into an [`Answer`].
//!
//! ```
//! # use netsession_rpc::{SyntaxId, client::{Answer, Association, Config}};
//! let srvsvc = SyntaxId::new(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, 3);
//! let mut association = Association::new(Config::default());
//! let (context, bind) = association.bind(srvsvc)?;
//! // Write `bind` to the pipe (best by FSCTL_PIPE_TRANSCEIVE), then push what the pipe answers, in pieces of
//! // any size, until an answer is whole:
//! //     if let Some(Answer::Bound { .. }) = association.push(&bytes)? { ... }
//! // Then, for each call:
//! //     let fragments = association.call(context, opnum, &stub)?;
//! // Write each but the last; send the last by FSCTL_PIPE_TRANSCEIVE; push what comes back, and READ more as
//! // long as `push` returns `None`.
//! # Ok::<(), netsession_rpc::RpcError>(())
//! ```

mod answer;

use crate::fragments::{self, Reassembly};
use crate::pdu::{Bind, Body, ContextElement, Framer, MUST_RECEIVE, Pdu, Request, SyntaxId};
use crate::{FaultCode, RpcError};

/// The settings of an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Encodings to offer, each in a context of its own ([MS-RPCE] 3.3.1.5.6).
    pub transfer_syntaxes: Vec<SyntaxId>,
    /// The largest fragment to send and to request, in bytes.
    pub max_fragment: u16,
    /// The largest answer, in bytes of stub data over all its fragments.
    pub max_response: usize,
}

/// NDR32, fragments of 4,280 bytes as Windows uses on pipes, answers of up to 64 MiB.
impl Default for Config {
    fn default() -> Self {
        Self { transfer_syntaxes: vec![SyntaxId::NDR32], max_fragment: 4280, max_response: 64 << 20 }
    }
}

/// An interface that the client proposed to the server. Calls name it with this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interface(usize);

/// A complete answer of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The client can call the interface, with stub data in this syntax.
    Bound {
        /// The bound interface.
        interface: Interface,
        /// The encoding the server chose.
        transfer_syntax: SyntaxId,
    },
    /// The call's results.
    Response {
        /// Stub data of all fragments.
        stub: Vec<u8>,
    },
    /// The call failed outside of its operation. The association remains usable.
    Fault {
        /// Why.
        code: FaultCode,
        /// Whether the server guarantees that it did not carry out the call.
        did_not_execute: bool,
    },
}

/// The client's end of an association: one call at a time.
///
/// After an error from [`push`](Self::push) it accepts nothing more: close the pipe.
#[derive(Debug)]
pub struct Association {
    config: Config,
    framer: Framer,
    state: State,
    proposed: Vec<Proposed>,
    next_call_id: u32,
    /// The largest fragment that the server accepts.
    max_xmit_frag: u16,
    assoc_group_id: u32,
}

#[derive(Debug)]
enum State {
    /// The client has not bound anything yet.
    New,
    /// The client waits for the answer to a bind or alter_context.
    Binding { call_id: u32, alter: bool },
    /// Ready for a call.
    Idle,
    /// The client waits for the answer to a call.
    Calling { call_id: u32, context_id: u16, opnum: u16, response: Option<Reassembly> },
    /// The association is no longer usable.
    Failed,
}

/// One interface, and the result of its proposal.
#[derive(Debug)]
struct Proposed {
    /// The context of its first transfer syntax; the others follow.
    first_context_id: u16,
    /// The context that the server accepted, and its encoding.
    accepted: Option<(u16, SyntaxId)>,
}

/// Windows' servers refuse larger ones ([MS-RPCE] 3.3.3.5.2).
const LAST_CALL_ID: u32 = 0x7fff_ffff;

impl Association {
    /// Returns an association that has sent nothing yet.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            framer: Framer::new(),
            state: State::New,
            proposed: Vec::new(),
            next_call_id: 1,
            max_xmit_frag: MUST_RECEIVE,
            assoc_group_id: 0,
        }
    }

    /// Proposes an interface: with a bind the first time, with alter_context later. Returns the interface and the bytes
    /// to send.
    ///
    /// # Errors
    /// [`RpcError::NotReady`] while the client waits for another answer, or after a failure; [`RpcError::TooLong`] for
    /// more encodings than fit a bind.
    pub fn bind(&mut self, interface: SyntaxId) -> Result<(Interface, Vec<u8>), RpcError> {
        let alter = match self.state {
            State::New => false,
            State::Idle => true,
            _ => return Err(RpcError::NotReady("a bind needs an association that awaits nothing")),
        };
        let first_context_id = self.next_context_id()?;
        let contexts = (first_context_id..).zip(&self.config.transfer_syntaxes);
        let bind = Bind {
            max_xmit_frag: self.config.max_fragment,
            max_recv_frag: self.config.max_fragment,
            assoc_group_id: self.assoc_group_id,
            contexts: contexts
                .map(|(context_id, syntax)| ContextElement {
                    context_id,
                    abstract_syntax: interface,
                    transfer_syntaxes: vec![*syntax],
                })
                .collect(),
        };
        let call_id = self.take_call_id()?;
        let body = if alter { Body::AlterContext(bind) } else { Body::Bind(bind) };
        let bytes = Pdu::whole(call_id, body).encode()?;
        self.proposed.push(Proposed { first_context_id, accepted: None });
        self.state = State::Binding { call_id, alter };
        Ok((Interface(self.proposed.len() - 1), bytes))
    }

    /// Builds a call: one PDU for each fragment, in the order of sending. Write all but the last to the pipe; send the
    /// last by FSCTL_PIPE_TRANSCEIVE, which saves a round trip ([MS-RPCE] 2.1.1.2).
    ///
    /// # Errors
    /// [`RpcError::NotReady`] while the client waits for another answer, after a failure, or for an interface that the
    /// server has not accepted; [`RpcError::CallIdsExhausted`].
    pub fn call(&mut self, interface: Interface, opnum: u16, stub: &[u8]) -> Result<Vec<Vec<u8>>, RpcError> {
        if !matches!(self.state, State::Idle) {
            return Err(RpcError::NotReady("a call needs a bound association that awaits nothing"));
        }
        let accepted = self.proposed.get(interface.0).and_then(|proposed| proposed.accepted);
        let (context_id, _) = accepted.ok_or(RpcError::NotReady("the interface was not accepted"))?;
        let call_id = self.take_call_id()?;
        let fragments = fragments::split(stub, self.max_xmit_frag.min(self.config.max_fragment));
        let fragments = fragments.map(|fragments::Fragment { flags, alloc_hint, stub }| {
            let request = Request { alloc_hint, context_id, opnum, object: None, stub };
            Pdu { flags, call_id, body: Body::Request(request), auth: None }.encode()
        });
        let fragments = fragments.collect::<Result<_, _>>()?;
        self.state = State::Calling { call_id, context_id, opnum, response: None };
        Ok(fragments)
    }

    /// Takes bytes from the pipe, cut anywhere. Returns `None` if the answer is not complete: read more.
    ///
    /// # Errors
    /// [`RpcError`]: the server refused the bind, or did not follow the protocol. Close the pipe.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Answer>, RpcError> {
        let answer = self.answer(bytes);
        if answer.is_err() {
            self.state = State::Failed;
            self.framer = Framer::new();
        }
        answer
    }

    /// Returns whether the client waits for an answer, so that a pipe that ends now has lost it.
    #[must_use]
    pub const fn awaits_answer(&self) -> bool {
        matches!(self.state, State::Binding { .. } | State::Calling { .. })
    }

    /// Returns the encoding of an interface's stub data, or `None` if the server has not accepted it.
    #[must_use]
    pub fn transfer_syntax(&self, interface: Interface) -> Option<SyntaxId> {
        self.proposed.get(interface.0)?.accepted.map(|(_, syntax)| syntax)
    }

    fn take_call_id(&mut self) -> Result<u32, RpcError> {
        let call_id = self.next_call_id;
        if call_id > LAST_CALL_ID {
            return Err(RpcError::CallIdsExhausted);
        }
        self.next_call_id = call_id + 1;
        Ok(call_id)
    }

    fn next_context_id(&self) -> Result<u16, RpcError> {
        let used = self.proposed.len().checked_mul(self.config.transfer_syntaxes.len());
        let next = used.and_then(|used| u16::try_from(used).ok());
        next.ok_or(RpcError::TooLong { what: "p_cont_id" })
    }
}
