//! The search of a [`Model`]: by a part of a name, by number, by use, and by similarity.

use serde::Serialize;

use crate::model::{Function, Model, Status};

/// A match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// A summary in a sentence; a number for constants and return codes.
    pub summary: String,
}

/// The kind of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A function.
    Function,
    /// A structure.
    Structure,
    /// A constant.
    Constant,
    /// A return code.
    Code,
}

impl Kind {
    /// Returns the name of the kind, for a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Function => "function",
            Kind::Structure => "structure",
            Kind::Constant => "constant",
            Kind::Code => "code",
        }
    }
}

impl Model {
    /// Returns everything that this model names, functions first.
    pub fn everything(&self) -> Vec<Found> {
        let found = |kind, name: &str, summary: String| Found { kind, name: name.to_owned(), summary };
        let functions = self.functions.iter().map(|f| found(Kind::Function, &f.name, f.summary.clone()));
        let structures = self.structures.iter().map(|s| found(Kind::Structure, &s.name, s.summary.clone()));
        let constants = self.constants.iter().map(|c| {
            let value = if c.value > 9 { format!("0x{:x}", c.value) } else { c.value.to_string() };
            found(Kind::Constant, &c.name, [&value, c.notes.as_str()].join(" ").trim_end().to_owned())
        });
        let codes = self
            .codes
            .iter()
            .map(|c| found(Kind::Code, &c.name, format!("{} {}", c.number, c.meaning).trim_end().to_owned()));
        functions.chain(structures).chain(constants).chain(codes).collect()
    }

    /// Finds this text in names, and in the names of fields and parameters, ignoring case. A number finds return codes and
    /// constants. The name that is exactly the text comes first, then numbers (return codes before constants), then functions.
    pub fn search(&self, text: &str) -> Vec<Found> {
        let wanted = text.trim().to_lowercase();
        let number = number(&wanted);
        let inside = |found: &Found| match found.kind {
            Kind::Function => self.function(&found.name).is_some_and(|function| {
                function.parameters.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(&wanted))
            }),
            Kind::Structure => self.structure(&found.name).is_some_and(|structure| {
                structure.fields.iter().any(|field| field.name.to_lowercase().contains(&wanted))
            }),
            Kind::Constant => {
                number.is_some() && self.constant(&found.name).map(|constant| constant.value) == number
            }
            Kind::Code => self.code(&found.name).is_some_and(|code| {
                let is_number =
                    |number| i64::from(code.number) == number || code.other_numbers().contains(&number);
                let is_status = |status: &Status| status.name.eq_ignore_ascii_case(status_name(&wanted));
                number.is_some_and(is_number) || code.statuses.iter().any(is_status)
            }),
        };
        let mut everything = self.everything();
        everything.retain(|found| {
            !wanted.is_empty() && (found.name.to_lowercase().contains(&wanted) || inside(found))
        });
        everything.sort_by_key(|found| {
            let is_number = match found.kind {
                Kind::Function | Kind::Structure => false,
                Kind::Constant | Kind::Code => inside(found),
            };
            match (is_number, found.kind) {
                _ if found.name.eq_ignore_ascii_case(&wanted) => 0,
                (true, Kind::Code) => 1,
                (true, _) => 2,
                (false, _) => 3,
            }
        });
        everything
    }

    /// Returns the functions that use a structure, a constant, a return code or another function; empty for an unknown or
    /// unused name.
    pub fn references(&self, name: &str) -> Vec<&Function> {
        let uses = |function: &&Function| {
            let same = |other: &str| other.eq_ignore_ascii_case(name);
            function.levels.iter().any(|level| same(&level.structure))
                || function.codes.iter().any(|code| same(&code.name))
                || function.see_also.iter().any(|other| same(other))
                || self.constants_of(function).iter().any(|constant| same(&constant.name))
                || (same("NetApiBufferFree") && function.needs_free())
        };
        self.functions.iter().filter(uses).collect()
    }

    /// Returns whether the model has this name.
    pub fn knows(&self, name: &str) -> bool {
        self.everything().iter().any(|found| found.name.eq_ignore_ascii_case(name))
    }

    /// Returns the most similar names, at most five, best first. A name in which half of the letters differ is not similar.
    pub fn nearest(&self, name: &str, kinds: &[Kind]) -> Vec<String> {
        let wanted = name.to_lowercase();
        let mut names: Vec<(usize, String)> = self
            .everything()
            .into_iter()
            .filter(|found| kinds.contains(&found.kind))
            .map(|found| (unlikeness(&wanted, &found.name.to_lowercase()), found.name))
            .collect();
        names.retain(|(unlike, _)| *unlike <= (wanted.chars().count() / 2).max(1));
        names.sort();
        let best = names.first().map_or(0, |(unlike, _)| *unlike);
        names.retain(|(unlike, _)| *unlike <= best + 3);
        names.into_iter().take(5).map(|(_, name)| name).collect()
    }
}

/// Returns the name of an NTSTATUS as Windows spells it: Samba puts `NT_` before it.
fn status_name(text: &str) -> &str {
    text.strip_prefix("nt_").unwrap_or(text)
}

/// Reads a number, such as `2312` or `0x908`.
fn number(text: &str) -> Option<i64> {
    text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| i64::from_str_radix(digits, 16)).ok()
}

/// Returns how many letters to insert, remove or replace to turn one into the other; part of a name counts as close.
fn unlikeness(a: &str, b: &str) -> usize {
    if !a.is_empty() && b.contains(a) {
        return 1;
    }
    edits(a, b)
}

/// Returns how many letters to insert, remove, replace or swap with their neighbour to turn one text into the other.
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut before = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&next, j) + 1).min(at(&row, j + 1) + 1).min(at(&row, j) + usize::from(x != *y));
            let left = j.checked_sub(1);
            if let Some(left) = left
                && before == Some(*y)
                && b.get(left) == Some(&x)
            {
                best = best.min(at(&above, left) + 1);
            }
            next.push(best);
        }
        above = std::mem::replace(&mut row, next);
        before = Some(x);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::edits;
    use crate::Model;

    /// A failure here would suggest a wrong name for a typing error.
    #[test]
    fn edits_count_a_swap_once() {
        for (a, b, count) in [
            ("", "", 0),
            ("", "ab", 2),
            ("session", "session", 0),
            ("sesion", "session", 1),
            ("sessoin", "session", 1),
            ("netsesiondell", "netsessiondel", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!((edits(a, b), edits(b, a)), (count, count), "{a} {b}");
        }
    }

    /// A failure here would hide the code that a program got among names that contain its digit.
    #[test]
    fn a_number_finds_its_code_first() {
        for (number, name) in [
            ("5", "ERROR_ACCESS_DENIED"),
            ("2312", "NERR_ClientNameNotFound"),
            ("0x57", "ERROR_INVALID_PARAMETER"),
        ] {
            let found = Model::get().search(number);
            assert_eq!(found.first().map(|found| found.name.as_str()), Some(name), "{number}");
        }
    }
}
