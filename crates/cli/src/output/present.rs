//! [`Presentation`]: the rows to print, and how: which fields, in which order, how many, in which format.

use std::io::{self, Write};

use anstyle::Style;

use super::field::{Extent, Field, Object, of_json, of_table};
use super::table::{Cell, Column, Table};
use super::{Row, TITLE, csv, json, yaml};
use crate::failure::Failure;

/// A format of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// A table for people
    #[default]
    Table,
    /// A table with more columns
    Wide,
    /// One JSON array
    Json,
    /// One JSON object per line, as the servers answer
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// A YAML sequence
    Yaml,
    /// Only what selects the row in another command
    Name,
}

impl OutputFormat {
    /// Whether people read it, with the notes about what is missing.
    pub(crate) const fn is_for_people(self) -> bool {
        matches!(self, OutputFormat::Table | OutputFormat::Wide)
    }
}

/// How to print the rows `R`.
pub(crate) struct Presentation<R> {
    pub(crate) format: OutputFormat,
    /// The fields of `--columns`, or none for those of the format.
    pub(crate) columns: Vec<Field<R>>,
    /// The fields of `--sort`, and whether the greatest value comes first.
    pub(crate) sort: Vec<(Field<R>, bool)>,
    pub(crate) limit: Option<usize>,
    pub(crate) has_headers: bool,
    /// Whether the rows have the host names of their clients.
    pub(crate) has_hosts: bool,
    /// A field of the wide table that this one shows, too.
    pub(crate) besides: Option<&'static str>,
}

impl<R: Row> Presentation<R> {
    /// Prints every row and the fields of this format.
    pub(crate) fn of(format: OutputFormat) -> Self {
        let (columns, sort) = (Vec::new(), Vec::new());
        Self { format, columns, sort, limit: None, has_headers: true, has_hosts: false, besides: None }
    }

    /// Adds the host names of the clients, if `has_hosts`; else refuses a column of them.
    pub(crate) fn with_hosts(self, has_hosts: bool) -> Result<Self, Failure> {
        let mut named = self.columns.iter().chain(self.sort.iter().map(|(field, _)| field));
        if !has_hosts && named.any(Field::needs_hosts) {
            return Err(Failure::usage("the column host needs --resolve"));
        }
        Ok(Self { has_hosts, ..self })
    }

    /// Whether each server's rows are printed when it answers.
    pub(crate) fn is_streamed(&self) -> bool {
        self.format == OutputFormat::Jsonl && self.sort.is_empty()
    }

