//! [`Grant`]: an oplock of an open, or a lease of several opens, and its break ([MS-FSA] 2.1.4.12, 2.1.5.18).

use std::fmt;
use std::time::Duration;

use netsession_smb::msg::create_context::LeaseState;
use netsession_smb::msg::{LeaseBreakFlags, LeaseBreakNotification};
use netsession_wire::NtStatus;

use super::caching_client::{BRIEF_PATIENCE, Break, CachingClient, PATIENCE};
use super::lease::Terms;
use super::open_key::OpenKey;
use super::oplock::OplockKind;

/// A break that the client has not acknowledged.
#[derive(Debug, Clone, Copy)]
struct Breaking {
    /// What the client may keep, as the server has told it.
    left: LeaseState,
    /// What the client may keep in the end; less than `left` if more has happened since.
    finally: LeaseState,
    /// Whether it began because an open must not meet writes that are only cached. Opens wait until such a break is over.
    delays_opens: bool,
    /// When the client must have acknowledged it, by the server's uptime.
    until: Duration,
}

/// What a client may cache of a file. An oplock of level II is read caching, an exclusive one adds writes, and a batch oplock
/// adds handles.
pub(super) struct Grant {
    /// The lease; `None` for an oplock.
    terms: Option<Terms>,
    state: LeaseState,
    breaking: Option<Breaking>,
    /// The opens that share it: one of an oplock, at least one of a lease.
    opens: Vec<(OpenKey, Box<dyn CachingClient>)>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { terms, state, breaking, opens } = self;
        let opens: Vec<_> = opens.iter().map(|(key, _)| key).collect();
        write!(f, "{state:?} of {opens:?} ({terms:?}), {breaking:?}")
    }
}

impl Grant {
    /// Grants an oplock.
    pub(super) fn oplock(open: OpenKey, kind: OplockKind, client: Box<dyn CachingClient>) -> Self {
        let opens = vec![(open, client)];
        Self { terms: None, state: kind.caching(), breaking: None, opens }
    }

    /// Makes a lease that allows nothing yet, and has no open.
    pub(super) const fn lease(terms: Terms) -> Self {
        Self { terms: Some(terms), state: LeaseState::empty(), breaking: None, opens: Vec::new() }
    }

    /// Returns the lease; `None` for an oplock.
    pub(super) const fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// Returns what the client may cache until it acknowledges a break.
    pub(super) const fn state(&self) -> LeaseState {
        self.state
    }

    /// Returns whether the server waits for an acknowledgment.
    pub(super) const fn is_breaking(&self) -> bool {
        self.breaking.is_some()
    }

    /// Returns whether an open of another client must wait until the break is over.
    pub(super) fn delays_opens(&self) -> bool {
        self.terms.is_some() && self.breaking.is_some_and(|breaking| breaking.delays_opens)
    }

    /// Returns whether an open shares it.
    pub(super) fn is_of(&self, open: OpenKey) -> bool {
        self.opens.iter().any(|(key, _)| *key == open)
    }

    /// Returns whether all of its clients have lost their connections.
    pub(super) fn is_abandoned(&self) -> bool {
        self.opens.iter().all(|(_, client)| client.is_gone())
    }

    /// Returns whether its client closes a cached handle before others change the name of the file. An oplock of a client that is
    /// there stays.
    pub(super) fn gives_way_to_names(&self) -> bool {
        self.terms.is_some() || self.is_abandoned()
    }

    /// Returns whether nothing is left of it: an oplock that allows nothing, or a lease without an open.
    pub(super) fn is_void(&self) -> bool {
        self.opens.is_empty() || self.terms.is_none() && self.state.is_empty()
    }

    /// Adds an open to a lease.
    pub(super) fn join(&mut self, open: OpenKey, client: Box<dyn CachingClient>) {
        self.opens.push((open, client));
    }

    /// Removes an open.
    pub(super) fn leave(&mut self, open: OpenKey) {
        self.opens.retain(|(key, _)| *key != open);
    }

    /// Lets the client cache more.
    pub(super) fn promote(&mut self, state: LeaseState) {
        if self.state != state {
            self.state = state;
            self.count_change();
        }
    }

