//! [`Link`]: a connection to one server, which it makes again after it broke. Every call goes through it.

use std::fmt;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use netsession_rpc::Response as _;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::calls::{Calls, Connector, Facts, Operation, Reading, ReturnCode as _};
use crate::learned::Learned;
use crate::observer::{Change, Changing, Observer, Observers};
use crate::{DfsReferral, Error, NtStatus, Step, Violation, Win32Error};

/// A server, its connection, and the observers of what changes there.
pub(crate) struct Link<C: Connector> {
    connector: C,
    /// It is in a box, because each call takes it out and puts it back.
    connection: Option<Box<C::Connection>>,
    facts: Facts,
    observers: Observers,
    /// The facts that the operations have learned about the server.
    pub(crate) learned: Learned,
}

impl<C: Connector> fmt::Debug for Link<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_connected = self.connection.is_some();
        f.debug_struct("Link")
            .field("facts", &self.facts)
            .field("is_connected", &is_connected)
            .finish_non_exhaustive()
    }
}

impl<C: Connector> Link<C> {
    pub(crate) async fn connect(connector: C) -> Result<Self, Error> {
        let connection = dial(&connector).await?;
        Ok(Self {
            facts: connection.facts().clone(),
            connector,
            connection: Some(connection),
            observers: Observers::default(),
            learned: Learned::default(),
        })
    }

    /// Returns the facts about the newest connection.
    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Adds a name to those of the server.
    pub(crate) fn add_server_name(&mut self, name: &str) {
        self.facts.names.add(name);
    }

    /// Returns the server's name for calls to it.
    pub(crate) fn server_name(&self) -> Option<String> {
        Some(self.facts.unc.clone())
    }

