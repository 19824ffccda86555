//! With `-v` the command logs each change before it sends the request, and logs the outcome.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Embedded, Netsession};

/// A failure here would leave an administrator without a record of what the command ended or closed, and how the server
/// answered.
#[test]
fn each_change_is_logged_before_and_afterwards() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let _alice = server.hold_from("alice", 7)?;
    let mut bob = server.hold_from("bob", 8)?;
    server.file("report.txt", b"text")?;
    bob.open("report.txt")?;
    let files = Netsession::admin()?.args(["files", &name, "--user", "bob", "--json"]).run()?;
    let id = files.one()?["id"].to_string();
    for (arguments, change) in [
        (vec!["close", &name, "--id", &id], format!("close the file {id} at {name}")),
        (
            vec!["end", &name, "--user", "alice"],
            format!(r"end the sessions of alice from \\127.0.0.7 at {name}"),
        ),
    ] {
        let quiet = Netsession::admin()?.args(&arguments).args(["--dry-run", "-vv"]).run()?;
        assert!(!quiet.stderr.contains(&change), "nothing is sent: {}", quiet.stderr);
        let run = Netsession::admin()?.args(&arguments).args(["--yes", "-vv"]).run()?.expect_code(0)?;
        let before = run.stderr.find(&format!("sending: {change}"));
        let after = run.stderr.find(&format!("{change}: the server answered"));
        assert!(before.is_some() && before < after, "{}", run.stderr);
    }
    Ok(())
}
