//! [`Client`]: one computer that connects, with everything that it has learned from the server's answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use netsession_rpc::client::{Association, Interface};
use netsession_smb::auth::ntlm;
use netsession_smb::crypto::{DecryptionKey, EncryptionKey, PreauthHash, SigningKey};
use netsession_smb::msg::{
    self, AsyncId, Command, Dialect, FileId, Form, Header, Message, MessageId, SessionId, SessionSetupFlags,
    TreeId,
};
use netsession_smb::server::Output;

use super::keys::Keys;
use crate::connection::Connection;
use crate::state::{Inbox, State};

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) number: u8,
    pub(super) dialect: Dialect,
    /// How often it has connected, which makes its port.
    pub(super) connected: u16,
    pub(super) link: Option<Link>,
    /// Every session that it was given, also on earlier connections.
    pub(super) sessions: Vec<SessionId>,
    pub(super) trees: Vec<TreeId>,
    pub(super) files: Vec<FileId>,
    pub(super) pipes: BTreeMap<FileId, PipeCalls>,
    /// The keys of the sessions that it logged on.
    pub(super) session_keys: BTreeMap<SessionId, Keys>,
    /// Whether it encrypts, once it has keys.
    pub(super) encrypts: bool,
    /// The keys with which it encrypts, also of sessions on earlier connections.
    pub(super) cipher_keys: BTreeMap<SessionId, (EncryptionKey, DecryptionKey)>,
    /// The ids of the next request, if another client lends them.
    pub(super) lent: Option<Ids>,
    /// Where the next request is changed, and the bits that are flipped.
    pub(super) change: Option<(u8, u8)>,
}

/// The ids in a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    pub(super) session: SessionId,
    pub(super) tree: TreeId,
    pub(super) file: FileId,
}

/// The calls on a pipe that the client has open.
#[derive(Debug)]
pub(super) struct PipeCalls {
    pub(super) association: Association,
    pub(super) interface: Option<Interface>,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: Connection,
    pub(super) output: Output,
    pub(super) peer: SocketAddr,
    /// Set when another connection has signalled this one.
    pub(super) woken: Arc<AtomicBool>,
    pub(super) next: u64,
    /// The requests of the next frame.
    pub(super) queue: Vec<(Vec<u8>, Sent)>,
    /// The requests that have no final answer.
    pub(super) sent: BTreeMap<MessageId, Sent>,
    /// The requests with a final answer.
    pub(super) answered: BTreeSet<MessageId>,
    pub(super) logon: Option<LogOn>,
    /// The hash over the negotiation.
    pub(super) preauth: PreauthHash,
    /// A changed message may have any number.
    pub(super) has_changed_headers: bool,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) command: Command,
    pub(super) ids: Ids,
    pub(super) has_file: bool,
    /// Neither was the request changed, nor does it take ids from another one of its frame.
    pub(super) is_exact: bool,
    pub(super) has_changed_header: bool,
    /// The server must answer it, or close the connection.
    pub(super) is_expected: bool,
    /// Its session had ended when the server received it.
    pub(super) is_of_ended: bool,
    pub(super) is_signed: bool,
    /// The session and the open could be used when the server received the request.
    pub(super) may_succeed: bool,
    /// The interim answer.
    pub(super) announced: Option<AsyncId>,
}

/// A logon that was begun.
#[derive(Debug)]
pub(super) struct LogOn {
    pub(super) mechanism: ntlm::Client,
    pub(super) flags: SessionSetupFlags,
    pub(super) previous: SessionId,
    /// The session, once the server has named it or if the client binds one.
    pub(super) session: SessionId,
    pub(super) challenge: Option<Vec<u8>>,
    /// Signs the steps of a binding.
    pub(super) signer: Option<Keys>,
    /// The hash over the messages of the logon; `None` if one of them was not alone in its frame.
    pub(super) preauth: Option<PreauthHash>,
}

