//! [`State`]: what the view shows and what keys do. Listings, keys and results go in, [`Action`]s come out; it does no
//! I/O and reads no clock.

pub(super) mod hold;
mod marks;

use std::collections::BTreeSet;
use std::time::{Instant, SystemTime};

use netsession::{OpenFile, Session};
use netsession_admin::{SilentNode, holders};

use super::data::{Data, Failure, Key, Listing, Place, file_key, session_key};
use super::filter::Filter;
use super::pane::Pane;
use hold::Wording;
pub(super) use marks::since;
use netsession_config::ReasonRule;

use crate::commands::end::lines::{Confirmation, StyledLine};
use crate::commands::hold::order::Wish;
use crate::output::NOTABLE;

/// A key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Char(char),
    Enter,
    Escape,
    Backspace,
    ClearLine,
    Tab,
    BackTab,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Interrupt,
    Suspend,
    Redraw,
}

/// What the program must do now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Quit,
    Suspend,
    Redraw,
    /// Plan to end these sessions of each server.
    PlanEnd(Vec<(usize, Vec<Session>)>),
    /// Plan to close these files of each server.
    PlanClose(Vec<(usize, Vec<OpenFile>)>),
    /// Plan to keep somebody out of every server.
    PlanHold(Wish),
    /// Prepare to release the hold with this number.
    PlanRelease(u64),
    /// Carry out the plans that the person confirmed.
    CarryOut,
    /// Drop the plans.
    DropPlans,
}

/// What covers the list.
#[derive(Debug)]
pub(super) enum Mode {
    List,
    /// The person types a filter.
    Typing,
    /// A text to read, until a key closes it.
    Text {
        title: &'static str,
        lines: Vec<StyledLine>,
        scroll: usize,
    },
    /// The person says whom to keep out, and for how long.
    Wording(Wording),
    /// Plans are being made.
    Planning,
    /// The person must answer.
    Asking(Question),
    /// Requests were sent.
    CarryingOut,
}

/// A question about plans.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) lines: Vec<StyledLine>,
    pub(super) confirmation: Confirmation,
    /// The servers for which no plan could be made.
    pub(super) without_plan: Vec<String>,
    /// What the person typed of a server's name.
    pub(super) typed: String,
    pub(super) scroll: usize,
    /// Keys that were pressed before are not an answer.
    pub(super) asked: Instant,
    /// Whether the person confirmed, and types the reason now.
    pub(super) is_reason_asked: bool,
}

/// What a pane remembers while another one is shown.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) sorted_by: usize,
    pub(super) is_reversed: bool,
    pub(super) marks: BTreeSet<Key>,
    /// How many marked rows became others under the same id, and lost their marks.
    lost: usize,
    cursor: Option<Key>,
    /// Whether the person moved the cursor. Until then it stays in the first row while the servers answer.
    is_moved: bool,
    /// The place of the cursor in the shown rows.
    pub(super) at: usize,
    /// The first shown row on the screen.
    pub(super) first: usize,
}

/// The whole view.
#[derive(Debug)]
pub(super) struct State {
    pub(super) data: Data,
    /// The groups that the person named, such as `@files`.
    pub(super) groups: Vec<String>,
    pub(super) pane: Pane,
    views: [View; 7],
    pub(super) filter: Filter,
    pub(super) mode: Mode,
    pub(super) message: Option<String>,
    /// How many marked rows are gone, which the next question says.
    gone: usize,
    /// The rows that match the filter, in their order.
    pub(super) shown: Vec<Place>,
    /// The rows that came since the person pressed `c`.
    pub(super) fresh: BTreeSet<Key>,
    pub(super) counted_since: SystemTime,
    /// The number of rows on the screen, which the drawing sets.
    pub(super) page: usize,
    /// Whether the screen has no room for the view: the person sees neither rows nor plans.
    pub(super) is_too_small: bool,
    /// The number of holds that only this view carries on.
    pub(super) carried: usize,
    /// Whether the person knows that these end with the view.
    is_warned: bool,
    /// Whether the person has to say why.
    reason_rule: ReasonRule,
    /// What they said.
    reason: Option<String>,
}

impl State {
    pub(super) fn new(servers: impl IntoIterator<Item = String>, now: SystemTime) -> State {
        let data = Data::new(servers);
        State {
            data,
            groups: Vec::new(),
            pane: Pane::Sessions,
            views: Default::default(),
            filter: Filter::default(),
            mode: Mode::List,
            message: None,
            gone: 0,
            shown: Vec::new(),
            fresh: BTreeSet::new(),
            counted_since: now,
            page: 1,
            is_too_small: false,
            carried: 0,
            is_warned: false,
            reason_rule: ReasonRule::Optional,
            reason: None,
        }
    }

