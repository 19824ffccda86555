//! `netsession top` on a real terminal: what is on the screen, what keys do, and how the terminal is given back.
#![cfg(test)]
#![cfg(unix)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::serve::Serve;
use netsession_conformance::{Embedded, Netsession, PASSWORD, Samba, Terminal, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The sequence that leaves the screen of the view.
const LEAVE: &str = "\u{1b}[?1049l";

fn top(servers: &[String], size: (u16, u16)) -> Result<Terminal> {
    let run = Netsession::admin()?.args(["top", "--interval", "0.3"]).args(servers);
    Terminal::start_sized(run, size)
}

fn add(server: &Embedded, last: u8, user: &str) -> Result<()> {
    let client = IpAddr::from(Ipv4Addr::new(10, 0, 0, last));
    ensure!(netsession_server::testing::add_session(server.server()?, client, user), "no {user}");
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
    let result = terminal.press_until("y", "Press y", |screen| screen.contains("2 ended"))?;
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

/// A failure here would end a session although the person sees neither its row nor the plan.
#[test]
fn a_terminal_that_is_too_small_ends_nothing() -> Result<()> {
    let server = Embedded::start()?;
    add(&server, 5, "alice")?;
    let mut terminal = top(&[server.name()?], (24, 80))?;
    terminal.wait_for_screen("alice", |screen| screen.contains("alice"))?;
    terminal.press("/user:alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    terminal.press("e")?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    terminal.resize((10, 40))?;
    terminal.wait_for_screen("no room", |screen| {
        screen.contains("too small") && screen.contains("Esc cancels")
    })?;
    terminal.press("y")?;
    terminal.resize((24, 80))?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert_eq!(invented(&server)?.len(), 1);
    terminal.press_until("y", "Press y", |screen| screen.contains("1 ended"))?;
    assert_eq!(invented(&server)?.len(), 0);
    Ok(())
}

/// A failure here would let a person believe that a user is disconnected everywhere, although one server could make no plan.
#[test]
fn a_server_that_fails_while_planning_is_in_the_outcome() -> Result<()> {
    let (samba, server) = (Samba::start()?, Embedded::start()?);
    let mut alice = samba.hold_from("alice", 7)?;
    add(&server, 5, "alice")?;
    let run = Netsession::admin()?.args(["top", "--interval", "0.3", "--timeout", "2", &samba.name()]);
    let mut terminal = Terminal::start_sized(run.args([server.name()?]), (24, 80))?;
    terminal.wait_for_screen("both", |screen| screen.matches("alice").count() == 2)?;
    terminal.press("/user:alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("2 matches"))?;
    terminal.press("*")?;
    terminal.wait_for_screen("the marks", |screen| screen.contains("2 marked"))?;
    let frozen = samba.freeze()?;
    terminal.press("e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert!(
        plan.lines().nth(2).is_some_and(|line| line.contains("alice")),
        "the reason pushes no row off the screen: {plan}"
    );
    assert!(plan.contains(&format!("No plan for {}", samba.name())), "{plan}");
    let sent_nothing = format!("{}: nothing was sent", samba.name());
    let result = terminal.press_until("y", "Press y", |screen| screen.contains("1 ended"))?;
    assert!(result.contains(&sent_nothing), "{result}");
    drop(frozen);
    terminal.press("q")?;
    terminal.wait_for_screen("its mark", |screen| screen.contains("1 marked"))?;
    terminal.press("q")?;
    let (_, seen) = terminal.finish()?;
    let after = seen.rsplit_once(LEAVE).context("it left no screen")?.1;
    assert!(after.contains(&sent_nothing), "the outcome stays on the terminal: {after}");
    assert!(alice.works()?);
    Ok(())
}

/// Sessions from invented clients, which the server has, apart from those of netsession.
fn invented(server: &Embedded) -> Result<Vec<(String, String)>> {
    Ok(server.who()?.into_iter().filter(|(client, _)| client.starts_with("10.")).collect())
}

/// A failure here would make the view useless in an incident at many servers: slow, incomplete, or of the wrong size.
#[test]
fn five_thousand_sessions_on_twenty_servers() -> Result<()> {
    let mut servers = (0..20).map(|_| Embedded::start()).collect::<Result<Vec<_>>>()?;
    for (index, server) in (0..).zip(&servers) {
        for number in 1..=250 {
            let client = IpAddr::from(Ipv4Addr::new(10, index, 0, number));
            ensure!(netsession_server::testing::add_session(server.server()?, client, "bob"), "no bob");
        }
    }
    let names = servers.iter().map(Embedded::name).collect::<Result<Vec<_>>>()?;
    let mut terminal = top(&names, (24, 80))?;
    let screen = terminal.wait_for_screen("all sessions", |screen| {
        screen.contains("20 servers  5020 sessions")
            && screen.lines().filter(|line| line.contains("bob")).count() == 19
    })?;
    assert!(screen.contains("1 Sessions 5020") && screen.contains("4 Servers"), "{screen}");

    for client in ["client:10.3.0.7", "client:10.15.0.200"] {
        terminal.press(&format!("/{client}\r"))?;
        terminal.wait_for_screen(client, |screen| screen.contains("1 match"))?;
        terminal.press(" \u{1b}")?;
        terminal.wait_for_screen("no filter", |screen| !screen.contains("Filter"))?;
    }
    terminal.press("e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert!(plan.contains("End 2 sessions on 2 servers?"), "{plan}");
    let result = terminal.press_until("y", "Press y", |screen| screen.matches("1 ended").count() == 2)?;
    assert!(
        has_line(&result, &["ended", "10.3.0.7"]) && has_line(&result, &["ended", "10.15.0.200"]),
        "{result}"
    );
    for (index, server) in servers.iter().enumerate() {
        let expected = if [3, 15].contains(&index) { 249 } else { 250 };
        assert_eq!(invented(server)?.len(), expected, "{index}");
    }
    terminal.press("q")?;
    terminal.wait_for_screen("two are gone", |screen| screen.contains("5018 sessions  +0 -2"))?;

    drop(servers.remove(7));
    terminal.wait_for_screen("one is down", |screen| screen.contains("20 servers, 1 down"))?;
    terminal.press("4s")?;
    terminal.wait_for_screen("its row at the top", |screen| {
        screen.lines().nth(3).is_some_and(|line| line.contains(&names[7]) && line.contains(" down "))
    })?;
    terminal.press("1")?;

    for (size, rows) in [((40, 120), 35), ((12, 60), 7)] {
        terminal.resize(size)?;
        terminal.wait_for_screen("the new size", |screen| {
            screen.lines().filter(|line| line.contains("bob")).count() == rows
                && screen.contains("? keys  q quit")
                && screen.lines().all(|line| line.chars().count() <= usize::from(size.1))
        })?;
    }
    terminal.resize((8, 50))?;
    terminal.wait_for_screen("the refusal", |screen| screen.contains("too small: 50x8"))?;
    terminal.resize((24, 80))?;
    terminal.wait_for_screen("the list again", |screen| screen.contains("? keys  q quit"))?;
    terminal.press("q")?;
    assert_eq!(terminal.finish()?.0, Some(0));
    Ok(())
}

/// A failure here would end a session by a key that was typed before the plan was on the screen.
#[test]
fn keys_typed_before_the_question_do_not_answer_it() -> Result<()> {
    let server = Embedded::start()?;
    add(&server, 5, "alice")?;
    let mut terminal = top(&[server.name()?], (24, 80))?;
    terminal.wait_for_screen("the session", |screen| screen.contains("alice"))?;
    terminal.press("/alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    // So many keys that some are still to be read when the question comes up.
    terminal.press(&format!("e{}", "y".repeat(1_000)))?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert_eq!(invented(&server)?.len(), 1);
    terminal.press_until("n", "Press y", |screen| screen.contains("nothing was ended"))?;
    assert_eq!(invented(&server)?.len(), 1);
    Ok(())
}

/// A failure here would end everybody on a server after a `y`, or end netsession's own session.
#[test]
fn everybody_needs_the_servers_name() -> Result<()> {
    let server = Embedded::start()?;
    add(&server, 5, "alice")?;
    add(&server, 6, "bob")?;
    let name = server.name()?;
    for (typed, left) in [("y\r", 2), ("127.0.0.1\r", 2), (&*format!("{name}\r"), 0)] {
        let mut terminal = top(std::slice::from_ref(&name), (24, 80))?;
        terminal.wait_for_screen("the sessions", |screen| screen.contains("3 sessions"))?;
        terminal.press("*e")?;
        let plan = terminal.wait_for_screen("the question", |screen| {
            // The last line that the question draws.
            screen.contains("press Enter") && screen.contains("> _")
        })?;
        assert!(plan.contains("This ends 2 sessions of everybody on"), "{plan}");
        // The sessions of the view itself are in no row.
        assert!(!has_line(&plan, &["spare"]) && plan.contains("spares its own session"), "{plan}");
        let (first, rest) = typed.split_at(1);
        terminal.press_until(first, "> _", |screen| screen.contains(&format!("> {first}_")))?;
        terminal.press(rest)?;
        terminal.wait_for_screen("the outcome", |screen| {
            screen.contains(if left == 0 { "2 ended" } else { "nothing was ended" })
        })?;
        assert_eq!(invented(&server)?.len(), left, "{typed}");
    }
    Ok(())
}

/// A failure here would close another file, or without asking.
#[test]
fn a_file_is_closed_after_a_yes() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    let mut terminal = top(&[samba.name()], (24, 100))?;
    terminal.press("2")?;
    terminal
        .wait_for_screen("the file", |screen| screen.contains("report.txt") && screen.contains("alice"))?;
    for (answer, is_open) in [("n", true), ("y", false)] {
        terminal.press("/\u{15}report\r")?;
        terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
        terminal.press("x")?;
        let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
        assert!(plan.contains("Close 1 file on") && plan.contains("Unsaved changes are lost"), "{plan}");
        terminal.press_until(answer, "Press y", |screen| {
            if is_open {
                screen.contains("nothing was ended, closed or held")
            } else {
                screen.contains("closed  ")
            }
        })?;
        let files = samba.status()?.open_files;
        assert_eq!(files.iter().any(|file| file.name == "report.txt"), is_open, "{answer}");
    }
    Ok(())
}

/// A failure here would let somebody back in whom a person keeps out from the view, hold without a question, or not release.
#[test]
fn a_user_is_held_and_released_from_the_view() -> Result<()> {
    let server = Embedded::start()?;
    add(&server, 5, "alice")?;
    add(&server, 6, "bob")?;
    let state = TempDir::new()?;
    let name = server.name()?;
    let run = Netsession::admin()?.args(["top", "--interval", "0.3", &name]);
    let mut terminal = Terminal::start_sized(run.env("XDG_STATE_HOME", state.path()), (24, 100))?;
    terminal.wait_for_screen("the sessions", |screen| screen.contains("3 sessions"))?;
    terminal.press("/user:bob\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    for (answer, is_held) in [("n", false), ("y", true)] {
        terminal.press("h")?;
        let wording = terminal.wait_for_screen("the time", |screen| screen.contains("> 2h_"))?;
        assert!(wording.contains("Keep out bob from every client"), "{wording}");
        terminal.press("\t")?;
        terminal.wait_for_screen("the client", |screen| screen.contains("every user from 10.0.0.6"))?;
        terminal.press("\t\t\u{15}x\r")?;
        terminal
            .wait_for_screen("the error", |screen| screen.contains("> x_") && screen.contains("such as"))?;
        terminal.press("\u{15}1h\r")?;
        let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
        assert!(plan.contains(&format!("Keep bob out of {name} for 1h (1 session ends now)?")), "{plan}");
        assert_eq!(invented(&server)?.len(), 2);
        terminal.press_until(answer, "Press y", |screen| {
            screen.contains(if is_held {
                "This view carries it on"
            } else {
                "nothing was ended, closed or held"
            })
        })?;
        assert_eq!(invented(&server)?.len(), if is_held { 1 } else { 2 });
    }
    terminal.press("q")?;
    terminal.wait_for_screen("the list", |screen| screen.contains("Filter: user:bob"))?;
    // He comes back, and is ended again.
    for _ in 0..3 {
        add(&server, 6, "bob")?;
        wait_until("he is ended again", || Ok((invented(&server)?.len() == 1).then_some(())))?;
    }
    terminal.press("\u{1b}")?;
    terminal.wait_for_screen("no filter", |screen| !screen.contains("Filter"))?;
    terminal.press("6")?;
    let holds = terminal.wait_for_screen("the hold", |screen| {
        screen.lines().any(|line| line.contains("--user bob") && line.contains(" top "))
    })?;
    assert!(holds.contains("6 Holds 1") && holds.contains("l release"), "{holds}");
    terminal.press("7")?;
    terminal.wait_for_screen("the journal", |screen| {
        has_line(screen, &["hold", "recorded"]) && has_line(screen, &["end", "bob"])
    })?;
    terminal.press("q")?;
    terminal.wait_for_screen("the warning", |screen| screen.contains("only this view carries on a hold"))?;
    terminal.press("6")?;
    terminal.wait_for_screen("the hold", |screen| screen.contains("--user bob"))?;
    terminal.press("l")?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Release hold 1 (bob)? Press y"))?;
    terminal.press_until("y", "Press y", |screen| screen.contains("Released hold 1"))?;
    add(&server, 6, "bob")?;
    terminal.press("q")?;
    terminal.wait_for_screen("no hold", |screen| screen.contains("no open holds"))?;
    assert_eq!(invented(&server)?.len(), 2, "he stays");
    terminal.press("q")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    Ok(())
}

/// Returns a view that asks whether to hold bob and to disable his account.
fn asked_to_disable_bob(samba: &Samba, state: &Path) -> Result<Terminal> {
    let run = Netsession::admin()?.args(["top", "--interval", "0.3", &samba.name()]);
    let mut terminal = Terminal::start_sized(run.env("XDG_STATE_HOME", state), (24, 100))?;
    terminal.wait_for_screen("the sessions", |screen| screen.contains("bob"))?;
    terminal.press("/user:bob\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    terminal.press("h\t\t")?;
    terminal.wait_for_screen("the account", |screen| screen.contains("disable the accounts until"))?;
    terminal.press("\r")?;
    Ok(terminal)
}

/// A failure here would leave the account of a held user usable, or disabled after the release.
#[test]
fn an_account_is_disabled_from_the_view_until_the_release() -> Result<()> {
    let (samba, state) = (Samba::start()?, TempDir::new()?);
    let _bob = samba.hold_from("bob", 7)?;
    let mut terminal = asked_to_disable_bob(&samba, state.path())?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    assert!(plan.contains(r"LABSRV\bob") && plan.contains("and disable 1 account"), "{plan}");
    assert_eq!(samba.account_flags("bob")?, "U");
    terminal.press_until("y", "Press y", |screen| screen.contains("This view carries it on"))?;
    assert_eq!(samba.account_flags("bob")?, "DU");
    terminal.press("q")?;
    terminal.wait_for_screen("the list", |screen| screen.contains("Filter: user:bob"))?;
    terminal.press("\u{1b}")?;
    terminal.wait_for_screen("no filter", |screen| !screen.contains("Filter"))?;
    terminal.press("6")?;
    terminal.wait_for_screen("the hold", |screen| screen.contains("--user bob"))?;
    terminal.press("l")?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Release hold 1 (bob)? Press y"))?;
    terminal.press_until("y", "Press y", |screen| screen.contains("Released hold 1"))?;
    wait_until("the account", || Ok((samba.account_flags("bob")? == "U").then_some(())))?;
    terminal.press("qq")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    Ok(())
}

/// A failure here would let a person leave without a word about an account that stays disabled until somebody releases it.
#[test]
fn leaving_the_view_says_what_becomes_of_its_holds() -> Result<()> {
    let (samba, state) = (Samba::start()?, TempDir::new()?);
    let _bob = samba.hold_from("bob", 7)?;
    let mut terminal = asked_to_disable_bob(&samba, state.path())?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    terminal.press_until("y", "Press y", |screen| screen.contains("This view carries it on"))?;
    terminal.press("\u{3}")?;
    let (_, seen) = terminal.finish()?;
    assert!(seen.contains("Hold 1 stays open, and nobody carries it on"), "{seen}");
    assert!(seen.contains("Its account stays disabled until then."), "{seen}");
    assert_eq!(samba.account_flags("bob")?, "DU");
    Ok(())
}

/// A failure here would leave the person with a terminal that shows nothing of what they type.
#[test]
fn the_terminal_is_given_back_after_a_signal_and_while_suspended() -> Result<()> {
    let server = Embedded::start()?;
    add(&server, 5, "alice")?;
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut terminal = top(&[server.name()?], (24, 80))?;
        terminal.wait_for_screen("the session", |screen| screen.contains("alice"))?;
        kill(Pid::from_raw(terminal.pid()?), signal)?;
        let (code, seen) = terminal.finish()?;
        assert_eq!(code, Some(128 + signal as i32), "{seen}");
        assert!(seen.contains(LEAVE) && seen.contains("\u{1b}[?25h"), "{signal}: {seen}");
    }
    for is_key in [true, false] {
        let mut terminal = top(&[server.name()?], (24, 80))?;
        terminal.wait_for_screen("the session", |screen| screen.contains("alice"))?;
        match is_key {
            true => terminal.press("\u{1a}")?,
            false => kill(Pid::from_raw(terminal.pid()?), Signal::SIGTSTP)?,
        }
        let settings = terminal.wait_until_stopped()?;
        assert!(settings.contains(" icanon") && settings.contains(" echo "), "{settings}");
        // The keeper of the terminal stops itself when the command stops, and continues it when it is continued.
        for pid in [terminal.keeper().try_into()?, terminal.pid()?] {
            kill(Pid::from_raw(pid), Signal::SIGCONT)?;
        }
        terminal.wait_for_times("\u{1b}[?1049h", 2)?;
        assert!(terminal.seen().contains(LEAVE));
        terminal.wait_for_screen("the session again", |screen| screen.contains("alice"))?;
        terminal.press("q")?;
        assert_eq!(terminal.finish()?.0, Some(0));
    }
    Ok(())
}

/// A failure here would show a password, or ask for it on top of the view.
#[test]
fn a_password_is_asked_before_the_screen_opens() -> Result<()> {
    let server = Embedded::start()?;
    let run = Netsession::bare()?.args(["top", &server.name()?, "-U", "admin"]);
    let mut terminal = Terminal::start_sized(run, (24, 80))?;
    let seen = terminal.wait_for("Password for admin at ")?;
    assert!(!seen.contains("\u{1b}[?1049h"), "{seen}");
    terminal.type_line(PASSWORD)?;
    terminal.wait_for_screen("its own session", |screen| screen.contains("this session"))?;
    terminal.press("q")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains(PASSWORD), "{seen}");
    Ok(())
}

/// A failure here would send colours to a terminal whose user does not want them.
#[test]
fn no_color_is_obeyed() -> Result<()> {
    let server = Embedded::start()?;
    let down = "127.0.0.1:1".to_owned();
    for (value, is_coloured) in [("1", false), ("", true)] {
        let run = Netsession::admin()?.args(["top", &server.name()?, &down]).env("NO_COLOR", value);
        let mut terminal = Terminal::start_sized(run, (24, 80))?;
        terminal.wait_for_screen("the server that is down", |screen| screen.contains("1 down"))?;
        let screen = terminal.screen();
        let cells = (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)));
        let has_colour = cells.into_iter().any(|cell| cell.fgcolor() != vt100::Color::Default);
        assert_eq!(has_colour, is_coloured, "NO_COLOR={value}");
    }
    Ok(())
}

/// A failure here would write escape sequences into a file or a pipe.
#[test]
fn without_a_terminal_it_names_the_way_for_programs() -> Result<()> {
    let outcome = Netsession::admin()?.args(["top", "fs1"]).run()?.expect_code(2)?;
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("--watch"), "{outcome:?}");
    assert!(outcome.stderr.contains("-o jsonl"), "{outcome:?}");
    Ok(())
}

/// A failure here would end the view with an error because the only server restarts, or not show it again.
#[test]
fn a_server_comes_back_by_itself() -> Result<()> {
    let first = Embedded::start()?;
    let address = first.address()?;
    let mut terminal = top(&[address.to_string()], (24, 80))?;
    terminal.wait_for_screen("the session", |screen| screen.contains("this session"))?;
    drop(first);
    terminal.wait_for_screen("down", |screen| screen.contains("1 server, 1 down"))?;
    let again = wait_until("the address to be free", || {
        Ok(Embedded::start_with(|builder| builder.listen(address)).ok())
    })?;
    add(&again, 5, "alice")?;
    terminal.wait_for_screen("up again", |screen| !screen.contains("down") && screen.contains("alice"))?;
    Ok(())
}

/// A failure here would leave a person in doubt which group they look at, or show a server of another one.
#[test]
fn a_group_is_named_in_the_first_line() -> Result<()> {
    let servers = [Embedded::start()?, Embedded::start()?];
    add(&servers[0], 5, "alice")?;
    add(&servers[1], 6, "bob")?;
    let names = [servers[0].name()?, servers[1].name()?];
    let run = Netsession::admin()?;
    let folder = run.home().join("config/netsession");
    std::fs::create_dir_all(&folder)?;
    let group = format!("[group.files]\nservers = ['{}', '{}']\n", names[0], names[1]);
    std::fs::write(folder.join("config.toml"), group)?;
    let mut terminal = Terminal::start_sized(run.args(["top", "--interval", "0.3", "@files"]), (24, 80))?;
    let screen = terminal
        .wait_for_screen("both servers", |screen| screen.contains("alice") && screen.contains("bob"))?;
    let first = screen.lines().next().context("no line")?;
    ensure!(first.starts_with("netsession  @files  2 servers  4 sessions"), "{screen}");
    terminal.press("/bob\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    terminal.press("e")?;
    terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    terminal.press_until("y", "Press y", |screen| screen.contains("1 ended"))?;
    ensure!(invented(&servers[0])?.len() == 1 && invented(&servers[1])?.is_empty());
    Ok(())
}

/// A failure here would show a frozen server as up, with sessions that may have ended long ago.
#[test]
fn a_frozen_server_is_silent_before_it_is_down() -> Result<()> {
    let place = TempDir::new()?;
    let (data, run) = (place.path().join("data"), place.path().join("run"));
    std::fs::create_dir(&data)?;
    std::fs::create_dir(&run)?;
    let shared = data.display().to_string();
    let servers = [Serve::start(&run, &[&shared])?, Serve::start(&run, &[&shared])?];
    let names = servers.each_ref().map(|server| server.address().to_string());
    let frozen = Pid::from_raw(servers[0].id().try_into()?);
    let top = servers[0].command()?.args(["top", "--interval", "0.3", "--timeout", "60"]).args(&names);
    let mut terminal = Terminal::start_sized(top, (24, 100))?;
    let is_marked = |screen: &str, name: &str, is_wanted: bool| {
        let row = screen.lines().find(|line| line.contains(name) && line.contains("this session"));
        row.is_some_and(|row| row.contains('!') == is_wanted)
    };
    terminal.wait_for_screen("both", |screen| names.iter().all(|name| is_marked(screen, name, false)))?;
    kill(frozen, Signal::SIGSTOP)?;
    let screen = terminal.wait_for_screen("silent", |screen| screen.contains("2 servers, 1 silent"))?;
    ensure!(is_marked(&screen, &names[0], true) && is_marked(&screen, &names[1], false), "{screen}");
    terminal.press("4")?;
    terminal.wait_for_screen("the reason", |screen| screen.contains("no answer for"))?;
    kill(frozen, Signal::SIGCONT)?;
    terminal.wait_for_screen("up again", |screen| !screen.contains("silent"))?;
    Ok(())
}

/// A failure here would make a person fear for the session of the view itself, which no other one can end.
#[test]
fn the_views_own_session_is_in_no_plan_at_samba() -> Result<()> {
    let samba = Samba::start()?;
    // From the address of the view, so that Samba could have them on one connection.
    let (mut alice, _bob) = (samba.hold_from("alice", 1)?, samba.hold_from("bob", 1)?);
    let mut terminal = top(&[samba.name()], (24, 80))?;
    terminal.wait_for_screen("the sessions", |screen| screen.contains("alice") && screen.contains("bob"))?;
    for _ in ["as old as the plan", "older"] {
        terminal.press("/user:alice\r")?;
        terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
        terminal.press("e")?;
        let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
        ensure!(plan.contains("End 1 session on") && plan.contains("1 more may end too"), "{plan}");
        ensure!(!plan.contains(netsession_conformance::ADMIN) && has_line(&plan, &["bob"]), "{plan}");
        terminal.press_until("n", "Press y", |screen| screen.contains("nothing was ended"))?;
        // CONNECTED comes before IDLE and the two words of NOTE.
        let age = |line: &str| line.split_whitespace().rev().nth(3)?.strip_suffix('s')?.parse::<u32>().ok();
        let is_aged = |line: &str| line.contains("this session") && age(line).is_some_and(|age| age >= 4);
        let aged = |screen: &str| screen.lines().any(is_aged);
        terminal.press("\u{1b}")?;
        terminal.wait_for_screen("an older view", aged)?;
    }
    ensure!(alice.works()?);
    Ok(())
}

/// A failure here would end more sessions than the person marked, or one that came after the plan, without a word about it.
#[test]
fn a_plan_at_samba_says_that_sessions_end_together() -> Result<()> {
    let samba = Samba::start()?;
    let mut held = vec![samba.hold_from("alice", 7)?, samba.hold_from("alice", 7)?];
    let mut terminal = top(&[samba.name()], (24, 140))?;
    let both = |screen: &str| screen.lines().filter(|line| line.contains("alice")).count() == 2;
    terminal.wait_for_screen("both sessions", both)?;
    terminal.press("/user:alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("2 match"))?;
    terminal.press(" e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    ensure!(plan.contains("End 2 sessions on"), "{plan}");
    ensure!(plan.contains("2 sessions end together"), "{plan}");
    held.push(samba.hold_from("alice", 7)?);
    // A plan that is older than a second lists again before it ends anything.
    std::thread::sleep(Duration::from_millis(1_100));
    let ended = terminal.press_until("y", "Press y", |screen| screen.contains("3 ended"))?;
    ensure!(ended.contains("1 of them came after the plan"), "{ended}");
    for session in &mut held {
        ensure!(!session.works()?);
    }
    Ok(())
}
