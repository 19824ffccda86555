//! [`Pipe`]: the server's end of a named pipe that a client has open. It takes the messages that the client writes, and
//! queues the responses until the client reads them. The module `pipe` lists the pipes and answers their calls.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_rpc::FaultCode;
use netsession_rpc::server::{Association, Call, Event};
use netsession_wire::NtStatus;

use crate::budget::Part;

/// The bytes of unread responses above which the pipe refuses the next call. One response may be longer.
const UNREAD_LIMIT: usize = 1 << 20;

/// A pipe that a client has open.
#[derive(Debug)]
pub(crate) struct Pipe {
    name: &'static str,
    /// On the heap, because most opens are files.
    flow: Box<Mutex<Flow>>,
}

#[derive(Debug)]
struct Flow {
    association: Association,
    /// The messages that the client has not read yet.
    messages: VecDeque<Vec<u8>>,
    /// The bytes of these messages.
    unread: usize,
    /// The bytes that the client has read of the first message.
    read: usize,
    broken: bool,
    /// The actions that run when the client has read all messages.
    later: Vec<Later>,
    /// The most bytes of incomplete calls that the association can keep.
    partial: usize,
    /// What the pipe holds, in the budget of its user.
    memory: Part,
}

/// The unread content of a pipe.
#[derive(Debug)]
pub(crate) struct Peek {
    /// The bytes of all messages.
    pub(crate) bytes: usize,
    /// The number of messages.
    pub(crate) messages: usize,
    /// The rest of the first message.
    pub(crate) first: Vec<u8>,
}

/// An action that runs when the client has read the response.
pub(crate) struct Later(Box<dyn FnOnce() + Send>);

impl Later {
    /// Makes an action from a function.
    pub(crate) fn new(action: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(action))
    }

    /// Runs the action.
    pub(crate) fn now(self) {
        (self.0)();
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

impl Flow {
    /// Counts what the pipe holds.
    fn count(&mut self) {
        self.memory.set(self.unread.saturating_add(self.partial));
    }
}

impl Pipe {
    /// Opens a pipe whose messages `association` reads and writes.
    pub(crate) fn new(name: &'static str, association: Association, memory: Part) -> Self {
        let (messages, later) = (VecDeque::new(), Vec::new());
        let flow =
            Flow { association, messages, unread: 0, read: 0, broken: false, later, partial: 0, memory };
        Self { name, flow: Box::new(Mutex::new(flow)) }
    }

    /// Returns the name of the pipe.
    #[must_use]
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Takes bytes that the client has written. `answer` carries out each call that is complete, and returns the response
    /// with the actions that run once the client has read it.
    ///
    /// # Errors
    /// - `STATUS_PIPE_BROKEN`: the client broke the protocol before.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the client leaves too much unread, or the pipes of its user hold too much.
    pub(crate) fn write(
        &self,
        bytes: &[u8],
        answer: impl Fn(&Call) -> (Result<Vec<u8>, FaultCode>, Vec<Later>),
    ) -> Result<(), NtStatus> {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        if flow.broken {
            return Err(NtStatus::PIPE_BROKEN);
        }
        if flow.unread > UNREAD_LIMIT || !flow.memory.has_room_for(bytes.len()) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        flow.association.push(bytes);
        flow.partial = flow.partial.saturating_add(bytes.len());
        while let Some(event) = flow.association.poll() {
            match event {
                Event::Send(message) => {
                    flow.unread = flow.unread.saturating_add(message.len());
                    flow.messages.push_back(message);
                }
                Event::Close(_) => flow.broken = true,
                Event::Cancel { .. } | Event::Orphaned { .. } => {}
                Event::Call(call) => {
                    flow.partial = 0;
                    let (answered, later) = match flow.unread > UNREAD_LIMIT {
                        true => (Err(FaultCode::NCA_S_SERVER_TOO_BUSY), Vec::new()),
                        false => answer(&call),
                    };
                    flow.later.extend(later);
                    let done = match answered {
                        Ok(stub) => flow.association.respond(call.call_id, &stub),
                        Err(code) => flow.association.fault(call.call_id, code),
                    };
                    flow.broken |= done.is_err();
                }
            }
        }
        flow.count();
        Ok(())
    }

    /// Returns up to `room` bytes of the next message, with STATUS_BUFFER_OVERFLOW if it has more, or `None` if there is
    /// no message yet.
    pub(crate) fn read(&self, room: usize) -> Result<Option<(NtStatus, Vec<u8>)>, NtStatus> {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(message) = flow.messages.front() else {
            return if flow.broken { Err(NtStatus::PIPE_BROKEN) } else { Ok(None) };
        };
        let rest = message.get(flow.read..).unwrap_or_default();
        let taken = rest.get(..room).unwrap_or(rest).to_vec();
        if taken.len() < rest.len() {
            flow.read = flow.read.saturating_add(taken.len());
            return Ok(Some((NtStatus::BUFFER_OVERFLOW, taken)));
        }
        flow.messages.pop_front();
        flow.unread = flow.unread.saturating_sub(flow.read.saturating_add(taken.len()));
        flow.read = 0;
        flow.count();
        let later = if flow.messages.is_empty() { std::mem::take(&mut flow.later) } else { Vec::new() };
        drop(flow);
        later.into_iter().for_each(Later::now);
        Ok(Some((NtStatus::SUCCESS, taken)))
    }

    /// Returns the bytes that it holds.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn held(&self) -> usize {
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        flow.unread.saturating_add(flow.partial)
    }

    /// Returns what the client can read, and leaves it in the pipe.
    pub(crate) fn peek(&self) -> Peek {
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let first = flow.messages.front().and_then(|message| message.get(flow.read..));
        let all: usize = flow.messages.iter().map(Vec::len).sum();
        Peek {
            bytes: all.saturating_sub(flow.read),
            messages: flow.messages.len(),
            first: first.unwrap_or_default().to_vec(),
        }
    }
}

/// Closing the pipe counts as reading the responses.
impl Drop for Pipe {
    fn drop(&mut self) {
        let flow = self.flow.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut flow.later).into_iter().for_each(Later::now);
    }
}
