//! [`Table`]: a table for people. It fits the terminal, and never truncates a value.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::visible::visible;

/// The number of spaces between columns.
const GAP: usize = 2;
/// The least width of a wrapped column. If the terminal is narrower, the table prints a paragraph for each row.
const MIN_WRAP_WIDTH: usize = 16;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    wraps: bool,
    accented: bool,
}

impl Column {
    /// Left-aligned text.
    pub(crate) const fn text(title: &'static str) -> Column {
        Column { title, right: false, wraps: false, accented: false }
    }

    /// A right-aligned number.
    pub(crate) const fn number(title: &'static str) -> Column {
        Column { right: true, ..Column::text(title) }
    }

    /// Text that can be long, such as a path. It wraps on a narrow terminal.
    pub(crate) const fn long(title: &'static str) -> Column {
        Column { wraps: true, ..Column::text(title) }
    }

    /// Text in the style of its row.
    pub(crate) const fn accented(title: &'static str) -> Column {
        Column { accented: true, ..Column::text(title) }
    }

    /// The title.
    pub(crate) const fn title(&self) -> &'static str {
        self.title
    }

    /// Whether the values are numbers or durations.
    pub(crate) const fn is_number(&self) -> bool {
        self.right
    }

    /// Whether it can wrap.
    pub(crate) const fn is_long(&self) -> bool {
        self.wraps
    }

    fn styled(&self, cell: &str, style: Style) -> String {
        if self.accented && !cell.is_empty() { format!("{style}{cell}{style:#}") } else { cell.to_owned() }
    }
}

/// One value. `None` is unknown, and printed as `-`.
pub(crate) type Cell = Option<String>;

/// Rows under titles. It formats each row when it prints it, and stores none, because there can be very many.
pub(crate) struct Table<'a> {
    /// The columns that have a value, each with its index in a row.
    columns: Vec<(usize, Column)>,
    /// The width of each of these columns.
    widths: Vec<usize>,
    count: usize,
    row: &'a dyn Fn(usize) -> Vec<Cell>,
    /// The style of a row, for its accented columns.
    style: &'a dyn Fn(usize) -> Style,
}

impl<'a> Table<'a> {
    /// Makes a table of `count` rows. It leaves out the columns that have no value, unless `keeps_empty`, and makes cells
    /// safe to show.
    pub(crate) fn new(
        columns: &[Column],
        count: usize,
        row: &'a dyn Fn(usize) -> Vec<Cell>,
        style: &'a dyn Fn(usize) -> Style,
        keeps_empty: bool,
    ) -> Self {
        let mut widest: Vec<Option<usize>> = vec![keeps_empty.then_some(0); columns.len()];
        for index in 0..count {
            for (widest, cell) in widest.iter_mut().zip(row(index)) {
                if let Some(text) = cell.filter(|text| !text.is_empty()) {
                    *widest = (*widest).max(Some(visible(&text).width()));
                }
            }
        }
        let known = columns.iter().copied().enumerate().zip(widest);
        let known = known.filter_map(|(column, widest)| Some((column, widest?)));
        let (columns, widths) = known
            .map(|((place, column), widest)| ((place, column), widest.max(column.title.width())))
            .unzip();
        Self { columns, widths, count, row, style }
    }

    /// The cells of a row, safe to show.
    fn cells(&self, index: usize) -> Vec<String> {
        let row = (self.row)(index);
        let shown = self.columns.iter().map(|(place, _)| match row.get(*place) {
            Some(Some(text)) => visible(text).into_owned(),
            _ => "-".to_owned(),
        });
        shown.collect()
    }

    /// Writes the table for a terminal of this width, or without a limit.
    pub(crate) fn write(
        mut self,
        out: &mut dyn Write,
        width: Option<usize>,
        title: Style,
        has_headers: bool,
    ) -> io::Result<()> {
        if self.fits(width) || !has_headers {
            self.lines(out, title, has_headers)
        } else {
            self.records(out, title)
        }
    }

    /// Narrows the column that can wrap as far as necessary, and returns whether the table fits.
    fn fits(&mut self, width: Option<usize>) -> bool {
        let needed = self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1);
        let excess = width.map_or(0, |width| needed.saturating_sub(width));
        let long = self.columns.iter().position(|(_, column)| column.wraps);
        match long.and_then(|i| self.widths.get_mut(i)) {
            _ if excess == 0 => true,
            Some(widest) if *widest >= excess + MIN_WRAP_WIDTH => {
                *widest -= excess;
                true
            }
            _ => false,
        }
    }

    fn lines(&self, out: &mut dyn Write, title: Style, has_headers: bool) -> io::Result<()> {
        let widths = &self.widths;
        let titles: Vec<&str> = self.columns.iter().map(|(_, column)| column.title).collect();
        let line = self.line(&titles, widths, Style::new());
        if has_headers {
            writeln!(out, "{title}{}{title:#}", line.trim_end())?;
        }
        for index in 0..self.count {
            let (row, style) = (self.cells(index), (self.style)(index));
            let mut wrapped: Vec<_> =
                row.iter().zip(widths).map(|(cell, &width)| wrap(cell, width).into_iter()).collect();
            loop {
                let parts: Vec<Option<&str>> = wrapped.iter_mut().map(Iterator::next).collect();
                if parts.iter().all(Option::is_none) {
                    break;
                }
                let parts: Vec<&str> = parts.into_iter().map(Option::unwrap_or_default).collect();
                writeln!(out, "{}", self.line(&parts, widths, style).trim_end())?;
            }
        }
        Ok(())
    }

    fn line(&self, cells: &[&str], widths: &[usize], style: Style) -> String {
        let mut line = String::new();
        for (index, ((&cell, (_, column)), &width)) in cells.iter().zip(&self.columns).zip(widths).enumerate()
        {
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            if index > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let shown = column.styled(cell, style);
            line.push_str(&if column.right { pad + &shown } else { shown + &pad });
        }
        line
    }

    /// Writes a paragraph for each row and a line for each value, if the terminal is too narrow for columns.
    fn records(&self, out: &mut dyn Write, title: Style) -> io::Result<()> {
        let widest = self.columns.iter().map(|(_, column)| column.title.width()).max().unwrap_or_default();
        for index in 0..self.count {
            if index > 0 {
                writeln!(out)?;
            }
            let style = (self.style)(index);
            let present = self.columns.iter().zip(self.cells(index)).filter(|(_, cell)| !cell.is_empty());
            for ((_, column), cell) in present {
                let pad = " ".repeat(widest.saturating_sub(column.title.width()) + GAP);
                writeln!(out, "{title}{}{title:#}{pad}{}", column.title, column.styled(&cell, style))?;
            }
        }
        Ok(())
    }
}

