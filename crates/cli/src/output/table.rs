//! Tables for people: they fit the terminal, and never cut a value to do so.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::visible::visible;

/// Space between columns.
const GAP: usize = 2;
/// A wrapping column narrower than this is harder to read than one record a paragraph.
const NARROWEST_WRAP: usize = 24;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    wraps: bool,
    accented: bool,
    minor: bool,
}

impl Column {
    /// Text, left-aligned.
    pub(crate) const fn text(title: &'static str) -> Column {
        Column { title, right: false, wraps: false, accented: false, minor: false }
    }

    /// A number, right-aligned.
    pub(crate) const fn number(title: &'static str) -> Column {
        Column { right: true, ..Column::text(title) }
    }

    /// Text that can be long, such as a path: wrapped where the terminal is narrow.
    pub(crate) const fn long(title: &'static str) -> Column {
        Column { wraps: true, ..Column::text(title) }
    }

    /// Text that is shown in the style of its row.
    pub(crate) const fn accented(title: &'static str) -> Column {
        Column { accented: true, ..Column::text(title) }
    }

    /// The same, left out where the terminal is too narrow for all columns: what matters least.
    pub(crate) const fn minor(self) -> Column {
        Column { minor: true, ..self }
    }

    fn shown(&self, cell: &str, style: Style) -> String {
        if self.accented && !cell.is_empty() { format!("{style}{cell}{style:#}") } else { cell.to_owned() }
    }
}

/// One value; `None` is unknown, and shown as `-`.
pub(crate) type Cell = Option<String>;

/// Rows under titles. A row is made when its turn comes, and none is kept: there can be very many.
pub(crate) struct Table<'a> {
    /// The columns that say something, each with its place in a row.
    columns: Vec<(usize, Column)>,
    /// How wide each of them is.
    widths: Vec<usize>,
    count: usize,
    row: &'a dyn Fn(usize) -> Vec<Cell>,
    /// The style of a row, for the columns that show it.
    style: &'a dyn Fn(usize) -> Style,
}

impl<'a> Table<'a> {
    /// A table of `count` rows, without the columns that say nothing. Cells are made visible here.
    pub(crate) fn new(
        columns: &[Column],
        count: usize,
        row: &'a dyn Fn(usize) -> Vec<Cell>,
        style: &'a dyn Fn(usize) -> Style,
    ) -> Self {
        let mut widest: Vec<Option<usize>> = vec![None; columns.len()];
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

    /// The cells of a row, as they are shown.
    fn cells(&self, index: usize) -> Vec<String> {
        let row = (self.row)(index);
        let shown = self.columns.iter().map(|(place, _)| match row.get(*place) {
            Some(Some(text)) => visible(text).into_owned(),
            _ => "-".to_owned(),
        });
        shown.collect()
    }

    /// Writes it for a terminal `width` columns wide, or as wide as it needs.
    pub(crate) fn write(mut self, out: &mut dyn Write, width: Option<usize>, title: Style) -> io::Result<()> {
        let (columns, widths) = (self.columns.clone(), self.widths.clone());
        while !self.fits(width) {
            match self.columns.iter().rposition(|(_, column)| column.minor) {
                Some(last) => drop((self.columns.remove(last), self.widths.remove(last))),
                None => return Self { columns, widths, ..self }.records(out, title),
            }
        }
        self.lines(out, title)
    }

    /// Whether it fits, with the column that can be wrapped made as narrow as it must be.
    fn fits(&mut self, width: Option<usize>) -> bool {
        let needed = self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1);
        let excess = width.map_or(0, |width| needed.saturating_sub(width));
        let long = self.columns.iter().position(|(_, column)| column.wraps);
        match long.and_then(|i| self.widths.get_mut(i)) {
            _ if excess == 0 => true,
            Some(widest) if *widest >= excess + NARROWEST_WRAP => {
                *widest -= excess;
                true
            }
            _ => false,
        }
    }

