use std::collections::BTreeSet;

use crate::{Session, SessionId};

/// The ids of sessions. At least one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIds(BTreeSet<SessionId>);

impl ListedIds {
    /// Collects the ids; `None` without one.
    pub(super) fn of(ids: impl IntoIterator<Item = SessionId>) -> Option<Self> {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// Whether the session has one of the ids.
    #[must_use]
    pub fn contains(&self, session: &Session) -> bool {
        session.id.is_some_and(|id| self.0.contains(&id))
    }
}
