//! Runs the built command without the configuration and environment of the user who runs the tests.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use this")]

use std::io::{ErrorKind, Seek as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

/// Prepares `netsession` with these arguments, and without a terminal, a configuration or a password.
pub(crate) fn netsession(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netsession"));
    command.args(args).stdin(Stdio::null()).env("NETSESSION_CONFIG", "");
    for variable in ["NETSESSION_PASSWORD", "NETSESSION_LOCAL", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs `netsession` with these arguments to its end.
pub(crate) fn run(args: &[&str]) -> Ran {
    ran(&mut netsession(args))
}

/// Runs a prepared command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let code = status.code().unwrap_or_else(|| panic!("ended by a signal: {status}"));
    Ran { code, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

/// The output of a run, and its exit status.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Makes a standard input that begins with this line.
pub(crate) fn first_line(line: &str) -> Stdio {
    let mut file = tempfile::tempfile().unwrap();
    writeln!(file, "{line}").unwrap();
    file.rewind().unwrap();
    Stdio::from(file)
}

/// Returns a port on which nothing listens.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server to which nothing may connect.
pub(crate) struct Untouched(TcpListener);

impl Untouched {
    pub(crate) fn new() -> Untouched {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Untouched(listener)
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Fails if something has connected.
    pub(crate) fn assert(&self) {
        assert_eq!(
            self.0.accept().map(drop).unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "somebody connected"
        );
    }
}
