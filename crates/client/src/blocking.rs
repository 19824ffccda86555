//! The library without async: each call of [`Server`] returns when it is done.

mod close_plan;
mod end_plan;
mod raw;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

pub use close_plan::ClosePlan;
pub use end_plan::{EndPlan, OwnedEndPlan};
pub use raw::Raw;

use crate::{
    ConnectOptions, Connection, ConnectionQualifier, EndOptions, Error, FileFilter, FileId, FileSelection,
    Login, Observer, OpenFile, Selector, ServerDetails, ServerTarget, Session, Share, SystemResource,
};

/// A logged-on connection to one server: [`crate::Server`] without async.
///
/// It has a tokio runtime of its own on the caller's thread.
///
/// # Panics
/// Its methods panic if they are called from within async code, which they would block.
///
/// ```no_run
/// use netsession::{ConnectOptions, Login, Secret, blocking};
///
/// let login = Login::new(r"LAB\adm1", Secret::password("..."))?;
/// let mut server = blocking::Server::connect(&"fs1".parse()?, &login, &ConnectOptions::default())?;
/// server.session_del(Some(r"\\10.0.0.5"), Some("alice"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    server: crate::Server,
    runtime: Runtime,
}

impl Server {
    /// As [`crate::Server::connect`].
    ///
    /// # Errors
    /// As there, and [`Error::System`].
    pub fn connect(target: &ServerTarget, login: &Login, options: &ConnectOptions) -> Result<Self, Error> {
        let runtime = runtime()?;
        match runtime.block_on(crate::Server::connect(target, login, options)) {
            Ok(server) => Ok(Self { server, runtime }),
            Err(error) => {
                // Do not wait for a name that is still being looked up.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// As [`crate::Server::sessions`].
    ///
    /// # Errors
    /// As there.
    pub fn sessions(&mut self) -> Result<Vec<Session>, Error> {
        self.runtime.block_on(self.server.sessions())
    }

    /// As [`crate::Server::files`].
    ///
    /// # Errors
    /// As there.
    pub fn files(&mut self, filter: &FileFilter) -> Result<Vec<OpenFile>, Error> {
        self.runtime.block_on(self.server.files(filter))
    }

    /// As [`crate::Server::connections`].
    ///
    /// # Errors
    /// As there.
    pub fn connections(&mut self, qualifier: &ConnectionQualifier) -> Result<Vec<Connection>, Error> {
        self.runtime.block_on(self.server.connections(qualifier))
    }

    /// As [`crate::Server::shares`].
    ///
    /// # Errors
    /// As there.
    pub fn shares(&mut self) -> Result<Vec<Share>, Error> {
        self.runtime.block_on(self.server.shares())
    }

    /// As [`crate::Server::info`].
    ///
    /// # Errors
    /// As there.
    pub fn info(&mut self) -> Result<ServerDetails, Error> {
        self.runtime.block_on(self.server.info())
    }

    /// As [`crate::Server::session_del`].
    ///
    /// # Errors
    /// As there.
    pub fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        self.runtime.block_on(self.server.session_del(client, user))
    }

    /// As [`crate::Server::file_close`].
    ///
    /// # Errors
    /// As there.
    pub fn file_close(&mut self, id: FileId) -> Result<(), Error> {
        self.runtime.block_on(self.server.file_close(id))
    }

    /// As [`crate::Server::plan_end`].
    ///
    /// # Errors
    /// As there.
    pub fn plan_end(&mut self, selector: &Selector, options: &EndOptions) -> Result<EndPlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_end(selector, options))?;
        Ok(EndPlan::new(plan, &self.runtime))
    }

    /// As [`crate::Server::into_plan_end`].
    ///
    /// # Errors
    /// As there.
    pub fn into_plan_end(self, selector: &Selector, options: &EndOptions) -> Result<OwnedEndPlan, Error> {
        let Self { server, runtime } = self;
        let plan = runtime.block_on(server.into_plan_end(selector, options))?;
        Ok(OwnedEndPlan::new(plan, runtime))
    }

    /// As [`crate::Server::plan_close`].
    ///
    /// # Errors
    /// As there.
    pub fn plan_close(&mut self, selection: &FileSelection) -> Result<ClosePlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_close(selection))?;
        Ok(ClosePlan::new(plan, &self.runtime))
    }

    /// As [`crate::Server::raw`].
    pub const fn raw(&mut self) -> Raw<'_> {
        Raw::new(self.server.raw(), &self.runtime)
    }

    /// As [`crate::Server::is_open`].
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.server.is_open()
    }

    /// As [`crate::Server::socket`].
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.server.socket()
    }

    /// As [`crate::Server::observe`].
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.server.observe(observer);
    }

    /// As [`crate::Server::close`].
    ///
    /// # Errors
    /// As there.
    pub fn close(self) -> Result<(), Error> {
        self.runtime.block_on(self.server.close())
    }
}

/// Carries out async work that needs no server, such as [`Selector::resolve`].
///
/// # Errors
/// [`Error::System`].
pub fn wait_for<W: Future>(work: W) -> Result<W::Output, Error> {
    Ok(runtime()?.block_on(work))
}

/// Makes a runtime on this thread. Looking up a name needs another thread, which ends right afterwards.
fn runtime() -> Result<Runtime, Error> {
    const AT_ONCE: Duration = Duration::from_millis(1);
    let runtime = Builder::new_current_thread().enable_all().thread_keep_alive(AT_ONCE).build();
    runtime.map_err(|cause| Error::System { resource: SystemResource::Runtime, cause })
}