    /// Sorts the rows, and returns how many the limit leaves out.
    pub(crate) fn arrange(&self, rows: &mut Vec<&R>) -> usize {
        rows.sort_by(|one, other| {
            let orders = self
                .sort
                .iter()
                .map(|(field, is_descending)| field.value(one).order(&field.value(other), *is_descending));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        let kept = self.limit.unwrap_or(usize::MAX);
        let left_out = rows.len().saturating_sub(kept);
        rows.truncate(kept);
        left_out
    }

    /// Writes the rows for a terminal of this width, or without a limit.
    pub(crate) fn write(
        &self,
        rows: &[&R],
        several_servers: bool,
        width: Option<usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let are_named = !self.columns.is_empty();
        match self.format {
            OutputFormat::Table | OutputFormat::Wide => {
                let is_wide = self.format == OutputFormat::Wide;
                let extent = Extent {
                    is_wide,
                    has_several_servers: several_servers,
                    has_hosts: self.has_hosts,
                    besides: self.besides,
                };
                let fields = of_table(R::fields(), extent);
                let fields = if are_named { &self.columns } else { &fields };
                let columns: Vec<Column> = fields.iter().map(|field| field.column).collect();
                let cells = |row: &&R| -> Vec<Cell> { fields.iter().map(|field| field.cell(row)).collect() };
                let row = |index: usize| rows.get(index).map(cells).unwrap_or_default();
                let style = |index: usize| rows.get(index).map_or_else(Style::new, |row| row.style());
                let table = Table::new(&columns, rows.len(), &row, &style, are_named);
                if rows.is_empty() { Ok(()) } else { table.write(out, width, TITLE, self.has_headers) }
            }
            OutputFormat::Name => {
                rows.iter().filter_map(|row| row.name()).try_for_each(|name| writeln!(out, "{name}"))
            }
            OutputFormat::Json if !are_named && !self.has_hosts => json::array(rows, out),
            OutputFormat::Jsonl if !are_named && !self.has_hosts => {
                rows.iter().try_for_each(|row| json::line(row, out))
            }
            format => {
                let fields = of_json(R::fields(), self.has_hosts);
                let fields = if are_named { &self.columns } else { &fields };
                let mut objects = rows.iter().map(|row| Object(fields, *row));
                match format {
                    OutputFormat::Csv => csv::write(fields, rows, self.has_headers, out),
                    OutputFormat::Yaml => yaml::write(fields, rows, out),
                    OutputFormat::Jsonl => objects.try_for_each(|object| json::line(&object, out)),
                    _ => json::array(&objects.collect::<Vec<_>>(), out),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OutputFormat, Presentation};
    use crate::output::{Field, Row as _, Value};
    use crate::rows::SessionRow;
    use netsession::{Session, wide};
    use serde_json::json;
    use std::time::Duration;

    /// Names that a client or a user can choose, to break each format.
    fn hostile() -> Vec<String> {
        let plain = [
            "bob",
            "a,b",
            "a\"b",
            "a'b",
            "a\nb",
            "a\r\n- user: \"root\"",
            "\u{1b}]0;x\u{7}",
            "=1+1",
            "+1",
            "-1",
        ];
        let more = [
            "@SUM(A1)",
            "\t=1",
            "null",
            "true",
            "0x10",
            "&a",
            "*a",
            "{a: 1}",
            "# a",
            " a ",
            "",
            "田中",
            "\u{e0041}\u{202e}",
        ];
        let mut names: Vec<String> = plain.iter().chain(&more).map(|&name| name.to_owned()).collect();
        names.push(wide::from_units([0x62, 0xd83d, 0x62]));
        names.push(r"LAB\alice".to_owned());
        names
    }

    fn rows() -> Vec<SessionRow> {
        let row = |user: &String| {
            let mut session = Session::new("10.0.0.5", user);
            session.connected = Some(Duration::from_secs(61));
            SessionRow::new(&"fs1".into(), session)
        };
        hostile().iter().map(row).collect()
    }

    fn written(presentation: &Presentation<SessionRow>, rows: &[SessionRow]) -> String {
        let mut out = Vec::new();
        let mut rows = rows.iter().collect();
        presentation.arrange(&mut rows);
        presentation.write(&rows, false, None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn in_format(format: OutputFormat) -> String {
        written(&Presentation::of(format), &rows())
    }

    fn field(key: &str) -> Field<SessionRow> {
        SessionRow::fields().into_iter().find(|field| field.is_named(key)).unwrap()
    }

    /// A failure here would let one name add rows, or a column, to a list of values.
    #[test]
    fn csv_has_a_line_for_each_row_whatever_the_names_are() {
        let text = in_format(OutputFormat::Csv);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(
            lines[0],
            "server,client,user,opens,connected_secs,idle_secs,guest,self,client_type,transport,id"
        );
        assert_eq!(lines.len(), hostile().len() + 1);
        let users: Vec<String> = lines[1..]
            .iter()
            .map(|line| {
                let rest = line.strip_prefix("fs1,10.0.0.5,").unwrap();
                rest.strip_suffix(",,61,,,false,,,").unwrap().to_owned()
            })
            .collect();
        for (name, expected) in hostile().iter().zip(&users) {
            let expected =
                expected.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(expected);
            let unquoted = expected.replace("\"\"", "\"");
            let unquoted = unquoted.strip_prefix('\'').unwrap_or(&unquoted);
            assert_eq!(crate::output::from_visible(unquoted), *name);
        }
        assert!(
            users.contains(&"\"a,b\"".to_owned()) && users.contains(&"\"a\"\"b\"".to_owned()),
            "{users:?}"
        );
        assert!(text.bytes().all(|byte| byte >= 0x20 || byte == b'\r' || byte == b'\n'), "{text:?}");
    }

    /// A failure here would let a user whose name is a formula run it in the administrator's spreadsheet.
    #[test]
    fn csv_has_no_formulas() {
        let text = in_format(OutputFormat::Csv);
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            assert!(text.contains(&format!(",'{formula},")), "{text}");
        }
        let mut presentation = Presentation::of(OutputFormat::Csv);
        presentation.has_headers = false;
        assert!(written(&presentation, &rows()).starts_with("fs1,10.0.0.5,bob,"));
    }

    /// A failure here would let one name become a number, a boolean or another row of a YAML document.
    #[test]
    fn yaml_quotes_every_name() {
        let text = in_format(OutputFormat::Yaml);
        assert_eq!(
            text.lines().filter(|line| line.starts_with("- server: \"fs1\"")).count(),
            hostile().len()
        );
        assert_eq!(text.lines().count(), hostile().len() * 11);
        let users: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  user: ")).collect();
        for (name, quoted) in hostile().iter().zip(&users) {
            assert!(quoted.starts_with('"') && quoted.ends_with('"'), "{quoted}");
            if !quoted.contains("\\U") {
                assert_eq!(serde_json::from_str::<String>(quoted).unwrap(), *name);
            }
        }
        assert!(
            users.contains(&"\"\\U000e0041\\u202e\"") && users.contains(&"\"b\\U0010f83db\""),
            "{users:?}"
        );
        assert!(text.contains("  opens: null\n  connected_secs: 61\n"), "{text}");
        assert_eq!(written(&Presentation::of(OutputFormat::Yaml), &[]), "[]\n");
    }

    /// A failure here would change `--json`, or split an object over two lines.
    #[test]
    fn json_lines_are_the_elements_of_the_array() {
        let array = in_format(OutputFormat::Json);
        let lines = in_format(OutputFormat::Jsonl);
        assert_eq!(format!("[\n{}\n]\n", lines.trim_end().replace('\n', ",\n")), array);
        let users: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
        let users: Vec<&str> = users.iter().map(|row| row["user"].as_str().unwrap()).collect();
        assert_eq!(users, hostile());
    }

    /// A failure here would print other columns than those that a script asked for.
    #[test]
    fn every_format_has_the_named_columns_in_their_order() {
        let columns = || vec![field("user"), field("CONNECTED"), field("note")];
        let show = |format| {
            let presentation = Presentation { columns: columns(), ..Presentation::of(format) };
            written(&presentation, &rows()[..1])
        };
        assert_eq!(show(OutputFormat::Csv), "user,connected_secs,note\r\nbob,61,\r\n");
        assert_eq!(show(OutputFormat::Yaml), "- user: \"bob\"\n  connected_secs: 61\n  note: \"\"\n");
        assert_eq!(show(OutputFormat::Jsonl), "{\"user\":\"bob\",\"connected_secs\":61,\"note\":\"\"}\n");
        let value: serde_json::Value = serde_json::from_str(&show(OutputFormat::Json)).unwrap();
        assert_eq!(value, json!([{"user": "bob", "connected_secs": 61, "note": ""}]));
        let table = show(OutputFormat::Table).replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert_eq!(table, "USER  CONNECTED  NOTE\nbob      1m 01s\n");
    }

    /// A failure here would print the rows of a long list in another order than a person asked for, or lose some
    /// without a word.
    #[test]
    fn rows_are_sorted_by_several_columns_and_limited() {
        let row = |client: &str, user: &str, opens| {
            let mut session = Session::new(client, user);
            session.opens = opens;
            SessionRow::new(&"fs1".into(), session)
        };
        let rows = [
            row("10.0.0.10", "bob", None),
            row("10.0.0.9", "bob", Some(3)),
            row("10.0.0.8", "alice", Some(3)),
            row("10.0.0.7", "carol", Some(12)),
        ];
        let mut presentation = Presentation::of(OutputFormat::Csv);
        (presentation.columns, presentation.has_headers) = (vec![field("client")], false);
        presentation.sort = vec![(field("opens"), true), (field("client"), false)];
        assert_eq!(written(&presentation, &rows), "10.0.0.7\r\n10.0.0.8\r\n10.0.0.9\r\n10.0.0.10\r\n");
        presentation.limit = Some(3);
        assert_eq!(presentation.arrange(&mut rows.iter().collect()), 1);
        assert_eq!(written(&presentation, &rows), "10.0.0.7\r\n10.0.0.8\r\n10.0.0.9\r\n");
    }

    /// A failure here would give a field in JSON another name or value than in the other formats.
    #[test]
    fn a_field_is_the_same_in_json_and_in_csv() {
        for row in rows() {
            let object = serde_json::to_value(&row).unwrap();
            for (key, value) in object.as_object().unwrap() {
                let field = field(key);
                assert_eq!(serde_json::to_value(field.value(&row)).unwrap(), *value, "{key}");
                if field.value(&row) == Value::Unknown {
                    assert!(value.is_null() && field.value(&row).plain().is_empty());
                }
            }
        }
    }
}
