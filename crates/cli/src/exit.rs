//! Exit status: the numbers that scripts rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for was done.
    Done = 0,
    /// It failed: could not connect, denied, still there, or not known.
    Failed = 1,
    /// The command was used wrongly; nothing was done.
    Usage = 2,
    /// Nothing matched what was asked for.
    NothingMatched = 3,
    /// Some servers failed and some did not.
    SomeFailed = 4,
}

impl Exit {
    /// One status for several servers.
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
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{self, *};

    /// If this fails, a script cannot tell one bad server among many from all of them bad.
    #[test]
    fn several_servers_make_one_status() {
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
}