    /// Asks why where the configuration says so.
    pub(super) fn asking_why(self, reason_rule: ReasonRule) -> State {
        State { reason_rule, ..self }
    }

    /// Returns the reason that the person typed.
    pub(super) fn take_reason(&mut self) -> Option<String> {
        self.reason.take()
    }

    /// Names the groups of the servers.
    pub(super) fn of_groups(self, groups: Vec<String>) -> State {
        State { groups, ..self }
    }

    /// Stores the listing of a server.
    pub(super) fn update(
        &mut self,
        server: usize,
        result: Result<Listing, Failure>,
        silent: &[SilentNode],
        now: (Instant, SystemTime),
    ) {
        let before = self.marked_sessions(server);
        let came = self.data.update(server, result, silent, now);
        self.fresh.extend(came);
        self.unmark_others(server, before);
    }

    /// Stores the warning about a cluster that may be none.
    pub(super) fn set_strangers(&mut self, server: usize, warning: Option<String>, at: SystemTime) {
        self.data.set_strangers(server, warning, at);
    }

    /// Makes the list of shown rows again, and keeps the cursor at its row.
    pub(super) fn refresh(&mut self) {
        let (pane, view) = (self.pane, self.view());
        let (cursor, at) = (view.cursor.clone().filter(|_| view.is_moved), view.at);
        self.shown = self.data.places(pane, &self.filter, view.sorted_by, view.is_reversed);
        let is_there = |place: Option<&Place>| {
            place.is_some_and(|place| cursor.is_some() && self.data.key(pane, *place) == cursor)
        };
        let found = match is_there(self.shown.get(at)) {
            true => Some(at),
            false if cursor.is_none() => None,
            false => self.shown.iter().position(|place| is_there(Some(place))),
        };
        self.move_to(found.unwrap_or(at));
    }

    pub(super) fn view(&self) -> &View {
        let [sessions, files, shares, servers, changes, holds, journal] = &self.views;
        match self.pane {
            Pane::Sessions => sessions,
            Pane::Files => files,
            Pane::Shares => shares,
            Pane::Servers => servers,
            Pane::Changes => changes,
            Pane::Holds => holds,
            Pane::Journal => journal,
        }
    }

    fn view_mut(&mut self) -> &mut View {
        let [sessions, files, shares, servers, changes, holds, journal] = &mut self.views;
        match self.pane {
            Pane::Sessions => sessions,
            Pane::Files => files,
            Pane::Shares => shares,
            Pane::Servers => servers,
            Pane::Changes => changes,
            Pane::Holds => holds,
            Pane::Journal => journal,
        }
    }

    /// Moves the cursor to a shown row, and scrolls so that it is on the screen.
    fn move_to(&mut self, at: usize) {
        let at = at.min(self.shown.len().saturating_sub(1));
        let key = self.shown.get(at).and_then(|place| self.data.key(self.pane, *place));
        let page = self.page.max(1);
        let most = self.shown.len().saturating_sub(page);
        let view = self.view_mut();
        view.at = at;
        view.cursor = key;
        view.first = view.first.min(at).max((at + 1).saturating_sub(page)).min(most);
    }

    /// Sets the number of rows on the screen.
    pub(super) fn set_page(&mut self, page: usize) {
        if self.page != page {
            self.page = page;
            self.move_to(self.view().at);
        }
    }

    /// Whether the row is marked.
    pub(super) fn is_marked(&self, place: Place) -> bool {
        !self.view().marks.is_empty()
            && self.data.key(self.pane, place).is_some_and(|key| self.view().marks.contains(&key))
    }

    /// Whether the row came since the counts began.
    pub(super) fn is_fresh(&self, place: Place) -> bool {
        !self.fresh.is_empty() && self.data.key(self.pane, place).is_some_and(|key| self.fresh.contains(&key))
    }

