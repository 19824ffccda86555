use std::collections::BTreeSet;
use std::fmt;

use crate::{Session, name};

/// The pairs of client and user of sessions that a server listed. Case does not count. At least one pair.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedPairs(BTreeSet<(String, String)>);

impl ListedPairs {
    /// Collects the pairs of these sessions; `None` without a session.
    pub(super) fn of<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Option<Self> {
        let pairs: BTreeSet<_> = sessions.into_iter().map(pair).collect();
        (!pairs.is_empty()).then_some(Self(pairs))
    }

    /// Whether the session has one of the pairs.
    #[must_use]
    pub fn contains(&self, session: &Session) -> bool {
        self.0.contains(&pair(session))
    }
}

impl fmt::Debug for ListedPairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

/// Returns the client and the user of a session in one case.
pub(crate) fn pair(session: &Session) -> (String, String) {
    (name::folded(&session.client).collect(), name::folded(&session.user).collect())
}
