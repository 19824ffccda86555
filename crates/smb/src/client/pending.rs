//! Requests that are waiting for their answers (`Connection.OutstandingRequests`, [MS-SMB2] 3.2.1.7).

use std::collections::BTreeMap;

use super::{Answer, RequestId};
use crate::msg::{AsyncId, Command, MessageId};

/// The receiver of an answer.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The negotiation.
    Negotiate,
    /// A step of the login.
    SessionSetup,
    /// The check of the negotiation, and the answer to TREE_CONNECT that waits for it.
    ValidateNegotiate(Box<Answer>),
    /// The program.
    User(RequestId),
}

/// A request that is waiting for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) command: Command,
    pub(super) purpose: Purpose,
    /// Whether the client signed the request: then the answer must be signed, too.
    pub(super) signed: bool,
    /// Whether the client encrypted the request: then every answer to it must be encrypted, too.
    pub(super) encrypted: bool,
    /// The server works on it asynchronously, under this number.
    pub(super) async_id: Option<AsyncId>,
}

/// The requests by their message ids.
#[derive(Debug, Default)]
pub(super) struct Outstanding(BTreeMap<MessageId, Pending>);

impl Outstanding {
    pub(super) fn insert(&mut self, id: MessageId, pending: Pending) {
        self.0.insert(id, pending);
    }

    pub(super) fn get_mut(&mut self, id: MessageId) -> Option<&mut Pending> {
        self.0.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: MessageId) -> Option<Pending> {
        self.0.remove(&id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the request with that number, and its message id.
    pub(super) fn of_user(&self, request: RequestId) -> Option<(MessageId, &Pending)> {
        let mut all = self.0.iter().map(|(id, pending)| (*id, pending));
        all.find(|(_, pending)| matches!(pending.purpose, Purpose::User(id) if id == request))
    }
}
