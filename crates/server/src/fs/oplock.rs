//! The oplocks of a file: how long clients may cache it ([MS-FSA] 2.1.4.12, 2.1.5.18, 2.1.5.19).

use std::fmt;

use netsession_wire::NtStatus;

use super::open_key::OpenKey;

/// The kind of an oplock: what a client may cache ([MS-FSA] 2.1.1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OplockKind {
    /// What it has read, as other clients may, until somebody changes the data.
    LevelTwo,
    /// What it writes, too, while its program has the file open.
    Exclusive,
    /// Even after that, in case a program opens the file again.
    Batch,
}

/// How a new open affects the oplocks of others ([MS-FSA] 2.1.4.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// It only reads or sets attributes: the oplocks stay.
    Nothing,
    /// It breaks the oplocks, and waits until the holder gives up an exclusive or batch oplock.
    AndWaits,
    /// It breaks the oplocks without waiting, because it does not access the data.
    WithoutWaiting,
    /// It has waited long enough, and revokes an oplock that is not given up.
    ForGood,
}

/// Called with what is left of an oplock when the client must give it up: a level II oplock, or nothing. It must not block.
pub(crate) type OnBreak = Box<dyn Fn(Option<OplockKind>) + Send + Sync>;

struct Oplock {
    holder: OpenKey,
    kind: OplockKind,
    /// What is left after the client acknowledges the break; `None` while there is no break.
    breaks_to: Option<Option<OplockKind>>,
    on_break: OnBreak,
}

impl fmt::Debug for Oplock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { holder, kind, breaks_to, on_break: _ } = self;
        write!(f, "{kind:?} of {holder:?}, breaks to {breaks_to:?}")
    }
}

impl Oplock {
    fn is_exclusive(&self) -> bool {
        self.kind > OplockKind::LevelTwo
    }
}

/// The oplocks of a file: one exclusive or batch oplock, or several of level II.
#[derive(Debug, Default)]
pub(super) struct Oplocks(Vec<Oplock>);

