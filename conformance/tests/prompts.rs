//! At a terminal: the question before ending, and the password.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Netsession, PASSWORD, Samba, Terminal};

/// If it failed, a person would not be shown what goes before it goes, or `no` would not be heard.
#[test]
fn end_shows_what_it_will_end_and_a_no_is_heard() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut terminal = Terminal::start(Netsession::admin()?.args(["end", &samba.name(), "--user", "alice"]))?;
    let seen = terminal.wait_for("?")?;
    assert!(seen.contains("alice") && seen.contains("127.0.0.7"), "{seen}");
    terminal.type_line("n")?;
    let (code, seen) = terminal.finish()?;
    assert_ne!(code, Some(0), "{seen}");
    assert!(alice.works()?);
    Ok(())
}

/// If it failed, Enter alone would end somebody's session.
#[test]
fn enter_alone_means_no() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut terminal = Terminal::start(Netsession::admin()?.args(["end", &samba.name(), "--user", "alice"]))?;
    terminal.wait_for("?")?;
    terminal.type_line("")?;
    let (code, seen) = terminal.finish()?;
    assert_ne!(code, Some(0), "{seen}");
    assert!(alice.works()?);
    Ok(())
}

/// If it failed, saying yes would end nothing.
#[test]
fn a_yes_ends_it() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut terminal = Terminal::start(Netsession::admin()?.args(["end", &samba.name(), "--user", "alice"]))?;
    terminal.wait_for("?")?;
    terminal.type_line("y")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(!alice.works()?);
    Ok(())
}

/// If it failed, no password could be typed, or everybody behind the person would read it.
#[test]
fn a_password_is_asked_and_not_shown() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let mut terminal = Terminal::start(Netsession::bare()?.args(["sessions", &samba.name(), "-U", "admin"]))?;
    terminal.wait_for("assword")?;
    terminal.type_line(PASSWORD)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("alice"), "{seen}");
    assert!(!seen.contains(PASSWORD), "{seen}");
    Ok(())
}

/// If it failed, who asks for more to be said, at a terminal, would get a crash instead of an answer.
#[test]
fn what_is_done_is_said_at_a_terminal_too() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    for verbose in ["-v", "-vvv"] {
        let run = Netsession::admin()?.args(["sessions", &samba.name(), verbose]);
        let (code, seen) = Terminal::start(run)?.finish()?;
        assert_eq!(code, Some(0), "{seen}");
        assert!(seen.contains("logged on") && seen.contains("alice"), "{seen}");
        assert!(!seen.contains("panicked") && !seen.contains(PASSWORD), "{seen}");
    }
    Ok(())
}
