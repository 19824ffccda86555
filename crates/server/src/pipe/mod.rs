//! Named pipes and the interfaces behind them.
//!
//! Each interface is a [`Service`], which finds the operation of a call and lets its request respond. [`open`] opens the
//! [`Pipe`] of a service by its name, and [`write`](write()) answers the calls that a client writes to it.

mod call;
mod page;
mod service;
mod srvsvc;
#[cfg(test)]
mod testing;
mod wkssvc;

use std::sync::Arc;

use netsession_rpc::server::{Association, Config};
use netsession_wire::NtStatus;

use crate::named_pipe::{OWN, Pipe};
use crate::state::{Session, State};
use call::Caller;
use service::Service;

/// The services that clients can use.
const SERVICES: [Service; 2] = [srvsvc::SERVICE, wkssvc::SERVICE];

/// The most bytes of the arguments of a call: far more than the names of any operation.
const LONGEST_CALL: usize = 256 << 10;

/// Returns the service of the pipe with this name.
fn service(name: &str) -> Result<Service, NtStatus> {
    let found = SERVICES.into_iter().find(|service| service.name.eq_ignore_ascii_case(name));
    found.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// Checks that the server has a pipe with this name.
///
/// # Errors
/// As [`open`].
pub(crate) fn exists(name: &str) -> Result<(), NtStatus> {
    service(name.strip_prefix('\\').unwrap_or(name)).map(drop)
}

/// Opens the pipe with this name, such as `srvsvc`, for a user. The name may begin with a backslash, which some clients
/// send.
///
/// # Errors
/// Returns `STATUS_OBJECT_NAME_NOT_FOUND` if the server has no such pipe, and `STATUS_INSUFFICIENT_RESOURCES` if the user's pipes
/// hold too much.
pub(crate) fn open(name: &str, state: &State, user: &str) -> Result<Pipe, NtStatus> {
    let service = service(name.strip_prefix('\\').unwrap_or(name))?;
    let memory = state.budgets.pipes.take(user, OWN).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
    let mut group = [0; 4];
    state.environment.random(&mut group);
    let endpoint = format!(r"\PIPE\{}", service.name);
    let interfaces = vec![service.interface()];
    let config = Config {
        assoc_group_id: u32::from_le_bytes(group) | 1,
        max_request: LONGEST_CALL,
        ..Config::new(endpoint, interfaces)
    };
    Ok(Pipe::new(service.name, Association::new(config), memory))
}

/// Takes bytes that the client of `session` has written to its pipe, and carries out the calls that are complete.
///
/// # Errors
/// As [`Pipe::write`].
pub(crate) fn write(
    pipe: &Pipe,
    bytes: &[u8],
    server: &Arc<State>,
    session: &Arc<Session>,
) -> Result<(), NtStatus> {
    let service = service(pipe.name())?;
    pipe.write(bytes, |call| {
        let caller = Caller::new(server, session, pipe);
        let answered = (service.dispatch)(&caller, call);
        (answered, caller.into_later())
    })
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
                write(client.pipe(), message, &stage.state, &client.session).unwrap();
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
