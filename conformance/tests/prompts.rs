//! At a terminal: the question before ending, and the password.
#![cfg(test)]
#![cfg(unix)]

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Result, bail};
use netsession_conformance::proxy::{Gate, meddlers};
use netsession_conformance::{Embedded, Netsession, PASSWORD, Proxy, Samba, Terminal};

/// The exit status of a program that Ctrl-C ended, in a shell.
const INTERRUPTED: Option<i32> = Some(130);
/// Ctrl-C.
const CTRL_C: &str = "\u{3}";

/// A failure here would end sessions that the person has not seen, or ignore a `no`.
#[test]
fn end_shows_its_plan_and_obeys_a_no() -> Result<()> {
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

/// A failure here would end sessions when the person only presses Enter.
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

/// A failure here would end nothing after a yes.
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

/// A failure here would tell a script that some servers were done, although the person declined and nothing ended.
#[test]
fn declining_fails_whatever_the_other_servers_answer() -> Result<()> {
    let (samba, other) = (Samba::start()?, Embedded::start()?);
    let mut alice = samba.hold_from("alice", 7)?;
    let run = Netsession::admin()?.args(["end", &samba.name(), &other.name()?, "--user", "alice"]);
    let mut terminal = Terminal::start(run)?;
    terminal.wait_for("[y/N]")?;
    terminal.type_line("n")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(1), "{seen}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would ask for a password without saying which servers get it.
#[test]
fn the_question_for_a_password_names_the_servers() -> Result<()> {
    let (samba, other) = (Samba::start()?, Embedded::start()?);
    let (samba, other) = (samba.name(), other.name()?);
    let run = Netsession::bare()?.args(["sessions", &samba, &other, "-U", "admin"]);
    let mut terminal = Terminal::start(run)?;
    terminal.wait_for(&format!("Password for admin at {samba} and {other}:"))?;
    terminal.type_line(PASSWORD)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    Ok(())
}

/// A failure here would accept no password, or show it to everybody behind the person.
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

/// A failure here would crash at a terminal when the user asks for more output.
#[test]
fn verbose_output_works_at_a_terminal() -> Result<()> {
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

/// A failure here would end sessions after Ctrl-C at the question, or treat it as an answer.
#[test]
fn ctrl_c_at_the_question_ends_nothing() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut terminal = Terminal::start(Netsession::admin()?.args(["end", &samba.name(), "--user", "alice"]))?;
    terminal.wait_for("[y/N]")?;
    terminal.type_line(CTRL_C)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, INTERRUPTED, "{seen}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would end every session after one key, or refuse the server's name as an answer.
#[test]
fn ending_everybody_asks_for_the_servers_name() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let ended = |answer: &str| -> Result<(Option<i32>, String)> {
        let mut terminal = Terminal::start(Netsession::admin()?.args(["end", &samba.name(), "--all"]))?;
        terminal.wait_for(&format!("Type {} to confirm:", samba.name()))?;
        terminal.type_line(answer)?;
        terminal.finish()
    };
    for answer in ["y", "yes", "", "127.0.0.1"] {
        let (code, seen) = ended(answer)?;
        assert!(code == Some(1) && seen.contains("Nothing was ended"), "{answer}: {seen}");
    }
    assert!(alice.works()?);
    let (code, seen) = ended(&samba.name())?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(!alice.works()?);
    Ok(())
}

/// A failure here would close a file before the person accepts the loss of unsaved changes.
#[test]
fn close_shows_its_plan_and_asks() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    for (answer, code, is_open) in [("n", 1, true), ("", 1, true), ("y", 0, false)] {
        let run = Netsession::admin()?.args(["close", &samba.name(), "--path", r"\\fs1\data"]);
        let mut terminal = Terminal::start(run)?;
        let seen = terminal.wait_for("[y/N]")?;
        assert!(seen.contains("report.txt") && seen.contains("alice"), "{seen}");
        terminal.type_line(answer)?;
        let (ended, seen) = terminal.finish()?;
        assert_eq!(ended, Some(code), "{answer}: {seen}");
        let files = samba.status()?.open_files;
        assert_eq!(files.iter().any(|file| file.name == "report.txt"), is_open, "{answer}: {seen}");
        let summary = format!("{}: 1 closed", samba.name());
        assert_eq!(seen.contains(&summary), !is_open, "{answer}: {seen}");
    }
    Ok(())
}

/// A failure here would let one silent server hide the answers of the others, and its own name.
#[test]
fn outstanding_servers_are_named_and_ctrl_c_prints_the_answers() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let silent = Proxy::plain().meddle(meddlers::silent_from(0)).to(samba.address())?;
    let arguments = ["sessions", &samba.name(), &silent.name(), "--timeout", "60"];
    let mut terminal = Terminal::start(Netsession::admin()?.args(arguments))?;
    // The command names it again when it is the only one left.
    let seen = terminal.wait_for(&format!("Still waiting for {} (press Ctrl-C", silent.name()))?;
    assert!(!seen.contains("alice"), "{seen}");
    terminal.type_line(CTRL_C)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, INTERRUPTED, "{seen}");
    assert!(seen.contains("alice"), "{seen}");
    assert!(seen.contains(&format!("interrupted before {} answered", silent.name())), "{seen}");
    Ok(())
}

