pub(crate) mod close_plan;
pub(crate) mod end_plan;
pub(crate) mod share_plan;

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::dialer::{self, Dialer};
use crate::link::Link;
use crate::raw::Raw;
use crate::{
    ConnectOptions, Dialect, EarlyConnection, Error, Login, LogonMechanism, Observer, ServerAddress,
    ServerNames, ServerTarget,
};

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
        Self::dial(server, None, login, options).await
    }

    /// Logs on over a connection that has begun already. If it is older than two seconds, this connects again.
    ///
    /// # Errors
    /// Those of [`Server::connect`].
    pub async fn connect_early(
        early: EarlyConnection,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        Self::dial(early.server().clone(), Some(early), login, options).await
    }

    async fn dial(
        server: ServerAddress,
        early: Option<EarlyConnection>,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let (login, options) = (login.clone(), options.clone());
        let dialer = Dialer { server, login, options, early: Mutex::new(early) };
        Ok(Self { link: Link::connect(dialer).await? })
    }

    /// Finds out whether a server answers: connects, negotiates, and closes the connection. It sends no login, and the
    /// server lists no session for it. Returns the GUID that the server gives itself, as [`guid`](Self::guid).
    ///
    /// A frozen server accepts the connection and never answers the negotiation, so an open port proves nothing.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// # use netsession_server::Server as Embedded;
    /// use netsession::{ConnectOptions, Error, Server, ServerTarget};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let embedded = Embedded::builder().listen(([127, 0, 0, 1], 0).into()).start().unwrap();
    /// # let target = ServerTarget::from(embedded.addresses()[0]);
    /// let options = ConnectOptions::default();
    /// Server::probe(&target, &options).await?;
    /// # embedded.stop().await;
    /// let error = Server::probe(&target, &options).await.unwrap_err();
    /// assert!(matches!(error, Error::Connect { .. }), "{error}");
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Local`], [`Error::Resolve`], [`Error::Connect`], [`Error::TimedOut`], [`Error::NotSmb`],
    /// [`Error::NoDialect`], and the other errors of a connection before its logon.
    pub async fn probe(target: &ServerTarget, options: &ConnectOptions) -> Result<[u8; 16], Error> {
        dialer::probe(&target.address()?, options).await
    }

    /// Returns the server's names, for [`Selector::matches`](crate::Selector::matches).
    ///
    /// A server tells them with NTLM. With Kerberos they are those of the service, which can be an alias, until
    /// [`selected_sessions`](Self::selected_sessions), [`plan_end`](Self::plan_end), [`files`](Self::files) or a second
    /// [`sessions`](Self::sessions) has asked the server for its own.
    #[must_use]
    pub fn names(&self) -> &ServerNames {
        &self.link.facts().names
    }

    /// Returns the user of this connection: the principal, such as `adm1@LAB.TEST`, after a logon with Kerberos; the user as the
    /// login spells it after a logon with NTLM.
    #[must_use]
    pub fn logged_on_user(&self) -> &str {
        &self.link.facts().full_user
    }

    /// Returns the mechanism by which the user is logged on.
    #[must_use]
    pub const fn mechanism(&self) -> LogonMechanism {
        self.link.facts().mechanism
    }

    /// Returns the dialect of the connection.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.link.facts().dialect
    }

    /// Returns whether every message is encrypted. If not, every message is signed.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.link.facts().encrypted
    }

    /// Returns the GUID that the server gave itself ([MS-SMB2] 2.2.4). All nodes of a Samba cluster have the same one, and so
    /// have unrelated Samba servers of one NetBIOS name.
    #[must_use]
    pub const fn guid(&self) -> [u8; 16] {
        self.link.facts().guid
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

    /// Returns when the logon of the present connection began. It changes if a call has made a new connection.
    #[must_use]
    pub fn connected_at(&self) -> std::time::Instant {
        self.link.facts().since.into_std()
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
