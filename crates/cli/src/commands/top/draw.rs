//! Draws a [`State`]. It decides nothing.

mod dialog;
mod list;

use std::time::{Instant, SystemTime};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr as _;

use super::pane::Pane;
use super::state::{Mode, State};
use crate::output::{BAD, GOOD, NOTABLE, time_of_day, visible, wrap};

/// The smallest screen.
pub(super) const MIN_WIDTH: u16 = 60;
pub(super) const MIN_HEIGHT: u16 = 10;

/// The lines around the list.
const HEAD: u16 = 3;
const FOOT: u16 = 2;

/// The styles of the view. Without colour it uses bold, reverse and underlined text only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) has_colour: bool,
}

impl Palette {
    fn colour(self, colour: Color) -> Style {
        if self.has_colour { Style::new().fg(colour) } else { Style::new() }
    }

    fn good(self) -> Style {
        self.colour(Color::Green)
    }

    fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn notable(self) -> Style {
        self.colour(Color::Yellow)
    }

    fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns the style of a line of the command's output.
    fn of(self, style: anstyle::Style) -> Style {
        match style {
            GOOD => self.good(),
            BAD => self.bad(),
            NOTABLE => self.notable(),
            style if style.get_effects().contains(anstyle::Effects::BOLD) => self.title(),
            _ => Style::new(),
        }
    }
}

/// The number of rows of the list on a screen of this height.
pub(super) fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(HEAD + FOOT)).max(1)
}

/// Whether a screen of this size has no room for the view.
pub(super) const fn is_too_small(area: Rect) -> bool {
    area.width < MIN_WIDTH || area.height < MIN_HEIGHT
}

/// Draws the whole screen.
pub(super) fn draw(state: &State, palette: Palette, (now, time): (Instant, SystemTime), buffer: &mut Buffer) {
    let area = buffer.area;
    if is_too_small(area) {
        let size = format!("{}x{}", area.width, area.height);
        put(buffer, 0, 0, area.width, &format!("too small: {size}"), palette.bad());
        put(buffer, 0, 1, area.width, &format!("top needs {MIN_WIDTH}x{MIN_HEIGHT}"), Style::new());
        let keys = match state.mode {
            Mode::Asking(_) | Mode::Planning => "Esc cancels",
            Mode::CarryingOut => "Ctrl-C quits",
            _ => "q quits",
        };
        put(buffer, 0, 2, area.width, keys, Style::new());
        return;
    }
    head(state, palette, time, buffer);
    tabs(state, palette, buffer);
    let last = area.height.saturating_sub(1);
    let list = Rect { y: HEAD - 1, height: area.height.saturating_sub(HEAD - 1 + FOOT), ..area };
    let without_room = list::draw(state, palette, now, list, buffer);
    put(buffer, 0, last, area.width, &fitting(keys(state), area.width), palette.title());
    status(state, palette, &without_room.join("  "), last.saturating_sub(1), buffer);
    match &state.mode {
        Mode::Text { title, lines, scroll } => dialog::text(title, lines, *scroll, palette, buffer),
        Mode::Asking(question) => dialog::question(question, palette, buffer),
        Mode::Wording(wording) => dialog::wording(wording, state, palette, buffer),
        Mode::List | Mode::Typing | Mode::Planning | Mode::CarryingOut => {}
    }
}

fn head(state: &State, palette: Palette, time: SystemTime, buffer: &mut Buffer) {
    let data = &state.data;
    let counted = |count: usize, what: &str| {
        if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
    };
    let clock = time_of_day(time);
    let at = buffer.area.width.saturating_sub(width(&clock));
    put(buffer, at, 0, buffer.area.width, &clock, Style::new());
    // A blank is left before the clock.
    let end = at.saturating_sub(1);
    let groups = shortened(&state.groups.join(" "), buffer.area.width / 4);
    let some = |count: usize, text: String| if count > 0 { text } else { String::new() };
    let (down, silent, waiting) = (data.down(), data.silent(), data.waiting());
    let changes = format!("  +{} -{}", data.came, data.gone);
    let mut parts = [
        ("netsession  ".to_owned(), palette.title()),
        (some(groups.len(), format!("{groups}  ")), palette.title()),
        (counted(data.servers.len(), "server"), Style::new()),
        (some(down, format!(", {down} down")), palette.bad()),
        (some(silent, format!(", {silent} silent")), palette.notable()),
        (some(waiting, format!(", waiting for {waiting}")), palette.notable()),
        (format!("  {}", counted(data.count(Pane::Sessions), "session")), Style::new()),
        (changes, palette.good()),
        (format!(" since {}", time_of_day(state.counted_since)), palette.good()),
    ];
    // On a narrow screen the counts matter most.
    for dropped in [8, 0, 1] {
        if parts.iter().map(|(text, _)| width(text)).sum::<u16>() > end
            && let Some((text, _)) = parts.get_mut(dropped)
        {
            text.clear();
        }
    }
    let mut x = 0;
    for (text, style) in parts {
        x = put(buffer, x, 0, end, &text, style);
    }
}

