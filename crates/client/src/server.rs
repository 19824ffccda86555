mod close_plan;
mod end_plan;

pub use close_plan::ClosePlan;
pub use end_plan::EndPlan;

use std::fmt;
use std::sync::Arc;

use crate::dialer::Dialer;
use crate::link::Link;
use crate::ops::{
    connection_enum, file_close, file_enum, server_get_info, session_del, session_enum, share_enum,
};
use crate::raw::Raw;
use crate::{
    ConnectOptions, Connection, ConnectionQualifier, EndOptions, Error, FileFilter, FileId, FileSelection,
    Login, Observer, OpenFile, Selector, ServerDetails, ServerNames, ServerTarget, Session, Share, close,
    end,
};

/// A logged-on connection to one server.
///
/// It makes one call at a time. If the connection breaks, the next call makes a new one with the same login. If you drop a
/// future half-way, the connection is gone, and the server may still carry out the call.
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
/// Its methods panic outside of a tokio runtime with net and time enabled. [`blocking`](crate::blocking) needs none.
pub struct Server {
    link: Link<Dialer>,
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

    /// Returns the server's names, for [`Selector::matches`].
    #[must_use]
    pub fn names(&self) -> &ServerNames {
        &self.link.facts().names
    }

    /// Lists every session, with this connection's own session marked ([MS-SRVS] 3.1.4.5). An empty list is the server's
    /// answer, and no proof that nobody is connected.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` if the user may not list sessions.
    pub async fn sessions(&mut self) -> Result<Vec<Session>, Error> {
        session_enum::sessions(&mut self.link).await
    }

    /// Lists the open files that `filter` matches ([MS-SRVS] 3.1.4.2).
    ///
    /// A file's client is known if all sessions of its user come from one client. Windows servers also report it for up to 32
    /// clients otherwise. A filter by client does not match a file whose client is unknown.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` if the user may not list open files.
    pub async fn files(&mut self, filter: &FileFilter) -> Result<Vec<OpenFile>, Error> {
        file_enum::files(&mut self.link, filter).await
    }

    /// Lists the connections to a share, or from a client ([MS-SRVS] 3.1.4.1).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` if there is no such share.
    pub async fn connections(&mut self, qualifier: &ConnectionQualifier) -> Result<Vec<Connection>, Error> {
        connection_enum::connections(&mut self.link, qualifier).await
    }

    /// Lists the shares ([MS-SRVS] 3.1.4.8).
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn shares(&mut self) -> Result<Vec<Share>, Error> {
        share_enum::shares(&mut self.link).await
    }

    /// Returns the server's description of itself ([MS-SRVS] 3.1.4.17), and how the connection is protected.
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn info(&mut self) -> Result<ServerDetails, Error> {
        server_get_info::info(&mut self.link).await
    }

    /// Ends every session of `user` from `client`, exactly as `NetSessionDel` does ([MS-SRVS] 3.1.4.6). None and an empty text
    /// match any client or user.
    ///
    /// It does not spare this connection's own session, and does not verify that the sessions are gone:
    /// [`Server::plan_end`] does. From connecting to the answer it takes six round trips with SMB 3.1.1 and NTLM.
    ///
    /// # Errors
    /// By [`Error::win32`]: `ERROR_INVALID_PARAMETER` (87) if both are missing, or a name is longer than 1,023 characters;
    /// `NERR_ClientNameNotFound` (2312) if no session matches, or `client` does not begin with `\\`;
    /// `ERROR_ACCESS_DENIED` (5); `ERROR_NOT_ENOUGH_MEMORY` (8). [`Error::is_unknown`] if no answer came.
    /// [`Error::Vetoed`] if an observer refused.
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::session_del(&mut self.link, client, user).await
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

