//! The client's side of a connection, with no I/O and no clock: bytes in, bytes and events out
//! ([MS-SMB2] 3.2).
//!
//! A [`Client`] is one connection with at most one session. It negotiates at once, logs on after
//! [`Client::log_in`], and then takes requests, each as a [`Chain`] of one or several. The program that owns the
//! socket, the clock and the random generator moves it:
//!
//! - received bytes go to [`Client::receive`];
//! - [`Client::transmit`] gives the next message to send;
//! - [`Client::next_login_step`] gives the next step of the login to run, whose result goes to
//!   [`Client::finish_login_step`];
//! - [`Client::next_event`] returns the next event.
//!
//! The client signs or encrypts everything after the login. If an answer is neither signed nor encrypted, the
//! connection fails.
//!
//! ```
//! use netsession_smb::auth::ntlm::{self, Credentials};
//! use netsession_smb::client::{Client, Config, Entropy};
//! use netsession_wire::Guid;
//!
//! // A program draws these from a random generator.
//! let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
//! let mut client = Client::new(Config::new("fs1.example.com"), entropy)?;
//! let credentials = Credentials::with_password("alice", "LAB", "Passw0rd!");
//! let ntlm = ntlm::Client::new(credentials, "cifs/fs1.example.com", "")?;
//! client.log_in(vec![Box::new(ntlm)])?;
//! let negotiate = client.transmit().expect("the client negotiates first");
//! assert_eq!(negotiate.get(4..8), Some(&b"\xfeSMB"[..]));
//! assert!(client.next_login_step().is_none(), "the login waits for the negotiation");
//! # Ok::<(), netsession_smb::client::Error>(())
//! ```

mod config;
mod credits;
mod error;
mod event;
mod negotiate;
pub mod oracle;
mod pending;
mod receive;
mod request;
mod send;
mod session;
mod session_setup;
mod stream;
#[cfg(test)]
mod tests;
mod tree;
mod validate;

use std::collections::VecDeque;

pub use config::{Config, Encryption, Entropy};
pub use error::{Error, Stage, Violation};
pub use event::{Answer, Event, RequestId, Unsolicited};
pub use negotiate::Negotiated;
pub use request::{Chain, Request};

use crate::auth::{AuthError, FinishedStep, Inputs, Mechanism, MechanismStep, ServerIdentity};
use crate::crypto::PreauthHash;
use crate::msg::{Packet, SessionId, TreeId};
use credits::SequenceWindow;
use pending::{Outstanding, Purpose};
use send::Queued;
use session::Session;
use session_setup::Login;
use stream::Stream;

/// The longest message that the client accepts before the login: tokens have 16-bit lengths.
const LIMIT_BEFORE_LOGIN: usize = 0x2_0000;

/// The longest message that the client accepts after the login: the largest payload that it requests, and room for
/// headers.
const LIMIT: usize = 0x90_0000;

/// The client's side of one connection.
pub struct Client {
    config: Config,
    entropy: Entropy,
    stream: Stream,
    outbound: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
    window: SequenceWindow,
    outstanding: Outstanding,
    waiting: VecDeque<Queued>,
    next_request: u64,
    /// `Connection.PreauthIntegrityHashValue`.
    preauth: PreauthHash,
    negotiated: Option<Negotiated>,
    /// A login, begun or waiting for the negotiation.
    login: Option<Login>,
    server: Option<ServerIdentity>,
    skipped: Vec<AuthError>,
    session: Option<Session>,
    session_ended: bool,
    failure: Option<Error>,
}

impl Client {
    /// Starts a connection: the first message to send is the NEGOTIATE request.
    ///
    /// # Errors
    /// [`Error::Encode`] if the settings do not fit a message.
    pub fn new(config: Config, entropy: Entropy) -> Result<Self, Error> {
        let mut client = Self {
            stream: Stream::default(),
            outbound: VecDeque::new(),
            events: VecDeque::new(),
            window: SequenceWindow::new(),
            outstanding: Outstanding::default(),
            waiting: VecDeque::new(),
            next_request: 0,
            preauth: PreauthHash::new(),
            negotiated: None,
            login: None,
            server: None,
            skipped: Vec::new(),
            session: None,
            session_ended: false,
            failure: None,
            config,
            entropy,
        };
        let request = negotiate::request(&client.config, &client.entropy);
        client.send_own(TreeId::NONE, &request, Purpose::Negotiate)?;
        Ok(client)
    }

    /// Logs in by one of `mechanisms`, the preferred one first, as soon as the negotiation is done.
    /// [`Event::LoggedIn`] reports success.
    ///
    /// The login continues only while the program runs the steps that [`Client::next_login_step`] returns.
    ///
    /// # Errors
    /// [`Error::LoginBegun`] for a second login; [`Error::Login`] if the server knows none of the mechanisms;
    /// the error that ended the connection, after that.
    pub fn log_in(&mut self, mechanisms: Vec<Box<dyn Mechanism>>) -> Result<(), Error> {
        self.check()?;
        if self.login.is_some() || self.session.is_some() {
            return Err(Error::LoginBegun);
        }
        self.login = Some(Login::new(mechanisms));
        match self.negotiated {
            Some(_) => {
                let started = self.start_login();
                self.note_failure(started)
            }
            None => Ok(()),
        }
    }

