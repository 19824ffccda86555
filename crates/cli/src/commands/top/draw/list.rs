//! Draws the rows of a pane.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::{Palette, put};
use crate::commands::top::pane::{Column, Pane};
use crate::commands::top::state::State;
use crate::output::visible;

/// The columns before the cells: the cursor, whether the row is marked, and whether it is old or new.
const MARKS: u16 = 3;
const GAP: u16 = 2;
/// The widest column apart from the wide one. A longer value is cut; the details and every preview show it whole.
const MAX_WIDTH: u16 = 24;
/// The least width of a screen that shows the extra columns.
const WIDE_SCREEN: u16 = 100;

/// Draws the titles and the rows on the screen. It returns the cells of the row at the cursor that had no room, each with its title.
pub(super) fn draw(
    state: &State,
    palette: Palette,
    now: Instant,
    area: Rect,
    buffer: &mut Buffer,
) -> Vec<String> {
    let view = state.view();
    let height = usize::from(area.height.saturating_sub(1));
    let places = state.shown.iter().enumerate().skip(view.first).take(height);
    let rows: Vec<(usize, Vec<String>)> =
        places.map(|(at, place)| (at, state.data.cells(state.pane, *place, now))).collect();
    let columns = state.pane.columns();
    let widths = widths(state, &rows, area.width);

    let titles: Vec<String> =
        columns.iter().enumerate().map(|(index, column)| title(state, index, column)).collect();
    line(&titles, columns, &widths, area.y, palette.title(), buffer);
    if rows.is_empty() {
        put(buffer, MARKS, area.y.saturating_add(1), area.width, empty(state), Style::new());
    }
    for (y, (at, cells)) in (area.y.saturating_add(1)..).zip(&rows) {
        let place = state.shown.get(*at).copied().unwrap_or_default();
        let is_listed = !state.pane.is_log();
        let (is_down, is_old) =
            (is_listed && state.data.is_down(place.0), is_listed && state.data.is_old(place.0));
        let (is_marked, is_fresh) = (state.is_marked(place), state.is_fresh(place));
        let record = state.data.records.line(state.pane, place.1);
        let style = match () {
            () if let Some(record) = record => palette.of(record.style),
            () if is_marked => palette.notable().patch(palette.title()),
            () if is_down && state.pane == Pane::Servers => palette.bad(),
            () if is_old && state.pane == Pane::Servers => palette.notable(),
            () if is_fresh => palette.good(),
            () => Style::new(),
        };
        let is_at_cursor = *at == view.at;
        let style = if is_at_cursor { style.patch(palette.cursor()) } else { style };
        if is_at_cursor {
            buffer.set_style(Rect { y, height: 1, ..area }, style);
        }
        let sign = match (is_old, is_fresh) {
            (true, _) => "!",
            (false, true) => "+",
            (false, false) => " ",
        };
        put(buffer, 0, y, area.width, if is_at_cursor { ">" } else { " " }, style);
        put(buffer, 1, y, area.width, if is_marked { "*" } else { " " }, style);
        put(buffer, 2, y, area.width, sign, style);
        line(cells, columns, &widths, y, style, buffer);
    }
    let at_cursor = rows.iter().find(|(at, _)| *at == view.at);
    at_cursor.map(|(_, cells)| without_room(cells, columns, &widths)).unwrap_or_default()
}

/// Returns the cells that are wider than their columns, the widest column first.
fn without_room(cells: &[String], columns: &[Column], widths: &[u16]) -> Vec<String> {
    let all = cells.iter().zip(columns).zip(widths);
    let cut = all.filter(|((cell, _), width)| **width > 0 && super::width(&visible(cell)) > **width);
    let mut cut: Vec<_> = cut.map(|((cell, column), _)| (column, cell)).collect();
    cut.sort_by_key(|(column, _)| !column.is_wide);
    cut.into_iter().map(|(column, cell)| format!("{}: {cell}", column.title)).collect()
}

fn title(state: &State, index: usize, column: &Column) -> String {
    let view = state.view();
    match index == view.sorted_by && !state.pane.is_log() {
        true => format!("{}{}", column.title, if view.is_reversed { "v" } else { "^" }),
        false => column.title.to_owned(),
    }
}

fn empty(state: &State) -> &str {
    match state.pane {
        _ if !state.filter.is_empty() => "no row matches the filter (Esc removes it)",
        Pane::Sessions if state.data.waiting() > 0 => "waiting for the servers ...",
        Pane::Sessions => "no sessions",
        Pane::Files => "no open files",
        Pane::Shares => "no shares",
        Pane::Servers => "no servers",
        Pane::Changes => "nothing has changed since the start",
        Pane::Holds | Pane::Journal if let Some(error) = &state.data.records.error => error,
        Pane::Holds => "no open holds",
        Pane::Journal => "no recorded change",
    }
}

/// Returns the width of each column for these rows. The wide column gets what is left.
fn widths(state: &State, rows: &[(usize, Vec<String>)], screen: u16) -> Vec<u16> {
    let (columns, sorted_by) = (state.pane.columns(), state.view().sorted_by);
    let mut widths: Vec<u16> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|(_, cells)| cells.get(index));
            // The sign of the sorted column needs a place.
            let title = super::width(column.title).saturating_add(u16::from(index == sorted_by));
            cells.map(|cell| super::width(&visible(cell))).max().unwrap_or_default().min(MAX_WIDTH).max(title)
        })
        .collect();
    for (index, (column, width)) in columns.iter().zip(&mut widths).enumerate() {
        let is_known = |(_, cells): &(usize, Vec<String>)| cells.get(index).is_some_and(|cell| cell != "-");
        if column.is_extra && (screen < WIDE_SCREEN || !rows.iter().any(is_known)) {
            *width = 0;
        }
    }
    let fixed = columns.iter().zip(&widths).filter(|(column, width)| !column.is_wide && **width > 0);
    let fixed: u16 = fixed.map(|(_, width)| width + GAP).sum();
    let left = screen.saturating_sub(MARKS + fixed);
    for (column, width) in columns.iter().zip(&mut widths) {
        if column.is_wide {
            *width = left;
        }
    }
    widths
}

fn line(cells: &[String], columns: &[Column], widths: &[u16], y: u16, style: Style, buffer: &mut Buffer) {
    let mut x = MARKS;
    for ((cell, column), width) in cells.iter().zip(columns).zip(widths).filter(|(_, width)| **width > 0) {
        let text = cut(&visible(cell), *width, column.title == "PATH");
        let shift = if column.is_number { width.saturating_sub(super::width(&text)) } else { 0 };
        put(buffer, x.saturating_add(shift), y, x.saturating_add(*width), &text, style);
        x = x.saturating_add(*width).saturating_add(GAP);
    }
}

/// Cuts a text to a width: `~` stands for the rest. Of a path it keeps the end.
pub(super) fn cut(text: &str, width: u16, is_end_kept: bool) -> String {
    let limit = usize::from(width);
    if text.width() <= limit {
        return text.to_owned();
    }
    let most = limit.saturating_sub(1);
    let kept = |characters: &mut dyn Iterator<Item = char>| {
        let (mut kept, mut used) = (Vec::new(), 0);
        for c in characters {
            used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if used > most {
                break;
            }
            kept.push(c);
        }
        kept
    };
    if is_end_kept {
        let mut kept = kept(&mut text.chars().rev());
        kept.push('~');
        return kept.into_iter().rev().collect();
    }
    kept(&mut text.chars()).into_iter().chain(['~']).collect()
}
