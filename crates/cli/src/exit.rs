//! [`Exit`]: the exit status, whose numbers scripts use.

use std::process::ExitCode;

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command did everything that the user asked for.
    Done = 0,
    /// The command failed, or its result is unknown: it could not connect, the server denied it, or a session or a file
    /// remains.
    Failed = 1,
    /// The arguments are wrong, and the command did nothing.
    Usage = 2,
    /// Nothing matched the selection.
    NothingMatched = 3,
    /// Some servers failed, and others did not.
    SomeFailed = 4,
}

impl Exit {
    /// Combines the results of several servers.
    pub(crate) fn of_servers(each: impl IntoIterator<Item = Exit>) -> Exit {
        let (mut failed, mut done, mut unmatched) = (false, false, false);
        for exit in each {
            match exit {
                Exit::Done => done = true,
                Exit::NothingMatched => unmatched = true,
                Exit::SomeFailed => (failed, done) = (true, true),
                Exit::Failed | Exit::Usage => failed = true,
            }
        }
        match (failed, done || unmatched) {
            (true, true) => Exit::SomeFailed,
            (true, false) => Exit::Failed,
            (false, _) if unmatched && !done => Exit::NothingMatched,
            (false, _) => Exit::Done,
        }
    }

    /// Returns the result of a command whose question the person may have declined. It changed nothing at any server
    /// then, so a script must not take the servers that answered for done.
    pub(crate) const fn unless_declined(self, is_declined: bool) -> Exit {
        if is_declined { Exit::Failed } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{self, *};

    /// A failure here would hide from a script whether one of many servers failed, or all of them.
    #[test]
    fn results_of_several_servers_combine() {
        for (each, expected) in [
            (&[][..], Done),
            (&[Done, Done], Done),
            (&[Done, NothingMatched], Done),
            (&[NothingMatched, NothingMatched], NothingMatched),
            (&[Failed, Failed], Failed),
            (&[Failed], Failed),
            (&[Failed, Done], SomeFailed),
            (&[NothingMatched, Failed], SomeFailed),
        ] {
            assert_eq!(Exit::of_servers(each.iter().copied()), expected, "{each:?}");
        }
    }

    /// A failure here would tell a script that some servers were done, although the person declined.
    #[test]
    fn a_declined_command_failed_whatever_the_servers_answered() {
        for exit in [Done, NothingMatched, Failed, SomeFailed] {
            assert_eq!((exit.unless_declined(true), exit.unless_declined(false)), (Failed, exit));
        }
    }
}
