//! [`mistakes`]: every mistake in the text of a configuration file, for a person who checks it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use netsession::ServerAddress;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::settings::Settings;
use crate::tables::folded;
use crate::{Mistake, MistakeKind, has_password};

/// Returns every mistake in the text of a configuration file, in the order of its lines: [`Config::parse`](crate::Config::parse)
/// stops at the first one, and ignores what only matters when it is used. It looks at the programs and keytabs that the file
/// names, and runs and reads none of them.
///
/// ```
/// let found = netsession_config::mistakes("[group.files]\nservers = ['@berlin']\n[server.fs1]\ntimeout = 0");
/// let lines: Vec<usize> = found.iter().map(|mistake| mistake.line).collect();
/// assert_eq!(lines, [2, 4]);
/// ```
#[must_use]
pub fn mistakes(text: &str) -> Vec<Mistake> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return errors.iter().map(|error| Mistake::of_toml(text, error)).collect();
    }
    let mut check = Check { text, found: Vec::new(), names: Names::default() };
    check.root(root.get_ref());
    check.found.sort_by_key(|mistake| mistake.line);
    check.found
}

type Table<'i> = DeTable<'i>;

/// The names that the file defines, and where it uses them.
#[derive(Default)]
struct Names {
    /// The members of each group, by its folded name.
    groups: HashMap<String, Vec<(String, Range<usize>)>>,
}

struct Check<'t> {
    text: &'t str,
    found: Vec<Mistake>,
    names: Names,
}

impl Check<'_> {
    fn add(&mut self, at: Range<usize>, reason: impl Into<String>) {
        let line = self.text.get(..at.start).unwrap_or_default().matches('\n').count().saturating_add(1);
        self.found.push(Mistake { line, kind: MistakeKind::Entry, reason: reason.into() });
    }

    fn root(&mut self, root: &Table<'_>) {
        for (key, value) in root {
            let kind = key.get_ref().as_ref();
            match (kind, value.get_ref()) {
                ("default", DeValue::Table(table)) => self.settings("default", table),
                ("server" | "group", DeValue::Table(tables)) => self.tables(kind, tables),
                ("default" | "server" | "group", _) => {
                    self.add(key.span(), format!("`{kind}` is a table"));
                }
                _ => self.add(key.span(), "unknown table, expected `default`, `server`, `group`"),
            }
        }
        self.groups();
    }

    fn tables(&mut self, kind: &str, tables: &Table<'_>) {
        let mut known = HashSet::new();
        for (name, value) in tables {
            let (name, span) = (name.get_ref().as_ref(), name.span());
            if !known.insert(folded(name)) {
                self.add(span.clone(), format!("[{kind}.{name}] is shadowed: another table has this name"));
            }
            let is_server = name.parse::<ServerAddress>().is_ok();
            match kind {
                "server" if !is_server => self.add(span.clone(), "the name of the table is not a server"),
                "server" => {}
                _ if name.is_empty()
                    || name.contains(['@', '#', ','])
                    || name.contains(char::is_whitespace) =>
                {
                    self.add(span.clone(), format!("a {kind} has a name without blanks, `@`, `#` and `,`"));
                }
                _ => {}
            }
            match value.get_ref() {
                DeValue::Table(table) if kind == "group" => self.group(name, span, table),
                DeValue::Table(table) => self.settings(kind, table),
                _ => self.add(span, format!("[{kind}.{name}] is a table")),
            }
        }
    }

    fn group(&mut self, name: &str, span: Range<usize>, table: &Table<'_>) {
        let mut members = None;
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("servers", DeValue::Array(array)) => members = Some(array),
                ("servers", _) => self.add(key.span(), "expected a sequence"),
                _ => self.add(key.span(), "unknown field, expected `servers`"),
            }
        }
        let Some(members) = members else {
            self.add(span, "missing field `servers`");
            return;
        };
        if members.is_empty() {
            self.add(span, "the group contains no server");
        }
        let mut listed = Vec::new();
        for member in members.iter() {
            match member.get_ref() {
                DeValue::String(text) => {
                    let is_server = text.trim().parse::<ServerAddress>().is_ok();
                    if !text.trim().starts_with('@') && !is_server {
                        self.add(member.span(), "expected a server, or a group with @");
                    }
                    listed.push((text.trim().to_owned(), member.span()));
                }
                _ => self.add(member.span(), "expected a string"),
            }
        }
        self.names.groups.insert(folded(name), listed);
    }

    /// Checks each key by itself, so that one mistake hides no other one.
    fn settings(&mut self, kind: &str, table: &Table<'_>) {
        for (key, value) in table {
            let mut one = DeTable::new();
            one.insert(key.clone(), value.clone());
            let one = toml::de::Deserializer::from(Spanned::new(value.span(), one));
            match Settings::deserialize(one) {
                Err(error) => {
                    let at = error.span().unwrap_or_else(|| key.span());
                    let mistake = Mistake::of_toml(self.text, &error);
                    self.add(at, mistake.reason);
                }
                Ok(settings) => self.values(kind, key.span(), &settings),
            }
        }
    }

    /// Checks the value of one key.
    fn values(&mut self, kind: &str, at: Range<usize>, settings: &Settings) {
        if settings.address.is_some() && kind != "server" {
            self.add(at.clone(), "`address` belongs in the table of one server");
        }
        if settings.kerberos_name.is_some() && kind == "default" {
            self.add(at.clone(), "`kerberos-name` has no effect here: it belongs in the table of one server");
        }
        if settings.login.as_deref().is_some_and(has_password) {
            self.add(at.clone(), "a password after the user is refused: others can read it there");
        }
        if let Some(keytab) = &settings.keytab
            && let Some(reason) = wrong_keytab(keytab)
        {
            self.add(at.clone(), reason);
        }
        match settings.password_command.as_deref() {
            Some([]) => self.add(at, "the password command names no program"),
            Some([program, ..]) if !is_executable(program) => {
                self.add(at, "the program of the password command does not exist, or cannot be run");
            }
            _ => {}
        }
    }

    /// Checks that each group exists, and that none contains itself.
    fn groups(&mut self) {
        let mut wrong = Vec::new();
        for (name, members) in &self.names.groups {
            for (member, at) in members {
                let Some(inner) = member.strip_prefix('@').map(folded) else { continue };
                if !self.names.groups.contains_key(&inner) {
                    wrong.push((at.clone(), "the file has no such group"));
                } else if self.reaches(&inner, name) {
                    wrong.push((at.clone(), "a group contains itself by this entry"));
                }
            }
        }
        wrong.into_iter().for_each(|(at, reason)| self.add(at, reason));
    }

    /// Whether the group `from` contains the group `to`, directly or through others.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let (mut open, mut seen) = (vec![from.to_owned()], HashSet::new());
        while let Some(group) = open.pop() {
            if group == to {
                return true;
            }
            if !seen.insert(group.clone()) {
                continue;
            }
            let members = self.names.groups.get(&group).into_iter().flatten();
            open.extend(members.filter_map(|(member, _)| member.strip_prefix('@').map(folded)));
        }
        false
    }
}

