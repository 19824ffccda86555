//! [`NamedServer::parse_all`]: the servers that names and groups mean.

use std::collections::HashSet;
use std::sync::Arc;

use netsession_config::Config;

use crate::{Error, NamedServer, ServersError};

impl NamedServer {
    /// Reads names, addresses and groups, each server once, in order. A group is `@files`; an alias gets its address.
    ///
    /// # Errors
    /// Those of [`NamedServer::parse`]; [`Error::Servers`] if a group does not exist, is empty, contains itself, or
    /// contains something that is not a server.
    pub fn parse_all(names: &[impl AsRef<str>], config: &Config) -> Result<Vec<Self>, Error> {
        let mut expansion = Expansion::new(config);
        names.iter().try_for_each(|name| expansion.add(name.as_ref()))?;
        Ok(expansion.servers)
    }

    /// Returns what two names of the same server have in common: its host without regard to case, and its port.
    pub(crate) fn key(&self) -> (String, u16) {
        (self.address().host().to_ascii_lowercase(), self.address().port())
    }
}

/// The servers that names have meant so far.
struct Expansion<'a> {
    config: &'a Config,
    servers: Vec<NamedServer>,
    known: HashSet<(String, u16)>,
    /// The groups whose servers are all known, so that groups which share groups take no exponential time.
    complete: HashSet<&'a str>,
}

impl<'a> Expansion<'a> {
    fn new(config: &'a Config) -> Self {
        Self { config, servers: Vec::new(), known: HashSet::new(), complete: HashSet::new() }
    }

    fn add(&mut self, name: &str) -> Result<(), Error> {
        match name.trim().strip_prefix('@') {
            Some(group) => self.add_group(group, &[]),
            None => self.add_server(name, &Arc::default()),
        }
    }

    fn add_server(&mut self, name: &str, groups: &Arc<[String]>) -> Result<(), Error> {
        let server = NamedServer::parse(name)?.resolved(self.config).in_groups(groups);
        if self.known.insert(server.key()) {
            self.servers.push(server);
        }
        Ok(())
    }

