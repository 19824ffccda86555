use std::sync::Arc;

use tokio::runtime::Runtime;

use super::raw::Raw;
use super::runtime::runtime;
use crate::{ConnectOptions, Error, Login, Observer, ServerTarget};

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
    pub(crate) server: crate::Server,
    pub(crate) runtime: Runtime,
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
