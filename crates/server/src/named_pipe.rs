//! [`Pipe`]: the server's end of a named pipe that a client has open. It takes the messages that the client writes, and
//! queues the responses until the client reads them. The module `pipe` lists the pipes and answers their calls.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_rpc::FaultCode;
use netsession_rpc::server::{Association, Call, Event};
use netsession_wire::NtStatus;

use crate::budget::Part;
use crate::bulk::Messages;

/// The bytes of unread responses above which the pipe refuses the next call. One response may be longer.
const UNREAD_LIMIT: usize = 1 << 20;
/// The bytes that a pipe holds in the budget of its user before the first message. It takes less, but in small objects,
/// whose memory an allocator may keep for the process.
pub(crate) const OWN: usize = 8 << 10;

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
    messages: Messages,
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
    /// The bytes of the rest of the first message.
    pub(crate) first: usize,
    /// As many of them as there is room for.
    pub(crate) shown: Vec<u8>,
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
        self.memory.set(OWN.saturating_add(self.messages.bytes()).saturating_add(self.partial));
    }
}

impl Pipe {
    /// Opens a pipe whose messages `association` reads and writes. `memory` is [`OWN`] bytes of its user's budget.
    pub(crate) fn new(name: &'static str, association: Association, memory: Part) -> Self {
        let (messages, later) = (Messages::default(), Vec::new());
        let flow = Flow { association, messages, broken: false, later, partial: 0, memory };
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
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the client leaves too much unread, the pipes of its user hold too much, or the
    ///   system has no memory for the response.
    pub(crate) fn write(
        &self,
        bytes: &[u8],
        answer: impl Fn(&Call) -> (Result<Vec<u8>, FaultCode>, Vec<Later>),
    ) -> Result<(), NtStatus> {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        if flow.broken {
            return Err(NtStatus::PIPE_BROKEN);
        }
        if flow.messages.bytes() > UNREAD_LIMIT || !flow.memory.has_room_for(bytes.len()) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        flow.association.push(bytes);
        flow.partial = flow.partial.saturating_add(bytes.len());
        while let Some(event) = flow.association.poll() {
            match event {
                Event::Send(message) if flow.messages.push(&message).is_err() => {
                    flow.broken = true;
                    flow.messages = Messages::default();
                    flow.count();
                    return Err(NtStatus::INSUFFICIENT_RESOURCES);
                }
                Event::Send(_) => {}
                Event::Close(_) => flow.broken = true,
                Event::Cancel { .. } | Event::Orphaned { .. } => {}
                Event::Call(call) => {
                    flow.partial = 0;
                    let (answered, later) = match flow.messages.bytes() > UNREAD_LIMIT {
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
        let Some((taken, has_more)) = flow.messages.read(room) else {
            return if flow.broken { Err(NtStatus::PIPE_BROKEN) } else { Ok(None) };
        };
        flow.count();
        if has_more {
            return Ok(Some((NtStatus::BUFFER_OVERFLOW, taken)));
        }
        let later = if flow.messages.count() == 0 { std::mem::take(&mut flow.later) } else { Vec::new() };
        drop(flow);
        later.into_iter().for_each(Later::now);
        Ok(Some((NtStatus::SUCCESS, taken)))
    }

    /// Returns the bytes that it holds.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn held(&self) -> usize {
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        OWN.saturating_add(flow.messages.bytes()).saturating_add(flow.partial)
    }

    /// Returns what the client can read, with up to `room` bytes of it, and leaves it in the pipe.
    pub(crate) fn peek(&self, room: usize) -> Peek {
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = &flow.messages;
        let (first, shown) = (messages.first(), messages.peek(room));
        Peek { bytes: messages.bytes(), messages: messages.count(), first, shown }
    }
}

/// Closing the pipe counts as reading the responses.
impl Drop for Pipe {
    fn drop(&mut self) {
        let flow = self.flow.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut flow.later).into_iter().for_each(Later::now);
    }
}
