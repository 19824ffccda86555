//! `netsession top` on a real terminal: what is on the screen, what keys do, and how the terminal is given back.
#![cfg(test)]
#![cfg(unix)]

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context as _, Result};
use netsession_conformance::{Embedded, Netsession, Terminal};

/// The sequence that leaves the screen of the view.
const LEAVE: &str = "\u{1b}[?1049l";

fn top(servers: &[String], size: (u16, u16)) -> Result<Terminal> {
    let run = Netsession::admin()?.args(["top", "--interval", "0.3"]).args(servers);
    Terminal::start_sized(run, size)
}

fn add(server: &Embedded, last: u8, user: &str) -> Result<()> {
    let client = IpAddr::from(Ipv4Addr::new(10, 0, 0, last));
    anyhow::ensure!(netsession_server::testing::add_session(server.server()?, client, user), "no {user}");
    Ok(())
}

/// Whether a line of the screen has all of these words.
fn has_line(screen: &str, words: &[&str]) -> bool {
    screen.lines().any(|line| words.iter().all(|word| line.split_whitespace().any(|it| it == *word)))
}

/// A failure here would show a person something else than the server has, or end other sessions than the marked ones.
#[test]
fn sessions_are_shown_marked_and_ended() -> Result<()> {
    let server = Embedded::start()?;
    for (last, user) in [(5, "alice"), (6, "bob"), (7, "carol")] {
        add(&server, last, user)?;
    }
    let mut terminal = top(&[server.name()?], (24, 80))?;
    let screen = terminal.wait_for_screen("all sessions", |screen| {
        ["alice", "bob", "carol"].iter().all(|user| screen.contains(user))
    })?;
    assert!(
        has_line(&screen, &["10.0.0.5", "alice"]) && has_line(&screen, &["10.0.0.7", "carol"]),
        "{screen}"
    );
    assert!(screen.contains("1 server  4 sessions") && screen.contains("q quit"), "{screen}");

    terminal.press("/user:alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match") && !screen.contains("bob"))?;
    terminal.press(" ")?;
    terminal.press("\u{1b}")?;
    terminal.wait_for_screen("the mark", |screen| screen.contains("1 marked") && screen.contains("bob"))?;
    terminal.press("/carol\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    terminal.press(" \u{1b}")?;
    terminal.wait_for_screen("the marks", |screen| screen.contains("2 marked") && screen.contains("bob"))?;

    terminal.press("e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert!(plan.contains("End 2 sessions on"), "{plan}");
    assert!(
        has_line(&plan, &["end", "10.0.0.5", "alice"]) && has_line(&plan, &["end", "10.0.0.7", "carol"]),
        "{plan}"
    );
    assert!(!has_line(&plan, &["end", "bob"]), "{plan}");
    assert_eq!(server.who()?.iter().filter(|(client, _)| client.starts_with("10.")).count(), 3);
    terminal.press("y")?;
    let result = terminal.wait_for_screen("the result", |screen| screen.contains("2 ended"))?;
    assert!(has_line(&result, &["ended", "10.0.0.5", "alice"]), "{result}");
    let left: Vec<_> = server.who()?.into_iter().filter(|(client, _)| client.starts_with("10.")).collect();
    assert_eq!(left, [("10.0.0.6".to_owned(), "bob".to_owned())]);

    terminal.press("q")?;
    terminal.wait_for_screen("the list", |screen| {
        screen.contains("+0 -2") && !screen.contains("alice") && !screen.contains("carol")
    })?;
    terminal.press("q")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    let after = seen.rsplit_once(LEAVE).context("it left no screen")?.1;
    assert!(after.contains("2 ended"), "the outcome stays on the terminal: {after}");
    Ok(())
}