    /// Adds the servers of a group; `above` are the groups through which it was reached.
    fn add_group(&mut self, name: &str, above: &[String]) -> Result<(), Error> {
        let chain = |last: &str| above.iter().cloned().chain([format!("@{last}")]).collect::<Vec<_>>();
        if name.trim().is_empty() {
            return Err(ServersError::NoGroupName { chain: chain("") }.into());
        }
        let Some((group, members)) = self.config.group(name) else {
            let known = self.config.groups().map(|group| format!("@{group}")).collect();
            return Err(ServersError::UnknownGroup { chain: chain(name), known }.into());
        };
        let chain = chain(group);
        if above.contains(&format!("@{group}")) {
            return Err(ServersError::GroupLoop { chain }.into());
        }
        if members.is_empty() {
            return Err(ServersError::EmptyGroup { chain }.into());
        }
        if !self.complete.contains(group) {
            let groups: Arc<[String]> = chain.as_slice().into();
            for member in members {
                match member.trim().strip_prefix('@') {
                    Some(inner) => self.add_group(inner, &chain)?,
                    None => self.add_server(member, &groups).map_err(|reason| ServersError::Member {
                        chain: chain.clone(),
                        reason: Box::new(reason),
                    })?,
                }
            }
            self.complete.insert(group);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const FILE: &str = r#"
        [group.files]
        servers = ["fs1", "FS2", "@Berlin", "nas:4450"]
        [group.berlin]
        servers = ["fs2", "b1", '\\b2']
        [server.nas]
        address = "10.0.0.9"
        [server.b1]
        address = "10.0.0.5:4450"
        [group.empty]
        servers = []
        [group.loop]
        servers = ["fs1", "@around"]
        [group.around]
        servers = ["@LOOP"]
        [group.lost]
        servers = ["@berlin", "@nowhere"]
        [group.wrong]
        servers = ["fs1/data"]
        [group.mixed]
        servers = ["ha", "fs1", "HA:445"]
        [cluster.ha]
        nodes = ["n1", "n2:4450", "b1"]
        [group.secret]
        servers = ["smb://bob:hunter2@fs1"]
    "#;

    fn all(names: &[&str]) -> Result<Vec<NamedServer>, Error> {
        NamedServer::parse_all(names, &Config::parse(FILE).unwrap())
    }

    /// A failure here would leave out a server of a group, query one twice, or connect to another one than the alias
    /// means.
    #[test]
    fn a_group_means_its_servers_and_those_of_its_groups() {
        let servers = all(&["b1", "@FILES", "10.0.0.5:4450", "@berlin"]).unwrap();
        let shown: Vec<_> = servers
            .iter()
            .map(|server| format!("{} {} {}", server.name(), server.address(), server.groups().join(" > ")))
            .collect();
        assert_eq!(
            shown,
            [
                "b1 10.0.0.5:4450 ",
                "fs1 fs1 @files",
                "FS2 FS2 @files",
                r"\\b2 b2 @files > @berlin",
                "nas:4450 10.0.0.9:4450 @files"
            ]
        );
        assert_eq!(servers.iter().map(NamedServer::origin).collect::<Vec<_>>()[..2], ["b1", "@files"]);
    }

    /// A failure here would ask the nodes of a cluster beside it, or a computer that happens to have its name.
    #[test]
    fn a_cluster_is_one_server_of_a_group() {
        let servers = all(&["@mixed", "n1", "Ha", "ha:4450"]).unwrap();
        let shown: Vec<_> = servers
            .iter()
            .map(|server| {
                let nodes = server.nodes().iter().map(|node| format!("{} {}", node.name(), node.address()));
                (server.name(), nodes.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let nodes = "n1 n1, n2:4450 n2:4450, b1 10.0.0.5:4450";
        let expected = [("ha", nodes), ("fs1", ""), ("n1", ""), ("ha:4450", "")];
        assert_eq!(shown, expected.map(|(name, nodes)| (name, nodes.to_owned())));
    }

    /// A failure here would take a misspelled or an empty group for the local computer, or never end.
    #[test]
    fn a_wrong_group_is_an_error_that_names_the_way_to_it() {
        for (name, part) in [
            ("@fiels", "no group @fiels in the configuration file"),
            ("@lost", "no group @nowhere in the configuration file (@lost names it)"),
            ("@loop", "a group contains itself: @loop > @around > @loop"),
            ("@empty", "the group @empty contains no server"),
            ("@wrong", "the group @wrong: `fs1/data` contains a share or folder"),
            ("@secret", "the group @secret: a password in a server's address is refused"),
            ("@", "a group's name is missing after @"),
        ] {
            let error = all(&["fs1", name]).unwrap_err();
            let message = error.to_string();
            assert!(error.is_usage() && message.contains(part) && !message.contains("hunter2"), "{message}");
        }
    }

    /// A failure here would let a program that names one server query, or end sessions on, a whole group.
    #[test]
    fn a_program_cannot_name_a_group() {
        assert!("@files".parse::<netsession::ServerTarget>().is_err());
        assert!(NamedServer::parse("@files").is_err());
    }

    /// A failure here would need minutes for an estate of ten thousand servers, or for groups of groups.
    #[test]
    fn ten_thousand_servers_are_read_at_once() {
        let quoted: Vec<_> = (0..10_000).map(|number| format!("'fs{number}'")).collect();
        // Each group names the next one twice: 2^40 ways lead to the last.
        let nested = (0..40).map(|number| {
            let next = number + 1;
            format!("[group.g{number}]\nservers = ['@g{next}', '@g{next}']\n")
        });
        let file = nested.collect::<String>() + &format!("[group.g40]\nservers = [{}]\n", quoted.join(", "));
        let config = Config::parse(&file).unwrap();
        let start = Instant::now();
        let servers = NamedServer::parse_all(&["@g0", "@g40"], &config).unwrap();
        assert_eq!(servers.len(), 10_000);
        // Far more than hashing needs, and far less than comparing every server with every other one.
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
}