    /// Returns the step of a mechanism for which the login waits; it returns each step once. Run it
    /// ([`MechanismStep::run`]), on a thread of its own if it [may block](MechanismStep::may_block), and pass its
    /// result to [`Client::finish_login_step`]. Until then the client reads no further message.
    pub fn next_login_step(&mut self) -> Option<MechanismStep> {
        self.login.as_mut()?.take_step()
    }

    /// Takes the result of a step that [`Client::next_login_step`] returned. It ignores the result of any other step,
    /// such as one that was abandoned before.
    ///
    /// # Errors
    /// [`Error::Login`], which ends the connection; the errors of [`Client::receive`].
    pub fn finish_login_step(&mut self, finished: FinishedStep) -> Result<(), Error> {
        self.check()?;
        let done = self.use_finished_step(finished).and_then(|()| self.messages());
        self.note_failure(done)
    }

    /// Runs every step that is due on this thread, for mechanisms that do not block, such as NTLM.
    ///
    /// # Errors
    /// Those of [`Client::finish_login_step`].
    pub fn run_login_steps(&mut self, inputs: &mut Inputs<'_>) -> Result<(), Error> {
        while let Some(step) = self.next_login_step() {
            self.finish_login_step(step.run(inputs))?;
        }
        Ok(())
    }

    /// Returns why the login passed over mechanisms that it preferred: the error of each one's first step.
    /// It is known once the user is logged in, and after a failed login.
    #[must_use]
    pub fn skipped_mechanisms(&self) -> &[AuthError] {
        let underway = self.login.as_ref().and_then(|login| login.spnego.as_ref());
        underway.map_or(&self.skipped, |spnego| spnego.skipped())
    }

    /// Sends requests as soon as there are credits for them. An [`Event::Answered`] with its number reports the answer
    /// to each, in any order.
    ///
    /// # Errors
    /// [`Error::NoSession`] before the login and after its end; [`Error::Encode`] for more than one frame, or one
    /// request to this server, can carry; the error that ended the connection, after that.
    pub fn send(&mut self, chain: Chain) -> Result<Vec<RequestId>, Error> {
        self.check()?;
        if self.session.is_none() || self.session_ended {
            return Err(Error::NoSession);
        }
        chain.check(self.multi_credit())?;
        let ids: Vec<_> = (self.next_request..).map(RequestId).take(chain.parts.len()).collect();
        self.next_request = ids.last().map_or(self.next_request, |last| last.0.saturating_add(1));
        let purposes = ids.iter().copied().map(Purpose::User).collect();
        self.waiting.push_back(Queued { parts: chain.parts, purposes });
        self.flush()?;
        Ok(ids)
    }

    /// Asks the server to give up a request. The server answers it nevertheless, with STATUS_CANCELLED or as usual.
    /// This does nothing if the request is answered already, or still waits for credits.
    ///
    /// # Errors
    /// What ended the connection.
    pub fn cancel(&mut self, request: RequestId) -> Result<(), Error> {
        self.check()?;
        let Some((message_id, pending)) = self.outstanding.of_user(request) else { return Ok(()) };
        let (async_id, encrypted) = (pending.async_id, pending.encrypted);
        self.transmit_cancel(message_id, async_id, encrypted)
    }

    /// Returns the next message to send, with the transport's prefix. Write all of it at once.
    pub fn transmit(&mut self) -> Option<Vec<u8>> {
        self.outbound.pop_front()
    }

    /// Takes received bytes, cut anywhere.
    ///
    /// # Errors
    /// The error that ended the connection: close it. [`Client::next_event`] still returns the earlier events, and the
    /// answers among them are valid.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check()?;
        self.stream.extend(bytes);
        let done = self.messages();
        self.note_failure(done)
    }

    /// Keeps an error that ends the connection.
    fn note_failure(&mut self, done: Result<(), Error>) -> Result<(), Error> {
        if let Err(error) = &done {
            self.failure = Some(error.clone());
            self.outbound.clear();
        }
        done
    }

    /// Takes the messages that are complete. They wait while a step of the login is in progress, because it may produce
    /// the keys that the next message needs.
    fn messages(&mut self) -> Result<(), Error> {
        while !self.login.as_ref().is_some_and(Login::waits_for_step) {
            let limit = if self.session.is_some() { LIMIT } else { LIMIT_BEFORE_LOGIN };
            match self.stream.next(limit)? {
                Some(message) => self.message(message)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Returns the next event, the oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What ended the connection.
    #[must_use]
    pub const fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Returns what the two sides have negotiated; `None` before that.
    #[must_use]
    pub const fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_ref()
    }

    /// Returns the names that the server gave itself during the login.
    #[must_use]
    pub const fn server(&self) -> Option<&ServerIdentity> {
        self.server.as_ref()
    }

    /// The session, once it is set up.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// Returns whether the client encrypts every request of the session.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.encrypt)
    }

    fn check(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn negotiate_answered(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let negotiated = negotiate::accept(&self.config, packet)?;
        self.preauth.update(packet.bytes);
        self.negotiated = Some(negotiated);
        self.events.push_back(Event::Negotiated);
        match self.login {
            Some(_) => self.start_login(),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("negotiated", &self.negotiated)
            .field("session", &self.session)
            .field("outstanding", &self.outstanding)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
