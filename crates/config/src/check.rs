//! [`mistakes`]: every mistake in the text of a configuration file, for a person who checks it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use netsession::ServerAddress;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::{
    ADDRESS_MISPLACED, CLUSTER_IS_SERVER, CLUSTER_NAME, NODE_IS_CLUSTER, NODE_REPEATED, NODES_MISPLACED,
    NODES_MISSING, is_cluster_name, node_key,
};
use crate::journal_table::JournalTable;
use crate::settings::Settings;
use crate::tables::folded;
use crate::{Config, Mistake, MistakeKind, has_password};

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
    if check.found.is_empty() {
        // What is only wrong in several tables together, such as a node under two names.
        check.found.extend(Config::parse(text).err());
    }
    check.found.sort_by_key(|mistake| mistake.line);
    check.found
}

type Table<'i> = DeTable<'i>;

/// The names that the file defines, and where it uses them.
#[derive(Default)]
struct Names {
    /// The members of each group, by its folded name.
    groups: HashMap<String, Vec<(String, Range<usize>)>>,
    /// The servers that have a table, folded.
    servers: HashSet<String>,
    /// The clusters, by their folded names, and their nodes.
    clusters: HashMap<String, (Range<usize>, Vec<ServerAddress>)>,
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
                ("server" | "group" | "cluster", DeValue::Table(tables)) => self.tables(kind, tables),
                ("journal", DeValue::Table(table)) => self.journal(table),
                ("default" | "server" | "group" | "cluster" | "journal", _) => {
                    self.add(key.span(), format!("`{kind}` is a table"));
                }
                _ => self.add(
                    key.span(),
                    "unknown table, expected `default`, `server`, `group`, `cluster`, `journal`",
                ),
            }
        }
        self.groups();
        self.clusters();
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
                "server" if !is_server => {
                    self.add(
                        span.clone(),
                        format!("the name of the table is not a server: [server.'{name}']"),
                    );
                }
                "server" => {
                    self.names.servers.insert(folded(name));
                }
                "cluster" if !is_cluster_name(name) => self.add(span.clone(), CLUSTER_NAME),
                "cluster" => {}
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
                DeValue::Table(table) if kind == "cluster" => {
                    self.cluster(name, span, table);
                    self.settings(kind, table);
                }
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
            self.add(span, format!("missing field `servers` in [group.{name}]"));
            return;
        };
        if members.is_empty() {
            self.add(span, format!("the group contains no server: {name}"));
        }
        let mut listed = Vec::new();
        for (number, member) in (1..).zip(members.iter()) {
            // The text can contain a password, so only its place is shown.
            let place = format!("entry {number} of [group.{name}]");
            match member.get_ref() {
                DeValue::String(text) => {
                    let is_server = text.trim().parse::<ServerAddress>().is_ok();
                    if !text.trim().starts_with('@') && !is_server {
                        self.add(member.span(), format!("expected a server, or a group with @: {place}"));
                    }
                    listed.push((text.trim().to_owned(), member.span()));
                }
                _ => self.add(member.span(), format!("expected a string: {place}")),
            }
        }
        self.names.groups.insert(folded(name), listed);
    }

    /// Keeps the nodes of a cluster. [`Check::settings`] checks their form.
    fn cluster(&mut self, name: &str, span: Range<usize>, table: &Table<'_>) {
        let nodes = table.iter().find(|(key, _)| key.get_ref() == "nodes").map(|(_, value)| value);
        let Some(nodes) = nodes else { return self.add(span, NODES_MISSING) };
        let DeValue::Array(array) = nodes.get_ref() else { return };
        let texts = array.iter().filter_map(|node| match node.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        });
        let listed = texts.filter_map(|text| text.parse().ok()).collect();
        self.names.clusters.insert(folded(name), (span, listed));
    }

    /// Checks each key of the journal by itself.
    fn journal(&mut self, table: &Table<'_>) {
        for (key, value) in table {
            let mut one = DeTable::new();
            one.insert(key.clone(), value.clone());
            let one = toml::de::Deserializer::from(Spanned::new(value.span(), one));
            match JournalTable::deserialize(one) {
                Err(error) => {
                    let at = error.span().unwrap_or_else(|| key.span());
                    self.add(at, Mistake::of_toml(self.text, &error).reason);
                }
                Ok(journal) => self.password_command(key.span(), journal.password_command.as_deref()),
            }
        }
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
            self.add(at.clone(), ADDRESS_MISPLACED);
        }
        if settings.nodes.is_some() && kind != "cluster" {
            self.add(at.clone(), NODES_MISPLACED);
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
        self.password_command(at, settings.password_command.as_deref());
    }

    /// Checks that the program exists. It runs nothing.
    fn password_command(&mut self, at: Range<usize>, command: Option<&[String]>) {
        match command {
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
                    wrong.push((at.clone(), format!("the file has no such group: {member}")));
                } else if self.reaches(&inner, name) {
                    wrong.push((at.clone(), format!("a group contains itself by this entry: {member}")));
                }
            }
        }
        wrong.into_iter().for_each(|(at, reason)| self.add(at, reason));
    }

    /// Checks that each name and each node means one thing.
    fn clusters(&mut self) {
        let (mut wrong, mut known) = (Vec::new(), HashSet::new());
        for (name, (at, nodes)) in &self.names.clusters {
            if self.names.servers.contains(name) {
                wrong.push((at.clone(), format!("{CLUSTER_IS_SERVER}: {name}")));
            }
            for node in nodes {
                if self.names.clusters.contains_key(&folded(node.host())) {
                    wrong.push((at.clone(), format!("{NODE_IS_CLUSTER}: {node}")));
                } else if !known.insert(node_key(node)) {
                    wrong.push((at.clone(), format!("{NODE_REPEATED}: {node}")));
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
    is_exposed(path).then_some(match cfg!(windows) {
        true => "others can read the keytab: make it private with icacls",
        false => "others can read the keytab: chmod 600 it",
    })
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().is_ok_and(|meta| meta.mode() & 0o077 != 0)
}

#[cfg(windows)]
fn is_exposed(path: &Path) -> bool {
    netsession_winfs::access::Others::at(path).read
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

    /// A failure here would let a login in double quotes, which names another user or nobody, pass for a right one.
    #[test]
    fn a_login_that_toml_reads_otherwise_is_a_mistake() {
        let forms = [r"'LAB\'", r"'\bob'", r"'\'", "'bob@'", "'@LAB.TEST'", r"'LAB\bob\x'", r"'\\bob'"];
        for login in [r#""LAB\bob""#, r#""LAB\tom""#, "''", "' '"].into_iter().chain(forms) {
            let found = shown(&format!("[default]\nlogin = {login}\n"));
            assert!(found.iter().any(|text| text.starts_with("line 2: ")), "{login}: {found:?}");
            assert!(found.iter().any(|text| text.contains("single quotes")), "{login}: {found:?}");
        }
        assert!(shown("[default]\nlogin = 'LAB\\'\n")[0].contains("no user after the domain"));
        assert!(shown("[server.fs1]\nkerberos-name = ''\n")[0].contains("fs1.lab.test"));
        let found = shown("[default]\nlogin = \"LAB\\adm1\"\n");
        assert!(found.iter().any(|text| text.contains("single quotes, as in 'LAB")), "{found:?}");
        assert!(shown("[default]\nlogin = 'LAB\\adm1'\n").is_empty());
    }

    /// A failure here would show a person one mistake after the other, or show a password that is there by mistake.
    #[test]
    fn every_mistake_is_reported_with_its_line() {
        let text = "[default]\npassword = 'hunter2'\ntimeout = 0\nkerberos = 'hunter2'\naddress = 'fs1'\n\
                    [server.fs1]\nlogin = 'bob%hunter2'\npassword-command = ['/nonexistent/hunter2']\n\
                    keytab = '/nonexistent/hunter2'\naddress = 'hunter 2'\n[server.FS1]\n[server.'a b']\n\
                    [group.files]\nservers = ['fs1', '@Berlin', '@nowhere', 'fs1/hunter2', 7]\n\
                    [group.berlin]\nservers = ['@files']\n[group.none]\nservers = []\n[group.'a b']\nserver = ['x']\n\
                    [server.nas]\nencrypt = 'hunter2'\n[servers.fs1]\n[cluster.ha]\nlogin = 'x'\n\
                    [cluster.nas]\nnodes = ['hunter 2']\n[cluster.'a:1']\nnodes = ['n1', 'NAS']\n\
                    [cluster.b]\nnodes = ['n1']\naddress = 'n1'\n[server.n9]\nnodes = ['n1']\n\
                    [journal]\nrequired = 'hunter2'\nforward = ['hunter2']\npath = 'hunter2'\nurl = 'hunter2'\n\
                    reason = 'hunter2'\nlog = true\npassword-command = ['/nonexistent/hunter2']\n";
        let found = shown(text);
        let expected = [
            "line 2: unknown field",
            "line 3: give a time between",
            "line 4: expected required",
            "line 5: `address` belongs",
            "line 7: a password after the user",
            "line 8: the program of the password command does not exist",
            "line 9: the keytab does not exist",
            "line 10: expected an address",
            "line 6: [server.fs1] is shadowed",
            "line 12: the name of the table is not a server: [server.'a b']",
            "line 14: expected a server, or a group with @: entry 4 of [group.files]",
            "line 14: expected a string: entry 5 of [group.files]",
            "line 14: a group contains itself by this entry: @Berlin",
            "line 14: the file has no such group: @nowhere",
            "line 16: a group contains itself by this entry: @files",
            "line 17: the group contains no server: none",
            "line 19: a group has a name without blanks",
            "line 20: unknown field",
            "line 19: missing field `servers`",
            "line 22: expected a boolean",
            "line 23: unknown table",
            "line 24: missing field `nodes`",
            "line 26: a server has the same name as this cluster: nas",
            "line 27: expected the nodes",
            "line 28: the name of a cluster",
            "line 28: a node has another name than every cluster: NAS",
            ": a node belongs to one cluster, and is named once: n1",
            "line 32: `address` belongs",
            "line 34: `nodes` belongs",
            "line 36: expected a boolean",
            "line 37: expected syslog or journald",
            "line 38: the path of the journal must be absolute",
            "line 39: the URL of the journal begins with",
            "line 40: expected optional, asked or required",
            "line 41: unknown field",
            "line 42: the program of the password command does not exist",
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
                    [group.files]\nservers = ['fs1', '@berlin', '@berlin', '\\\\FS2']\n[group.berlin]\nservers = ['b1', 'ha']\n\
                    [cluster.ha]\nnodes = ['n1', 'n2']\nencrypt = true\nkerberos-name = 'ha.lab.test'\n[server.n1]";
        assert_eq!(shown(text), Vec::<String>::new());
        assert_eq!(shown(""), Vec::<String>::new());
        assert!(shown("[default]\nlogin = \"LAB\\adm1\"")[0].starts_with("line 2: "));
    }
}