    /// Answers a key that was pressed at `at`.
    pub(super) fn press(&mut self, press: Press, at: Instant, now: SystemTime) -> Option<Action> {
        match press {
            Press::Suspend => return Some(Action::Suspend),
            Press::Redraw => return Some(Action::Redraw),
            // Nobody may act on what is not on the screen.
            Press::Char('q') if self.is_too_small => return self.leave(at, now),
            Press::Interrupt | Press::Escape => {}
            _ if self.is_too_small => return None,
            _ => {}
        }
        match &mut self.mode {
            Mode::List => self.press_in_list(press, at, now),
            Mode::Typing => self.press_in_filter(press, at, now),
            Mode::Text { scroll, lines, .. } => {
                if press == Press::Interrupt {
                    return Some(Action::Quit);
                }
                let end = lines.len().saturating_sub(1);
                match scrolled(press, *scroll, end) {
                    Some(to) => *scroll = to,
                    None => self.mode = Mode::List,
                }
                None
            }
            Mode::Wording(_) => self.press_in_wording(press),
            Mode::Planning if matches!(press, Press::Escape | Press::Interrupt | Press::Char('q')) => {
                self.cancel()
            }
            Mode::Planning => None,
            Mode::Asking(question) if at <= question.asked => None,
            Mode::Asking(_) => self.answer(press),
            Mode::CarryingOut if press == Press::Interrupt => Some(Action::Quit),
            Mode::CarryingOut => {
                self.message = Some("waiting for the outcome; Ctrl-C leaves without it".to_owned());
                None
            }
        }
    }

    /// Answers `q` on a screen that is too small: it cancels a question, and else quits.
    fn leave(&mut self, at: Instant, now: SystemTime) -> Option<Action> {
        match self.mode {
            Mode::Asking(_) | Mode::Planning => self.cancel(),
            Mode::CarryingOut => None,
            Mode::List | Mode::Typing | Mode::Text { .. } | Mode::Wording(_) => {
                self.mode = Mode::List;
                self.press_in_list(Press::Char('q'), at, now)
            }
        }
    }

    fn press_in_list(&mut self, press: Press, pressed: Instant, now: SystemTime) -> Option<Action> {
        self.message = None;
        let was_warned = std::mem::take(&mut self.is_warned);
        self.view_mut().is_moved = true;
        let (at, last) = (self.view().at, self.shown.len().saturating_sub(1));
        match press {
            Press::Char('q') if self.carried > 0 && !was_warned => self.warn_of_carried(),
            Press::Char('q') | Press::Interrupt => return Some(Action::Quit),
            Press::Char('j') => self.move_to(at.saturating_add(1)),
            Press::Char('k') => self.move_to(at.saturating_sub(1)),
            Press::Char('?') => self.mode = text("Keys", super::help::lines()),
            Press::Char('/') => self.mode = Mode::Typing,
            Press::Char('s') => self.sort_by_next(),
            Press::Char('r') => {
                let view = self.view_mut();
                view.is_reversed = !view.is_reversed;
                self.refresh();
            }
            Press::Char(' ') => self.mark(),
            Press::Char('*') => self.mark_all(),
            Press::Char('u') => self.view_mut().marks.clear(),
            Press::Char('c') => {
                (self.data.came, self.data.gone, self.counted_since) = (0, 0, now);
                self.fresh.clear();
            }
            Press::Char('e') => return self.plan_end(),
            Press::Char('x') => return self.plan_close(),
            Press::Char('h') => self.word_hold(),
            Press::Char('l') => return self.plan_release(),
            Press::Char(digit @ '1'..='7') => {
                let index = usize::try_from(u32::from(digit) - u32::from('1')).unwrap_or_default();
                self.show(Pane::ALL.get(index).copied().unwrap_or(self.pane));
            }
            Press::Tab => self.show(self.neighbour(1)),
            Press::BackTab => self.show(self.neighbour(Pane::ALL.len() - 1)),
            Press::Enter => {
                let lines = self.details(pressed);
                self.mode = text("Details", lines);
            }
            Press::Escape => {
                self.filter = Filter::default();
                self.refresh();
            }
            press => {
                if let Some(to) = scrolled_by(press, at, last, self.page) {
                    self.move_to(to);
                }
            }
        }
        None
    }

    fn press_in_filter(&mut self, press: Press, pressed: Instant, now: SystemTime) -> Option<Action> {
        let mut text = self.filter.text().to_owned();
        match press {
            Press::Char(c) => text.push(c),
            Press::Backspace => drop(text.pop()),
            Press::ClearLine => text.clear(),
            Press::Enter => self.mode = Mode::List,
            Press::Escape | Press::Interrupt => {
                text.clear();
                self.mode = Mode::List;
            }
            _ => return self.press_in_list(press, pressed, now),
        }
        self.filter = Filter::parse(&text);
        self.refresh();
        None
    }

    fn neighbour(&self, by: usize) -> Pane {
        let index = (self.pane as usize).saturating_add(by) % Pane::ALL.len();
        Pane::ALL.get(index).copied().unwrap_or(self.pane)
    }