    fn lines(&self, out: &mut dyn Write, title: Style) -> io::Result<()> {
        let widths = &self.widths;
        let titles: Vec<&str> = self.columns.iter().map(|(_, column)| column.title).collect();
        let line = self.line(&titles, widths, Style::new());
        writeln!(out, "{title}{}{title:#}", line.trim_end())?;
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
            let shown = column.shown(cell, style);
            line.push_str(&if column.right { pad + &shown } else { shown + &pad });
        }
        line
    }

    /// One paragraph a row, one line a value: for terminals too narrow for columns.
    fn records(&self, out: &mut dyn Write, title: Style) -> io::Result<()> {
        let widest = self.columns.iter().map(|(_, column)| column.title.width()).max().unwrap_or_default();
        for index in 0..self.count {
            if index > 0 {
                writeln!(out)?;
            }
            let style = (self.style)(index);
            let said = self.columns.iter().zip(self.cells(index)).filter(|(_, cell)| !cell.is_empty());
            for ((_, column), cell) in said {
                let pad = " ".repeat(widest.saturating_sub(column.title.width()) + GAP);
                writeln!(out, "{title}{}{title:#}{pad}{}", column.title, column.shown(&cell, style))?;
            }
        }
        Ok(())
    }
}

/// `text` in pieces at most `width` columns wide, broken after a separator where there is one.
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
        // A character wider than the column still makes progress.
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

    fn shown(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> String {
        let row = |index: usize| rows[index].clone();
        let mut out = Vec::new();
        Table::new(columns, rows.len(), &row, &|_| Style::new())
            .write(&mut out, width, Style::new())
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(width: Option<usize>) -> String {
        let row = |id: &str, user: &str, path: &str| {
            vec![Some(id.to_owned()), Some(user.to_owned()), None, Some(path.to_owned())]
        };
        shown(&COLUMNS, &[row("7", "田中", PATH), row("4294967295", "alice", "x")], width)
    }

    /// If this fails, columns do not line up, wide characters included, or an unknown column takes up room.
    #[test]
    fn columns_line_up() {
        let text = table(None);
        let expected = format!("        ID  USER   PATH\n         7  田中   {PATH}\n4294967295  alice  x\n");
        assert_eq!(text, expected);
    }

    /// The rest of a line from a display column on.
    fn from_column(line: &str, column: usize) -> String {
        let mut at = 0;
        let after = line.chars().skip_while(|c| {
            at += c.to_string().width();
            at <= column
        });
        after.collect()
    }

    /// If this fails, a narrow terminal hides part of a path.
    #[test]
    fn nothing_is_cut_on_a_narrow_terminal() {
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
            assert_eq!(in_columns, width >= 19 + super::NARROWEST_WRAP, "{width}");
        }
    }

    /// If this fails, a terminal of 80 columns shows a page for each session, or a wide one less than it could.
    #[test]
    fn what_matters_least_is_left_out_before_rows_become_paragraphs() {
        let columns = [Column::text("USER"), Column::text("TRANSPORT").minor(), Column::text("NOTE")];
        let cells = [Some("alice".to_owned()), Some(r"\Device\NetbiosSmb".to_owned()), Some(String::new())];
        let rows = [cells.to_vec(), vec![Some("bob".to_owned()), None, Some("guest".to_owned())]];
        let text = |width| shown(&columns, &rows, Some(width));
        assert!(text(32).starts_with("USER   TRANSPORT           NOTE\nalice  \\Device\\NetbiosSmb\n"));
        assert_eq!(text(31), "USER   NOTE\nalice\nbob    guest\n");
        let paragraphs = "USER       alice\nTRANSPORT  \\Device\\NetbiosSmb\n\nUSER       bob\nTRANSPORT  -\nNOTE       guest\n";
        assert_eq!(text(10), paragraphs);
    }

    /// If this fails, pieces of a wrapped value do not make the value, or overflow their column.
    #[test]
    fn pieces_make_the_whole() {
        for width in 1..80 {
            for text in [PATH, "田中田中田中", "", "a", "no-separator-in-this-long-name-at-all"] {
                let pieces = wrap(text, width);
                assert_eq!(pieces.concat(), text);
                assert!(pieces.iter().all(|piece| piece.width() <= width.max(2)), "{width} {pieces:?}");
            }
        }
    }

    /// If this fails, a name from the server reaches the terminal raw.
    #[test]
    fn cells_are_made_visible() {
        let text = shown(&[Column::text("USER")], &[vec![Some("\u{1b}[2J".to_owned())]], None);
        assert_eq!(text, "USER\n<U+001B>[2J\n");
    }
}