    /// Adds an observer of changing calls.
    pub(crate) fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.observers.add(observer);
    }

    /// Sends a call that changes something, once. No other function sends one. Observers see it before and afterwards,
    /// even if the caller drops this future.
    ///
    /// # Errors
    /// [`Error::Vetoed`] if an observer refuses, and every error of a connection.
    pub(crate) async fn change<O: Changing>(&mut self, request: O) -> Result<O::Response, Error> {
        let change = request.change(&self.facts.server);
        self.change_as(change, request).await
    }

    /// Does the same for a request that does not say what it changes, such as one with a handle.
    pub(crate) async fn change_as<O: Operation>(
        &mut self,
        change: Change,
        request: O,
    ) -> Result<O::Response, Error> {
        let mut watch = self.observers.ask(change).map_err(|refusal| {
            let (server, step) = (self.facts.server.clone(), Step::Call(O::NAME));
            Error::Vetoed { server, step, refusal }
        })?;
        let connection = match self.take_connection().await {
            Ok(connection) => connection,
            Err(error) => {
                watch.failed(&error);
                return Err(error);
            }
        };
        watch.mark_sent();
        let result = self.exchange(connection, request).await;
        match &result {
            Ok(response) => watch.answered(response.status().as_win32()),
            Err(error) => watch.failed(error),
        }
        result
    }

    /// Sends a call that changes nothing, and sends it again if the connection breaks. A call without an answer in time
    /// is [`Error::TimedOut`], because it changes nothing.
    pub(crate) async fn ask<O: Reading>(&mut self, request: O) -> Result<O::Response, Error> {
        let connection = self.take_connection().await?;
        let result = match self.exchange(connection, request.clone()).await {
            Err(Error::Disconnected { .. }) => {
                let connection = self.take_connection().await?;
                self.exchange(connection, request).await
            }
            result => result,
        };
        result.map_err(|error| match error {
            Error::Unknown { server, step, after } => Error::TimedOut { server, step, after },
            error => error,
        })
    }

    /// Asks where a DFS path leads, and asks again if the connection breaks.
    pub(crate) async fn referral(&mut self, path: &str) -> Result<Option<DfsReferral>, Error> {
        let mut connection = self.take_connection().await?;
        let mut result = connection.referral(path).await;
        if let Err(Error::Disconnected { .. }) = result {
            connection = self.take_connection().await?;
            result = connection.referral(path).await;
        }
        if result.as_ref().is_ok() || result.as_ref().is_err_and(Error::leaves_connection_usable) {
            self.connection = Some(connection);
        }
        result
    }

    /// Asks whether a share has a file or a folder, and asks again if the connection breaks.
    pub(crate) async fn has_path(&mut self, share: &str, name: &str) -> Result<bool, Error> {
        let mut connection = self.take_connection().await?;
        let mut result = connection.has_path(share, name).await;
        if let Err(Error::Disconnected { .. }) = result {
            connection = self.take_connection().await?;
            result = connection.has_path(share, name).await;
        }
        if result.as_ref().is_ok() || result.as_ref().is_err_and(Error::leaves_connection_usable) {
            self.connection = Some(connection);
        }
        result
    }

    /// Takes the connection, or makes a new one if the last one is gone.
    ///
    /// # Errors
    /// [`Error::OtherServer`] if another computer now answers at the server's address. A listing of one computer says
    /// nothing about another.
    async fn take_connection(&mut self) -> Result<Box<C::Connection>, Error> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = dial(&self.connector).await?;
        let (was, is) = (&self.facts.names, &connection.facts().names);
        if !was.is_same_computer(is) {
            let server = self.facts.server.clone();
            return Err(Error::OtherServer { server, was: was.to_string(), is: is.to_string() });
        }
        self.facts = connection.facts().clone();
        Ok(connection)
    }

    /// Whether the next call goes over a newer connection than a listing that was taken at `then`.
    pub(crate) fn is_newer_than(&self, then: Instant) -> bool {
        self.connection.is_none() || self.facts.since > then
    }

    /// Sends one call. It keeps the connection for the next call, unless no trustworthy answer came or the caller drops
    /// this future.
    async fn exchange<O: Operation>(
        &mut self,
        mut connection: Box<C::Connection>,
        request: O,
    ) -> Result<O::Response, Error> {
        let began = Instant::now();
        let result = connection.call(request).await;
        let (server, took) = (self.facts.server.as_str(), began.elapsed());
        match &result {
            Ok(response) => debug!("{server} answered {} in {took:?}: {}", O::NAME, response.status()),
            Err(error) => info!("{} failed after {took:?}: {error}", O::NAME),
        }
        if result.as_ref().is_ok() || result.as_ref().is_err_and(Error::leaves_connection_usable) {
            self.connection = Some(connection);
        }
        result
    }

    /// Makes an error from the code that the server answered.
    pub(crate) fn answered(&self, call: &'static str, code: Win32Error) -> Error {
        Error::Answered { server: self.facts.server.clone(), step: Step::Call(call), code }
    }

    /// Makes an error from the name of a share that the server does not have.
    pub(crate) fn no_share(&self, share: &str) -> Error {
        Error::NoShare { server: self.facts.server.clone(), share: share.to_owned() }
    }

    /// Makes an error from the NTSTATUS that the server answered.
    pub(crate) fn refused(&self, call: &'static str, status: NtStatus) -> Error {
        Error::Refused { server: self.facts.server.clone(), step: Step::Call(call), status }
    }

    /// Makes an error from an answer that breaks the protocol.
    pub(crate) fn broken(&self, call: &'static str, rule: &'static str) -> Error {
        let (server, cause) = (self.facts.server.clone(), Violation::rule(rule));
        Error::Protocol { server, step: Step::Call(call), cause }
    }

    /// Does the same as [`Link::answered`] for an answer without content. If its code is success, the answer breaks the protocol.
    pub(crate) fn answered_badly(&self, call: &'static str, code: Win32Error) -> Error {
        if !code.is_success() {
            return self.answered(call, code);
        }
        self.broken(call, "it holds nothing")
    }

    /// Whether there is a connection, and the server has not closed it.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.is_open())
    }

    /// Returns the socket, if there is a connection.
    #[cfg(unix)]
    pub(crate) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().and_then(|connection| connection.socket())
    }

    /// Drops the connection. The next call makes a new one.
    pub(crate) fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Logs off, if there still is a connection.
    pub(crate) async fn close(mut self) -> Result<(), Error> {
        match self.connection.take() {
            Some(connection) => connection.close().await,
            None => Ok(()),
        }
    }
}

async fn dial<C: Connector>(connector: &C) -> Result<Box<C::Connection>, Error> {
    let began = Instant::now();
    // In a box, because every call could connect again, and would carry the room for that.
    let connection = Box::pin(connector.connect()).await?;
    let Facts { server, full_user, mechanism, dialect, encrypted, .. } = connection.facts();
    let protection = if *encrypted { "encrypted" } else { "signed" };
    info!(
        "logged on to {server} as {full_user} with {mechanism} in {:?}: SMB {dialect}, {protection}",
        began.elapsed()
    );
    Ok(Box::new(connection))
}
