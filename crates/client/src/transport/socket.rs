//! A socket and the SMB machine on it: each exchange is one write, and reading until it is answered.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use netsession_smb::auth::{Mechanism, ServerIdentity};
use netsession_smb::client::{
    Answer, Chain, Client, Config, Encryption as SmbEncryption, Event, Negotiated, RequestId,
};
use netsession_smb::{client, msg};
use netsession_wire::NtStatus;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::context::ErrorContext;
use super::login;
use crate::{ConnectOptions, Dialect, Encryption, Error, ServerAddress, Step};

/// Bytes that are read at once: more than any answer but a long list.
const BUFFER: usize = 16 << 10;

/// Until when an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) deadline: Instant,
    pub(super) after: Duration,
}

impl Limit {
    /// From now on for that long.
    pub(super) fn of(after: Duration) -> Self {
        Self { deadline: Instant::now() + after, after }
    }
}

/// A connection that carries SMB.
pub(super) struct Socket {
    stream: TcpStream,
    client: Client,
    buffer: Vec<u8>,
    context: ErrorContext,
    /// Nothing failed so far, and nothing was given up halfway.
    usable: bool,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        context: ErrorContext,
        server: &ServerAddress,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let client = Client::new(config(server, options), login::entropy()?);
        let client = client.map_err(|error| context.smb(Step::Negotiate, error))?;
        Ok(Self { stream, client, buffer: vec![0; BUFFER], context, usable: true })
    }

    pub(super) const fn context(&self) -> &ErrorContext {
        &self.context
    }

    /// Negotiates and logs in.
    pub(super) async fn log_in(
        &mut self,
        mechanisms: Vec<Box<dyn Mechanism>>,
        limit: Limit,
    ) -> Result<(), Error> {
        let begun = self.client.log_in(mechanisms);
        begun.map_err(|error| self.context.smb(Step::Logon, error))?;
        let mut step = Step::Negotiate;
        loop {
            if let Some(login_step) = self.client.next_login_step() {
                let finished = login::run_step(login_step, limit.deadline).await;
                let finished = finished.ok_or_else(|| self.context.no_answer(Step::Logon, limit.after))?;
                // A failure is told when the events before it are used up.
                let _ = self.client.finish_login_step(finished);
            }
            match self.client.next_event() {
                Some(Event::Negotiated) => step = Step::Logon,
                Some(Event::LoggedIn) => return Ok(()),
                Some(_) => {}
                None => self.advance(step, limit).await?,
            }
        }
    }

    /// Whether a request can still be sent.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.usable {
            return Ok(());
        }
        let source = io::Error::new(io::ErrorKind::NotConnected, "it was given up after an earlier failure");
        // Nothing is sent, so that nothing can be unknown of a call.
        Err(self.context.disconnected(Step::Connect, source))
    }

    /// Whether it can be used, and the server has not closed it: what has come is looked at, and left where it is.
    #[cfg(unix)]
    pub(super) fn is_open(&self) -> bool {
        use rustix::io::Errno;
        use rustix::net::{RecvFlags, recv};

        let came = recv(&self.stream, &mut [0; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        self.usable && came.map_or_else(|error| error == Errno::AGAIN, |(length, _)| length > 0)
    }

    /// Whether it can be used.
    #[cfg(not(unix))]
    pub(super) const fn is_open(&self) -> bool {
        self.usable
    }

    /// Sends the requests of a chain and waits for all their answers, which come in the chain's order.
    ///
    /// After an error, or when the future is dropped before its end, the socket takes no more.
    pub(super) async fn exchange(
        &mut self,
        chain: Chain,
        step: Step,
        limit: Limit,
    ) -> Result<Vec<Answer>, Error> {
        self.check()?;
        self.usable = false;
        let requests = self.client.send(chain).map_err(|error| self.context.smb(step, error))?;
        let mut answers = Vec::with_capacity(requests.len());
        while answers.len() < requests.len() {
            match self.client.next_event() {
                Some(Event::Answered(answer)) => answers.push(answer),
                Some(_) => {}
                None => self.advance(step, limit).await?,
            }
        }
        answers.sort_by_key(Answer::request);
        self.usable = true;
        Ok(answers)
    }

    /// Sends a chain without waiting; [`Socket::answer`] gives its answers, and those of other chains, as they come.
    ///
    /// The socket takes no exchange until [`Socket::settle`] says that all of them have come.
    pub(super) fn submit(&mut self, chain: Chain, step: Step) -> Result<Vec<RequestId>, Error> {
        self.usable = false;
        self.client.send(chain).map_err(|error| match error {
            // Answers that still wait to be looked at have said so.
            client::Error::NoSession => self.context.refused(step, NtStatus::USER_SESSION_DELETED),
            error => self.context.smb(step, error),
        })
    }

    /// The next answer to what was submitted.
    pub(super) async fn answer(&mut self, step: Step, limit: Limit) -> Result<Answer, Error> {
        loop {
            match self.client.next_event() {
                Some(Event::Answered(answer)) => return Ok(answer),
                Some(_) => {}
                None => self.advance(step, limit).await?,
            }
        }
    }

    /// Everything that was submitted is answered.
    pub(super) const fn settle(&mut self) {
        self.usable = true;
    }

    /// Writes what is to be written, and reads once.
    async fn advance(&mut self, step: Step, limit: Limit) -> Result<(), Error> {
        if let Some(error) = self.client.failure() {
            return Err(self.context.smb(step, error.clone()));
        }
        let moved = async {
            while let Some(message) = self.client.transmit() {
                self.stream.write_all(&message).await?;
            }
            self.stream.read(&mut self.buffer).await
        };
        let length = match timeout_at(limit.deadline, moved).await {
            Ok(Ok(0)) => {
                let end = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it");
                return Err(self.context.disconnected(step, end));
            }
            Ok(Ok(length)) => length,
            Ok(Err(error)) => return Err(self.context.disconnected(step, error)),
            Err(_) => return Err(self.context.no_answer(step, limit.after)),
        };
        // A failure is told when the events before it are used up: answers among them are good.
        let _ = self.client.receive(self.buffer.get(..length).unwrap_or_default());
        Ok(())
    }

    pub(super) const fn negotiated(&self) -> Option<&Negotiated> {
        self.client.negotiated()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.client.is_encrypted()
    }

    pub(super) const fn server_identity(&self) -> Option<&ServerIdentity> {
        self.client.server()
    }

    pub(super) fn own_address(&self) -> Option<SocketAddr> {
        self.stream.local_addr().ok()
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn config(server: &ServerAddress, options: &ConnectOptions) -> Config {
    let mut config = Config::new(server.host());
    let accepted = dialect(options.min_dialect)..=dialect(options.max_dialect);
    config.dialects.retain(|dialect| accepted.contains(dialect));
    config.encryption = match options.encryption {
        Encryption::IfOffered => SmbEncryption::IfOffered,
        Encryption::Required => SmbEncryption::Required,
    };
    config
}

const fn dialect(dialect: Dialect) -> msg::Dialect {
    match dialect {
        Dialect::Smb2_1 => msg::Dialect::SMB_2_1,
        Dialect::Smb3_0 => msg::Dialect::SMB_3_0,
        Dialect::Smb3_0_2 => msg::Dialect::SMB_3_0_2,
        Dialect::Smb3_1_1 => msg::Dialect::SMB_3_1_1,
    }
}
