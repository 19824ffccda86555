use std::collections::BTreeSet;
use std::error::Error as _;

use super::*;
use crate::{Config, printed_password};

/// Defines a function that names a variant, and a list of all names. A variant without a name does not compile, and a
/// name without a row in the tests fails them.
macro_rules! variants {
    ($name:ident, $all:ident, $type:ident { $($pattern:ident)* }) => {
        fn $name(value: &$type) -> &'static str {
            match value {
                $($type::$pattern { .. } => stringify!($pattern),)*
            }
        }
        const $all: &[&str] = &[$(stringify!($pattern)),*];
    };
}

variants!(error_name, ERRORS, Error {
    Unreadable NotAFile Refused RefusedServeFile Mistake AuthFileUnreadable AuthFileMistake PasswordNotText NoCommand CommandNotStarted
    CommandUnreadable CommandFailed CommandHung CommandSilent
});

variants!(hint_name, HINTS, Hint { OwnFile RemoveWriteAccess MakePrivate NameProgram AuthFileForm RunCommand });

fn file() -> PathBuf {
    PathBuf::from("/etc/config.toml")
}

fn io() -> io::Error {
    io::Error::other("the cause")
}

fn mistake(text: &str) -> Error {
    Error::Mistake { path: file(), mistake: Config::parse(text).unwrap_err() }
}

fn command(program: &[&str]) -> Error {
    let command: Vec<_> = program.iter().copied().map(str::to_owned).collect();
    printed_password(&command, true).unwrap_err()
}

/// Returns each error, its hint, whether it is wrong usage, and its text.
fn rows() -> Vec<(Error, Option<Hint>, bool, &'static str)> {
    let refused = |risk| Error::Refused { path: file(), risk };
    let run = Some(Hint::RunCommand);
    vec![
        (
            Error::Unreadable { path: file(), cause: io() },
            None,
            true,
            "cannot read the configuration file /etc/config.toml: the cause",
        ),
        (Error::NotAFile(file()), None, true, "the configuration file /etc/config.toml is not a file"),
        (
            Error::RefusedServeFile { path: file(), risk: Risk::ReadableFile },
            Some(Hint::MakePrivate(file())),
            true,
            "the configuration file /etc/config.toml is refused: others can read it, and it has passwords",
        ),
        (
            refused(Risk::ForeignOwner),
            Some(Hint::OwnFile(file())),
            true,
            "the configuration file /etc/config.toml is refused: it belongs to another user",
        ),
        (
            refused(Risk::WritableFile),
            Some(Hint::RemoveWriteAccess(file())),
            true,
            "the configuration file /etc/config.toml is refused: others can write it,",
        ),
        (
            refused(Risk::WritableFolder("/etc".into())),
            Some(Hint::RemoveWriteAccess("/etc".into())),
            true,
            "the configuration file /etc/config.toml is refused: others can write its folder,",
        ),
        (
            mistake("[default]\nlogin = \"LAB\\hunter2\""),
            None,
            true,
            "the configuration file /etc/config.toml, line 2: a backslash in double quotes begins an escape: use single quotes",
        ),
        (
            mistake("[default]\npassword = 'hunter2'"),
            None,
            true,
            "the configuration file /etc/config.toml, line 2: unknown field `password`, expected one of",
        ),
        (
            Error::AuthFileUnreadable { path: file(), cause: io() },
            None,
            true,
            "cannot read the authentication file /etc/config.toml: the cause",
        ),
        (
            Error::AuthFileMistake { path: file(), line: 3 },
            Some(Hint::AuthFileForm),
            true,
            "/etc/config.toml, line 3: not `username =`",
        ),
        (Error::PasswordNotText, None, true, "NETSESSION_PASSWORD is not text (UTF-8)"),
        (command(&[]), Some(Hint::NameProgram), true, "the configuration file has an empty password-command"),
        (
            command(&["/nonexistent/program"]),
            run.clone(),
            false,
            "the password command /nonexistent/program cannot be run: ",
        ),
        (
            command(&["printf", r"\377"]),
            run.clone(),
            false,
            "cannot read the output of the password command printf: ",
        ),
        (command(&["false"]), run.clone(), false, "the password command false failed: exit status: 1"),
        (
            Error::CommandHung { program: "pass".to_owned(), after: Duration::from_secs(30) },
            run.clone(),
            false,
            "the password command pass has not ended after 30 s: it was killed",
        ),
        (command(&["true"]), run, false, "the password command true printed nothing"),
    ]
}

/// A failure here would show advice that does not help, or report a failing program as wrong usage.
#[test]
fn every_error_has_its_hint_its_kind_and_its_text() {
    for (error, hint, is_usage, text) in rows() {
        assert_eq!((error.hint(), error.is_usage()), (hint, is_usage), "{error}");
        assert!(error.to_string().starts_with(text), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert!(!error.win32().is_success());
    }
}

/// A failure here would let a new error or hint go without a test.
#[test]
fn every_variant_has_a_row() {
    let rows = rows();
    let tested: BTreeSet<_> = rows.iter().map(|(error, ..)| error_name(error)).collect();
    assert_eq!(tested, ERRORS.iter().copied().collect());
    let hinted: BTreeSet<_> = rows.iter().filter_map(|(_, hint, ..)| hint.as_ref()).map(hint_name).collect();
    assert_eq!(hinted, HINTS.iter().copied().collect());
}

/// A failure here would print a cause twice when a program prints the whole chain.
#[test]
fn a_chain_prints_each_cause_once() {
    for (error, ..) in rows() {
        let cause = error.source().map(ToString::to_string);
        assert!(cause.is_none_or(|cause| !error.to_string().contains(&cause)), "{error}");
    }
}
