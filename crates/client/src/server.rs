mod close_plan;
mod end_plan;

pub use close_plan::ClosePlan;
pub use end_plan::EndPlan;

use std::fmt;

use crate::dialer::Dialer;
use crate::link::Link;
use crate::ops::{
    connection_enum, file_close, file_enum, server_get_info, session_del, session_enum, share_enum,
};
use crate::raw::Raw;
use crate::{
    ConnectOptions, Connection, ConnectionQualifier, EndOptions, Error, FileFilter, FileId, FileSelection,
    Login, OpenFile, Selector, ServerInfo, ServerNames, ServerTarget, Session, Share, close, end,
};

/// A logged-on connection to one server.
///
/// One call is made at a time. Where the connection is lost, the next call makes a new one with the same login.
/// A future that is dropped halfway costs the connection, and nothing else: what was asked may still be carried out.
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
    /// [`Error::NoDialect`], [`Error::Logon`], [`Error::Guest`], [`Error::Insecure`], and whatever else can go wrong
    /// with a connection.
    pub async fn connect(
        target: &ServerTarget,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let server = target.address()?;
        let dialer = Dialer { server, login: login.clone(), options: options.clone() };
        Ok(Self { link: Link::connect(dialer).await? })
    }

    /// The names that the server goes by, for [`Selector::matches`].
    #[must_use]
    pub fn names(&self) -> &ServerNames {
        &self.link.facts().names
    }

    /// Every session at the server, the own one marked. An empty list is what the server said, not proof that nobody
    /// is there.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` where the user may not list sessions.
    pub async fn sessions(&mut self) -> Result<Vec<Session>, Error> {
        session_enum::sessions(&mut self.link).await
    }

    /// The open files that `filter` means.
    ///
    /// Which client holds a file is told where all sessions of its user come from one client, and by Windows
    /// servers also where they do not (for up to 32 clients). A file whose client is not known is matched by no client.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` where the user may not list open files.
    pub async fn files(&mut self, filter: &FileFilter) -> Result<Vec<OpenFile>, Error> {
        file_enum::files(&mut self.link, filter).await
    }

    /// The connections to a share, or from a client.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` where there is no such share.
    pub async fn connections(&mut self, qualifier: &ConnectionQualifier) -> Result<Vec<Connection>, Error> {
        connection_enum::connections(&mut self.link, qualifier).await
    }

    /// The server's shares.
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn shares(&mut self) -> Result<Vec<Share>, Error> {
        share_enum::shares(&mut self.link).await
    }

    /// What the server says of itself, and how the connection is protected.
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn info(&mut self) -> Result<ServerInfo, Error> {
        server_get_info::info(&mut self.link).await
    }

    /// `NetSessionDel`, exactly: ends every session of `user` from `client`, where None or an empty text is any.
    ///
    /// It does not spare the own session, and does not look whether the sessions are gone: see [`Server::plan_end`].
    /// From connecting to this answer it takes six round trips with SMB 3.1.1 and NTLM.
    ///
    /// # Errors
    /// By [`Error::win32`]: `ERROR_INVALID_PARAMETER` (87) where neither is given, or a name is longer than 1,023
    /// characters; `NERR_ClientNameNotFound` (2312) where nothing matched, or `client` does not begin with `\\`;
    /// `ERROR_ACCESS_DENIED` (5); `ERROR_NOT_ENOUGH_MEMORY` (8). [`Error::is_unknown`] where no answer came.
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::session_del(&mut self.link, client, user).await
    }

    /// The calls one by one, as Windows' functions have them.
    pub const fn raw(&mut self) -> Raw<'_> {
        Raw::new(&mut self.link)
    }

    /// Whether the connection is there and the server has not closed it: looks at the socket, and asks nothing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.link.is_open()
    }

    /// The number of the connection's socket, where there is a connection. It is for who must close a copy of it after
    /// a fork, and for nothing else.
    #[cfg(unix)]
    #[must_use]
    pub fn socket(&self) -> Option<std::os::fd::RawFd> {
        self.link.socket()
    }

    /// Closes an open file.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_FileIdNotFound` where no such file is open, with `ERROR_ACCESS_DENIED` where the
    /// user may not close files. [`Error::is_unknown`] where no answer came.
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
    /// What went wrong while saying goodbye; the connection is closed all the same.
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