/// Returns why a keytab cannot be used safely.
fn wrong_keytab(path: &Path) -> Option<&'static str> {
    // A keytab may have a type before its path, such as `FILE:/etc/adm1.keytab`.
    let shown = path.to_string_lossy();
    let path = shown.strip_prefix("FILE:").map_or(path, Path::new);
    if shown.contains(':') && !shown.starts_with("FILE:") && !path.is_absolute() {
        return None;
    }
    if std::fs::File::open(path).is_err() {
        return Some("the keytab does not exist, or cannot be read");
    }
    is_exposed(path).then_some("others can read the keytab: chmod 600 it")
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().is_ok_and(|meta| meta.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> bool {
    false
}

/// Whether the system could start this program: a path, or a name in a folder of `PATH`.
fn is_executable(program: &str) -> bool {
    if program.contains(std::path::is_separator) {
        return is_program(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        mistakes(text).iter().map(ToString::to_string).collect()
    }

    /// A failure here would show a person one mistake after the other, or show a password that is there by mistake.
    #[test]
    fn every_mistake_is_reported_with_its_line() {
        let text = "[default]\npassword = 'hunter2'\ntimeout = 0\nkerberos = 'hunter2'\naddress = 'fs1'\n\
                    [server.fs1]\nlogin = 'bob%hunter2'\npassword-command = ['/nonexistent/hunter2']\n\
                    keytab = '/nonexistent/hunter2'\naddress = 'hunter 2'\n[server.FS1]\n[server.'a b']\n\
                    [group.files]\nservers = ['fs1', '@Berlin', '@nowhere', 'fs1/hunter2', 7]\n\
                    [group.berlin]\nservers = ['@files']\n[group.none]\nservers = []\n[group.'a b']\nserver = ['x']\n\
                    [server.nas]\nencrypt = 'hunter2'\n[servers.fs1]\n";
        let found = shown(text);
        let expected = [
            "line 2: unknown field",
            "line 3: a time limit is between",
            "line 4: expected required",
            "line 5: `address` belongs",
            "line 7: a password after the user",
            "line 8: the program of the password command does not exist",
            "line 9: the keytab does not exist",
            "line 10: expected an address",
            "line 6: [server.fs1] is shadowed",
            "line 12: the name of the table is not a server",
            "line 14: expected a server, or a group",
            "line 14: expected a string",
            "line 14: a group contains itself",
            "line 14: the file has no such group",
            "line 16: a group contains itself",
            "line 17: the group contains no server",
            "line 19: a group has a name without blanks",
            "line 20: unknown field",
            "line 19: missing field `servers`",
            "line 22: expected a boolean",
            "line 23: unknown table",
        ];
        for part in expected {
            assert!(found.iter().any(|line| line.contains(part)), "{part}: {found:#?}");
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert!(!found.join(" ").contains("hunter2"), "{found:#?}");
        assert!(
            found.is_sorted_by_key(|line| line.split([' ', ':']).nth(1).unwrap().parse::<usize>().unwrap())
        );
    }

    /// A failure here would report a mistake in a correct file.
    #[test]
    fn a_correct_file_has_no_mistakes() {
        let text = "[default]\nlogin = 'LAB\\adm1'\ntimeout = '500ms'\n[server.\"10.0.0.5:4450\"]\nencrypt = true\n\
                    [server.nas]\naddress = '[::1]:4450'\nkerberos-name = 'nas.lab.test'\n[server.\"::1\"]\n\
                    [group.files]\nservers = ['fs1', '@berlin', '@berlin', '\\\\FS2']\n[group.berlin]\nservers = ['b1']";
        assert_eq!(shown(text), Vec::<String>::new());
        assert_eq!(shown(""), Vec::<String>::new());
        assert!(shown("[default]\nlogin = \"LAB\\adm1\"")[0].starts_with("line 2: "));
    }
}
