//! What the library keeps for a process: connections and logins. A child that was forked has its own.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use netsession::raw::MAX_NAME_LENGTH;
use netsession::{Error, Login, ServerTarget, Win32Error, blocking};

use crate::failure::Failure;
use crate::identity::Identity;
use crate::logins::{For, Logins};
use crate::pool::{Key, Pool, Purpose};

/// What belongs to the process of this id.
pub(crate) struct Process {
    id: u32,
    logins: Logins,
    pool: Pool,
    /// The one that it was forked from.
    _parent: Option<&'static Process>,
}

/// The one of the process that this was last used in. It is never freed: whoever has it may still use it.
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// What belongs to this process.
///
/// After a fork the parent's connections are still the parent's: the child closes its copies of their sockets without a
/// word, and shares nothing else, since other threads of the parent may have held any lock at that moment.
pub(crate) fn current() -> &'static Process {
    let id = std::process::id();
    loop {
        let known = CURRENT.load(Ordering::Acquire);
        // SAFETY: it is NULL or what `Box::into_raw` gave below, which is never freed once it stands there.
        let process = unsafe { known.as_ref() };
        if let Some(process) = process.filter(|process| process.id == id) {
            return process;
        }
        let logins = process.map(|parent| parent.logins.inherited()).unwrap_or_default();
        let new = Process { id, logins, pool: Pool::default(), _parent: process };
        let new = Box::into_raw(Box::new(new));
        if CURRENT.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            process.inspect(|parent| parent.pool.close_copies());
        } else {
            // SAFETY: another thread was faster, and nobody has seen this one.
            drop(unsafe { Box::from_raw(new) });
        }
    }
}

impl Process {
    /// Sets a login, or takes it away. Idle connections of an earlier one are closed.
    pub(crate) fn set_login(&self, servers: &For, login: Option<Login>) {
        if let Some(earlier) = self.logins.set(servers, login) {
            self.pool.close_all_of(earlier);
        }
    }

    /// Carries out `work` at a server, on a connection that is there or a new one.
    ///
    /// # Errors
    /// The server's name is none, nobody can be logged on there, it cannot be reached, or `work` fails.
    pub(crate) fn with_server<T>(
        &self,
        servername: Option<&str>,
        purpose: Purpose,
        work: impl FnOnce(&mut blocking::Server) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let server = target(servername)?;
        let set = self.logins.for_server(&server);
        let key = Key { login: set.as_ref().map_or(0, |set| set.number), server };
        let connect = || {
            let printed = |command: &[String]| self.logins.printed(command);
            let Identity { address, login, options } = Identity::find(&key.server, set.as_ref(), printed)?;
            let connected = blocking::Server::connect(&address.into(), &login, &options);
            connected
                .inspect_err(|error| {
                    if matches!(error, Error::Logon { .. }) {
                        self.logins.forget_printed();
                    }
                })
                .map_err(Failure::from)
        };
        self.pool.with(&key, purpose, connect, work)
    }
}

/// The server of that name; NULL and the empty name are the local computer.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` where it is too long, `NERR_InvalidComputer` where it is none.
pub(crate) fn target(servername: Option<&str>) -> Result<ServerTarget, Failure> {
    let name = servername.unwrap_or_default();
    if name.encode_utf16().count() > MAX_NAME_LENGTH {
        return Err(Failure::argument("servername is longer than 1,023 characters"));
    }
    name.parse().map_err(|_| Failure::Argument {
        code: Win32Error::NERR_INVALID_COMPUTER,
        why: "servername is no server's name",
    })
}