impl Client {
    pub(super) const fn new(number: u8, dialect: Dialect, encrypts: bool) -> Self {
        Self {
            number,
            dialect,
            connected: 0,
            link: None,
            sessions: Vec::new(),
            trees: Vec::new(),
            files: Vec::new(),
            pipes: BTreeMap::new(),
            session_keys: BTreeMap::new(),
            encrypts,
            cipher_keys: BTreeMap::new(),
            lent: None,
            change: None,
        }
    }

    /// Connects from an address that no other client has, and a port that it has not used before.
    pub(super) fn connect(&mut self, state: &Arc<State>) {
        self.connected = self.connected.saturating_add(1);
        let peer = SocketAddr::from(([10, 0, 0, self.number.saturating_add(1)], self.connected));
        let woken = Arc::new(AtomicBool::new(false));
        let wake = Arc::clone(&woken);
        let inbox = Arc::new(Inbox::new(move || wake.store(true, Ordering::Relaxed)));
        self.link = Some(Link {
            connection: Connection::new(state, peer, inbox),
            output: Output::new(),
            peer,
            woken,
            next: 0,
            queue: Vec::new(),
            sent: BTreeMap::new(),
            answered: BTreeSet::new(),
            logon: None,
            preauth: PreauthHash::new(),
            has_changed_headers: false,
        });
    }

    /// Returns the ids that it uses: the newest ones, and the open that `which` selects.
    pub(super) fn ids(&self, which: u8) -> Ids {
        let back = usize::from(which & 3);
        let file = self.files.iter().rev().nth(back).or(self.files.last());
        Ids {
            session: self.sessions.last().copied().unwrap_or(SessionId::NONE),
            tree: self.trees.last().copied().unwrap_or(TreeId::NONE),
            file: file.copied().unwrap_or(FileId::NONE),
        }
    }

    /// Adds a request to the next frame.
    pub(super) fn add<'a, M: Message<'a>>(&mut self, ids: Ids, has_file: bool, is_signed: bool, body: &M) {
        let change = self.change.take();
        let Some(link) = self.link.as_mut() else { return };
        let tree = match M::COMMAND {
            Command::TREE_CONNECT | Command::SESSION_SETUP | Command::LOGOFF | Command::ECHO => TreeId::NONE,
            _ => ids.tree,
        };
        let header = Header {
            session_id: ids.session,
            credits: 16,
            credit_charge: 1,
            form: Form::Sync { reserved: 0, tree_id: tree },
            ..Header::request(M::COMMAND, MessageId(link.next))
        };
        let Ok(mut message) = msg::encode(&header, body) else { return };
        // A CANCEL has no number of its own.
        link.next = link.next.saturating_add(u64::from(M::COMMAND != Command::CANCEL));
        let (mut is_exact, mut has_changed_header) = (true, false);
        if let Some((place, bits)) = change {
            let place = usize::from(place) % message.len();
            if let Some(byte) = message.get_mut(place) {
                *byte ^= bits;
                is_exact = bits == 0;
            }
            has_changed_header = place < msg::HEADER_LEN && bits != 0;
        }
        let ids = Ids { tree, ..ids };
        let sent =
            Sent { ids, has_file, is_exact, has_changed_header, is_signed, ..Sent::unknown(M::COMMAND) };
        link.queue.push((message, sent));
    }

    /// Returns the key with which the client signs in a session.
    pub(super) fn signing_key(&self, session: SessionId) -> Option<SigningKey> {
        self.session_keys.get(&session)?.signing()
    }
}

impl Ids {
    pub(super) const NONE: Self = Self { session: SessionId::NONE, tree: TreeId::NONE, file: FileId::NONE };
}

impl Sent {
    /// Returns a request of which only the command is known.
    pub(super) const fn unknown(command: Command) -> Self {
        Self {
            command,
            ids: Ids::NONE,
            has_file: false,
            is_exact: false,
            has_changed_header: false,
            is_expected: false,
            is_of_ended: false,
            is_signed: false,
            may_succeed: true,
            announced: None,
        }
    }
}

impl Link {
    /// Returns whether the server takes no frame now.
    pub(super) fn is_waiting(&self) -> bool {
        self.connection.is_paused() || self.connection.logon_delay().is_some()
    }
}