    fn show(&mut self, pane: Pane) {
        self.pane = pane;
        self.refresh();
    }

    fn sort_by_next(&mut self) {
        let columns = self.pane.columns();
        let view = self.view_mut();
        let mut others = (1..columns.len()).map(|by| (view.sorted_by + by) % columns.len());
        let next = others.find(|index| columns.get(*index).is_some_and(|column| !column.is_extra));
        view.sorted_by = next.unwrap_or(view.sorted_by);
        self.refresh();
    }

    fn plan_end(&mut self) -> Option<Action> {
        if self.pane != Pane::Sessions {
            self.message = Some("press 1 to select sessions to end".to_owned());
            return None;
        }
        let selected = self.take_selected()?;
        let plans = self.by_server(|data, server| {
            let sessions = data.sessions_at(server).iter();
            sessions.filter(|session| selected.contains(&session_key(server, session))).cloned().collect()
        })?;
        self.mode = Mode::Planning;
        Some(Action::PlanEnd(plans))
    }

    fn plan_close(&mut self) -> Option<Action> {
        if self.pane != Pane::Files {
            self.message = Some("press 2 to select files to close".to_owned());
            return None;
        }
        let selected = self.take_selected()?;
        let plans = self.by_server(|data, server| {
            let files = data.files_at(server).iter();
            files.filter(|file| selected.contains(&file_key(server, file))).cloned().collect()
        })?;
        self.mode = Mode::Planning;
        Some(Action::PlanClose(plans))
    }

    /// Collects the selected rows of each server; `None`, with a message, without a row or if a server is down.
    fn by_server<T>(&mut self, rows: impl Fn(&Data, usize) -> Vec<T>) -> Option<Vec<(usize, Vec<T>)>> {
        let all = (0..self.data.servers.len()).map(|server| (server, rows(&self.data, server)));
        let plans: Vec<_> = all.filter(|(_, rows)| !rows.is_empty()).collect();
        if plans.is_empty() {
            self.message = Some("nothing is selected".to_owned());
            return None;
        }
        if let Some((down, _)) = plans.iter().find(|(server, _)| self.data.is_down(*server)) {
            let hint = if self.view().marks.is_empty() { "" } else { ": remove the marks of its rows" };
            self.message = Some(format!("{} is down{hint}", self.data.server_name(*down)));
            return None;
        }
        Some(plans)
    }

    /// Shows the plans. Returns whether it asks: there is a question, and the person still waits for it.
    pub(super) fn ask(
        &mut self,
        mut lines: Vec<StyledLine>,
        confirmation: Confirmation,
        without_plan: Vec<String>,
        asked: Instant,
    ) -> bool {
        let gone = std::mem::take(&mut self.gone);
        if !matches!(self.mode, Mode::Planning) {
            return false;
        }
        lines.extend((gone > 0).then(|| (NOTABLE, marks::are_gone(gone))));
        if confirmation.names.is_empty() && confirmation.question.is_none() {
            self.mode = text("Nothing to do", lines);
            return false;
        }
        self.mode = Mode::Asking(Question {
            lines,
            confirmation,
            without_plan,
            typed: String::new(),
            scroll: 0,
            asked,
            is_reason_asked: false,
        });
        true
    }

    /// Sets when the question was on the screen.
    pub(super) fn set_asked(&mut self, now: Instant) {
        if let Mode::Asking(question) = &mut self.mode {
            question.asked = now;
        }
    }

    fn answer(&mut self, press: Press) -> Option<Action> {
        let Mode::Asking(question) = &mut self.mode else { return None };
        if question.is_reason_asked {
            return self.answer_why(press);
        }
        let end = question.lines.len().saturating_sub(1);
        let Some((name, _)) = question.confirmation.names.first() else {
            if let Some(to) = scrolled(press, question.scroll, end) {
                question.scroll = to;
                return None;
            }
            return if press == Press::Char('y') { self.confirmed() } else { self.cancel() };
        };
        match press {
            Press::Char(c) => question.typed.push(c),
            Press::Backspace => drop(question.typed.pop()),
            Press::ClearLine => question.typed.clear(),
            Press::Enter if question.typed.trim().eq_ignore_ascii_case(name) => {
                question.typed.clear();
                question.confirmation.names.remove(0);
                if question.confirmation.names.is_empty() && question.confirmation.question.is_none() {
                    return self.confirmed();
                }
            }
            Press::Enter | Press::Escape | Press::Interrupt => return self.cancel(),
            press => question.scroll = scrolled(press, question.scroll, end).unwrap_or(question.scroll),
        }
        None
    }