/// Returns the text, or its beginning if it is wider than `most`.
fn shortened(text: &str, most: u16) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(usize::from(most.saturating_sub(3))).collect();
    format!("{kept}...")
}

fn tabs(state: &State, palette: Palette, buffer: &mut Buffer) {
    let mut x = 0;
    for (pane, text) in Pane::ALL.into_iter().zip(tab_texts(state, palette, buffer.area.width)) {
        let style = if pane == state.pane { palette.cursor() } else { Style::new() };
        x = put(buffer, x, 1, buffer.area.width, &text, style);
    }
}

/// Returns the text of each tab. On a narrow screen the last ones lose their counts, and then their titles.
fn tab_texts(state: &State, palette: Palette, screen: u16) -> Vec<String> {
    let text = |number: usize, pane: Pane, level: u8| {
        let is_shown = pane == state.pane;
        let text = match level {
            0 => format!(" {number} "),
            1 => format!(" {number} {} ", pane.title()),
            _ => format!(" {number} {} {} ", pane.title(), state.data.count(pane)),
        };
        if is_shown && !palette.has_colour { format!("[{}]", text.trim()) } else { text }
    };
    let mut levels = Pane::ALL.map(|pane| if pane == Pane::Journal && pane != state.pane { 1 } else { 2 });
    let texts = |levels: &[u8; 7]| -> Vec<String> {
        let tabs = (1..).zip(Pane::ALL).zip(levels);
        tabs.map(|((number, pane), level)| text(number, pane, *level)).collect()
    };
    // The last blank may be cut.
    let is_too_wide =
        |texts: &[String]| texts.iter().map(|text| width(text)).sum::<u16>() > screen.saturating_add(1);
    for least in [1, 0] {
        for index in (0..Pane::ALL.len()).rev() {
            if is_too_wide(&texts(&levels))
                && Pane::ALL.get(index) != Some(&state.pane)
                && let Some(level) = levels.get_mut(index)
            {
                *level = (*level).min(least);
            }
        }
    }
    texts(&levels)
}

