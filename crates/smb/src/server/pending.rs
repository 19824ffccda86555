use std::collections::BTreeMap;

use crate::msg::{AsyncId, Header, MessageId, SessionId};

/// The announced answers that the server still has to send.
#[derive(Debug, Default)]
pub(super) struct Pending {
    operations: BTreeMap<AsyncId, Operation>,
    last: u64,
}

/// One announced answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// The header of the request.
    pub(super) request: Header,
    /// Its session.
    pub(super) session: SessionId,
    /// Whether the request was encrypted.
    pub(super) encrypted: bool,
}

impl Pending {
    pub(super) fn add(&mut self, operation: Operation) -> AsyncId {
        self.last = self.last.saturating_add(1);
        let id = AsyncId(self.last);
        self.operations.insert(id, operation);
        id
    }

    pub(super) fn take(&mut self, id: AsyncId) -> Option<Operation> {
        self.operations.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.operations.len()
    }

    /// Returns the answer that a CANCEL of `session` means: it identifies the announced answer, or the request itself.
    pub(super) fn find(&self, cancel: &Header, session: SessionId) -> Option<AsyncId> {
        let meant = |(id, operation): &(&AsyncId, &Operation)| match cancel.async_id() {
            Some(named) => named == **id,
            None => cancel.message_id != MessageId(0) && operation.request.message_id == cancel.message_id,
        };
        let own = |(_, operation): &(&AsyncId, &Operation)| operation.session == session;
        self.operations.iter().filter(own).find(meant).map(|(id, _)| *id)
    }

    pub(super) fn of_session(&self, session: SessionId) -> Vec<AsyncId> {
        let own = self.operations.iter().filter(|(_, operation)| operation.session == session);
        own.map(|(id, _)| *id).collect()
    }
}