    /// Carries out the plans, or asks for the reason first.
    fn confirmed(&mut self) -> Option<Action> {
        match &mut self.mode {
            Mode::Asking(question) if self.reason_rule != ReasonRule::Optional => {
                question.is_reason_asked = true;
                None
            }
            _ => self.carry_out(),
        }
    }

    /// Takes a key of the reason. Where a reason is required, an empty one is no answer.
    fn answer_why(&mut self, press: Press) -> Option<Action> {
        let Mode::Asking(question) = &mut self.mode else { return None };
        match press {
            Press::Char(c) => question.typed.push(c),
            Press::Backspace => drop(question.typed.pop()),
            Press::ClearLine => question.typed.clear(),
            Press::Enter => {
                let reason = question.typed.trim();
                self.reason = (!reason.is_empty()).then(|| reason.to_owned());
                if self.reason.is_some() || self.reason_rule == ReasonRule::Asked {
                    return self.carry_out();
                }
            }
            Press::Escape | Press::Interrupt => return self.cancel(),
            _ => {}
        }
        None
    }

    fn carry_out(&mut self) -> Option<Action> {
        self.mode = Mode::CarryingOut;
        Some(Action::CarryOut)
    }

    fn cancel(&mut self) -> Option<Action> {
        self.mode = Mode::List;
        self.message = Some("nothing was ended, closed or held".to_owned());
        Some(Action::DropPlans)
    }

    /// Shows the outcome. The marks have done their work, except at the servers that could make no plan.
    pub(super) fn report(&mut self, lines: Vec<StyledLine>, without_plan: &[String]) {
        let is_without_plan = |key: &Key| {
            let (Key::Session(server, ..) | Key::File(server, ..)) = key else { return false };
            without_plan.iter().any(|name| name == self.data.server_name(*server))
        };
        let marks = self.view().marks.iter().filter(|key| is_without_plan(key)).cloned().collect();
        self.view_mut().marks = marks;
        self.message = None;
        self.mode = text("Result", lines);
    }

    fn details(&self, now: Instant) -> Vec<StyledLine> {
        let Some(place) = self.shown.get(self.view().at) else { return Vec::new() };
        if let Some(line) = self.data.records.line(self.pane, place.1) {
            return line
                .details
                .iter()
                .map(|(name, text)| (line.style, format!("{name:<14}  {text}")))
                .collect();
        }
        let cells = self.data.cells(self.pane, *place, now);
        let titles = self.pane.columns().iter().map(|column| column.title);
        let plain = |text: String| (anstyle::Style::new(), text);
        let mut lines: Vec<_> =
            titles.zip(cells).map(|(title, cell)| plain(format!("{title:<10}  {cell}"))).collect();
        if let (Pane::Sessions, Some(session)) = (self.pane, self.data.session(*place)) {
            let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            lines.push(plain(format!("TYPE        {}", known(&session.client_type))));
            lines.push(plain(format!("TRANSPORT   {}", known(&session.transport))));
            let has_none = session.id.is_some() && session.opens == Some(0);
            let files = holders(self.data.files_at(place.0).to_vec(), std::slice::from_ref(session));
            let files: Vec<_> =
                files.iter().filter(|holder| !has_none && !holder.sessions.is_empty()).collect();
            let is_twin = |other: &&Session| other.is_same_pair(session) && other.opens != Some(0);
            let has_twin = self.data.sessions_at(place.0).iter().filter(is_twin).count() > 1;
            let others = if has_twin && !has_none { " in this or other sessions from there" } else { "" };
            let server = self.data.server_name(place.0);
            lines.push(plain(format!("Files that {} has open on {server}{others}:", session.user)));
            lines.extend(files.iter().map(|holder| plain(format!("  {}", holder.file.path))));
            if files.is_empty() {
                lines.push(plain("  none".to_owned()));
            }
        }
        lines
    }
}

fn text(title: &'static str, lines: Vec<StyledLine>) -> Mode {
    Mode::Text { title, lines, scroll: 0 }
}

/// Returns where a key scrolls to; `None` if the key does not scroll.
fn scrolled(press: Press, at: usize, last: usize) -> Option<usize> {
    scrolled_by(press, at, last, 10)
}

fn scrolled_by(press: Press, at: usize, last: usize, page: usize) -> Option<usize> {
    Some(match press {
        Press::Up => at.saturating_sub(1),
        Press::Down => at.saturating_add(1).min(last),
        Press::PageUp => at.saturating_sub(page),
        Press::PageDown => at.saturating_add(page).min(last),
        Press::Home => 0,
        Press::End => last,
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests;
