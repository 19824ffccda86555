//! [`Field`]: one value of a row. Every format, `--columns` and `--sort` read the same fields.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::duration;
use super::natural::natural;
use super::table::{Cell, Column};

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// The server did not report it.
    Unknown,
    /// A name or another text, as the server spells it.
    Text(Cow<'a, str>),
    /// A number.
    Number(u64),
    /// A duration in seconds.
    Seconds(u64),
    /// Yes or no.
    Flag(bool),
    /// Several words.
    Words(Cow<'a, [&'static str]>),
    /// Several texts.
    Texts(&'a [String]),
}

impl<'a> Value<'a> {
    /// A text.
    pub(crate) fn text(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    /// A text that may be unknown.
    pub(crate) fn known_text(text: Option<&'a str>) -> Self {
        text.map_or(Value::Unknown, Value::text)
    }

    /// A number that may be unknown.
    pub(crate) fn number(number: Option<impl Into<u64>>) -> Self {
        number.map_or(Value::Unknown, |number| Value::Number(number.into()))
    }

    /// A duration that may be unknown.
    pub(crate) fn seconds(seconds: Option<u64>) -> Self {
        seconds.map_or(Value::Unknown, Value::Seconds)
    }

    /// A flag that may be unknown.
    pub(crate) fn flag(flag: Option<bool>) -> Self {
        flag.map_or(Value::Unknown, Value::Flag)
    }

    /// Several words.
    pub(crate) const fn words(words: &'a [&'static str]) -> Self {
        Value::Words(Cow::Borrowed(words))
    }

    /// Returns the cell of a table. An empty text is unknown there.
    fn cell(&self) -> Cell {
        Some(match self {
            Value::Unknown => return None,
            Value::Seconds(seconds) => duration::show(Duration::from_secs(*seconds)),
            Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            other => other.plain().into_owned(),
        })
        .filter(|text| !text.is_empty())
    }

    /// Returns the value as text without units, and nothing for an unknown value.
    pub(crate) fn plain(&self) -> Cow<'_, str> {
        match self {
            Value::Unknown => Cow::Borrowed(""),
            Value::Text(text) => Cow::Borrowed(text),
            Value::Number(number) | Value::Seconds(number) => number.to_string().into(),
            Value::Flag(flag) => flag.to_string().into(),
            Value::Words(words) => words.join(" ").into(),
            Value::Texts(texts) => texts.join(", ").into(),
        }
    }

    /// Whether a row without this value sorts last, in both directions.
    fn is_missing(&self) -> bool {
        match self {
            Value::Unknown => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// Compares two values of the same field: numbers by value, names as people order them. A missing value is last.
    pub(crate) fn order(&self, other: &Value<'_>, is_descending: bool) -> Ordering {
        match (self.is_missing(), other.is_missing()) {
            (false, false) => {}
            (one, other) => return one.cmp(&other),
        }
        let order = match (self, other) {
            (Value::Number(one), Value::Number(other)) | (Value::Seconds(one), Value::Seconds(other)) => {
                one.cmp(other)
            }
            (one, other) => {
                let folded = |value: &Value<'_>| value.plain().to_lowercase();
                natural(&folded(one), &folded(other))
            }
        };
        if is_descending { order.reverse() } else { order }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Unknown => serializer.serialize_none(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) | Value::Seconds(number) => serializer.serialize_u64(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Words(words) => words.serialize(serializer),
            Value::Texts(texts) => texts.serialize(serializer),
        }
    }
}

/// Where a field appears without `--columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the table if there are several servers.
    IfSeveralServers,
    /// In the table if there is one server, and in the wide table.
    IfOneServer,
    /// In the table.
    Table,
    /// In the wide table.
    Wide,
    /// In no table.
    NoTable,
}

