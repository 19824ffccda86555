//! The marks: which rows a key acts on. A mark is of a session or a file, not of a line.

use std::collections::BTreeSet;

use netsession::Session;
use netsession_admin::QueryTimes;

use super::State;
use crate::commands::top::data::{Key, file_key, session_key};
use crate::commands::top::pane::Pane;

impl State {
    /// Marks the row at the cursor, or removes its mark, and moves to the next row.
    pub(super) fn mark(&mut self) {
        let Some(key) = self.markable(self.view().at) else {
            self.message = Some("only sessions and files can be marked".to_owned());
            return;
        };
        let marks = &mut self.view_mut().marks;
        if !marks.remove(&key) {
            marks.insert(key);
        }
        self.move_to(self.view().at.saturating_add(1));
    }

    /// Marks every row that matches the filter.
    pub(super) fn mark_all(&mut self) {
        let keys: Vec<Key> = (0..self.shown.len()).filter_map(|at| self.markable(at)).collect();
        self.view_mut().marks.extend(keys);
    }

    pub(super) fn markable(&self, at: usize) -> Option<Key> {
        matches!(self.pane, Pane::Sessions | Pane::Files).then_some(())?;
        self.data.key(self.pane, *self.shown.get(at)?)
    }

    /// Returns how many marked rows the filter hides: they end, too. Second, how many are gone.
    pub(in crate::commands::top) fn hidden_and_gone_marks(&self) -> (usize, usize) {
        let marks = &self.view().marks;
        if marks.is_empty() {
            return (0, 0);
        }
        let shown = (0..self.shown.len()).filter_map(|at| self.markable(at));
        let shown = shown.filter(|key| marks.contains(key)).count();
        let gone = self.gone_marks().len();
        (marks.len().saturating_sub(shown).saturating_sub(gone), gone)
    }

    /// Returns the marked keys, or the one at the cursor. If marked rows are gone, their marks go; if no other is left, it says so
    /// and returns None, because the person meant no other row.
    pub(super) fn take_selected(&mut self) -> Option<BTreeSet<Key>> {
        let gone = self.gone_marks();
        let view = self.view_mut();
        view.marks.retain(|key| !gone.contains(key));
        self.gone = gone.len().saturating_add(std::mem::take(&mut view.lost));
        match self.view().marks.is_empty() {
            true if self.gone > 0 => {
                let gone = are_gone(std::mem::take(&mut self.gone));
                self.message = Some(format!("{gone}; press again for the row at the cursor"));
                None
            }
            true => Some(self.markable(self.view().at).into_iter().collect()),
            false => Some(self.view().marks.clone()),
        }
    }

    /// Returns the marks whose rows no server lists any more.
    fn gone_marks(&self) -> BTreeSet<Key> {
        let mut gone = self.view().marks.clone();
        if gone.is_empty() {
            return gone;
        }
        for server in 0..self.data.servers.len() {
            match self.pane {
                Pane::Sessions => self.data.sessions_at(server).iter().for_each(|session| {
                    gone.remove(&session_key(server, session));
                }),
                Pane::Files => self.data.files_at(server).iter().for_each(|file| {
                    gone.remove(&file_key(server, file));
                }),
                _ => {}
            }
        }
        gone
    }

    /// Returns the marked sessions with an id at a server, and when it listed them.
    pub(super) fn marked_sessions(&self, server: usize) -> Option<(Vec<Session>, QueryTimes)> {
        let asked = self.data.servers.get(server)?.asked?;
        let [super::View { marks, .. }, ..] = &self.views;
        let is_marked = |session: &&Session| {
            !marks.is_empty() && session.id.is_some() && marks.contains(&session_key(server, session))
        };
        let marked: Vec<Session> = self.data.sessions_at(server).iter().filter(is_marked).cloned().collect();
        (!marked.is_empty()).then_some((marked, asked))
    }

    /// Removes the marks of sessions whose ids other sessions have now.
    pub(super) fn unmark_others(&mut self, server: usize, before: Option<(Vec<Session>, QueryTimes)>) {
        let Some((before, at)) = before else { return };
        let Some(asked) = self.data.servers.get(server).and_then(|server| server.asked) else { return };
        let passed = || since(at, asked);
        let is_other = |marked: &&Session| {
            let mut now = self.data.sessions_at(server).iter();
            now.any(|session| session.id == marked.id && !session.continues(marked, passed()))
        };
        let others: Vec<Key> =
            before.iter().filter(is_other).map(|session| session_key(server, session)).collect();
        let [view, ..] = &mut self.views;
        for key in others {
            view.lost = view.lost.saturating_add(usize::from(view.marks.remove(&key)));
        }
    }
}

/// Returns how much time passed between two listings, at least and at most.
pub(in crate::commands::top) fn since(
    before: QueryTimes,
    after: QueryTimes,
) -> std::ops::RangeInclusive<std::time::Duration> {
    after.at.saturating_duration_since(before.answered)..=after.answered.saturating_duration_since(before.at)
}

/// Says that marked rows are gone.
pub(super) fn are_gone(count: usize) -> String {
    match count {
        1 => "1 marked row is gone, and its mark is removed".to_owned(),
        count => format!("{count} marked rows are gone, and their marks are removed"),
    }
}
