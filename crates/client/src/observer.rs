//! [`Observer`] sees every request that changes something at a server, before netsession sends it and afterwards.
//!
//! Add one with [`Server::observe`](crate::Server::observe). It sees the requests of every part of the API: plans,
//! [`session_del`](crate::Server::session_del), [`file_close`](crate::Server::file_close), the
//! [`raw`](crate::raw) calls, the [`blocking`](crate::blocking) API, and so the C library.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use crate::calls::Operation;
use crate::{Error, FileId, Refusal, Win32Error};

/// Sees each changing request before it is sent, may refuse it, and sees its outcome.
///
/// The library calls [`before`](Observer::before) once for each request. Unless that refuses, it calls
/// [`after`](Observer::after) once, even if you drop the future of the request. Observers do not see requests that only
/// read. The methods run on the thread of the request, and should return soon. If one of them panics, the other
/// observers still see the outcome, and then the panic reaches the caller.
///
/// ```
/// use std::sync::Mutex;
/// use netsession::{Change, ChangeOutcome, Observer, Refusal, Win32Error};
///
/// /// Logs every change, and lets nobody close files.
/// #[derive(Default)]
/// struct Journal(Mutex<Vec<String>>);
///
/// impl Observer for Journal {
///     fn before(&self, change: &Change) -> Result<(), Refusal> {
///         match change {
///             Change::CloseFile { .. } => Err(Refusal::new(Win32Error::ERROR_ACCESS_DENIED, "files stay open")),
///             _ => Ok(()),
///         }
///     }
///
///     fn after(&self, change: &Change, outcome: &ChangeOutcome<'_>) {
///         self.0.lock().unwrap().push(format!("{change:?}: {outcome:?}"));
///     }
/// }
///
/// # #[cfg(not(unix))]
/// # fn main() {}
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut admin = netsession_server::Account::with_password("adm1", "secret");
/// # admin.admin = true;
/// # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into()).account(admin);
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let embedded = builder.start()?;
/// # let target = embedded.addresses()[0].into();
/// # let login = netsession::Login::new("adm1", netsession::Secret::password("secret"))?;
/// # let mut server = netsession::Server::connect(&target, &login, &Default::default()).await?;
/// let journal = std::sync::Arc::new(Journal::default());
/// server.observe(journal.clone());
/// server.session_del(None, Some("nobody")).await.unwrap_err();
/// assert_eq!(journal.0.lock().unwrap().len(), 1, "the server answered that no session matches");
/// # server.close().await?;
/// # embedded.stop().await;
/// # Ok(())
/// # })
/// # }
/// ```
pub trait Observer: Send + Sync {
    /// Sees a request before it is sent.
    ///
    /// # Errors
    /// A refusal. Then the library sends nothing, the caller gets [`Error::Vetoed`], and the observers that agreed
    /// before see [`ChangeOutcome::Refused`].
    fn before(&self, change: &Change) -> Result<(), Refusal> {
        let _ = change;
        Ok(())
    }

    /// Sees the outcome of a request that this observer did not refuse.
    fn after(&self, change: &Change, outcome: &ChangeOutcome<'_>);
}

/// A request that changes something at a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// NetrSessionDel: ends every session that matches ([MS-SRVS] 3.1.4.6).
    EndSessions {
        /// The server, as its connection names it.
        server: String,
        /// The client, exactly as in the request; None matches every client.
        client: Option<String>,
        /// The user, exactly as in the request; None matches every user.
        user: Option<String>,
    },
    /// NetrFileClose: closes an open file ([MS-SRVS] 3.1.4.4).
    CloseFile {
        /// The server, as its connection names it.
        server: String,
        /// The file.
        id: FileId,
    },
    /// NetrShareAdd: shares a folder ([MS-SRVS] 3.1.4.7).
    AddShare {
        /// The server, as its connection names it.
        server: String,
        /// The name of the share.
        name: String,
        /// The folder, as the server names it.
        path: String,
    },
    /// NetrShareSetInfo: changes a share ([MS-SRVS] 3.1.4.11).
    SetShare {
        /// The server, as its connection names it.
        server: String,
        /// The name of the share.
        name: String,
        /// The level, which says what changes.
        level: u32,
        /// The new comment; None if the level has none.
        comment: Option<String>,
    },
    /// NetrServerSetInfo: changes the server's description of itself or its limits ([MS-SRVS] 3.1.4.18).
    SetServer {
        /// The server, as its connection names it.
        server: String,
        /// The level, which says what changes.
        level: u32,
        /// The new comment; None if the level has none.
        comment: Option<String>,
    },
    /// SamrSetInformationUser: disables or enables an account ([MS-SAMR] 3.1.5.6.5).
    SetAccount {
        /// The server, as its connection names it.
        server: String,
        /// The account, such as `LAB\bob`.
        name: String,
        /// The SID of the account.
        sid: String,
        /// Whether the account is disabled afterwards.
        is_disabled: bool,
    },
    /// NetrShareDel or NetrShareDelEx: stops sharing a folder ([MS-SRVS] 3.1.4.12 and 3.1.4.47).
    DeleteShare {
        /// The server, as its connection names it.
        server: String,
        /// The name of the share.
        name: String,
    },
}

