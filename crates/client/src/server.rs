use crate::dialer::Dialer;
use crate::link::Link;
use crate::ops::{
    connection_enum, file_close, file_enum, server_get_info, session_del, session_enum, share_enum,
};
use crate::raw::Raw;
use crate::{
    ConnectOptions, Connection, ConnectionQualifier, EndOptions, EndPlan, EndReport, Error, FileFilter,
    FileId, Login, OpenFile, Selector, ServerInfo, ServerNames, ServerTarget, Session, Share, end,
};

/// A logged-on connection to one server.
///
/// One call is made at a time. Where the connection is lost, the next call makes a new one with the same login.
/// A future that is dropped halfway costs the connection, and nothing else: what was asked may still be carried out.
pub struct Server {
    link: Link<Dialer>,
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

    /// Lists the sessions and says what ending those that `selector` means would do. Nothing is ended yet.
    ///
    /// Host names in the selector are [`resolve`](Selector::resolve)d before, or match by name alone.
    ///
    /// # Errors
    /// As [`Server::sessions`].
    pub async fn plan_end(&mut self, selector: &Selector, options: &EndOptions) -> Result<EndPlan, Error> {
        let listed = session_enum::sessions(&mut self.link).await?;
        Ok(end::plan(selector, options, listed, self.link.facts(), self.link.shares_fate))
    }

    /// Carries a plan out and reports what became of each session. What goes wrong is part of the report.
    ///
    /// A call without an answer is never sent a second time. Afterwards the sessions are listed until they are gone, or
    /// for [`EndOptions::verify_timeout`].
    pub async fn end(&mut self, plan: EndPlan, options: &EndOptions) -> EndReport {
        end::end(&mut self.link, plan, options).await
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

    /// If this fails, a program cannot ask several servers from several threads.
    #[test]
    fn everything_can_move_to_another_thread() {
        fn is_send<T: Send>(_: &T) {}
        let drive = async |server: &mut Server| {
            let plan = server.plan_end(&Selector::default(), &EndOptions::default()).await?;
            server.end(plan, &EndOptions::default()).await;
            server.session_del(None, None).await
        };
        let connect = || async move {
            let login = Login::new("bob", crate::Secret::password("x")).map_err(drop)?;
            let target = ServerTarget::Local;
            let mut server =
                Server::connect(&target, &login, &ConnectOptions::default()).await.map_err(drop)?;
            drive(&mut server).await.map_err(drop)
        };
        is_send(&connect());
    }
}
