use super::{Unsent, report};
use crate::{Error, Session};

/// What a plan will end at one server, to show to a person before netsession sends anything.
///
/// You can clone, store and build a preview, but not turn one into a plan.
///
/// ```
/// use netsession::{EndPreview, PlannedFate, Session};
///
/// let rows = [
///     (Session::new("10.0.0.5", "bob"), PlannedFate::End),
///     (Session::new("10.0.0.5", "carol"), PlannedFate::MayAlsoEnd),
/// ];
/// let preview: EndPreview = rows.into_iter().collect();
/// assert_eq!(preview.to_end().len(), 1);
/// assert_eq!(preview.may_also_end()[0].user, "carol");
/// assert!(!preview.matches_nothing());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndPreview {
    pub(super) to_end: Vec<Session>,
    pub(super) spared: Vec<Spared>,
    pub(super) cannot_end: Vec<Session>,
    pub(super) may_also_end: Vec<Session>,
    pub(super) near_misses: Vec<Session>,
    pub(super) undecided: Vec<Session>,
    pub(super) is_everybody: bool,
    pub(super) is_by_id: bool,
}

impl EndPreview {
    /// The selected sessions that will end, this connection's own session last. Each names a client and a user.
    #[must_use]
    pub fn to_end(&self) -> &[Session] {
        &self.to_end
    }

    /// The selected sessions that stay: this connection's own session, those that may be it, and those of computers.
    #[must_use]
    pub fn spared(&self) -> &[Spared] {
        &self.spared
    }

    /// The selected sessions that no request can end: their logon is unfinished, so that the client or the user is
    /// empty, or a request cannot carry the name.
    #[must_use]
    pub fn cannot_end(&self) -> &[Session] {
        &self.cannot_end
    }

    /// Sessions that are not selected and may end too. Samba ends all sessions on a connection together, and these
    /// sessions come from the same clients as those to end.
    #[must_use]
    pub fn may_also_end(&self) -> &[Session] {
        &self.may_also_end
    }

    /// Sessions that the selector would match if it ignored the user's domain.
    #[must_use]
    pub fn near_misses(&self) -> &[Session] {
        &self.near_misses
    }

    /// Sessions of which the server did not report enough to know whether the selector selects them. They stay.
    #[must_use]
    pub fn undecided(&self) -> &[Session] {
        &self.undecided
    }

    /// Whether the plan ends everybody's sessions at this server. A front end must then ask for more than a yes.
    ///
    /// It is true for [`Selector::All`](crate::Selector::All), and false for a selector that names a user or a client
    /// exactly. For a pattern or a network it is true if it selects every session that can end, apart from this
    /// connection's own, and these belong to two users or more. Spared computers do not count.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        self.is_everybody
    }

    /// Whether each request names a session by its id, so that it ends no other session of the same client and user.
    #[must_use]
    pub const fn is_by_id(&self) -> bool {
        self.is_by_id
    }

    /// Whether the selector matches no session at all, and that is certain.
    #[must_use]
    pub const fn matches_nothing(&self) -> bool {
        self.to_end.is_empty()
            && self.spared.is_empty()
            && self.cannot_end.is_empty()
            && self.undecided.is_empty()
    }

    /// The sessions that stay although somebody selected them, or may have, and why: the server would end another one together with
    /// them, does not tell whether they are selected, or does not tell them from this connection's own session.
    pub fn left_out(&self) -> impl Iterator<Item = (&Session, Unsent)> {
        let spared = self.spared.iter().filter_map(|Spared { session, reason }| match reason {
            SpareReason::NotAllSelected => Some((session, Unsent::Inseparable)),
            SpareReason::OwnUser | SpareReason::MayBeOwn => Some((session, Unsent::MayBeOwn)),
            SpareReason::OwnSession | SpareReason::OwnAccount | SpareReason::Computer => None,
        });
        spared.chain(self.undecided.iter().map(|session| (session, Unsent::Undecided)))
    }

    /// Returns the error about [`left_out`](Self::left_out), if there are any. Its text names the server as `server`.
    #[must_use]
    pub fn left_out_error(&self, server: &str) -> Option<Error> {
        report::left_out(server, self.left_out().map(|(_, why)| why))
    }
}

impl EndPreview {
    /// Removes up to `most` sessions from [`may_also_end`](Self::may_also_end): the caller knows that they are its own, over other
    /// connections, which carry no session besides.
    #[must_use]
    pub fn without_own(mut self, most: usize, is_own: impl Fn(&Session) -> bool) -> Self {
        let mut left = most;
        self.may_also_end.retain(|session| {
            let is_removed = left > 0 && is_own(session);
            left = left.saturating_sub(usize::from(is_removed));
            !is_removed
        });
        self
    }
}

/// Builds a preview from sessions and what will happen to each, for the tests of a front end.
impl FromIterator<(Session, PlannedFate)> for EndPreview {
    fn from_iter<I: IntoIterator<Item = (Session, PlannedFate)>>(rows: I) -> Self {
        let mut preview = Self::default();
        preview.extend(rows);
        preview
    }
}

impl EndPreview {
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = (Session, PlannedFate)>) {
        for (session, fate) in rows {
            match fate {
                PlannedFate::End => self.to_end.push(session),
                PlannedFate::Spare(reason) => self.spared.push(Spared { session, reason }),
                PlannedFate::CannotEnd => self.cannot_end.push(session),
                PlannedFate::MayAlsoEnd => self.may_also_end.push(session),
                PlannedFate::NearMiss => self.near_misses.push(session),
                PlannedFate::Undecided => self.undecided.push(session),
            }
        }
    }
}

/// What a plan will do with a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlannedFate {
    /// The plan ends it: [`EndPreview::to_end`].
    End,
    /// The plan spares it: [`EndPreview::spared`].
    Spare(SpareReason),
    /// No request can end it: [`EndPreview::cannot_end`].
    CannotEnd,
    /// It may end together with a planned session on the same connection: [`EndPreview::may_also_end`].
    MayAlsoEnd,
    /// Only the domain of its user does not match: [`EndPreview::near_misses`].
    NearMiss,
    /// The server did not report enough to know: [`EndPreview::undecided`].
    Undecided,
}

/// A selected session that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spared {
    /// The session.
    pub session: Session,
    /// Why it stays.
    pub reason: SpareReason,
}

/// Why a session stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpareReason {
    /// It is this connection's own session, or has the same client and user and would end together with it.
    OwnSession,
    /// The network translates addresses, so netsession cannot identify its own session among several. This session has the same
    /// user.
    OwnUser,
    /// The server lists the user under another name, so netsession cannot identify its own session among several. It could be
    /// this one.
    MayBeOwn,
    /// It belongs to the account as which this connection logged on, and the selector does not name its client exactly.
    /// Only [`EndOptions::spares_own_account`](crate::EndOptions::spares_own_account) spares it.
    OwnAccount,
    /// It is the session of a computer (`FS1$`), which neither the user nor the client of the selector names exactly.
    /// [`EndOptions::include_computers`](crate::EndOptions::include_computers) ends it.
    Computer,
    /// The same user has another session from this client that is not selected, and the server ends both or neither. A server
    /// that gives ids ends single sessions.
    NotAllSelected,
}
