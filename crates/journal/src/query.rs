//! [`Query`]: which changes to find.

use crate::Timestamp;
use crate::record::{TermKind, folded};

/// Which changes to find: those that match every part.
///
/// A name with `*` or `?` is a pattern. Names compare without regard to case. A user without a domain matches that user of
/// every domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// The user whose session ended, or whose file was closed.
    pub user: Option<String>,
    /// Who changed it: the login, the local user, or the user behind sudo.
    pub by: Option<String>,
    /// The server, by the name that was given, its address, or its own names.
    pub server: Option<String>,
    /// At most this many, the newest.
    pub limit: Option<u32>,
}

/// A value of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Text(String),
    Number(i64),
}

/// How a database writes a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Returns what stands for the value of this number.
    fn mark(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    /// Returns how a name compares with a term, and with which text.
    fn comparison(self, name: &str) -> (&'static str, String) {
        let name = folded(name.trim_start_matches(r"\\"));
        match (name.contains(['*', '?']), self) {
            (false, _) => ("=", name),
            (true, Self::Sqlite) => ("GLOB", name.replace('[', "[[]")),
            (true, Self::Postgres) => ("LIKE", like(&name)),
        }
    }
}

/// Writes a pattern for LIKE.
fn like(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        match letter {
            '*' => text.push('%'),
            '?' => text.push('_'),
            '%' | '_' | '\\' => text.extend(['\\', letter]),
            letter => text.push(letter),
        }
    }
    text
}

impl Query {
    /// Returns the statement that finds the changes, and its values.
    pub(crate) fn statement(&self, dialect: Dialect) -> (String, Vec<Bound>) {
        let mut text = "SELECT seq FROM entry WHERE kind IN ('intent', 'pruned')".to_owned();
        let mut values = Vec::new();
        let mut bind = |value: Bound| {
            values.push(value);
            dialect.mark(values.len())
        };
        let names =
            [(TermKind::User, &self.user), (TermKind::By, &self.by), (TermKind::Server, &self.server)];
        for (kind, name) in names {
            let Some(name) = name else { continue };
            let (compares, value) = dialect.comparison(name);
            let (letter, mark) = (kind.letter(), bind(Bound::Text(value)));
            text += &format!(
                " AND seq IN (SELECT change FROM term WHERE kind = '{letter}' AND value {compares} {mark})"
            );
        }
        for (time, compares) in [(self.since, ">="), (self.until, "<")] {
            let Some(time) = time else { continue };
            text += &format!(" AND at {compares} {}", bind(Bound::Number(time.millis())));
        }
        text += " ORDER BY seq DESC";
        if let Some(limit) = self.limit {
            text += &format!(" LIMIT {}", bind(Bound::Number(limit.into())));
        }
        (text, values)
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    /// A failure here would show the changes of other users.
    #[test]
    fn a_pattern_matches_its_own_letters_only() {
        assert_eq!(like(r"lab\svc_*-?%"), r"lab\\svc\_%-_\%");
    }
}