/// The line above the keys: the filter, the marks, a message; without a message, what had no room in the row at the cursor.
fn status(state: &State, palette: Palette, without_room: &str, y: u16, buffer: &mut Buffer) {
    let end = buffer.area.width;
    let is_typing = matches!(state.mode, Mode::Typing);
    let mut parts = Vec::new();
    if is_typing || !state.filter.text().is_empty() {
        let cursor = if is_typing { "_" } else { "" };
        parts.push((format!("Filter: {}{cursor}  ", state.filter.text()), palette.title()));
        if state.filter.error().is_none() {
            parts.push((format!("{}  ", matches(state.shown.len())), Style::new()));
        }
    }
    let marks = state.view().marks.len();
    if marks > 0 {
        let (hidden, gone) = state.hidden_and_gone_marks();
        let counts = [(hidden, "hidden"), (gone, "gone")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: String = counts.map(|(count, what)| format!(", {count} {what}")).collect();
        parts.push((format!("{marks} marked{counts}  "), palette.notable()));
    }
    let message = match &state.mode {
        Mode::Planning => Some("listing again to make a plan ..."),
        Mode::CarryingOut => {
            Some(state.message.as_deref().unwrap_or("carrying out the plan, and verifying ..."))
        }
        _ => state.message.as_deref(),
    };
    let (message, style) = match (message, state.filter.error()) {
        (None, Some(error)) => (error, palette.bad()),
        (message, _) => (message.unwrap_or_default(), palette.notable()),
    };
    let mut x = 0;
    for (text, style) in &parts {
        x = put(buffer, x, y, end, text, *style);
    }
    if message.is_empty() {
        put(
            buffer,
            x,
            y,
            end,
            &list::cut(&visible(without_room), end.saturating_sub(x), false),
            Style::new(),
        );
    } else if x.saturating_add(width(message)) <= end {
        put(buffer, x, y, end, message, style);
    } else {
        // A long message takes the line of the keys, too, until the next key.
        let lines = wrapped(message, end);
        let first = if lines.len() > 1 { y } else { y.saturating_add(1) };
        for (y, line) in (first..).zip(&lines) {
            put(buffer, 0, y, end, &" ".repeat(usize::from(end)), Style::new());
            put(buffer, 0, y, end, line, style);
        }
    }
}

fn matches(count: usize) -> String {
    match count {
        0 => "no match".to_owned(),
        1 => "1 match".to_owned(),
        count => format!("{count} matches"),
    }
}

fn keys(state: &State) -> &'static str {
    match (&state.mode, state.pane) {
        (Mode::Typing, _) => "type a filter, such as user:svc-*  Enter keep  Esc remove",
        (Mode::Wording(_), _) => "Tab user, client or account   Enter shows the plan   Esc cancel",
        (Mode::Planning, _) => "Esc cancel",
        (Mode::Text { .. }, _) => "Up Down scroll   any other key closes",
        (Mode::Asking(_), _) => "Up Down scroll   Esc cancel",
        (Mode::CarryingOut, _) => "Ctrl-C leave without the outcome",
        (Mode::List, Pane::Sessions) => {
            "? keys  q quit  / filter  Space mark  e end  h hold  s sort  Enter details"
        }
        (Mode::List, Pane::Files) => "? keys  q quit  / filter  Space mark  x close  s sort  Enter details",
        (Mode::List, Pane::Holds) => "? keys  q quit  / filter  l release  Enter details",
        (Mode::List, Pane::Journal) => "? keys  q quit  / filter  Enter details",
        (Mode::List, _) => "? keys  q quit  / filter  s sort  r reverse  Enter details",
    }
}

/// Returns the keys, which two blanks separate, that fit into the width.
fn fitting(keys: &str, screen: u16) -> String {
    let mut fitting = String::new();
    for key in keys.split("  ") {
        let gap = if fitting.is_empty() { "" } else { "  " };
        if width(&fitting).saturating_add(width(gap)).saturating_add(width(key)) <= screen {
            fitting = format!("{fitting}{gap}{key}");
        }
    }
    fitting
}

/// Writes text, safe to show, from `x` up to `end`, and returns the column after it.
fn put(buffer: &mut Buffer, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
    let left = end.min(buffer.area.width).saturating_sub(x);
    if left == 0 || y >= buffer.area.height {
        return x;
    }
    let (x, _) = buffer.set_stringn(x, y, visible(text), usize::from(left), style);
    x
}

fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Splits a text into lines that are not wider than `width`, if possible between words.
fn wrapped(text: &str, width: u16) -> Vec<String> {
    let text = visible(text);
    wrap(&text, width.max(2).into(), false).into_iter().map(str::to_owned).collect()
}

/// Does the same, and indents every line but the first to the text after the first two blanks, as in a table.
fn wrapped_as_cells(text: &str, width: u16) -> Vec<String> {
    let text = visible(text);
    let is_narrow = |indent: &usize| *indent <= usize::from(width) / 2;
    let gap = text.find("  ").and_then(|gap| {
        let rest = text.get(gap..)?;
        Some(text.get(..gap)?.width() + rest.len() - rest.trim_start_matches(' ').len())
    });
    let indent = gap.filter(is_narrow).unwrap_or(0);
    let first = wrap(&text, width.max(2).into(), false).into_iter().next().unwrap_or_default();
    let rest = text.get(first.len()..).unwrap_or_default();
    let mut lines = vec![first.to_owned()];
    if !rest.is_empty() {
        let left = width.saturating_sub(u16::try_from(indent).unwrap_or(width));
        lines.extend(wrapped(rest, left).into_iter().map(|line| format!("{}{line}", " ".repeat(indent))));
    }
    lines
}

#[cfg(test)]
pub(super) mod tests;
