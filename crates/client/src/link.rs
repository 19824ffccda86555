//! The way to one server: a connection that is made again when it is gone.

use std::fmt;

use netsession_srvs::Operation;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::calls::{Calls, Connector, Facts};
use crate::learned::Learned;
use crate::{Error, Step, Violation, Win32Error};

/// One server, and what was learnt about it.
pub(crate) struct Link<C: Connector> {
    connector: C,
    connection: Option<C::Connection>,
    facts: Facts,
    /// What the operations learned about the server.
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
            learned: Learned::default(),
        })
    }

    /// What is known of the newest connection.
    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the server is named in calls to it.
    pub(crate) fn server_name(&self) -> Option<String> {
        Some(self.facts.unc.clone())
    }

    /// Carries out one call, on a new connection where the last one is gone.
    ///
    /// A connection whose answer did not come, or cannot be trusted, is given up; so it is when the caller loses
    /// patience and drops this future.
    pub(crate) async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = dial(&self.connector).await?;
                self.facts = connection.facts().clone();
                connection
            }
        };
        let began = Instant::now();
        let result = connection.call(request).await;
        let (server, took) = (self.facts.server.as_str(), began.elapsed());
        match &result {
            Ok(_) => debug!(server, call = ?O::OPNUM, ?took, "answered"),
            Err(error) => info!(server, call = ?O::OPNUM, ?took, %error, "failed"),
        }
        if result.as_ref().is_ok() || result.as_ref().is_err_and(Error::leaves_connection_usable) {
            self.connection = Some(connection);
        }
        result
    }

    /// Carries out a call that changes nothing, a second time where the connection broke under it. Where no answer comes
    /// in time, nothing can have come of it.
    pub(crate) async fn ask<O: Operation + Clone>(&mut self, request: O) -> Result<O::Response, Error> {
        let result = match self.call(request.clone()).await {
            Err(Error::Disconnected { .. }) => self.call(request).await,
            result => result,
        };
        result.map_err(|error| match error {
            Error::Unknown { server, step, after } => Error::TimedOut { server, step, after },
            error => error,
        })
    }

    /// The server's answer as an error.
    pub(crate) fn answered(&self, call: &'static str, code: Win32Error) -> Error {
        Error::Answered { server: self.facts.server.clone(), step: Step::Call(call), code }
    }

    /// The same for an answer that holds nothing: with success it breaks the protocol.
    pub(crate) fn answered_badly(&self, call: &'static str, code: Win32Error) -> Error {
        if !code.is_success() {
            return self.answered(call, code);
        }
        let (server, cause) = (self.facts.server.clone(), Violation::rule("it holds nothing"));
        Error::Protocol { server, step: Step::Call(call), cause }
    }

    /// Whether there is a connection that the server has not closed.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.as_ref().is_some_and(Calls::is_open)
    }

    /// The socket, where there is a connection.
    #[cfg(unix)]
    pub(crate) fn socket(&self) -> Option<std::os::fd::RawFd> {
        self.connection.as_ref().and_then(Calls::socket)
    }

    /// Gives the connection up; the next call makes another one.
    pub(crate) fn hang_up(&mut self) {
        self.connection = None;
    }

    /// Says goodbye, where there still is a connection.
    pub(crate) async fn close(mut self) -> Result<(), Error> {
        match self.connection.take() {
            Some(connection) => connection.close().await,
            None => Ok(()),
        }
    }
}

async fn dial<C: Connector>(connector: &C) -> Result<C::Connection, Error> {
    let began = Instant::now();
    let connection = connector.connect().await?;
    let Facts { server, dialect, encrypted, .. } = connection.facts();
    info!(server, %dialect, encrypted, took = ?began.elapsed(), "logged on");
    Ok(connection)
}