/// A failure here would leave a person in doubt whether an interrupted command has ended a session, or which server hangs.
#[test]
fn ctrl_c_before_an_answer_says_that_nothing_changed() -> Result<()> {
    let server = Embedded::start()?;
    let silent = Proxy::plain().meddle(meddlers::silent_from(0)).to(server.address()?)?;
    let other = Proxy::plain().meddle(meddlers::silent_from(0)).to(server.address()?)?;
    let (name, both) = (silent.name(), format!("{} and {}", silent.name(), other.name()));
    let changed_nothing = ": nothing was changed";
    let path = format!(r"\\{name}\data\report.txt");
    for (arguments, servers, rest) in [
        (vec!["sessions", &name], &name, ""),
        (vec!["end", &name, "--user", "alice"], &name, changed_nothing),
        (vec!["end", &name, &other.name(), "--user", "alice", "--yes"], &both, changed_nothing),
        (vec!["close", &name, "--user", "alice"], &name, changed_nothing),
        (vec!["who", &path], &name, ""),
        (vec!["close", "--path", &path], &name, changed_nothing),
    ] {
        let mut terminal = Terminal::start(Netsession::admin()?.args(&arguments).args(["--timeout", "60"]))?;
        terminal.wait_for("Still waiting for")?;
        terminal.type_line(CTRL_C)?;
        let (code, seen) = terminal.finish()?;
        assert_eq!(code, INTERRUPTED, "{arguments:?}: {seen}");
        let expected = format!("interrupted before {servers} answered{rest}");
        assert!(seen.contains(&expected), "{arguments:?}: {seen}");
    }
    Ok(())
}

/// A failure here would let a person confirm in the belief that every server was searched.
#[test]
fn close_names_a_failed_server_before_it_asks() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    let dead = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let run = Netsession::admin()?.args(["close", &samba.name(), &dead, "--user", "alice"]);
    let mut terminal = Terminal::start(run)?;
    let seen = terminal.wait_for("[y/N]")?;
    assert!(seen.contains(&format!("cannot connect to {dead}")), "{seen}");
    assert!(seen.contains(&format!("on {}?", samba.name())), "one server is named: {seen}");
    terminal.type_line("n")?;
    terminal.finish()?;
    Ok(())
}

/// A failure here would keep a person at a question that they want to leave, because the wait before it took the signal.
#[test]
fn ctrl_c_at_the_question_ends_the_command() -> Result<()> {
    let server = Embedded::start()?;
    let mut alice = server.hold_from("alice", 7)?;
    let mut terminal =
        Terminal::start(Netsession::admin()?.args(["end", &server.name()?, "--user", "alice"]))?;
    terminal.wait_for("[y/N]")?;
    terminal.press(CTRL_C)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, INTERRUPTED, "{seen}");
    assert!(alice.works()?, "{seen}");
    Ok(())
}

/// A failure here would hide which requests the command has sent when the user interrupts it, or let a shell's loop
/// continue to the next server.
#[test]
fn ctrl_c_during_end_prints_the_known_outcomes() -> Result<()> {
    // Use the embedded server, which is fast: the command waits only for the missing answer.
    let server = Embedded::start()?;
    let mut alice = server.hold_from("alice", 7)?;
    for answer in 5..100 {
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let arguments = ["end", &proxy.name(), "--user", "alice", "--yes", "--timeout", "60"];
        let mut terminal = Terminal::start(Netsession::admin()?.args(arguments))?;
        terminal.wait_for("Still waiting for")?;
        terminal.type_line(CTRL_C)?;
        let (code, seen) = terminal.finish()?;
        assert_eq!(code, INTERRUPTED, "{seen}");
        if !alice.works()? {
            assert!(seen.contains("1 not known") && seen.contains("may still carry out"), "{seen}");
            return Ok(());
        }
    }
    bail!("alice was never ended")
}

