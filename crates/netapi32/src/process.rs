//! [`Process`]: the connections and logins of a process. A forked child has its own.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use netsession::raw::MAX_NAME_LENGTH;
use netsession::{Error, Login, ServerTarget, Win32Error, blocking, wide};
use netsession_admin::{
    ChangeLog, ConnectFlags, LoginScope, Logins, NoQuestions, Observers, Policy, PrintedPasswords, SetLogin,
    SetLogins, Target,
};

use crate::failure::Failure;
use crate::pool::{Key, Pool, Purpose};
use crate::{standard, surroundings};

/// The connections and logins of the process with this id.
pub(crate) struct Process {
    id: u32,
    logins: SetLogins,
    printed: PrintedPasswords,
    pool: Pool,
    /// The state of the process that forked this one.
    _parent: Option<&'static Process>,
}

/// The state of the process that last called. It is never freed, because another thread may still use it.
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Returns the state of this process.
///
/// After a fork the parent's connections still belong to the parent. The child closes its copies of their sockets and
/// sends nothing over them. It shares nothing else, because other threads of the parent may have held any lock at that
/// moment.
pub(crate) fn current() -> &'static Process {
    let id = std::process::id();
    loop {
        let known = CURRENT.load(Ordering::Acquire);
        // SAFETY: it is NULL or the result of `Box::into_raw` below, which is never freed once it is stored.
        let process = unsafe { known.as_ref() };
        if let Some(process) = process.filter(|process| process.id == id) {
            return process;
        }
        let logins = process.map(|parent| parent.logins.inherited()).unwrap_or_default();
        let (printed, pool) = (PrintedPasswords::silent(), Pool::default());
        let new = Process { id, logins, printed, pool, _parent: process };
        let new = Box::into_raw(Box::new(new));
        if CURRENT.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            process.inspect(|parent| parent.pool.close_copies());
        } else {
            // SAFETY: another thread was faster, and no other code has this pointer.
            drop(unsafe { Box::from_raw(new) });
        }
    }
}

impl Process {
    /// Sets a login or removes one, and closes the idle connections of the earlier login.
    pub(crate) fn set_login(&self, scope: &LoginScope, login: Option<Login>) {
        if let Some(earlier) = self.logins.set(scope, login) {
            self.pool.close_login(earlier);
        }
    }

    /// Runs `work` on an idle connection to a server, or on a new one.
    ///
    /// # Errors
    /// The name is not a server's, no login may go there, the server is unreachable, or `work` fails.
    pub(crate) fn with_server<T>(
        &self,
        servername: Option<&str>,
        purpose: Purpose,
        work: impl FnOnce(&mut blocking::Server) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let server = target(servername)?;
        let _occupied = standard::occupy();
        let set = self.logins.for_server(&server, surroundings::local_address);
        let key = Key { login: set.as_ref().map_or(0, SetLogin::number), server };
        self.pool.with(&key, purpose, || self.connect(&key.server, set.as_ref()), work)
    }

    /// Finds the login for a server, connects and logs on. If the server refuses the login, it forgets the passwords
    /// that commands printed.
    fn connect(&self, server: &ServerTarget, set: Option<&SetLogin>) -> Result<blocking::Server, Failure> {
        let sources = surroundings::login_sources()?;
        let server = surroundings::named_server(server)?;
        let mut nobody = NoQuestions;
        let mut logins = Logins::new(Policy::ProgramNamed, sources, &self.printed, &mut nobody);
        let set = set.map(SetLogin::login);
        let target = Target::find(&server, set, &ConnectFlags::default(), &mut logins)?;
        let target = target.observed_by(Observers::default().with(Arc::new(ChangeLog)));
        let connected = target.connect_blocking().inspect_err(|error| {
            let is_refused = match error {
                netsession_admin::Error::Server(Error::Logon { .. }) => true,
                netsession_admin::Error::Server(Error::Kerberos { cause, .. }) => cause.is_judgement(),
                _ => false,
            };
            if is_refused {
                self.printed.forget();
            }
        });
        Ok(connected?)
    }
}

/// Returns the server of that name; NULL and the empty name are the local computer.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the name is too long; `NERR_InvalidComputer` if it is not a server's name.
pub(crate) fn target(servername: Option<&str>) -> Result<ServerTarget, Failure> {
    let name = servername.unwrap_or_default();
    if wide::len(name) > MAX_NAME_LENGTH {
        return Err(Failure::argument("servername is longer than 1,023 characters"));
    }
    name.parse().map_err(|_| Failure::Argument {
        code: Win32Error::NERR_INVALID_COMPUTER,
        why: "servername is not the name of a server",
    })
}
