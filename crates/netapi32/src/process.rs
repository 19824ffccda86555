//! [`Process`]: the connections and logins of a process. A forked child has its own.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use netsession::raw::ShareLevel;
use netsession::{Error, Login, ServerTarget, Win32Error, blocking};
use netsession_admin::{
    ChangeLog, ConnectFlags, LoginScope, Logins, NoQuestions, Observers, Policy, PrintedPasswords, Recorded,
    Recorder, SetLogin, SetLogins, Target,
};

use crate::failure::Failure;
use crate::forked::Identity;
use crate::pool::{Key, Pool, Purpose};
use crate::standard::{Occupied, Streams};
use crate::surroundings;
use crate::target::target;
use crate::uses::{ERROR_BAD_NET_NAME, ERROR_SESSION_CREDENTIAL_CONFLICT, Remote, Use, Uses};

/// The connections and logins of a process.
pub(crate) struct Process {
    identity: Identity,
    logins: SetLogins,
    /// What `NetUseAdd` has made.
    uses: Uses,
    printed: PrintedPasswords,
    pool: Pool,
    streams: Streams,
    /// Opens the journal for each change, so that no descriptor stays open in a host program.
    recorder: Recorder,
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
    loop {
        let known = CURRENT.load(Ordering::Acquire);
        // SAFETY: it is NULL or the result of `Box::into_raw` below, which is never freed once it is stored.
        let process = unsafe { known.as_ref() };
        if let Some(process) = process.filter(|process| process.identity.is_current()) {
            return process;
        }
        let logins = process.map(|parent| parent.logins.inherited()).unwrap_or_default();
        let uses = process.map(|parent| parent.uses.inherited()).unwrap_or_default();
        let streams = process.map(|parent| parent.streams.inherited()).unwrap_or_default();
        let (printed, pool) = (PrintedPasswords::silent(), Pool::default());
        let recorder = Recorder::new(Recorded::Library, "netapi32");
        let identity = Identity::new();
        let new = Process { identity, logins, uses, printed, pool, streams, recorder, _parent: process };
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

    /// Keeps the numbers of the standard streams away from the files of a call.
    pub(crate) fn occupy_streams(&self) -> Occupied<'_> {
        self.streams.occupy()
    }

    /// Returns the connections of `NetUseAdd`.
    pub(crate) const fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Logs on at the server of a share and looks for the share, unless it is not checked, and keeps the login for later calls.
    ///
    /// # Errors
    /// `ERROR_SESSION_CREDENTIAL_CONFLICT` if the program has set the login of another user for the server;
    /// `ERROR_BAD_NET_NAME` if the server has no such share; the errors of a logon. Nothing is kept then.
    pub(crate) fn add_use(
        &self,
        remote: Remote,
        login: Option<Login>,
        is_checked: bool,
    ) -> Result<(), Failure> {
        let scope = remote.scope();
        let new = Use::new(remote, login.as_ref());
        let check_conflict = |new: &Use| match self.logins.own(&scope) {
            Some(own) if new.user.is_some() && !new.is_of(own.login()) => Err(Failure::Argument {
                code: ERROR_SESSION_CREDENTIAL_CONFLICT,
                why: "the program has set the login of another user for this server",
            }),
            _ => Ok(()),
        };
        check_conflict(&new)?;
        if is_checked {
            let set = match &login {
                Some(login) => Some(Arc::new(self.logins.untried(&scope, login.clone()))),
                None => self.logins.for_server(&new.remote.server, surroundings::local_address),
            };
            let mut server = self.connect(&new.remote.server, set.as_deref())?;
            find_share(&mut server, &new.remote)?;
            // The share is found, whatever becomes of the logoff.
            let _ = server.close();
        }
        self.uses.add(new, |new| {
            // Another thread can have logged on as another user meanwhile.
            check_conflict(new)?;
            if login.is_some() {
                self.set_login(&scope, login);
            }
            Ok(())
        })
    }

    /// Removes a connection of `NetUseAdd`, and its login if no other connection needs it.
    ///
    /// # Errors
    /// `NERR_UseNotFound`.
    pub(crate) fn remove_use(&self, remote: &Remote, is_altogether: bool) -> Result<(), Failure> {
        let (last, own) = (self.uses.remove(remote, is_altogether)?, self.logins.own(&remote.scope()));
        // The program can have set the login of another user since.
        if last.zip(own).is_some_and(|(last, own)| last.is_of(own.login())) {
            self.set_login(&remote.scope(), None);
        }
        Ok(())
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
        let set = self.logins.for_server(&server, surroundings::local_address);
        let key = Key { login: set.as_deref().map_or(0, SetLogin::number), server };
        self.pool.with(&key, purpose, || self.connect(&key.server, set.as_deref()), work)
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
        let observers = Observers::default().with(Arc::new(ChangeLog)).recording(self.recorder.clone());
        let target = target.observed_by(observers);
        let connected = target.connect_blocking().inspect_err(|error| {
            let is_refused = match error {
                netsession_admin::Error::Server(Error::Logon { .. }) => true,
                netsession_admin::Error::Server(Error::Kerberos { cause, .. }) => {
                    cause.counts_towards_lockout()
                }
                _ => false,
            };
            if is_refused {
                self.printed.forget();
            }
        });
        Ok(connected?)
    }
}

/// Looks for a share.
///
/// # Errors
/// `ERROR_BAD_NET_NAME` if the server does not have it.
fn find_share(server: &mut blocking::Server, remote: &Remote) -> Result<(), Failure> {
    if remote.is_ipc() {
        return Ok(());
    }
    match server.raw().share_get_info(&remote.share, ShareLevel::INFO_1) {
        Err(Error::Answered { code: Win32Error::NERR_NET_NAME_NOT_FOUND, .. }) => {
            Err(Failure::Argument { code: ERROR_BAD_NET_NAME, why: "the server has no share of this name" })
        }
        // The user may log on, which is what counts.
        Err(Error::Answered { code: Win32Error::ERROR_ACCESS_DENIED, .. }) => Ok(()),
        result => Ok(result.map(drop)?),
    }
}