    /// Takes caching away, and tells the client. While an earlier break is not acknowledged, the rest follows later. A client
    /// that has not acknowledged a break in time keeps nothing, and has less time for others.
    pub(super) fn lose(&mut self, lost: LeaseState) {
        if self.is_overdue() {
            self.revoke();
        }
        let left = self.left_without(lost);
        if left == self.state {
            return;
        }
        if let Some(breaking) = &mut self.breaking {
            breaking.finally &= left;
            return;
        }
        let delays_opens = self.state.difference(left).contains(LeaseState::WRITE_CACHING);
        self.count_change();
        let until = self.deadline();
        self.begin(Breaking { left, finally: left, delays_opens, until });
    }

    fn begin(&mut self, breaking: Breaking) {
        let (from, left) = (self.state, breaking.left);
        if from == LeaseState::READ_CACHING {
            // Nobody must acknowledge this.
            self.state = LeaseState::empty();
            self.notify(from, left, LeaseBreakFlags::empty());
        } else {
            self.breaking = Some(breaking);
            self.notify(from, left, LeaseBreakFlags::ACK_REQUIRED);
        }
    }

    /// Takes away what else has become too much since a break began: handles first.
    fn go_on(&mut self, after: Breaking) {
        let left = self.state & after.finally;
        if left == self.state {
            return;
        }
        let left = match self.state.contains(LeaseState::HANDLE_CACHING) && left.is_empty() {
            true => self.state.difference(LeaseState::HANDLE_CACHING),
            false => left,
        };
        self.count_change();
        let until = self.deadline();
        self.begin(Breaking { left, until, ..after });
    }

    /// Returns what is left of its state. Of an oplock, that is read caching at most.
    fn left_without(&self, lost: LeaseState) -> LeaseState {
        let mut left = self.state.difference(lost);
        if self.terms.is_none() && self.state.intersects(lost) {
            left &= LeaseState::READ_CACHING;
        }
        super::lease::granted_at_most(left)
    }

    /// Tells the client again of the break that it has not acknowledged.
    pub(super) fn notify_again(&self) {
        if let Some(Breaking { left, .. }) = self.breaking {
            self.notify(self.state, left, LeaseBreakFlags::ACK_REQUIRED);
        }
    }

    fn notify(&self, from: LeaseState, left: LeaseState, flags: LeaseBreakFlags) {
        let what = match &self.terms {
            None => Break::Oplock(OplockKind::of(left)),
            Some(terms) => Break::Lease(LeaseBreakNotification {
                new_epoch: terms.epoch(),
                flags,
                lease_key: terms.id().key,
                current_lease_state: from,
                new_lease_state: left,
            }),
        };
        // One connection of the client is enough.
        _ = self.opens.iter().any(|(_, client)| client.tell(what));
    }

    /// Ends a break: the client keeps `kept`.
    ///
    /// # Errors
    /// - `not_breaking`: the server is not breaking it.
    /// - `STATUS_REQUEST_NOT_ACCEPTED`: the client would keep too much of a lease.
    pub(super) fn acknowledge(&mut self, kept: LeaseState, not_breaking: NtStatus) -> Result<(), NtStatus> {
        let breaking = self.breaking.ok_or(not_breaking)?;
        if self.terms.is_some() && !breaking.left.contains(kept) {
            return Err(NtStatus::REQUEST_NOT_ACCEPTED);
        }
        self.breaking = None;
        self.state = kept & breaking.left;
        self.go_on(breaking);
        Ok(())
    }

    /// Ends a break that the client does not acknowledge: it keeps nothing ([MS-SMB2] 3.3.6.1, 3.3.6.5).
    pub(super) fn revoke(&mut self) {
        if self.is_overdue() {
            self.opens.iter().for_each(|(_, client)| client.set_silent());
        }
        if self.breaking.take().is_some() {
            self.state = LeaseState::empty();
        }
    }

    /// Returns whether the client has had its time to acknowledge a break.
    fn is_overdue(&self) -> bool {
        self.breaking.is_some_and(|breaking| self.uptime() > breaking.until)
    }

    /// Returns until when the client must acknowledge a break that begins now.
    fn deadline(&self) -> Duration {
        let is_silent = self.opens.iter().any(|(_, client)| client.is_silent());
        self.uptime().saturating_add(if is_silent { BRIEF_PATIENCE } else { PATIENCE })
    }

    fn uptime(&self) -> Duration {
        self.opens.first().map_or(Duration::ZERO, |(_, client)| client.uptime())
    }

    fn count_change(&mut self) {
        if let Some(terms) = &mut self.terms {
            terms.count_change();
        }
    }
}
