//! Named pipes and the interfaces behind them.
//!
//! A [`Pipe`] takes the messages that a client writes, and queues the responses until the client reads them. Each
//! interface is a [`Service`], which finds the operation of a call and lets its request respond.

mod call;
mod service;
mod srvsvc;
#[cfg(test)]
mod testing;
mod wkssvc;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use netsession_rpc::FaultCode;
use netsession_rpc::server::{Association, Config, Event};
use netsession_wire::NtStatus;

use crate::state::{Session, State};
use call::{Caller, Later};
use service::Service;

/// The services that clients can reach.
const SERVICES: [Service; 2] = [srvsvc::SERVICE, wkssvc::SERVICE];

/// The bytes of unread responses above which the pipe refuses the next call. One response may be longer.
const UNREAD_LIMIT: usize = 1 << 20;

/// The most bytes of the arguments of a call: far more than the names of any operation.
const LONGEST_CALL: usize = 256 << 10;

/// A pipe that a client has open.
#[derive(Debug)]
pub(crate) struct Pipe {
    service: Service,
    /// On the heap, because most opens are files.
    state: Box<Mutex<Flow>>,
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

impl Pipe {
    /// Opens the pipe of a name, such as `srvsvc`. The name may begin with a backslash, which some clients send.
    ///
    /// # Errors
    /// Returns `STATUS_OBJECT_NAME_NOT_FOUND` if the server has no such pipe.
    pub(crate) fn open(name: &str, state: &State) -> Result<Self, NtStatus> {
        let name = name.strip_prefix('\\').unwrap_or(name);
        let service = SERVICES.into_iter().find(|service| service.name.eq_ignore_ascii_case(name));
        let service = service.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        let mut group = [0; 4];
        state.environment.random(&mut group);
        let endpoint = format!(r"\PIPE\{}", service.name);
        let interfaces = vec![service.interface()];
        let config = Config {
            assoc_group_id: u32::from_le_bytes(group) | 1,
            max_request: LONGEST_CALL,
            ..Config::new(endpoint, interfaces)
        };
        let association = Association::new(config);
        let (messages, later) = (VecDeque::new(), Vec::new());
        let flow = Flow { association, messages, unread: 0, read: 0, broken: false, later };
        Ok(Self { service, state: Box::new(Mutex::new(flow)) })
    }

    /// Returns the name of the pipe.
    #[must_use]
    pub(crate) const fn name(&self) -> &'static str {
        self.service.name
    }

    /// Takes bytes that the client has written, and carries out the calls that are complete.
    pub(crate) fn write(
        &self,
        bytes: &[u8],
        server: &Arc<State>,
        session: &Arc<Session>,
    ) -> Result<(), NtStatus> {
        let mut flow = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if flow.broken {
            return Err(NtStatus::PIPE_BROKEN);
        }
        if flow.unread > UNREAD_LIMIT {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        flow.association.push(bytes);
        while let Some(event) = flow.association.poll() {
            match event {
                Event::Send(message) => {
                    flow.unread = flow.unread.saturating_add(message.len());
                    flow.messages.push_back(message);
                }
                Event::Close(_) => flow.broken = true,
                Event::Cancel { .. } | Event::Orphaned { .. } => {}
                Event::Call(call) => {
                    let caller = Caller::new(server, session, self);
                    let answered = if flow.unread > UNREAD_LIMIT {
                        Err(FaultCode::NCA_S_SERVER_TOO_BUSY)
                    } else {
                        (self.service.dispatch)(&caller, &call)
                    };
                    flow.later.extend(caller.into_later());
                    let done = match answered {
                        Ok(stub) => flow.association.respond(call.call_id, &stub),
                        Err(code) => flow.association.fault(call.call_id, code),
                    };
                    flow.broken |= done.is_err();
                }
            }
        }
        Ok(())
    }

    /// Returns up to `room` bytes of the next message, with STATUS_BUFFER_OVERFLOW if it has more, or `None` if there is
    /// no message yet.
    pub(crate) fn read(&self, room: usize) -> Result<Option<(NtStatus, Vec<u8>)>, NtStatus> {
        let mut flow = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        let later = if flow.messages.is_empty() { std::mem::take(&mut flow.later) } else { Vec::new() };
        drop(flow);
        later.into_iter().for_each(Later::now);
        Ok(Some((NtStatus::SUCCESS, taken)))
    }

    /// Returns what the client can read, and leaves it in the pipe.
    pub(crate) fn peek(&self) -> Peek {
        let flow = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        let flow = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut flow.later).into_iter().for_each(Later::now);
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::client::{Answer, Association, Config};

    use super::testing::Stage;
    use super::*;

    /// A failure here would let each open pipe hold megabytes of a call that never ends.
    #[test]
    fn long_calls_are_refused() {
        let stage = Stage::new();
        let client = stage.pipe("bob", "10.0.0.9");
        let mut association = Association::new(Config::default());
        let (interface, bind) = association.bind(netsession_srvs::INTERFACE).unwrap();
        let exchange = |association: &mut Association, messages: &[Vec<u8>]| {
            for message in messages {
                client.pipe().write(message, &stage.state, &client.session).unwrap();
            }
            let (_, answer) = client.pipe().read(1 << 20).unwrap().expect("an answer");
            association.push(&answer).unwrap()
        };
        exchange(&mut association, &[bind]);
        let call = association.call(interface, 12, &[0; LONGEST_CALL + 1]).unwrap();
        let answer = exchange(&mut association, &call);
        assert!(matches!(answer, Some(Answer::Fault { did_not_execute: true, .. })), "{answer:?}");
    }
}