    /// Returns the connection's socket, if there is a connection. Use it to close a copy of it after a fork, and for
    /// nothing else.
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.link.socket()
    }

    /// Adds an observer that sees each changing request before it is sent, and its outcome.
    ///
    /// It holds for this server from now on: for plans, [`Server::session_del`], [`Server::file_close`] and
    /// [`Server::raw`]. It asks several observers in the order in which you added them. See [`Observer`] for an example.
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.link.observe(observer);
    }

    /// Closes an open file, as `NetFileClose` does ([MS-SRVS] 3.1.4.4). [`Server::plan_close`] shows the file before.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_FileIdNotFound` if no open file has this id, with `ERROR_ACCESS_DENIED` if the user may
    /// not close files. [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn file_close(&mut self, id: FileId) -> Result<(), Error> {
        file_close::file_close(&mut self.link, id).await
    }

    /// Lists the sessions and plans to end those that `selector` selects. Nothing ends before [`EndPlan::end`].
    ///
    /// Host names in the selector are [resolved](Selector::resolve) before; otherwise only names match.
    ///
    /// ```
    /// use netsession::{EndOptions, Error, Selector, Server};
    ///
    /// async fn end_all_of(server: &mut Server, user: &str) -> Result<usize, Box<dyn std::error::Error>> {
    ///     let plan = server.plan_end(&Selector::User(user.parse()?), &EndOptions::default()).await?;
    ///     for session in plan.preview().to_end() {
    ///         println!("ends: {} from {}", session.user, session.client);
    ///     }
    ///     let report = plan.end().await;
    ///     Ok(report.ended.len())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Server::sessions`].
    pub async fn plan_end(
        &mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<EndPlan<&mut Self>, Error> {
        let decision = self.decide_end(selector, options).await?;
        Ok(EndPlan::new(self, decision))
    }

    /// The same for a program that plans at several servers at once: the plan owns its server, and
    /// [`EndPlan::end`] and [`EndPlan::into_server`] give it back.
    ///
    /// # Errors
    /// As [`Server::sessions`]. The connection is closed.
    pub async fn into_plan_end(
        mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<EndPlan<Self>, Error> {
        let decision = self.decide_end(selector, options).await?;
        Ok(EndPlan::new(self, decision))
    }

    /// Lists the open files and plans to close those that `selection` selects. Nothing is closed before
    /// [`ClosePlan::close`].
    ///
    /// ```
    /// use netsession::{Error, FileId, FileSelection, Server};
    ///
    /// async fn close_one(server: &mut Server, id: FileId) -> Result<bool, Error> {
    ///     let plan = server.plan_close(&FileSelection::Ids(vec![id])).await?;
    ///     for file in plan.preview().to_close() {
    ///         println!("closes {} of {}", file.path, file.user);
    ///     }
    ///     let report = plan.close().await;
    ///     Ok(report.closed().count() == 1)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Server::files`].
    pub async fn plan_close(&mut self, selection: &FileSelection) -> Result<ClosePlan<&mut Self>, Error> {
        let decision = close::decide(&mut self.link, selection).await?;
        Ok(ClosePlan::new(self, decision))
    }

    /// The same for a program that plans at several servers at once: the plan owns its server, and
    /// [`ClosePlan::close`] and [`ClosePlan::into_server`] give it back.
    ///
    /// # Errors
    /// As [`Server::files`]. The connection is closed.
    pub async fn into_plan_close(mut self, selection: &FileSelection) -> Result<ClosePlan<Self>, Error> {
        let decision = close::decide(&mut self.link, selection).await?;
        Ok(ClosePlan::new(self, decision))
    }

    async fn decide_end(
        &mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<end::Decision, Error> {
        let listed = session_enum::sessions(&mut self.link).await?;
        let (facts, shares_fate) = (self.link.facts(), self.link.learned.shares_fate);
        Ok(end::Decision::make(selector, options, listed, facts, shares_fate))
    }

    /// Logs off and closes the connection.
    ///
    /// # Errors
    /// Every error of a connection. It is closed nevertheless.
    pub async fn close(self) -> Result<(), Error> {
        self.link.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
