//! [`Table`]: a table for people. It fits the terminal, and never truncates a value.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::visible::visible;

/// The number of spaces between columns; a table that is too wide has one.
const GAP: usize = 2;
/// The least width of a wrapped column with long texts.
const MIN_LONG: usize = 16;
/// The least width of a wrapped column of what a person wrote.
const MIN_PROSE: usize = 10;
/// The least width of a wrapped column of words, such as a note: `remaining` fits it.
const MIN_WORDS: usize = 9;
/// The least widths of a wrapped column with names: most names fit the first one.
const MIN_NAME: [usize; 2] = [16, 10];

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    kind: Kind,
    accented: bool,
}

/// What a column contains, which decides how it becomes narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Names. They wrap only if nothing else is left.
    Names,
    /// Numbers, which never wrap.
    Numbers,
    /// Long texts, such as paths.
    Long,
    /// Words of the command, such as a note.
    Words,
    /// What a person wrote, such as a reason.
    Prose,
    /// Points in time, which never wrap.
    Times,
}

impl Column {
    /// Left-aligned text.
    pub(crate) const fn text(title: &'static str) -> Column {
        Column { title, kind: Kind::Names, accented: false }
    }

    /// A right-aligned number.
    pub(crate) const fn number(title: &'static str) -> Column {
        Column { kind: Kind::Numbers, ..Column::text(title) }
    }

    /// Text that can be long, such as a path. It wraps on a narrow terminal.
    pub(crate) const fn long(title: &'static str) -> Column {
        Column { kind: Kind::Long, ..Column::text(title) }
    }

    /// Words of the command. They wrap before names do.
    pub(crate) const fn words(title: &'static str) -> Column {
        Column { kind: Kind::Words, ..Column::text(title) }
    }

    /// What a person wrote, such as a reason. It wraps on a narrow terminal.
    pub(crate) const fn prose(title: &'static str) -> Column {
        Column { kind: Kind::Prose, ..Column::text(title) }
    }

    /// A point in time. It never wraps.
    pub(crate) const fn time(title: &'static str) -> Column {
        Column { kind: Kind::Times, ..Column::text(title) }
    }

    /// Words in the style of their row.
    pub(crate) const fn accented(title: &'static str) -> Column {
        Column { accented: true, ..Column::words(title) }
    }