/// A failure here would hide which files the command has closed when the user interrupts it.
#[test]
fn ctrl_c_during_close_prints_the_known_outcomes() -> Result<()> {
    let server = Embedded::start()?;
    server.file("report.txt", b"x")?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    for answer in 5..100 {
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let arguments = ["close", &proxy.name(), "--user", "alice", "--yes", "--timeout", "60"];
        let mut terminal = Terminal::start(Netsession::admin()?.args(arguments))?;
        terminal.wait_for("Still waiting for")?;
        terminal.type_line(CTRL_C)?;
        let (code, seen) = terminal.finish()?;
        assert_eq!(code, INTERRUPTED, "{seen}");
        if !server.server()?.opens().iter().any(|open| open.user() == "alice") {
            assert!(seen.contains("1 unknown") && seen.contains("may still carry out"), "{seen}");
            return Ok(());
        }
    }
    bail!("the file was never closed")
}

/// A failure here would print no colour at a terminal, or print it for a user who turned it off.
#[test]
fn colour_only_at_a_terminal_that_wants_it() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    for (variable, value, has_colour) in
        [("TERM", "xterm", true), ("NO_COLOR", "1", false), ("TERM", "dumb", false), ("NO_COLOR", "", true)]
    {
        for last in [&["sessions"][..], &["end", "--user", "alice", "--dry-run"], &["end", "--usr"]] {
            let run = Netsession::admin()?.args(last).args([samba.name()]).env(variable, value);
            let (_, seen) = Terminal::start(run)?.finish()?;
            assert_eq!(seen.contains('\u{1b}'), has_colour, "{variable}={value}: {seen:?}");
        }
    }
    Ok(())
}

/// A failure here would send one mistyped password to every server, and lock the administrator's account of the domain.
#[test]
fn a_mistyped_password_is_tried_at_one_server() -> Result<()> {
    let server = Embedded::start()?;
    let to_it = || Proxy::plain().to(server.address()?);
    let proxies = [to_it()?, to_it()?, to_it()?, to_it()?];
    let names = proxies.each_ref().map(Proxy::name);
    let mut terminal =
        Terminal::start(Netsession::bare()?.args(["sessions", "-U", r"LAB\admin"]).args(&names))?;
    terminal.wait_for("assword")?;
    terminal.type_line("mistyped")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(1), "{seen}");
    let last = &names[3];
    assert!(seen.contains(&format!("{last} was not tried: {} has refused", names[0])), "{seen}");
    assert_eq!(proxies[3].counts().connections, 0, "{seen}");
    let mut terminal =
        Terminal::start(Netsession::bare()?.args(["sessions", "-U", r"LAB\admin"]).args(&names))?;
    terminal.wait_for("assword")?;
    terminal.type_line(PASSWORD)?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(names.iter().all(|name| seen.contains(name)), "{seen}");
    Ok(())
}

/// A failure here would let a `y`, typed while `end` or `close` waits for a slow server, confirm a plan that nobody has
/// read.
#[test]
fn input_before_a_question_does_not_answer_it() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    for arguments in [&["end", "--user", "alice"][..], &["end", "--all"], &["close", "--path", r"\\fs1\data"]]
    {
        let gate = Gate::after(300);
        let slow = Proxy::plain().gate(&gate).to(samba.address())?;
        let run = Netsession::admin()?.args(arguments).args(["--", &slow.name()]);
        let mut terminal = Terminal::start(run)?;
        gate.wait_reached(Duration::from_secs(20))?;
        let early = if arguments.contains(&"--all") { slow.name() } else { "y".to_owned() };
        terminal.type_line(&early)?;
        // The terminal has received the line when it echoes the end of it.
        terminal.wait_for(&format!("{early}\r\n"))?;
        gate.open();
        terminal.wait_for(if arguments.contains(&"--all") { "to confirm:" } else { "[y/N]" })?;
        terminal.type_line("")?;
        let (code, seen) = terminal.finish()?;
        assert_eq!(code, Some(1), "{arguments:?}: {seen}");
        assert!(alice.works()?, "{arguments:?}: {seen}");
    }
    assert!(samba.status()?.open_files.iter().any(|file| file.name == "report.txt"));
    Ok(())
}
