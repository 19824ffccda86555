//! Tables for people: they fit the terminal, and never cut a value to do so.

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
}

impl Column {
    /// Text, left-aligned.
    pub(crate) const fn text(title: &'static str) -> Column {
        Column { title, right: false, wraps: false, accented: false }
    }

    /// A number, right-aligned.
    pub(crate) const fn number(title: &'static str) -> Column {
        Column { title, right: true, wraps: false, accented: false }
    }

    /// Text that can be long, such as a path: wrapped where the terminal is narrow.
    pub(crate) const fn long(title: &'static str) -> Column {
        Column { title, right: false, wraps: true, accented: false }
    }

    /// Text that is shown in the style of its row.
    pub(crate) const fn accented(title: &'static str) -> Column {
        Column { title, right: false, wraps: false, accented: true }
    }

    fn shown(&self, cell: &str, style: Style) -> String {
        if self.accented && !cell.is_empty() { format!("{style}{cell}{style:#}") } else { cell.to_owned() }
    }
}

/// One value; `None` is unknown, and shown as `-`.
pub(crate) type Cell = Option<String>;

/// Rows under titles.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    /// The style of each row, for the columns that show it.
    styles: Vec<Style>,
}

impl Table {
    /// A table without the columns that say nothing. Cells are made visible here.
    pub(crate) fn new(columns: &[Column], rows: &[Vec<Cell>]) -> Table {
        let known: Vec<usize> = (0..columns.len())
            .filter(|&i| {
                rows.iter()
                    .any(|row| row.get(i).and_then(Option::as_deref).is_some_and(|text| !text.is_empty()))
            })
            .collect();
        let cell = |row: &[Cell], i: usize| match row.get(i) {
            Some(Some(text)) => visible(text).into_owned(),
            _ => "-".to_owned(),
        };
        Table {
            columns: known.iter().filter_map(|&i| columns.get(i).copied()).collect(),
            rows: rows.iter().map(|row| known.iter().map(|&i| cell(row, i)).collect()).collect(),
            styles: vec![Style::new(); rows.len()],
        }
    }

    /// The same table, with a style for each row.
    pub(crate) fn styled(mut self, styles: Vec<Style>) -> Table {
        self.styles = styles;
        self
    }

    /// The table as text for a terminal `width` columns wide, or as wide as it needs.
    pub(crate) fn render(&self, width: Option<usize>, title: Style) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.title.width()).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        let needed = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let excess = width.map_or(0, |width| needed.saturating_sub(width));
        if excess > 0 {
            let long = self.columns.iter().position(|column| column.wraps);
            match long.and_then(|i| widths.get_mut(i)) {
                Some(widest) if *widest >= excess + NARROWEST_WRAP => *widest -= excess,
                _ => return self.records(title),
            }
        }
        self.lines(&widths, title)
    }

    fn lines(&self, widths: &[usize], title: Style) -> String {
        let mut out = String::new();
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        let line = self.line(&titles, widths, Style::new());
        out.push_str(&format!("{title}{}{title:#}\n", line.trim_end()));
        for (row, &style) in self.rows.iter().zip(&self.styles) {
            let mut wrapped: Vec<_> =
                row.iter().zip(widths).map(|(cell, &width)| wrap(cell, width).into_iter()).collect();
            loop {
                let parts: Vec<Option<&str>> = wrapped.iter_mut().map(Iterator::next).collect();
                if parts.iter().all(Option::is_none) {
                    break;
                }
                let parts: Vec<&str> = parts.into_iter().map(Option::unwrap_or_default).collect();
                out.push_str(self.line(&parts, widths, style).trim_end());
                out.push('\n');
            }
        }
        out
    }

    fn line(&self, cells: &[&str], widths: &[usize], style: Style) -> String {
        let mut line = String::new();
        for (index, ((&cell, column), &width)) in cells.iter().zip(&self.columns).zip(widths).enumerate() {
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
    fn records(&self, title: Style) -> String {
        let widest = self.columns.iter().map(|column| column.title.width()).max().unwrap_or_default();
        let paragraphs = self.rows.iter().zip(&self.styles).map(|(row, &style)| {
            let lines = self.columns.iter().zip(row).map(|(column, cell)| {
                let pad = " ".repeat(widest.saturating_sub(column.title.width()) + GAP);
                format!("{title}{}{title:#}{pad}{}\n", column.title, column.shown(cell, style))
            });
            lines.collect::<String>()
        });
        paragraphs.collect::<Vec<_>>().join("\n")
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
    use super::{Column, Table, wrap};
    use anstyle::Style;
    use unicode_width::UnicodeWidthStr;

    const COLUMNS: [Column; 4] =
        [Column::number("ID"), Column::text("USER"), Column::text("CLIENT"), Column::long("PATH")];
    const PATH: &str = r"\data\projects\2026\a folder with a long name\another\budget.xlsx";

    fn table() -> Table {
        let row = |id: &str, user: &str, path: &str| {
            vec![Some(id.to_owned()), Some(user.to_owned()), None, Some(path.to_owned())]
        };
        Table::new(&COLUMNS, &[row("7", "田中", PATH), row("4294967295", "alice", "x")])
    }

    /// If this fails, columns do not line up, wide characters included, or an unknown column takes up room.
    #[test]
    fn columns_line_up() {
        let text = table().render(None, Style::new());
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
            let text = table().render(Some(width), Style::new());
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
        let text = Table::new(&[Column::text("USER")], &[vec![Some("\u{1b}[2J".to_owned())]]);
        assert_eq!(text.render(None, Style::new()), "USER\n<U+001B>[2J\n");
    }
}
