//! How a table of Markdown is shown on a narrow screen: [`Shape`].

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::html::escape;

/// The letters that stand beside each other on a telephone. If a cell is longer, or the words of a row that cannot break, then the
/// cells of the table stand below each other there.
const LINE: usize = 40;

/// A cell with a longer text needs a wide column.
const TEXT: usize = 24;

/// What the cells of a table need to be readable.
pub(crate) struct Shape {
    headings: Vec<String>,
    is_stacked: bool,
    /// The next cell's place in its row; none in the head.
    column: Option<usize>,
}

impl Shape {
    /// Returns the shape of the table whose rows begin here.
    pub(crate) fn of(events: &[Event<'_>]) -> Self {
        let mut texts = Vec::new();
        let mut columns = 0;
        for event in events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Table))) {
            match event {
                Event::Start(Tag::TableCell) => texts.push(String::new()),
                Event::End(TagEnd::TableHead) => columns = texts.len(),
                event => {
                    if let (Some(cell), Some(text)) = (texts.last_mut(), text(event)) {
                        cell.push_str(text);
                    }
                }
            }
        }
        let words = (0..columns).map(|column| longest_word(texts.iter().skip(column).step_by(columns)));
        let is_stacked = texts.iter().any(|text| text.chars().count() > LINE) || words.sum::<usize>() > LINE;
        texts.truncate(columns);
        Self { headings: texts, is_stacked, column: None }
    }

    /// Returns the tag around the table, which scrolls if it is too wide for the page.
    pub(crate) fn begin(&self) -> &'static str {
        if self.is_stacked { "<div class=\"wide stack\">" } else { "<div class=\"wide\">" }
    }

    /// Starts a row.
    pub(crate) fn row(&mut self) {
        self.column = Some(0);
    }

    /// Returns the tag of the next cell, whose content begins here; none in the head. In a stack, the heading of its column
    /// stands before it, unless the table has only two columns.
    pub(crate) fn cell(&mut self, content: &[Event<'_>]) -> Option<String> {
        let column = self.column?;
        self.column = Some(column + 1);
        let inside = content.iter().take_while(|event| !matches!(event, Event::End(TagEnd::TableCell)));
        let length: usize = inside.filter_map(text).map(|text| text.chars().count()).sum();
        let class = if length > TEXT { " class=\"text\"" } else { "" };
        let is_labelled = self.is_stacked && self.headings.len() > 2 && column > 0;
        let label = match self.headings.get(column) {
            Some(heading) if is_labelled => format!(" data-label=\"{}:\"", escape(heading)),
            _ => String::new(),
        };
        Some(format!("<td{class}{label}>"))
    }
}

/// Returns the letters of the longest word in a column. A name can break after an underscore.
fn longest_word<'a>(cells: impl Iterator<Item = &'a String>) -> usize {
    let words = cells.flat_map(|cell| cell.split([' ', '_']));
    words.map(|word| word.chars().count()).max().unwrap_or_default()
}

fn text<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::Shape;

    fn shape(markdown: &str) -> (&'static str, Vec<String>) {
        let events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
        let mut shape = Shape::of(&events[1..]);
        let mut cells = Vec::new();
        for (place, event) in events.iter().enumerate() {
            match event {
                Event::Start(Tag::TableRow) => shape.row(),
                Event::Start(Tag::TableCell) => cells.extend(shape.cell(&events[place + 1..])),
                _ => {}
            }
        }
        (shape.begin(), cells)
    }

    /// A failure here would hide the second column of a table on a telephone, or squeeze its sentences into a few letters.
    #[test]
    fn a_table_with_sentences_is_stacked_on_a_telephone() {
        let sentence = "`netsession` ends each session that you select.";
        let (begin, cells) =
            shape(&format!("| a | b | c & d |\n| --- | --- | --- |\n| x | y | {sentence} |\n"));
        assert_eq!(begin, "<div class=\"wide stack\">");
        let third = "<td class=\"text\" data-label=\"c &amp; d:\">";
        assert_eq!(cells, ["<td>", "<td data-label=\"b:\">", third]);
        let (begin, cells) = shape(&format!("| a | b |\n| --- | --- |\n| x | {sentence} |\n"));
        assert_eq!(begin, "<div class=\"wide stack\">");
        assert_eq!(cells, ["<td>", "<td class=\"text\">"]);
        let (begin, _) =
            shape("| FileDirectoryInformation | `a\\b\\c\\deeply\\nested` |\n| --- | --- |\n| 1 | 2 |\n");
        assert_eq!(begin, "<div class=\"wide stack\">");
    }

    /// A failure here would tear numbers apart that a reader compares.
    #[test]
    fn a_table_of_numbers_stays_a_table() {
        let (begin, cells) = shape("| a | b |\n| --- | --- |\n| 1 | 2 |\n");
        assert_eq!(begin, "<div class=\"wide\">");
        assert_eq!(cells, ["<td>", "<td>"]);
    }
}