/// The outcome of a changing request.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ChangeOutcome<'a> {
    /// The server answered with this status. Success promises that the server carries the request out.
    Answered(Win32Error),
    /// The library sent the request and got no trustworthy answer: the server may still carry it out. The error is None
    /// if the caller dropped the future.
    Unknown(Option<&'a Error>),
    /// The server did not carry the request out, or never got it. The error is None if the caller dropped the future
    /// before the library sent anything.
    Failed(Option<&'a Error>),
    /// A later observer refused the request, and the library sent nothing.
    Refused(&'a Refusal),
}

/// An operation that changes something.
pub(crate) trait Changing: Operation {
    /// The change, for observers.
    fn change(&self, server: &str) -> Change;
}

/// The observers of a connection.
#[derive(Default)]
pub(crate) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    pub(crate) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    /// Asks every observer, and returns a guard that reports the outcome to each of them, at the latest when it is
    /// dropped.
    ///
    /// # Errors
    /// The refusal of one of them.
    pub(crate) fn ask(&self, change: Change) -> Result<Watch, Refusal> {
        let mut watch = Watch { observers: Vec::with_capacity(self.0.len()), change, is_sent: false };
        for observer in &self.0 {
            if let Err(refusal) = observer.before(&watch.change) {
                watch.report(&ChangeOutcome::Refused(&refusal));
                return Err(refusal);
            }
            watch.observers.push(Arc::clone(observer));
        }
        Ok(watch)
    }
}

/// A request to which the observers agreed. Dropping it without a result reports that the outcome is unknown.
pub(crate) struct Watch {
    observers: Vec<Arc<dyn Observer>>,
    change: Change,
    is_sent: bool,
}

impl Watch {
    /// Notes that the library now sends the request.
    pub(crate) const fn mark_sent(&mut self) {
        self.is_sent = true;
    }

    /// Reports the server's answer.
    pub(crate) fn answered(mut self, status: Win32Error) {
        self.report(&ChangeOutcome::Answered(status));
    }

    /// Reports that no answer came.
    pub(crate) fn failed(mut self, error: &Error) {
        let outcome = match self.is_sent && error.is_unknown() {
            true => ChangeOutcome::Unknown(Some(error)),
            false => ChangeOutcome::Failed(Some(error)),
        };
        self.report(&outcome);
    }

    /// Reports once to each observer that agreed. If one panics, the panic continues after the others have seen the
    /// outcome.
    fn report(&mut self, outcome: &ChangeOutcome<'_>) {
        let mut panics = Vec::new();
        for observer in std::mem::take(&mut self.observers) {
            let report = || observer.after(&self.change, outcome);
            panics.extend(catch_unwind(AssertUnwindSafe(report)).err());
        }
        // A second panic during the first one would abort the process.
        if let (Some(panic), false) = (panics.pop(), thread::panicking()) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let outcome = if self.is_sent { ChangeOutcome::Unknown(None) } else { ChangeOutcome::Failed(None) };
        self.report(&outcome);
    }
}

#[cfg(test)]
mod tests;