    /// The title.
    pub(crate) const fn title(&self) -> &'static str {
        self.title
    }

    /// Whether the values are numbers or durations.
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Numbers)
    }

    /// Whether its texts are long.
    pub(crate) const fn is_long(&self) -> bool {
        matches!(self.kind, Kind::Long)
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
    /// The number of spaces between them.
    gap: usize,
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
        Self { columns, widths, gap: GAP, count, row, style }
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

    /// Narrows the table as far as necessary, and returns whether it fits: first long texts and words, then the space
    /// between columns, then names, and what a person wrote last.
    fn fits(&mut self, width: Option<usize>) -> bool {
        let Some(limit) = width else { return true };
        self.narrow(limit, Kind::Long, MIN_LONG);
        self.narrow(limit, Kind::Prose, MIN_LONG);
        self.narrow(limit, Kind::Words, MIN_WORDS);
        if self.width() > limit {
            self.gap = 1;
        }
        for least in MIN_NAME {
            self.narrow(limit, Kind::Names, least);
        }
        self.narrow(limit, Kind::Prose, MIN_PROSE);
        self.width() <= limit
    }

    /// Narrows the columns of one kind, the widest first, until the table fits or each has its least width.
    fn narrow(&mut self, limit: usize, kind: Kind, least: usize) {
        while self.width() > limit {
            let of_kind = self.columns.iter().zip(&mut self.widths).filter(|((_, column), width)| {
                column.kind == kind && **width > least.max(column.title.width())
            });
            let Some((_, widest)) = of_kind.max_by_key(|(_, width)| **width) else { break };
            *widest -= 1;
        }
    }

    /// The width of the whole table.
    fn width(&self) -> usize {
        self.widths.iter().sum::<usize>() + self.gap * self.widths.len().saturating_sub(1)
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
            let cells = row.iter().zip(&self.columns).zip(widths);
            let mut wrapped: Vec<_> = cells
                .map(|((cell, (_, column)), &width)| {
                    wrap(cell, width, column.kind == Kind::Names).into_iter()
                })
                .collect();
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
                line.push_str(&" ".repeat(self.gap));
            }
            let shown = column.styled(cell, style);
            line.push_str(&if column.is_number() { pad + &shown } else { shown + &pad });
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

/// Breaks `text` into pieces that are at most `width` columns wide, if possible after a separator. The parts of a name
/// have more of them.
pub(crate) fn wrap(text: &str, width: usize, is_name: bool) -> Vec<&str> {
    let separators: &[char] = if is_name { &['\\', '/', ' ', '.', ':', '@'] } else { &['\\', '/', ' '] };
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
            if separators.contains(&c) {
                nice = end;
            }
        }
        // A character that is wider than the column becomes a piece of its own.
        let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let cut =
            if nice > fits / 2 || begins_short_word(rest, nice, width) { nice } else { fits.max(first) };
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

/// Whether a word begins at `at`, after a space, for which a line of its own has room.
fn begins_short_word(text: &str, at: usize, width: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(at) else { return false };
    before.ends_with(' ') && after.split(' ').next().is_some_and(|word| word.width() <= width)
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
                let gap = if width < 19 + super::MIN_LONG { 1 } else { 2 };
                text.lines().skip(1).map(|line| from_column(line, 15 + 2 * gap)).collect()
            } else {
                text.clone()
            };
            assert!(squeezed(&path).contains(&squeezed(PATH)), "{width}: {text}");
            assert_eq!(in_columns, width >= 17 + super::MIN_LONG, "{width}");
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
        for width in [10, 20] {
            assert_eq!(text(width), paragraphs);
        }
        assert!(text(24).starts_with("USER  TRANSPORT"), "{}", text(24));
    }

    /// A failure here would print a plan of many sessions as a column of single values on an ordinary terminal, in which
    /// nobody sees who ends.
    #[test]
    fn a_plan_of_several_servers_fits_80_columns() {
        let columns = [
            Column::text("SERVER"),
            Column::accented("PLAN"),
            Column::text("CLIENT"),
            Column::text("USER"),
            Column::number("OPENS"),
            Column::number("CONNECTED"),
            Column::number("IDLE"),
            Column::words("NOTE"),
        ];
        let row = |values: [&str; 8]| values.map(|value| Some(value.to_owned())).to_vec();
        let rows = [
            row(["fs1.lab.test", "end", "10.78.1.254", r"LAB\alice", "3", "1h 23m", "12m 5s", ""]),
            row(["dc1.lab.test", "may end too", "10.78.1.20", r"LAB\FS1$", "0", "3m 19s", "-", "computer"]),
            row([
                "dc1.lab.test",
                "spare",
                "10.78.1.1",
                r"LAB\adm1",
                "0",
                "0s",
                "0s",
                "possibly this session",
            ]),
        ];
        let text = render(&columns, &rows, Some(80));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("SERVER") && lines[0].contains("CONNECTED"), "{text}");
        assert!(
            rows.iter().all(|row| row.iter().skip(2).take(2).flatten().all(|name| text.contains(name))),
            "{text}"
        );
        let long = row([
            "fs-berlin-01.corp.example.com",
            "spare, but may end too",
            "fe80::a00:27ff:fe4e:66a1%eth0",
            r"CORPORATE\svc-backup-of-berlin",
            "4294967295",
            "12d 23h",
            "23h 59m",
            "possibly this session",
        ]);
        let text = render(&columns, &[long], Some(80));
        assert!(text.starts_with("SERVER") && text.lines().all(|line| line.width() <= 80), "{text}");
    }

    /// A failure here would lose a part of a wrapped value, or overflow its column.
    #[test]
    fn the_pieces_of_a_wrapped_value_are_the_value() {
        for width in 1..80 {
            for text in [PATH, "田中田中田中", "", "a", "no-separator-in-this-long-name-at-all"] {
                for is_name in [false, true] {
                    let pieces = wrap(text, width, is_name);
                    assert_eq!(pieces.concat(), text);
                    assert!(pieces.iter().all(|piece| piece.width() <= width.max(2)), "{width} {pieces:?}");
                }
            }
        }
    }

    /// A failure here would tear words of a sentence apart, which a person then reads as others.
    #[test]
    fn words_stay_whole_if_a_line_has_room_for_them() {
        let pieces = wrap("workstation server print_server unix nt", 17, false);
        assert_eq!(pieces, ["workstation ", "server ", "print_server ", "unix nt"]);
        assert_eq!(wrap("a no-separator-here b", 12, false), ["a no-separat", "or-here b"]);
    }

    /// A failure here would let a server's text control the terminal.
    #[test]
    fn cells_are_safe_to_show() {
        let text = render(&[Column::text("USER")], &[vec![Some("\u{1b}[2J".to_owned())]], None);
        assert_eq!(text, "USER\n<U+001B>[2J\n");
    }
}