/// Reads the value of a row.
type ReadValue<R> = Box<dyn for<'a> Fn(&'a R) -> Value<'a>>;
/// Makes the cell of a row.
type ReadCell<R> = Box<dyn Fn(&R) -> Cell>;

/// A field of the rows `R`: its name, its column, and how to read its value.
pub(crate) struct Field<R> {
    /// The name in JSON, in `--columns` and in `--sort`.
    pub(crate) key: &'static str,
    pub(crate) column: Column,
    place: Place,
    /// The order of the columns in a table; the other formats have the fields as they are declared.
    rank: u8,
    is_in_json: bool,
    /// Whether it is there only with `--resolve`.
    needs_hosts: bool,
    value: ReadValue<R>,
    /// The cell of the table, if it differs from the value.
    cell: Option<ReadCell<R>>,
}

impl<R: 'static> Field<R> {
    /// A field in JSON and in the table.
    pub(crate) fn new(
        key: &'static str,
        column: Column,
        value: impl for<'a> Fn(&'a R) -> Value<'a> + 'static,
    ) -> Self {
        let value = Box::new(value);
        let (place, rank, is_in_json, needs_hosts) = (Place::Table, 2, true, false);
        Self { key, column, place, rank, is_in_json, needs_hosts, value, cell: None }
    }

    /// The server of a row, which a table about one server does not repeat.
    pub(crate) fn server(value: impl for<'a> Fn(&'a R) -> &'a str + 'static) -> Self {
        let field = Self::new("server", Column::text("SERVER"), move |row| Value::text(value(row)));
        Self { place: Place::IfSeveralServers, rank: 0, ..field }
    }

    /// The host name of the client's address, which only `--resolve` looks up.
    pub(crate) fn host(value: impl for<'a> Fn(&'a R) -> Option<&'a str> + 'static) -> Self {
        let field = Self::new("host", Column::text("HOST"), move |row| Value::known_text(value(row)));
        Self { needs_hosts: true, ..field }
    }

    /// The host names of several clients.
    pub(crate) fn host_text(value: impl Fn(&R) -> Option<String> + 'static) -> Self {
        let field = Self::new("host", Column::text("HOST"), move |row| {
            value(row).map_or(Value::Unknown, |text| Value::Text(text.into()))
        });
        Self { needs_hosts: true, ..field }
    }

    /// Shows it in a wide table only.
    pub(crate) fn wide(self) -> Self {
        Self { place: Place::Wide, ..self }
    }

    /// Shows it in the table of one server and in a wide table: the rows of several servers need the place.
    pub(crate) fn of_one_server(self) -> Self {
        Self { place: Place::IfOneServer, ..self }
    }

    /// Shows it in no table, unless it is named.
    pub(crate) fn hidden(self) -> Self {
        Self { place: Place::NoTable, ..self }
    }

    /// Keeps it out of JSON and the other formats for programs, unless it is named.
    pub(crate) fn table_only(self) -> Self {
        Self { is_in_json: false, ..self }
    }

    /// Puts its column first.
    pub(crate) fn first(self) -> Self {
        Self { rank: 1, ..self }
    }

    /// Puts its column last, and a long one after all others.
    pub(crate) fn last(self) -> Self {
        Self { rank: if self.column.is_long() { 4 } else { 3 }, ..self }
    }

    /// Shows another text in the table.
    pub(crate) fn shown_as(self, cell: impl Fn(&R) -> Cell + 'static) -> Self {
        Self { cell: Some(Box::new(cell)), ..self }
    }

    /// Returns the same field of a row that contains this kind of row.
    pub(crate) fn of<Outer: 'static>(self, inner: fn(&Outer) -> &R) -> Field<Outer> {
        let Self { key, column, place, rank, is_in_json, needs_hosts, value, cell } = self;
        let value: ReadValue<Outer> = Box::new(move |row| value(inner(row)));
        let cell = cell.map(|cell| -> ReadCell<Outer> { Box::new(move |row| cell(inner(row))) });
        Field { key, column, place, rank, is_in_json, needs_hosts, value, cell }
    }
}

