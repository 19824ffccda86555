use std::sync::Arc;

use netsession_wire::{DecodeError, NtStatus};

use super::{Reply, SessionKeys, Settings};
use crate::auth::{Acceptor, AuthError, Claim, Verifier, ntlm};
use crate::fscc::FileTime;
use crate::msg::{AsyncId, Body, Dialect, FileId, Header, Packet, SessionId, TreeId};

/// The surroundings of a connection: accounts, shares, files, the clock.
pub trait Host {
    /// Returns the time.
    fn now(&self) -> FileTime;

    /// Fills `bytes` from a cryptographic random generator.
    fn random(&mut self, bytes: &mut [u8]);

    /// Takes a client with which the server has no dialect or protection in common. The default ignores it.
    fn not_negotiated(&mut self, why: &NegotiationRefusal) {
        let _ = why;
    }

    /// Returns the mechanisms by which a client can log on, the preferred one first: NTLM alone, unless the
    /// host has others.
    fn acceptors(&mut self, settings: &Settings) -> Vec<Box<dyn Acceptor>> {
        vec![Box::new(ntlm::Server::new(settings.names.clone()))]
    }

    /// Returns whether a logon may block this thread now ([`Acceptor::may_block`]). If not, the machine postpones the
    /// request, and with it the rest of its frame.
    ///
    /// The machine asks when the client's token arrives, and again at each
    /// [`Connection::resume`](super::Connection::resume). By default a logon may always block.
    fn lets_logon_block(&mut self) -> bool {
        true
    }

    /// Decides on the identity that a client claims, before the server verifies a password.
    ///
    /// The machine asks once for each attempt to log on. After [`Decision::Wait`] it asks no more: the program
    /// gives the final decision to [`Connection::resume_logon`](super::Connection::resume_logon).
    fn decide(&mut self, claim: &Claim) -> Decision;

    /// Returns a number for a new session that no other session of this server has or had.
    fn session_id(&mut self) -> SessionId;

    /// Takes a user who has logged on; [`Host::session`] must return `keys` for this session after that.
    ///
    /// # Errors
    /// The status with which the host refuses the session.
    fn logged_on(&mut self, logon: &LoggedOn, keys: &Arc<SessionKeys>) -> Result<(), NtStatus>;

    /// Returns the keys that [`Host::logged_on`] received for a session on any connection of this server; `None` if it
    /// has ended.
    ///
    /// A host that keeps no keys can use the default: no connection can use the session of another one then.
    fn session(&self, session: SessionId) -> Option<Arc<SessionKeys>> {
        let _ = session;
        None
    }

    /// Takes a user who has logged on to use such a session on this connection, too.
    ///
    /// # Errors
    /// The status with which the host refuses this: `STATUS_ACCESS_DENIED` if the session belongs to another user. The
    /// default refuses always.
    fn bound(&mut self, session: SessionId, claim: &Claim) -> Result<(), NtStatus> {
        let _ = (session, claim);
        Err(NtStatus::ACCESS_DENIED)
    }

    /// Takes a failed attempt to log on, with the claim if the attempt has reached it. Without `why`, the host itself has
    /// refused it.
    fn logon_failed(&mut self, claim: Option<&Claim>, why: Option<&AuthError>);

    /// Removes everything that belongs to a session that its client has ended.
    fn logged_off(&mut self, session: SessionId);

    /// Returns whether the host accepts this unsigned request for the tree connection `tree`, although the server requires
    /// signing.
    ///
    /// The machine asks only about a client of a dialect before 3.1.1 that does not require signing itself, and that has not
    /// signed a request of this session. The default accepts none.
    fn accepts_unsigned(&self, packet: &Packet<'_>, session: SessionId, tree: TreeId) -> bool {
        let _ = (packet, session, tree);
        false
    }

    /// Answers a verified request of a session: writes the answer into `reply`, or announces a later one there.
    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>);

    /// Cancels a request whose answer was announced. The connection itself answers STATUS_CANCELLED.
    fn cancelled(&mut self, operation: AsyncId);
}

/// Why a negotiation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NegotiationRefusal {
    /// The client speaks SMB 1 only.
    Smb1,
    /// The client speaks none of the server's dialects, but these; at most five are listed.
    Dialects(Vec<Dialect>),
    /// The server requires encryption, which the client does not support.
    Encryption,
    /// The client's message makes no sense.
    Protocol,
}

/// The decision of a host on a claimed identity.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Decision {
    /// The logon waits, and so does everything that the client has sent after it.
    Wait,
    /// The server refuses the logon with this status, without verifying it.
    Refuse(NtStatus),
    /// The server verifies the claim against this secret. For a user that does not exist it is
    /// [`Verifier::UnknownUser`], so that the refusal takes the same time.
    Verify(Verifier),
}

/// A session that was set up, or renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOn {
    /// The session.
    pub session: SessionId,
    /// The user, in the spelling of the client.
    pub claim: Claim,
    /// A session that the client has lost, and that the server should end if it belongs to the same user.
    pub previous: SessionId,
    /// The dialect.
    pub dialect: Dialect,
    /// Whether the session's messages must be signed.
    pub signed: bool,
    /// Whether the session's messages must be encrypted.
    pub encrypted: bool,
    /// Whether the session existed before, and its user has only authenticated again.
    pub again: bool,
}

/// A verified request.
#[derive(Debug)]
pub struct Request<'a> {
    /// The message.
    pub packet: Packet<'a>,
    /// Its session.
    pub session: SessionId,
    /// Its tree connection, if it has one.
    pub tree: TreeId,
    /// The dialect of the connection.
    pub dialect: Dialect,
    /// Whether the request was encrypted.
    pub encrypted: bool,
    /// Whether the request was signed.
    pub signed: bool,
    /// Whether the client can repeat the request on another connection of the session.
    pub multi_channel: bool,
    /// The open of the requests before it in a related compound.
    pub(super) related_file: Option<FileId>,
    /// The status of the request that should have made this open, if it failed.
    pub(super) related_failure: Option<NtStatus>,
    /// Whether requests may take several credits.
    pub(super) multi_credit: bool,
}

impl<'a> Request<'a> {
    /// Returns its header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.packet.header
    }

    /// Reads its body.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a body: answer with `STATUS_INVALID_PARAMETER`.
    pub fn body<B: Body<'a>>(&self) -> Result<B, DecodeError> {
        self.packet.body()
    }

    /// Returns the open that `file_id` means, which in a related compound can be that of the request before ([MS-SMB2]
    /// 3.3.5.2.7.2).
    ///
    /// # Errors
    /// The status of the request that should have opened it.
    pub fn file_id(&self, file_id: FileId) -> Result<FileId, NtStatus> {
        match (self.related_failure, self.related_file) {
            (Some(failure), _) => Err(failure),
            (None, Some(related)) if file_id == FileId::NONE => Ok(related),
            _ => Ok(file_id),
        }
    }

    /// Checks whether the credits of the request cover a payload of `bytes` ([MS-SMB2] 3.3.5.2.5).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`.
    pub fn pays_for(&self, bytes: u32) -> Result<(), NtStatus> {
        let charge = u64::from(self.header().credit_charge.max(1));
        let covered = if self.multi_credit { charge.saturating_mul(65_536) } else { u64::MAX };
        if u64::from(bytes) > covered { Err(NtStatus::INVALID_PARAMETER) } else { Ok(()) }
    }
}
