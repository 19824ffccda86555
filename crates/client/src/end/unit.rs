use crate::selector::ids;
use crate::{ClientName, EndRequest, NameError, Selector, Session, UserName};

/// What one request of a plan ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// All sessions of a client and user, as [MS-SRVS] 3.1.4.6 has it.
    Pair,
    /// The session with an id, and no other one of its client and user.
    Single,
}

impl Unit {
    /// Returns the unit of a plan with this selector for this listing. A selector that can select one of two sessions of a pair
    /// needs single sessions, wherever the server gives ids.
    pub(super) fn of(selector: &Selector, listed: &[Session]) -> Self {
        match selector {
            Selector::Ids(_) => Self::Single,
            _ if selector.judges_single_sessions() && ids::are_complete(listed) => Self::Single,
            _ => Self::Pair,
        }
    }

    /// Whether the request that ends `session` also ends `other`.
    pub(super) fn has_both(self, session: &Session, other: &Session) -> bool {
        match self {
            Self::Pair => session.is_same_pair(other),
            Self::Single => session.id.is_some() && session.id == other.id,
        }
    }

    /// Returns the request that ends `session`.
    ///
    /// # Errors
    /// Those of [`Session::end_request`].
    pub(super) fn request(self, session: &Session) -> Result<EndRequest, NameError> {
        let request = session.end_request()?;
        match (self, session.id) {
            (Self::Single, Some(id)) => {
                let client = ClientName::new(&id.with_client(&session.client))?;
                Ok(EndRequest::new(client, UserName::new(&session.user)?))
            }
            (Self::Single, None) => Err(NameError::Empty),
            (Self::Pair, _) => Ok(request),
        }
    }
}
