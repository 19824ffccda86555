//! Requests that are waiting for their answers (`Connection.OutstandingRequests`, [MS-SMB2] 3.2.1.7).

use std::collections::BTreeMap;

use super::{Answer, RequestId};
use crate::msg::{AsyncId, Command, MessageId};

/// Whom an answer is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The negotiation.
    Negotiate,
    /// A round of logging in.
    SessionSetup,
    /// The check of the negotiation, and the answer to TREE_CONNECT that is held back until it is done.
    ValidateNegotiate(Box<Answer>),
    /// The user of this machine.
    User(RequestId),
}

/// A request that is waiting for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) command: Command,
    pub(super) purpose: Purpose,
    /// The request was signed, and so must be its answer.
    pub(super) signed: bool,
    /// The request was encrypted, and so must be everything that answers it.
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

    /// The request of that number, with its message id.
    pub(super) fn of_user(&self, request: RequestId) -> Option<(MessageId, &Pending)> {
        let mut all = self.0.iter().map(|(id, pending)| (*id, pending));
        all.find(|(_, pending)| matches!(pending.purpose, Purpose::User(id) if id == request))
    }
}
