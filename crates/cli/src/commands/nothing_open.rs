//! [`NothingOpen`]: what servers say about a path at which they list no open file.

use netsession_admin::{Error, Presence};

use super::waiting::MAX_NAMED;
use crate::exit::Exit;
use crate::failure::Hinted as _;
use crate::output::{self, visible};
use crate::path::with_port;

/// What helps against a typing error.
pub(super) const CHECK_SPELLING: &str =
    "check the spelling, or name the folder to list every open file in it";

/// The servers that list no open file at the path, with what each says about the path itself.
#[derive(Debug, Default)]
pub(super) struct NothingOpen {
    found: Vec<(String, Presence)>,
}

impl NothingOpen {
    pub(super) fn add(&mut self, server: &str, presence: Presence) {
        self.found.push((server.to_owned(), presence));
    }

    /// Whether the server has no such path, which explains that no file is open there.
    pub(super) fn explains(&self, server: &str) -> bool {
        self.absent().any(|(name, _)| name == server)
    }

    /// Says which servers do not have the path, and at which nobody knows. Returns the exit status, which is `exit` if one of
    /// `servers` may have the path: of several servers, a person expects the file at one.
    pub(super) fn say(&self, path: &str, servers: usize, exit: Exit) -> Exit {
        self.unknown(path).iter().for_each(|line| output::note(line));
        let lines = self.lines(path);
        if !self.is_nowhere(servers) {
            lines.iter().for_each(|line| output::note(line));
            return exit;
        }
        lines.iter().for_each(|line| output::error(line));
        let is_missing = |(_, presence): &(&str, &Presence)| matches!(presence, Presence::Missing);
        if self.absent().any(|one| is_missing(&one)) {
            output::hint(CHECK_SPELLING);
        } else {
            self.not_shared(path)
                .first()
                .and_then(Error::hint_with_flags)
                .iter()
                .for_each(|hint| output::hint(hint));
        }
        Exit::Failed
    }

    /// Whether none of so many servers has the path.
    fn is_nowhere(&self, servers: usize) -> bool {
        servers > 0 && self.absent().count() >= servers
    }

    fn absent(&self) -> impl Iterator<Item = (&str, &Presence)> {
        let all = self.found.iter().map(|(server, presence)| (server.as_str(), presence));
        all.filter(|(_, presence)| matches!(presence, Presence::Missing | Presence::NotShared))
    }

    fn not_shared(&self, path: &str) -> Vec<Error> {
        let servers = self.absent().filter(|(_, presence)| matches!(presence, Presence::NotShared));
        servers
            .map(|(server, _)| Error::NotShared { server: server.to_owned(), path: path.to_owned() })
            .collect()
    }

    /// Returns one line about the servers that do not share the path, and one for each that has no such file.
    fn lines(&self, path: &str) -> Vec<String> {
        let of = |wanted: &Presence| -> Vec<&str> {
            self.absent().filter(|(_, presence)| *presence == wanted).map(|(server, _)| server).collect()
        };
        let not_shared = of(&Presence::NotShared);
        let first = (!not_shared.is_empty()).then(|| {
            format!("{} is in no share of {}", visible(path), output::joined(&not_shared, MAX_NAMED))
        });
        let missing = of(&Presence::Missing);
        let missing = missing
            .iter()
            .map(|server| format!("{server} has no file or folder {}", visible(&with_port(path, server))));
        first.into_iter().chain(missing).collect()
    }

    /// Returns a line for each server that does not report whether the path exists.
    fn unknown(&self, path: &str) -> Vec<String> {
        let lines = self.found.iter().filter_map(|(server, presence)| match presence {
            Presence::Unknown(why) => {
                let path = with_port(path, server);
                Some(format!("{server}: whether {} exists is not known ({why})", visible(&path)))
            }
            _ => None,
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::NothingOpen;
    use crate::exit::Exit;
    use netsession_admin::Presence::{self, Missing, NotShared, Present};

    fn found(presences: &[Presence]) -> NothingOpen {
        let mut found = NothingOpen::default();
        (1..).zip(presences).for_each(|(number, one)| found.add(&format!("fs{number}"), one.clone()));
        found
    }

    /// A failure here would tell a script that nobody holds a file which no server has, or call a search at many servers a
    /// failure because only one of them has it.
    #[test]
    fn a_path_that_no_server_has_is_an_error() {
        for (presences, servers, expected) in [
            (&[NotShared][..], 1, Exit::Failed),
            (&[Missing], 1, Exit::Failed),
            (&[Missing, NotShared], 2, Exit::Failed),
            (&[Missing], 2, Exit::NothingMatched),
            (&[Missing, Present], 2, Exit::NothingMatched),
            (&[Presence::Unknown(String::new())], 1, Exit::NothingMatched),
            (&[], 1, Exit::NothingMatched),
        ] {
            let exit = found(presences).say("/x", servers, Exit::NothingMatched);
            assert_eq!(exit, expected, "{presences:?} at {servers}");
        }
        assert_eq!(found(&[NotShared]).say("/x", 2, Exit::SomeFailed), Exit::SomeFailed);
    }

    /// A failure here would bury the servers that answered under one line for each of twenty others.
    #[test]
    fn servers_that_do_not_share_the_path_are_one_line() {
        let lines = |presences: &[Presence]| found(presences).lines("/x");
        assert_eq!(lines(&[NotShared, Present, NotShared]), ["/x is in no share of fs1 and fs3"]);
        assert_eq!(
            lines(&[Missing, NotShared]),
            ["/x is in no share of fs2", "fs1 has no file or folder /x"]
        );
        let mut with_ports = NothingOpen::default();
        with_ports.add("fs1:4450", Missing);
        assert_eq!(with_ports.lines(r"\\fs1\a"), [r"fs1:4450 has no file or folder \\fs1:4450\a"]);
        assert!(lines(&[Present]).is_empty());
        let found = found(&[Missing, Present, NotShared]);
        assert_eq!(["fs1", "fs2", "fs3"].map(|server| found.explains(server)), [true, false, true]);
        assert!(found.unknown("/x").is_empty());
    }
}