impl Oplocks {
    /// Breaks the oplocks that conflict with a new open, which shares the file with the other opens or not.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the open must wait.
    pub(super) fn open(&mut self, breaks: Breaks, overwrites: bool, conflicts: bool) -> Result<(), NtStatus> {
        if breaks == Breaks::Nothing {
            return Ok(());
        }
        if breaks == Breaks::ForGood {
            self.revoke();
        }
        if overwrites && !conflicts {
            self.change_data();
        }
        let left = (!overwrites).then_some(OplockKind::LevelTwo);
        // Only with a batch oplock may a client keep a file open that its programs have closed.
        let least = if conflicts { OplockKind::Batch } else { OplockKind::Exclusive };
        match self.break_exclusive(least, left) {
            true if breaks == Breaks::AndWaits => Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS),
            _ => Ok(()),
        }
    }

    /// Breaks an oplock of at least this kind, and returns whether there is one.
    fn break_exclusive(&mut self, least: OplockKind, left: Option<OplockKind>) -> bool {
        let Some(oplock) = self.0.iter_mut().find(|oplock| oplock.kind >= least) else { return false };
        if oplock.breaks_to.is_none() {
            oplock.breaks_to = Some(left);
            (oplock.on_break)(left);
        }
        true
    }

    /// Removes the oplocks that their holders do not give up.
    fn revoke(&mut self) {
        self.0.retain(|oplock| oplock.breaks_to.is_none());
    }

    /// Ends all oplocks of level II, even that of the open that changes the data: nobody must acknowledge this.
    pub(super) fn change_data(&mut self) {
        for oplock in self.0.extract_if(.., |oplock| !oplock.is_exclusive()) {
            (oplock.on_break)(None);
        }
    }

    /// Grants an oplock of this kind, or of level II, or none. The node calls `on_break` when the client must give it up.
    pub(super) fn grant(
        &mut self,
        holder: OpenKey,
        kind: OplockKind,
        is_alone: bool,
        on_break: OnBreak,
    ) -> Option<OplockKind> {
        let kind = if is_alone { kind } else { OplockKind::LevelTwo };
        if self.0.iter().any(Oplock::is_exclusive) {
            return None;
        }
        self.0.push(Oplock { holder, kind, breaks_to: None, on_break });
        Some(kind)
    }

    /// Returns the oplock of an open.
    pub(super) fn kind_of(&self, holder: OpenKey) -> Option<OplockKind> {
        self.0.iter().find(|oplock| oplock.holder == holder).map(|oplock| oplock.kind)
    }

    /// Returns whether the client must give up the oplock of an open.
    pub(super) fn is_breaking(&self, holder: OpenKey) -> bool {
        self.0.iter().any(|oplock| oplock.holder == holder && oplock.breaks_to.is_some())
    }

    /// Lets a client give up its oplock after a break; `kept` is what it would keep. Returns what it keeps.
    ///
    /// # Errors
    /// - `STATUS_INVALID_DEVICE_STATE`: the server is not breaking an oplock of this open.
    /// - `STATUS_INVALID_OPLOCK_PROTOCOL`: the client would keep too much, and keeps nothing.
    pub(super) fn acknowledge(
        &mut self,
        holder: OpenKey,
        kept: Option<OplockKind>,
    ) -> Result<Option<OplockKind>, NtStatus> {
        let position = self.0.iter().position(|oplock| oplock.holder == holder && oplock.breaks_to.is_some());
        let oplock = position.and_then(|position| self.0.get_mut(position));
        let oplock = oplock.ok_or(NtStatus::INVALID_DEVICE_STATE)?;
        let left = oplock.breaks_to.take().flatten();
        let result = match kept {
            Some(kept) if kept > OplockKind::LevelTwo => Err(NtStatus::INVALID_OPLOCK_PROTOCOL),
            kept => Ok(kept.min(left)),
        };
        match result {
            Ok(Some(kind)) => oplock.kind = kind,
            _ => _ = self.release(holder),
        }
        result
    }

    /// Removes the oplock of an open; returns whether requests may wait for that.
    pub(super) fn release(&mut self, holder: OpenKey) -> bool {
        let waits = self.0.iter().any(|oplock| oplock.holder == holder && oplock.is_exclusive());
        self.0.retain(|oplock| oplock.holder != holder);
        waits
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Broken = Arc<Mutex<Vec<(u64, Option<OplockKind>)>>>;

    fn grant(oplocks: &mut Oplocks, broken: &Broken, holder: u64, kind: OplockKind) -> Option<OplockKind> {
        let broken = Arc::clone(broken);
        let on_break = Box::new(move |left| broken.lock().unwrap().push((holder, left)));
        let is_alone = oplocks.0.is_empty();
        oplocks.grant(OpenKey(holder), kind, is_alone, on_break)
    }

    fn broken(broken: &Broken) -> Vec<(u64, Option<OplockKind>)> {
        std::mem::take(&mut *broken.lock().unwrap())
    }

    /// A failure here would let a client read old data from its cache, or take its cache for no reason.
    #[test]
    fn several_clients_cache_what_they_read_until_somebody_writes() {
        let (mut oplocks, seen) = (Oplocks::default(), Broken::default());
        assert_eq!(grant(&mut oplocks, &seen, 1, OplockKind::Batch), Some(OplockKind::Batch));
        assert_eq!(oplocks.open(Breaks::AndWaits, false, false), Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS));
        assert_eq!(oplocks.open(Breaks::AndWaits, false, false), Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS));
        assert_eq!(broken(&seen), [(1, Some(OplockKind::LevelTwo))], "it is told once");
        assert_eq!(grant(&mut oplocks, &seen, 2, OplockKind::LevelTwo), None);
        let kept = oplocks.acknowledge(OpenKey(1), Some(OplockKind::LevelTwo));
        assert_eq!(kept, Ok(Some(OplockKind::LevelTwo)));
        assert_eq!(oplocks.open(Breaks::AndWaits, false, false), Ok(()));
        assert_eq!(grant(&mut oplocks, &seen, 2, OplockKind::Exclusive), Some(OplockKind::LevelTwo));
        oplocks.change_data();
        assert_eq!(broken(&seen), [(1, None), (2, None)]);
        oplocks.change_data();
        assert_eq!(broken(&seen), [], "nobody caches anything");
        let again = oplocks.acknowledge(OpenKey(1), None);
        assert_eq!(again, Err(NtStatus::INVALID_DEVICE_STATE), "that was no question");
    }

    /// A failure here would let a client keep an oplock that another client waits for.
    #[test]
    fn a_client_keeps_no_more_than_the_break_leaves() {
        let seen = Broken::default();
        for (overwrites, kept, expected) in [
            (true, Some(OplockKind::LevelTwo), Ok(None)),
            (false, None, Ok(None)),
            (false, Some(OplockKind::Exclusive), Err(NtStatus::INVALID_OPLOCK_PROTOCOL)),
        ] {
            let mut oplocks = Oplocks::default();
            grant(&mut oplocks, &seen, 1, OplockKind::Exclusive);
            assert!(oplocks.open(Breaks::AndWaits, overwrites, false).is_err());
            assert_eq!(oplocks.acknowledge(OpenKey(1), kept), expected);
            assert_eq!(oplocks.open(Breaks::AndWaits, overwrites, false), Ok(()));
            assert!(oplocks.0.is_empty());
        }
    }

    /// A failure here would make a client wait for an oplock that does not help it, or keep it out although the programs of
    /// the holder have closed the file.
    #[test]
    fn only_a_batch_oplock_can_end_a_conflict_of_share_modes() {
        let (mut oplocks, seen) = (Oplocks::default(), Broken::default());
        grant(&mut oplocks, &seen, 1, OplockKind::Exclusive);
        assert_eq!(oplocks.open(Breaks::AndWaits, false, true), Ok(()));
        assert_eq!(broken(&seen), []);
        let mut oplocks = Oplocks::default();
        grant(&mut oplocks, &seen, 1, OplockKind::Batch);
        assert_eq!(oplocks.open(Breaks::AndWaits, false, true), Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS));
        assert_eq!(oplocks.open(Breaks::ForGood, false, true), Ok(()));
        assert!(oplocks.0.is_empty(), "it was silent for too long");
    }
}
