//! [`ServerSelection`]: the servers that a command line selects.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use netsession_config::Config;

use crate::{Error, NamedServer, ServersError, Warning};

/// The size limit of a list in bytes: ten thousand servers need less than one megabyte.
const MAX_LENGTH: u64 = 16 * 1024 * 1024;

/// The servers that a command line selects. Without names and lists, they are the local computer.
///
/// ```
/// use netsession_admin::{NamedServer, ServerSelection};
/// use netsession_config::Config;
///
/// let config = Config::parse("[group.files]\nservers = ['fs1', 'fs2', 'fs3']").unwrap();
/// let mut selection = ServerSelection::of(&["@files"]);
/// selection.excluded.push("fs2".to_owned());
/// let (servers, warnings) = selection.find(&config)?;
/// assert_eq!(servers.iter().map(NamedServer::name).collect::<Vec<_>>(), ["fs1", "fs3"]);
/// assert!(warnings.is_empty());
/// # Ok::<(), netsession_admin::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerSelection {
    /// Servers, and groups with `@`.
    pub names: Vec<String>,
    /// Servers and groups to leave out.
    pub excluded: Vec<String>,
    has_list: bool,
}

impl ServerSelection {
    /// Selects these servers and groups.
    #[must_use]
    pub fn of(names: &[impl AsRef<str>]) -> Self {
        let names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        Self { names, ..Self::default() }
    }

    /// Adds the servers and groups of a list: one on each line; a comment starts with `#`. `path` names the list in
    /// errors.
    ///
    /// ```
    /// # use netsession_admin::ServerSelection;
    /// let mut selection = ServerSelection::default();
    /// selection.add_list("estate.txt".as_ref(), &b"fs1\n\n# Berlin\n@berlin  # all of them\n"[..])?;
    /// assert_eq!(selection.names, ["fs1", "@berlin"]);
    /// # Ok::<(), netsession_admin::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Servers`] if the list is unreadable or empty, or if a line is not a server; it names the line.
    pub fn add_list(&mut self, path: &Path, list: impl Read) -> Result<(), Error> {
        let path = || path.to_owned();
        let count = self.names.len();
        for (index, line) in BufReader::new(list.take(MAX_LENGTH)).lines().enumerate() {
            let line = line.map_err(|cause| ServersError::ListUnreadable { path: path(), cause })?;
            let line = line.trim_start_matches('\u{feff}');
            let name = line.split_once('#').map_or(line, |(name, _)| name).trim();
            if name.is_empty() {
                continue;
            }
            if !name.starts_with('@')
                && let Err(reason) = NamedServer::parse(name)
            {
                let (line, reason) = (index.saturating_add(1), Box::new(reason));
                return Err(ServersError::ListMistake { path: path(), line, reason }.into());
            }
            self.names.push(name.to_owned());
        }
        self.has_list = true;
        if self.names.len() == count {
            return Err(ServersError::EmptyList { path: path() }.into());
        }
        Ok(())
    }

    /// Returns the servers, each once, in order, and a warning for each exclusion without effect.
    ///
    /// # Errors
    /// Those of [`NamedServer::parse_all`] and of [`NamedServer::local`]; [`Error::Servers`] if no server is left.
    pub fn find(&self, config: &Config) -> Result<(Vec<NamedServer>, Vec<Warning>), Error> {
        let mut servers = if self.names.is_empty() && !self.has_list {
            vec![NamedServer::local()?]
        } else {
            NamedServer::parse_all(&self.names, config)?
        };
        let present: HashSet<_> = servers.iter().map(NamedServer::key).collect();
        let (mut excluded, mut warnings) = (HashSet::new(), Vec::new());
        for name in self.excluded.iter().collect::<BTreeSet<_>>() {
            let keys: Vec<_> =
                NamedServer::parse_all(&[name], config)?.iter().map(NamedServer::key).collect();
            if !keys.iter().any(|key| present.contains(key)) {
                warnings.push(Warning::NotExcluded(name.clone()));
            }
            excluded.extend(keys);
        }
        servers.retain(|server| !excluded.contains(&server.key()));
        if servers.is_empty() {
            return Err(ServersError::AllExcluded.into());
        }
        Ok((servers, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[group.files]\nservers = ['fs1', 'fs2', '@berlin']\n[group.berlin]\nservers = ['b1', 'b2']\n\
                        [server.b1]\naddress = '10.0.0.5'";

    fn found(names: &[&str], excluded: &[&str]) -> Result<(Vec<String>, Vec<Warning>), Error> {
        let mut selection = ServerSelection::of(names);
        selection.excluded = excluded.iter().map(|&name| name.to_owned()).collect();
        let (servers, warnings) = selection.find(&Config::parse(FILE).unwrap())?;
        Ok((servers.iter().map(|server| server.name().to_owned()).collect(), warnings))
    }

    /// A failure here would query a server that the person left out, or hide that an exclusion has no effect.
    #[test]
    fn an_excluded_server_is_left_out() {
        let (left, warnings) = found(&["@files"], &["FS2", "10.0.0.5"]).unwrap();
        assert_eq!((left, warnings), (vec!["fs1".to_owned(), "b2".to_owned()], Vec::new()));
        let (left, warnings) = found(&["@files", "fs9"], &["@berlin", "fs8"]).unwrap();
        assert_eq!(left, ["fs1", "fs2", "fs9"]);
        assert_eq!(warnings, [Warning::NotExcluded("fs8".to_owned())]);
        assert!(warnings[0].to_string().contains("fs8"), "{}", warnings[0]);
    }

    /// A failure here would query or end sessions on the local computer instead of nothing.
    #[test]
    fn no_server_left_is_not_the_local_computer() {
        let error = found(&["fs1"], &["fs1"]).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("every server is excluded"), "{error}");
        let error = found(&["fs1"], &["@nowhere"]).unwrap_err();
        assert!(error.to_string().contains("no group @nowhere"), "{error}");
        for list in ["", "\n# none\n"] {
            let mut selection = ServerSelection::default();
            let error = selection.add_list("list".as_ref(), list.as_bytes()).unwrap_err();
            assert_eq!((error.is_usage(), error.to_string().as_str()), (true, "list names no server"));
            assert!(selection.find(&Config::default()).is_err(), "a caller that ignores the error");
        }
    }

    /// A failure here would not show which line of a long list is wrong, or query the servers before it.
    #[test]
    fn a_mistake_in_a_list_names_its_line() {
        let mut selection = ServerSelection::default();
        let list = "\u{feff}fs1\r\n  # comment\n\\\\FS2 # the second\nfs3/data\nfs4";
        let error = selection.add_list("estate.txt".as_ref(), list.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("estate.txt, line 4: `fs3/data` contains a share"), "{error}");
        assert_eq!(selection.names, ["fs1", r"\\FS2"]);
        let error = selection.add_list("x".as_ref(), &b"fs1\n\xff\xfe"[..]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the servers from x"), "{error}");
    }
}
