use std::sync::Arc;

use tokio::runtime::Runtime;

use super::raw::Raw;
use super::runtime::runtime;
use crate::{
    ConnectOptions, EarlyConnection, Error, Login, LogonMechanism, Observer, ServerNames, ServerTarget,
};

/// A logged-on connection to one server: the blocking form of [`crate::Server`].
///
/// It has a tokio runtime of its own on the caller's thread.
///
/// # Panics
/// Its methods panic in async code, which they would block.
///
/// ```
/// use netsession::{ConnectOptions, Login, Secret, Win32Error, blocking};
///
/// # #[cfg(not(unix))]
/// # fn main() {}
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut admin = netsession_server::Account::with_password("adm1", "secret");
/// # admin.admin = true;
/// # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into()).account(admin);
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # let embedded = runtime.block_on(async { builder.start() })?;
/// # let target = embedded.addresses()[0].into();
/// // `target` is "fs1".parse()?, for example.
/// let login = Login::new("adm1", Secret::password("secret"))?;
/// let mut server = blocking::Server::connect(&target, &login, &ConnectOptions::default())?;
/// assert_eq!(server.sessions()?[0].user, "adm1");
/// let error = server.session_del(Some(r"\\10.0.0.5"), Some("alice")).unwrap_err();
/// assert_eq!(error.win32(), Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
/// server.close()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    pub(crate) server: crate::Server,
    pub(crate) runtime: Runtime,
}

impl Server {
    /// The blocking form of [`crate::Server::connect`].
    ///
    /// # Errors
    /// Those of [`crate::Server::connect`], and [`Error::System`].
    pub fn connect(target: &ServerTarget, login: &Login, options: &ConnectOptions) -> Result<Self, Error> {
        Self::connect_by(crate::Server::connect(target, login, options))
    }

    /// The blocking form of [`crate::Server::connect_early`].
    ///
    /// # Errors
    /// Those of [`Server::connect`].
    pub fn connect_early(
        early: EarlyConnection,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        Self::connect_by(crate::Server::connect_early(early, login, options))
    }

    /// Waits for a connection that `connect` makes in another way, such as to the first node of a cluster that answers.
    ///
    /// # Errors
    /// Those of `connect`, and [`Error::System`].
    pub fn connect_by<E: From<Error>>(
        connect: impl Future<Output = Result<crate::Server, E>>,
    ) -> Result<Self, E> {
        let runtime = runtime()?;
        match runtime.block_on(connect) {
            Ok(server) => Ok(Self { server, runtime }),
            Err(error) => {
                // Does not wait for the thread that still looks up a name.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// The blocking form of [`crate::Server::raw`].
    pub const fn raw(&mut self) -> Raw<'_> {
        Raw::new(self.server.raw(), &self.runtime)
    }

    /// The blocking form of [`crate::Server::names`].
    #[must_use]
    pub fn names(&self) -> &ServerNames {
        self.server.names()
    }

    /// The blocking form of [`crate::Server::logged_on_user`].
    #[must_use]
    pub fn logged_on_user(&self) -> &str {
        self.server.logged_on_user()
    }

    /// The blocking form of [`crate::Server::mechanism`].
    #[must_use]
    pub const fn mechanism(&self) -> LogonMechanism {
        self.server.mechanism()
    }

    /// The blocking form of [`crate::Server::is_open`].
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.server.is_open()
    }

    /// The blocking form of [`crate::Server::socket`].
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.server.socket()
    }

    /// The blocking form of [`crate::Server::connected_at`].
    #[must_use]
    pub fn connected_at(&self) -> std::time::Instant {
        self.server.connected_at()
    }

    /// The blocking form of [`crate::Server::observe`].
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.server.observe(observer);
    }

    /// The blocking form of [`crate::Server::close`].
    ///
    /// # Errors
    /// Those of [`crate::Server::close`].
    pub fn close(self) -> Result<(), Error> {
        self.runtime.block_on(self.server.close())
    }
}
