//! Draws what covers the list: a text to read, and a question.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Palette, put, wrapped, wrapped_as_cells};
use crate::commands::end::lines::StyledLine;
use crate::commands::top::state::hold::Wording;
use crate::commands::top::state::{Question, State};
use crate::output::visible;

/// Draws a text in a frame, from the line at `scroll` on.
pub(super) fn text(title: &str, lines: &[StyledLine], scroll: usize, palette: Palette, buffer: &mut Buffer) {
    framed(title, lines, scroll, &[], palette, buffer);
}

/// Draws the plan, and the question below it. The question is always on the screen.
pub(super) fn question(question: &Question, palette: Palette, buffer: &mut Buffer) {
    let why = || {
        vec!["Reason, for the journal. Enter carries it out.".to_owned(), format!("> {}_", question.typed)]
    };
    let mut asked = match (question.confirmation.names.first(), &question.confirmation.question) {
        _ if question.is_reason_asked => why(),
        (Some((_, text)), _) => vec![text.clone(), format!("> {}_", question.typed)],
        (None, Some(text)) => vec![format!("{text} Press y to do it, any other key to cancel.")],
        (None, None) => Vec::new(),
    };
    asked.splice(..0, without_plan(&question.without_plan, inner_width(buffer.area)));
    framed("Plan", &question.lines, question.scroll, &asked, palette, buffer);
}

/// Returns one line about the servers for which there is no plan, with their names if they fit.
fn without_plan(servers: &[String], width: u16) -> Option<String> {
    let line =
        |servers: &str| visible(&format!("No plan for {servers} (reasons after the plan)")).into_owned();
    let count = match servers.len() {
        0 => return None,
        1 => "1 server".to_owned(),
        several => format!("{several} servers"),
    };
    let named = line(&servers.join(", "));
    Some(if super::width(&named) <= width { named } else { line(&count) })
}

/// Draws the question for how long to keep somebody out.
pub(super) fn wording(wording: &Wording, state: &State, palette: Palette, buffer: &mut Buffer) {
    let place = match state.data.servers.as_slice() {
        [server] => server.name.clone(),
        several => format!("all {} servers of this view", several.len()),
    };
    let plain = |text: String| (anstyle::Style::new(), text);
    let mut lines = vec![
        plain(format!("Keep out {}", visible(&wording.whom()))),
        plain(format!(
            "of {}: end the sessions, and end them again whenever they come back.",
            visible(&place)
        )),
    ];
    lines.extend(wording.besides().map(|text| plain(text.to_owned())));
    lines.extend(wording.error.map(|error| (crate::output::BAD, error.to_owned())));
    let asked = [wording.question().to_owned(), format!("> {}_", wording.typed)];
    framed("Hold", &lines, 0, &asked, palette, buffer);
}

/// Returns the width of the text in a frame.
const fn inner_width(area: Rect) -> u16 {
    area.width.saturating_sub(4)
}

fn framed(
    title: &str,
    lines: &[StyledLine],
    scroll: usize,
    asked: &[String],
    palette: Palette,
    buffer: &mut Buffer,
) {
    let area = Rect { y: 1, height: buffer.area.height.saturating_sub(2), ..buffer.area };
    let inner = inner_width(area);
    let asked: Vec<String> = asked.iter().flat_map(|line| wrapped(line, inner)).collect();
    // The first row is always on the screen: a person must see what they confirm.
    let most = area.height.saturating_sub(3);
    let asked_height = u16::try_from(asked.len()).unwrap_or(u16::MAX).min(most);
    let gap = u16::from(asked_height > 0 && asked_height < most);
    let body: Vec<(Style, String)> = lines
        .iter()
        .skip(scroll)
        .flat_map(|(style, line)| {
            let style = palette.of(*style);
            wrapped_as_cells(line, inner).into_iter().map(move |piece| (style, piece))
        })
        .collect();
    let room = area.height.saturating_sub(2 + asked_height + gap);

    let blank = " ".repeat(usize::from(area.width));
    for y in area.y..area.bottom() {
        put(buffer, area.x, y, area.right(), &blank, Style::new());
        put(buffer, area.x, y, area.right(), "|", Style::new());
        put(buffer, area.right().saturating_sub(1), y, area.right(), "|", Style::new());
    }
    let rule = "-".repeat(usize::from(area.width.saturating_sub(2)));
    let last = area.bottom().saturating_sub(1);
    for y in [area.y, last] {
        put(buffer, area.x, y, area.right(), &format!("+{rule}+"), Style::new());
    }
    put(buffer, area.x.saturating_add(2), area.y, area.right(), &format!(" {title} "), palette.title());

    let x = area.x.saturating_add(2);
    let end = area.right().saturating_sub(2);
    for (y, (style, piece)) in (area.y.saturating_add(1)..).zip(body.iter().take(usize::from(room))) {
        put(buffer, x, y, end, piece, *style);
    }
    let hidden = body.len().saturating_sub(usize::from(room));
    if hidden > 0 || scroll > 0 {
        let more = format!(" {} above, {hidden} below ", scroll);
        let at = area.right().saturating_sub(super::width(&more).saturating_add(2));
        put(buffer, at, area.y, area.right(), &more, palette.notable());
    }
    let first = last.saturating_sub(asked_height);
    for (y, line) in (first..).zip(asked.iter().take(usize::from(asked_height))) {
        put(buffer, x, y, end, line, palette.bad());
    }
}
