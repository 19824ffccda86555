pub(crate) mod close_plan;
pub(crate) mod end_plan;

use std::fmt;
use std::sync::Arc;

use crate::dialer::Dialer;
use crate::link::Link;
use crate::raw::Raw;
use crate::{ConnectOptions, Error, Login, Observer, ServerNames, ServerTarget};

/// A logged-on connection to one server.
///
/// It makes one call at a time. If the connection breaks, the next call makes a new one with the same login. If another
/// computer answers then, the call fails with [`Error::OtherServer`]. If you drop a future half-way, the connection
/// closes, and the server may still carry out the call.
///
/// ```
/// use netsession::{ConnectOptions, Error, Login, Server, ServerTarget};
///
/// async fn count_sessions(target: &ServerTarget, login: &Login) -> Result<usize, Error> {
///     let mut server = Server::connect(target, login, &ConnectOptions::default()).await?;
///     let count = server.sessions().await?.len();
///     server.close().await?;
///     Ok(count)
/// }
/// ```
///
/// # Panics
/// Its methods panic outside of a tokio runtime with net and time enabled. [`blocking`](crate::blocking) needs no
/// runtime.
// The file of each operation in `ops/` adds the method for its call. The files of the plans add the methods that make
// them.
pub struct Server {
    pub(crate) link: Link<Dialer>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.link).finish()
    }
}

impl Server {
    /// Connects to a server and logs on.
    ///
    /// # Errors
    /// [`Error::Local`], [`Error::Resolve`], [`Error::Connect`], [`Error::TimedOut`], [`Error::NotSmb`],
    /// [`Error::NoDialect`], [`Error::Logon`], [`Error::Guest`], [`Error::Insecure`], and the other errors of a
    /// connection.
    pub async fn connect(
        target: &ServerTarget,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let server = target.address()?;
        let dialer = Dialer { server, login: login.clone(), options: options.clone() };
        Ok(Self { link: Link::connect(dialer).await? })
    }

    /// Returns the server's names, for [`Selector::matches`](crate::Selector::matches).
    #[must_use]
    pub fn names(&self) -> &ServerNames {
        &self.link.facts().names
    }

    /// Returns the single calls, as Windows' functions have them.
    pub const fn raw(&mut self) -> Raw<'_> {
        Raw::new(&mut self.link)
    }

    /// Whether the connection is open. It checks the socket and sends nothing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.link.is_open()
    }

    /// Returns the connection's socket, if there is a connection. Use it only to close a copy of the socket after a
    /// fork.
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.link.socket()
    }

    /// Adds an observer that sees each changing request before it is sent, and its outcome.
    ///
    /// It holds for this server from now on: for plans, [`Server::session_del`], [`Server::file_close`] and
    /// [`Server::raw`]. It asks several observers in the order in which you added them. See [`Observer`] for an
    /// example.
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.link.observe(observer);
    }

    /// Logs off and closes the connection.
    ///
    /// # Errors
    /// Every error of a connection. The connection closes in any case.
    pub async fn close(self) -> Result<(), Error> {
        self.link.close().await
    }

    /// Keeps the server for the plan that `decision` makes; logs off if there is no decision.
    pub(crate) async fn keep_for<D>(self, decision: Result<D, Error>) -> Result<(Self, D), Error> {
        match decision {
            Ok(decision) => Ok((self, decision)),
            Err(error) => {
                // The caller needs the reason for having no plan, not the outcome of the logoff.
                let _ = self.close().await;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EndOptions, Selector};

    /// A failure here would keep a program from asking several servers from several threads.
    #[test]
    fn futures_and_servers_can_move_to_another_thread() {
        fn is_send<T: Send>(_: &T) {}
        let drive = async |server: &mut Server| {
            let plan = server.plan_end(&Selector::All, &EndOptions::default()).await?;
            plan.end().await;
            server.session_del(None, None).await
        };
        let connect = || async move {
            let login = Login::new("bob", crate::Secret::password("x")).map_err(drop)?;
            let target = ServerTarget::Local;
            let mut server =
                Server::connect(&target, &login, &ConnectOptions::default()).await.map_err(drop)?;
            drive(&mut server).await.map_err(drop)?;
            let plan = server.into_plan_end(&Selector::All, &EndOptions::default()).await.map_err(drop)?;
            plan.end().await.1.close().await.map_err(drop)
        };
        is_send(&connect());
    }
}
