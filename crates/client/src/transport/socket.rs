//! [`Socket`]: a TCP stream and the SMB state machine on it. Each exchange writes once, and reads until every request
//! has its response.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use netsession_smb::auth::{FinishedStep, MechanismError, MechanismStep, ServerIdentity};
use netsession_smb::client::{
    Answer, Chain, Client, Config, Encryption as SmbEncryption, Event, Negotiated, RequestId,
};
use netsession_smb::msg::{LogoffRequest, TreeId};
use netsession_smb::{client, msg};
use netsession_wire::NtStatus;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::context::ErrorContext;
use super::kerberos::{self, Names, SharedNames};
use super::login::{self, Offers};
use crate::{ConnectOptions, Dialect, Encryption, Error, KerberosError, ServerAddress, Step};

/// The most bytes that one read returns: more than any response but a long list.
const BUFFER: usize = 16 << 10;

/// How long to wait for a response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) deadline: Instant,
    pub(super) after: Duration,
}

impl Limit {
    /// Makes a limit whose deadline is `after` from now.
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
    names: SharedNames,
    /// Whether no step has failed, and no caller has dropped a future half-way.
    is_usable: bool,
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
        Ok(Self {
            stream,
            client,
            buffer: vec![0; BUFFER],
            context,
            names: SharedNames::default(),
            is_usable: true,
        })
    }

    pub(super) const fn context(&self) -> &ErrorContext {
        &self.context
    }

    /// Negotiates, and sends nothing after it.
    pub(super) async fn negotiate(&mut self, limit: Limit) -> Result<(), Error> {
        loop {
            match self.client.next_event() {
                Some(Event::Negotiated) => return Ok(()),
                Some(_) => {}
                None => self.advance(Step::Negotiate, limit).await?,
            }
        }
    }

    /// Negotiates and logs on.
    pub(super) async fn log_in(&mut self, offers: Offers, limit: Limit) -> Result<(), Error> {
        let Offers { mechanisms, names } = offers;
        self.names = names;
        let begun = self.client.log_in(mechanisms);
        begun.map_err(|error| self.context.smb(Step::Logon, error))?;
        let mut step = Step::Negotiate;
        loop {
            if let Some(login_step) = self.client.next_login_step() {
                let is_kerberos = login_step.oids() == kerberos::OIDS;
                self.context.note_mechanism(is_kerberos);
                let finished = run_login_step(login_step, limit).await;
                // The state machine reports a failure only after the earlier events.
                let _ = self.client.finish_login_step(finished);
            }
            match self.client.next_event() {
                Some(Event::Negotiated) => {
                    step = Step::Logon;
                    self.note_clock();
                }
                Some(Event::LoggedIn) => return Ok(()),
                Some(_) => {}
                None => self.advance(step, limit).await?,
            }
        }
    }

    /// Keeps the difference of the two clocks, which a refused ticket can be the result of.
    fn note_clock(&mut self) {
        if let Some(negotiated) = self.client.negotiated() {
            let theirs = u64::try_from(negotiated.system_time.0).unwrap_or_default();
            self.context.note_clock(theirs, login::filetime());
        }
    }

    /// Returns the names of both sides, if the user is logged on with Kerberos.
    pub(super) fn kerberos(&self) -> Option<&Names> {
        self.names.get()
    }

    /// Logs off if the socket is usable. It ignores an error, because the caller closes the connection in any case.
    pub(super) async fn log_off(&mut self, limit: Limit) {
        if let Ok(chain) = Chain::new(TreeId::NONE, &LogoffRequest) {
            let _ = self.exchange(chain, Step::Logoff, limit).await;
        }
    }

    /// Checks that the socket can carry another request.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_usable {
            return Ok(());
        }
        let cause = io::Error::new(io::ErrorKind::NotConnected, "an earlier step failed on it");
        // Reports this step instead of the call: nothing is sent, so no outcome is unknown.
        Err(self.context.disconnected(Step::Connect, cause))
    }

    /// Whether the socket is usable and the server has not closed it. It peeks at received bytes and does not consume
    /// them.
    #[cfg(unix)]
    pub(super) fn is_open(&self) -> bool {
        use rustix::io::Errno;
        use rustix::net::{RecvFlags, recv};

        let received = recv(&self.stream, &mut [0; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        self.is_usable && received.map_or_else(|error| error == Errno::AGAIN, |(length, _)| length > 0)
    }

    /// Whether the socket is usable.
    #[cfg(not(unix))]
    pub(super) const fn is_open(&self) -> bool {
        self.is_usable
    }

    /// Sends the requests of a chain, waits for all their responses, and returns them in the order of the requests.
    ///
    /// After an error, or if the future is dropped before its end, the socket sends no more requests.
    pub(super) async fn exchange(
        &mut self,
        chain: Chain,
        step: Step,
        limit: Limit,
    ) -> Result<Vec<Answer>, Error> {
        self.check()?;
        self.is_usable = false;
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
        self.is_usable = true;
        Ok(answers)
    }

    /// Sends a chain without waiting. [`Socket::answer`] returns its responses, and those of other chains, as they
    /// arrive.
    ///
    /// The socket carries no exchange until [`Socket::settle`] reports that every response has arrived.
    pub(super) fn submit(&mut self, chain: Chain, step: Step) -> Result<Vec<RequestId>, Error> {
        self.is_usable = false;
        self.client.send(chain).map_err(|error| match error {
            // An unread response may report that the session is gone.
            client::Error::NoSession => self.context.refused(step, NtStatus::USER_SESSION_DELETED),
            error => self.context.smb(step, error),
        })
    }

    /// Waits for the next response to a submitted chain.
    pub(super) async fn answer(&mut self, step: Step, limit: Limit) -> Result<Answer, Error> {
        loop {
            match self.client.next_event() {
                Some(Event::Answered(answer)) => return Ok(answer),
                Some(_) => {}
                None => self.advance(step, limit).await?,
            }
        }
    }

    /// Marks every submitted chain as answered.
    pub(super) const fn settle(&mut self) {
        self.is_usable = true;
    }

    /// Writes the pending messages, and reads once.
    async fn advance(&mut self, step: Step, limit: Limit) -> Result<(), Error> {
        if let Some(error) = self.client.failure() {
            return Err(self.context.smb(step, error.clone()));
        }
        let moved = async {
            while let Some(message) = self.client.transmit() {
                tracing::trace!("{step}: sending {} bytes to {}", message.len(), self.context.server());
                self.stream.write_all(&message).await?;
            }
            self.stream.read(&mut self.buffer).await
        };
        let length = match timeout_at(limit.deadline, moved).await {
            Ok(Ok(0)) => {
                let end = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection");
                return Err(self.context.disconnected(step, end));
            }
            Ok(Ok(length)) => {
                tracing::trace!("{step}: received {length} bytes from {}", self.context.server());
                length
            }
            Ok(Err(error)) => return Err(self.context.disconnected(step, error)),
            Err(_) => return Err(self.context.no_answer(step, limit.after)),
        };
        // The state machine reports a failure only after the earlier events: responses among these are valid.
        let _ = self.client.receive(self.buffer.get(..length).unwrap_or_default());
        Ok(())
    }

    pub(super) const fn negotiated(&self) -> Option<&Negotiated> {
        self.client.negotiated()
    }

    pub(super) fn session(&self) -> Option<msg::SessionId> {
        self.client.session()
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

/// Runs one step of a logon, within the limit.
///
/// A step of Kerberos that takes too long ends the logon. NTLM does not follow: a domain controller that answers late makes
/// the abandoned step send the password, and a wrong one would then count twice towards a lockout.
async fn run_login_step(step: MechanismStep, limit: Limit) -> FinishedStep {
    let id = step.id();
    let left = limit.deadline.saturating_duration_since(Instant::now());
    match login::run_step(step, limit.deadline).await {
        Some(finished) => finished,
        None => {
            let cause = KerberosError::TimedOut(left);
            tracing::info!("Kerberos failed: {cause}");
            FinishedStep::abandoned(id, MechanismError::without_fallback(cause).into())
        }
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