impl<R> Field<R> {
    /// Returns the value of a row.
    pub(crate) fn value<'a>(&self, row: &'a R) -> Value<'a> {
        (self.value)(row)
    }

    /// Returns the cell of a row for a table.
    pub(crate) fn cell(&self, row: &R) -> Cell {
        match &self.cell {
            Some(cell) => cell(row),
            None => self.value(row).cell(),
        }
    }

    /// The title in small letters, by which a person may name the field, too.
    pub(crate) fn alias(&self) -> String {
        self.column.title().to_lowercase()
    }

    /// Whether it is empty without `--resolve`.
    pub(crate) const fn needs_hosts(&self) -> bool {
        self.needs_hosts
    }

    /// Whether a person may call it by this name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.key.eq_ignore_ascii_case(name) || self.column.title().eq_ignore_ascii_case(name)
    }
}

/// What a listing has beyond the fields of every table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) is_wide: bool,
    pub(crate) has_several_servers: bool,
    pub(crate) has_hosts: bool,
    /// A field that is in the table although only a wide one has it otherwise.
    pub(crate) besides: Option<&'static str>,
}

/// Keeps the fields of a table, in the order of its columns.
pub(crate) fn of_table<R>(mut fields: Vec<Field<R>>, extent: Extent) -> Vec<Field<R>> {
    let is_placed = |place| match place {
        Place::IfSeveralServers => extent.has_several_servers,
        Place::IfOneServer => extent.is_wide || !extent.has_several_servers,
        Place::Table => true,
        Place::Wide => extent.is_wide,
        Place::NoTable => false,
    };
    let is_besides = |field: &Field<R>| extent.besides == Some(field.key);
    fields.retain(|field| {
        (is_placed(field.place) || is_besides(field)) && (extent.has_hosts || !field.needs_hosts)
    });
    fields.sort_by_key(|field| field.rank);
    fields
}

/// Keeps the fields of JSON, in its order.
pub(crate) fn of_json<R>(mut fields: Vec<Field<R>>, has_hosts: bool) -> Vec<Field<R>> {
    fields.retain(|field| field.is_in_json && (has_hosts || !field.needs_hosts));
    fields
}

/// Fields of a row as an object.
pub(super) struct Object<'a, R>(pub(super) &'a [Field<R>], pub(super) &'a R);

impl<R> Serialize for Object<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|field| (field.key, field.value(self.1))))
    }
}

/// Serializes a row: the fields of JSON, in their order.
pub(crate) fn object<R: super::Row, S: Serializer>(row: &R, serializer: S) -> Result<S::Ok, S::Error> {
    Object(&of_json(R::fields(), false), row).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::Value;
    use std::cmp::Ordering::{Equal, Greater, Less};

    /// A failure here would put the longest idle session below the unknown ones, or `pc10` before `pc9`.
    #[test]
    fn values_sort_by_meaning_and_unknown_ones_are_last() {
        for (one, other, expected) in [
            (Value::Number(9), Value::Number(10), Less),
            (Value::Seconds(90_000), Value::Seconds(4_000), Greater),
            (Value::text("pc9"), Value::text("PC10"), Less),
            (Value::text("BOB"), Value::text("bob"), Equal),
            (Value::Flag(false), Value::Flag(true), Less),
        ] {
            assert_eq!(one.order(&other, false), expected, "{one:?} {other:?}");
            assert_eq!(one.order(&other, true), expected.reverse(), "{one:?} {other:?}");
        }
        for is_descending in [false, true] {
            assert_eq!(Value::Number(0).order(&Value::Unknown, is_descending), Less);
            assert_eq!(Value::text("").order(&Value::text("a"), is_descending), Greater);
            assert_eq!(Value::Unknown.order(&Value::Unknown, is_descending), Equal);
        }
    }
}
