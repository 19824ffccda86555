//! Tests the sources of a login, up to the connection: the server is a port on which nothing listens.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's helpers")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{Untouched, closed_port, first_line, netsession, ran};
use tempfile::TempDir;

fn file(folder: &TempDir, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A failure here would reject a complete login, or hide that the server is down.
fn assert_tried_to_connect(command: &mut std::process::Command) {
    let ran = ran(command);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("error: cannot connect to 127.0.0.1:"), "{}", ran.stderr);
}

/// A failure here would make a script without a password hang at a prompt, or send an empty password.
#[test]
fn without_a_terminal_a_missing_login_is_a_usage_error() {
    let server = Untouched::new();
    for (args, part) in
        [(&["sessions"][..], "no user name for"), (&["sessions", "-U", "adm1"], "no password for adm1")]
    {
        let ran = ran(&mut netsession(&[args, &[&server.address()]].concat()));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert!(ran.stderr.contains(part) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would ask for a login without naming its server.
#[test]
fn without_a_server_the_local_computer_is_named() {
    let folder = TempDir::new().unwrap();
    let mut command = netsession(&["sessions"]);
    let ran = ran(command.env("XDG_RUNTIME_DIR", folder.path()).env("TMPDIR", folder.path()));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("127.0.0.1 (no server was named"), "{}", ran.stderr);
}

/// A failure here would send an empty password from an unset variable, which counts against the account.
#[test]
fn an_empty_password_does_not_count() {
    let folder = TempDir::new().unwrap();
    let server = Untouched::new();
    let sessions =
        |more: &[&str]| netsession(&[&["sessions", &server.address(), "-U", "adm1"], more].concat());
    let config = "[default]\nlogin = 'adm1'\npassword-command = ['echo', '']\n";
    let config = file(&folder, "config.toml", config, 0o600);
    for (command, part) in [
        (sessions(&[]).env("NETSESSION_PASSWORD", ""), "no password for adm1"),
        (sessions(&["--password-stdin"]).stdin(first_line("")), "standard input has no password"),
        (sessions(&[]).env("NETSESSION_CONFIG", &config), "printed nothing"),
    ] {
        let ran = ran(command);
        assert!(matches!(ran.code, 1 | 2) && ran.stderr.contains(part), "{}", ran.stderr);
    }
    server.assert();
}

/// A failure here would answer an unknown key with advice on backslashes.
#[test]
fn an_unknown_key_lists_the_known_keys() {
    let folder = TempDir::new().unwrap();
    let config = file(&folder, "config.toml", "[default]\npassword = 'x'\n", 0o600);
    let ran = ran(netsession(&["sessions", "fs1"]).env("NETSESSION_CONFIG", &config));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`password-command`") && !ran.stderr.contains("hint"), "{}", ran.stderr);
}

/// A failure here would break one of the ways to pass a password.
#[test]
fn every_source_of_a_password_works() {
    let folder = TempDir::new().unwrap();
    let server = format!("127.0.0.1:{}", closed_port());
    let sessions = |more: &[&str]| netsession(&[&["sessions", server.as_str()], more].concat());

    assert_tried_to_connect(sessions(&["-U", "adm1"]).env("NETSESSION_PASSWORD", "secret"));
    let login = file(&folder, "login", "username = adm1\npassword = secret\n", 0o600);
    assert_tried_to_connect(&mut sessions(&["-A", text(&login)]));
    assert_tried_to_connect(sessions(&["-U", "adm1", "--password-stdin"]).stdin(first_line("secret")));
    let config = "[default]\nlogin = 'LAB\\adm1'\npassword-command = ['echo', 'secret']\n";
    let config = file(&folder, "config.toml", config, 0o600);
    assert_tried_to_connect(sessions(&[]).env("NETSESSION_CONFIG", &config));
}

/// A failure here would let another user who can write the configuration run programs as the administrator.
#[test]
fn a_configuration_that_others_can_write_is_refused() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made");
    let text = format!("[default]\nlogin = 'adm1'\npassword-command = ['touch', '{}']\n", made.display());
    let server = Untouched::new();
    for mode in [0o620, 0o602, 0o666] {
        let config = file(&folder, "config.toml", &text, mode);
        let ran = ran(netsession(&["sessions", &server.address()]).env("NETSESSION_CONFIG", &config));
        assert_eq!(ran.code, 2, "{mode:o} {}", ran.stderr);
        assert!(ran.stderr.contains("others can write it"), "{}", ran.stderr);
    }
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::write(open.join("config.toml"), &text).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let ran =
        ran(netsession(&["sessions", &server.address()]).env("NETSESSION_CONFIG", open.join("config.toml")));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("others can write its folder"), "{}", ran.stderr);
    assert!(!made.exists(), "netsession ran the program");
    server.assert();
}

/// A failure here would not find the default configuration, or ignore that a named one is missing.
#[test]
fn the_configuration_is_found() {
    let folder = TempDir::new().unwrap();
    let usual = folder.path().join("netsession");
    fs::create_dir(&usual).unwrap();
    fs::write(usual.join("config.toml"), "[default]\nlogin = \"LAB\\adm1\"\n").unwrap();
    let found = ran(netsession(&["sessions", "fs1"])
        .env_remove("NETSESSION_CONFIG")
        .env("XDG_CONFIG_HOME", folder.path()));
    assert_eq!(found.code, 2);
    assert!(
        found.stderr.contains("config.toml, line 2") && found.stderr.contains("single quotes"),
        "{}",
        found.stderr
    );
    let missing =
        ran(netsession(&["sessions", "fs1"]).env("NETSESSION_CONFIG", folder.path().join("none.toml")));
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("cannot read the configuration file"), "{}", missing.stderr);
}

/// A failure here would hide that others can read the password, or warn about a private file.
#[test]
fn a_readable_authentication_file_causes_a_warning() {
    let folder = TempDir::new().unwrap();
    let server = format!("127.0.0.1:{}", closed_port());
    for (mode, warned) in [(0o644, true), (0o640, true), (0o600, false)] {
        let login = file(&folder, "login", "username = adm1\npassword = secret\n", mode);
        let ran = ran(&mut netsession(&["sessions", &server, "-A", text(&login)]));
        assert_eq!(ran.stderr.contains("warning: others on this machine can read"), warned, "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    }
}

/// A failure here would print the password of a wrong authentication file, or ignore the mistake.
#[test]
fn a_mistake_in_an_authentication_file_is_reported_by_line() {
    let folder = TempDir::new().unwrap();
    let login = file(&folder, "login", "username = adm1\nhunter2\n", 0o600);
    let ran = ran(&mut netsession(&["sessions", "fs1", "-A", text(&login)]));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 2") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
}
