use crate::{Session, name};

/// Counts the sessions that could end, to decide whether a plan ends everybody.
#[derive(Debug, Default)]
pub(super) struct Census<'a> {
    all: Group<'a>,
    people: Group<'a>,
}

/// Some sessions of one listing.
#[derive(Debug, Default)]
struct Group<'a> {
    first: Option<&'a Session>,
    has_several_users: bool,
    has_survivor: bool,
}

impl<'a> Census<'a> {
    /// Counts a session that a request can end, and that is not this connection's own.
    pub(super) fn count(&mut self, session: &'a Session, ends: bool) {
        self.all.count(session, ends);
        if !session.is_computer() {
            self.people.count(session, ends);
        }
    }

    /// Whether all of these sessions end, or all that belong to people, and they belong to two users or more.
    pub(super) const fn is_everybody(&self) -> bool {
        self.all.is_everybody() || self.people.is_everybody()
    }
}

impl<'a> Group<'a> {
    fn count(&mut self, session: &'a Session, ends: bool) {
        let first = *self.first.get_or_insert(session);
        self.has_several_users |= !name::same(&first.user, &session.user);
        self.has_survivor |= !ends;
    }

    const fn is_everybody(&self) -> bool {
        self.has_several_users && !self.has_survivor
    }
}
