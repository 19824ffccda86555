//! Usage errors: a message, exit status 2, and no connection.

mod common;

use std::io::Read as _;
use std::process::Stdio;

use common::{Untouched, first_line, netsession, ran, run};

/// A failure here would make the help list a missing command, or hide an existing one.
#[test]
fn help_lists_the_commands_that_exist() {
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for command in [
        "sessions",
        "end",
        "files",
        "close",
        "who",
        "connections",
        "shares",
        "info",
        "top",
        "serve",
        "demo",
        "servers",
        "config",
        "signature",
        "reference",
        "completions",
    ] {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}");
        let own = run(&[command, "--help"]);
        assert_eq!(own.code, 0, "{command}");
        assert!(own.stdout.contains("Usage: netsession"), "{command}");
        assert_eq!(run(&["help", command]).stdout, own.stdout, "{command}");
    }
    assert_eq!(run(&["help"]).stdout, help.stdout);
}

/// A failure here would end sessions that nobody selected when a flag is missing.
#[test]
fn end_without_a_selector_sends_nothing() {
    let server = Untouched::new();
    let ran = run(&["end", &server.address(), "--yes", "-U", "adm1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("--opens-over or --all"), "{}", ran.stderr);
    server.assert();
}

/// A failure here would report that a network has no connections, although the server was asked for a client of that name.
#[test]
fn connections_take_one_client() {
    let server = Untouched::new();
    for client in ["10.0.0.0/8", "10.0.*"] {
        let ran = run(&["connections", &server.address(), "--client", client, "-U", "adm1"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("of one client"), "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would select everybody by an empty variable in a script (`--user "$U"`).
#[test]
fn empty_names_are_refused() {
    let server = Untouched::new();
    for selector in [["--client", ""], ["--user", ""], ["--client", r"\\"]] {
        let ran = run(&[&["end", &server.address(), "--yes", "-U", "adm1"], &selector[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("an empty name"), "{}", ran.stderr);
    }
    for command in
        [&["files", "--path", ""][..], &["close", "--path", "", "--yes"], &["connections", "--share", ""]]
    {
        let ran = run(&[command, &[&server.address(), "-U", "adm1"]].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would let a script without `--yes` end sessions, or wait for an answer forever.
#[test]
fn without_a_terminal_nothing_ends_without_yes() {
    let server = Untouched::new();
    for command in [&["end", "--user", "alice"][..], &["end", "--all"], &["close", "--id", "7"]] {
        let ran = run(&[command, &["--", &server.address()]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("pass --yes"), "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would let one wrong word in a script end every session of a server.
#[test]
fn all_with_yes_must_be_confirmed_for_each_server() {
    let (one, other) = (Untouched::new(), Untouched::new());
    let (one_name, other_name) = (one.address(), other.address());
    let servers = ["end", &one_name, &other_name, "--all", "--yes", "--password-stdin", "-U", "adm1"];
    for confirm in [&[][..], &["--confirm", &one_name], &["--confirm", "fs1", "--confirm", "fs2"]] {
        let ran = ran(netsession(&[&servers, confirm].concat()).stdin(first_line("secret")));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("--confirm '{other_name}'")), "{}", ran.stderr);
    }
    one.assert();
    other.assert();
}

/// A failure here would let `--all` override a name, or accept flags that contradict each other.
#[test]
fn contradictions_are_refused() {
    for args in [
        &["end", "--all", "--user", "alice"][..],
        &["end", "--confirm", "fs1", "--user", "alice"],
        &["close", "--id", "7", "--path", "x"],
        &["close", "fs1"],
        &["connections", "fs1"],
        &["connections", "fs1", "--share", "a", "--client", "b"],
        &["sessions", "-A", "file", "--password-stdin"],
        &["sessions", "--timeout", "0"],
        &["sessions", "--client", "10.1.0.0/99"],
        &["sessions", "fs1", ""],
        &["sessions", "10.1"],
        &["sessions", "10.0.0.256"],
        &[],
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?} {}", ran.stderr);
    }
}

/// A failure here would answer a common mistake only with the parser's message.
#[test]
fn common_mistakes_get_a_hint() {
    for (args, part) in [
        (&["close", "--id", "7", "fs1"][..], "put the server before --id"),
        (&["sessions", "fs1", "-p", "4450"], "append the port to the server: fs1:4450"),
        (&["sessions", "fs1", "--port", "4450"], "append the port to the server: fs1:4450"),
        (
            &["close", "fs1"],
            "netsession close [OPTIONS] [SERVER]... <--id <ID>...|--path <PATH>|--user <USER>|--client <CLIENT>|--share <SHARE>>",
        ),
        (&["shares", "fs1", "--client", "x"], "list sessions, files or connections with --client"),
        (&["close", "fs1", "--id", "7", "--client", "x"], "cannot be used with"),
        (&["sessions", "fs1", "--columns", "users"], "possible values: server, client, host, user, opens"),
        (&["version"], "netsession --version"),
        (&["list"], "netsession sessions"),
        (&["disconnect", "fs1"], "netsession end"),
        (&["serve", ".", "--listen", "4451"], "expected an IP address and a port, such as 0.0.0.0:4450"),
        (&["reference", "--listen", "localhost:1"], "expected an IP address and a port"),
        (&["serve", "--share", "a=/no/such/folder"], "/no/such/folder: No such file or directory"),
        (&["serve", "--share", "a=/dev/null"], "/dev/null: not a directory"),
        (&["sessions", "--client", "10.0.0.0/33"], "invalid network `10.0.0.0/33` (use ADDRESS/BITS"),
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
        for wrong in ["'--login'", "tip: a similar subcommand exists: 'sessions'"] {
            assert!(!ran.stderr.contains(wrong), "{args:?}: {}", ran.stderr);
        }
    }
}

/// A failure here would give a person who mistyped a time advice about backslashes, or the reverse.
#[test]
fn a_mistake_in_the_configuration_gets_the_hint_about_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    for (line, says, hints) in [
        ("timeout = \"soon\"", "give seconds, or a number with ms, s or m", false),
        ("login = \"LAB\\adm1\"", "line 2", true),
        ("logins = 'x'", "unknown field", false),
    ] {
        std::fs::write(&path, format!("[default]\n{line}\n")).unwrap();
        let ran = ran(netsession(&["sessions", "127.0.0.1:1"]).env("NETSESSION_CONFIG", &path));
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("backslash"), hints, "{line}: {}", ran.stderr);
    }
}

/// A failure here would name forbidden characters to somebody whose name for a share is too long.
#[cfg(unix)]
#[test]
fn a_wrong_share_name_is_refused_for_its_own_reason() {
    let folder = tempfile::tempdir().unwrap();
    let too_long = "x".repeat(81);
    for (name, part) in [
        (too_long.as_str(), "has 81 characters (80 at most)"),
        ("a/b", "invalid share name `a/b` (no control character"),
        ("", "NAME is missing"),
    ] {
        let ran = run(&["serve", "--share", &format!("{name}={}", folder.path().display())]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

/// A failure here would use a password on the command line, or print it to a log.
#[test]
fn passwords_on_the_command_line_are_refused_and_not_repeated() {
    let server = Untouched::new();
    let address = server.address();
    let in_address = format!("smb://bob:hunter2@{address}");
    for args in [
        &["sessions", &address, "-U", "bob%hunter2"][..],
        &["sessions", &address, "-ULAB\\bob%hunter2"],
        &["sessions", &address, "--login=bob%hunter2"],
        &["sessions", &address, "--password=hunter2"],
        &["sessions", &address, "--password", "hunter2"],
        &["sessions", &in_address, "-U", "bob"],
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ran.stderr.contains("hint: ") && ran.stderr.contains("--password-stdin"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would package a command without its manual, or a manual that differs from `--help`.
#[test]
fn manual_pages_have_every_flag() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&["manual", folder.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for command in ["sessions", "end", "files", "signature", "reference"] {
        let page = std::fs::read_to_string(folder.path().join(format!("netsession-{command}.1"))).unwrap();
        let page = page.replace("\\-", "-");
        let help = run(&[command, "--help"]).stdout;
        let flags = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 4);
        for flag in flags.map(|flag| flag.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-')) {
            assert!(page.contains(flag), "{command} {flag}");
        }
    }
    assert!(folder.path().join("netsession.1").exists());
}

/// A failure here would leave a shell without completions.
#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        assert!(ran.stdout.contains("NETSESSION_COMPLETE") && ran.stdout.contains("netsession"), "{shell}");
    }
    assert_eq!(run(&["completions", "tcsh"]).code, 2);
}

/// A failure here would make `netsession ... | head -1` print an error or panic.
#[test]
fn a_closed_pipe_is_no_error() {
    let mut child =
        netsession(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

/// A failure here would hide a full disk, and present an incomplete output as complete.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut child = netsession(&["completions", "bash"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.starts_with("error: cannot write the output: "), "{said}");
}

/// A failure here would fill logs and pipes with colour codes.
#[test]
fn output_without_a_terminal_has_no_colour() {
    for args in
        [&["--help"][..], &["end", "--help"], &["end"], &["nonsense"], &["sessions", "fs1", "-U", "a%b"]]
    {
        let ran = ran(netsession(args).env("TERM", "xterm-256color").env("COLORTERM", "truecolor"));
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran:?}");
    }
}