/// Breaks `text` into pieces that are at most `width` columns wide, if possible after a separator.
fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let (mut used, mut fits, mut nice) = (0, 0, 0);
        for (at, c) in rest.char_indices() {
            let end = at + c.len_utf8();
            used = rest.get(..end).map_or(0, UnicodeWidthStr::width);
            if used > width {
                break;
            }
            fits = end;
            if matches!(c, '\\' | '/' | ' ') {
                nice = end;
            }
        }
        // A character that is wider than the column becomes a piece of its own.
        let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let cut = if nice > fits / 2 { nice } else { fits.max(first) };
        let Some((piece, tail)) = rest.split_at_checked(cut).filter(|(_, tail)| !tail.is_empty() && used > 0)
        else {
            break;
        };
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::{Cell, Column, Table, wrap};
    use anstyle::Style;
    use unicode_width::UnicodeWidthStr;

    const COLUMNS: [Column; 4] =
        [Column::number("ID"), Column::text("USER"), Column::text("CLIENT"), Column::long("PATH")];
    const PATH: &str = r"\data\projects\2026\a folder with a long name\another\budget.xlsx";

    fn render(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> String {
        let row = |index: usize| rows[index].clone();
        let mut out = Vec::new();
        Table::new(columns, rows.len(), &row, &|_| Style::new(), false)
            .write(&mut out, width, Style::new(), true)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(width: Option<usize>) -> String {
        let row = |id: &str, user: &str, path: &str| {
            vec![Some(id.to_owned()), Some(user.to_owned()), None, Some(path.to_owned())]
        };
        render(&COLUMNS, &[row("7", "田中", PATH), row("4294967295", "alice", "x")], width)
    }

    /// A failure here would misalign columns with wide characters, or show a column without values.
    #[test]
    fn columns_are_aligned() {
        let text = table(None);
        let expected = format!("        ID  USER   PATH\n         7  田中   {PATH}\n4294967295  alice  x\n");
        assert_eq!(text, expected);
    }

    /// Returns the rest of a line after `column` display columns.
    fn from_column(line: &str, column: usize) -> String {
        let mut at = 0;
        let after = line.chars().skip_while(|c| {
            at += c.to_string().width();
            at <= column
        });
        after.collect()
    }

    /// A failure here would hide a part of a path on a narrow terminal.
    #[test]
    fn narrow_terminals_truncate_nothing() {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        for width in 1..120 {
            let text = table(Some(width));
            let in_columns = text.starts_with(' ');
            let path = if in_columns {
                assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
                text.lines().skip(1).map(|line| from_column(line, 19)).collect()
            } else {
                text.clone()
            };
            assert!(squeezed(&path).contains(&squeezed(PATH)), "{width}: {text}");
            assert_eq!(in_columns, width >= 19 + super::MIN_WRAP_WIDTH, "{width}");
        }
    }

    /// A failure here would hide a column at some widths of the terminal.
    #[test]
    fn every_width_shows_the_same_columns() {
        let columns = [Column::text("USER"), Column::text("TRANSPORT"), Column::text("NOTE")];
        let cells = [Some("alice".to_owned()), Some(r"\Device\NetbiosSmb".to_owned()), Some(String::new())];
        let rows = [cells.to_vec(), vec![Some("bob".to_owned()), None, Some("guest".to_owned())]];
        let text = |width| render(&columns, &rows, Some(width));
        assert!(text(32).starts_with("USER   TRANSPORT           NOTE\nalice  \\Device\\NetbiosSmb\n"));
        let paragraphs = "USER       alice\nTRANSPORT  \\Device\\NetbiosSmb\n\nUSER       bob\nTRANSPORT  -\nNOTE       guest\n";
        for width in [10, 31] {
            assert_eq!(text(width), paragraphs);
        }
    }

    /// A failure here would lose a part of a wrapped value, or overflow its column.
    #[test]
    fn the_pieces_of_a_wrapped_value_are_the_value() {
        for width in 1..80 {
            for text in [PATH, "田中田中田中", "", "a", "no-separator-in-this-long-name-at-all"] {
                let pieces = wrap(text, width);
                assert_eq!(pieces.concat(), text);
                assert!(pieces.iter().all(|piece| piece.width() <= width.max(2)), "{width} {pieces:?}");
            }
        }
    }

    /// A failure here would let a server's text control the terminal.
    #[test]
    fn cells_are_safe_to_show() {
        let text = render(&[Column::text("USER")], &[vec![Some("\u{1b}[2J".to_owned())]], None);
        assert_eq!(text, "USER\n<U+001B>[2J\n");
    }
}
