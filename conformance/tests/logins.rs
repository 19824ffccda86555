//! The places from which the command takes a password, and those from which it does not.
#![cfg(test)]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Result;
use netsession_conformance::{Netsession, PASSWORD, Samba};

/// Writes a file with this mode.
fn write(run: &Netsession, name: &str, text: &str, mode: u32) -> Result<PathBuf> {
    let path = run.home().join(name);
    fs::create_dir_all(path.parent().unwrap_or(run.home()))?;
    fs::write(&path, text)?;
    fs::set_permissions(&path, Permissions::from_mode(mode))?;
    Ok(path)
}

/// A failure here would refuse Samba's own format of authentication files.
#[test]
fn an_authentication_file() -> Result<()> {
    let samba = Samba::start()?;
    for text in [
        format!("username = admin\npassword = {PASSWORD}\n"),
        format!("# a comment\nusername=admin\npassword={PASSWORD}\ndomain=LABSRV\n"),
    ] {
        let run = Netsession::bare()?;
        let file = write(&run, "login", &text, 0o600)?;
        let run = run.args(["sessions", &samba.name(), "--json", "-A"]).args([file]).run()?;
        run.expect_code(0)?;
    }
    Ok(())
}

/// A failure here would hide from an administrator which login the command used, where it came from, and which computer
/// answered.
#[test]
fn the_log_names_the_login_its_origin_and_the_address() -> Result<()> {
    let samba = Samba::start()?;
    let server = format!("localhost:{}", samba.port());
    let log = |flag: &str| -> Result<String> {
        let run = Netsession::bare()?.env("NETSESSION_PASSWORD", PASSWORD);
        let run = run.args(["sessions", &server, "--json", "-U", "admin", flag]).run()?.expect_code(0)?;
        assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
        Ok(run.stderr)
    };
    let said = log("-v")?;
    for sentence in [
        format!("{server}: the user admin comes from --login"),
        format!("{server}: the password of admin comes from NETSESSION_PASSWORD"),
        format!("connected to {server} at 127.0.0.1:{}", samba.port()),
        format!("logged on to {server} as admin with NTLM in "),
    ] {
        assert!(said.contains(&sentence), "{sentence}: {said}");
    }
    let lines = |flag: &str| log(flag).map(|said| said.lines().count());
    let (info, debug, trace) = (lines("-v")?, lines("-vv")?, lines("-vvv")?);
    assert!(info < debug && debug < trace, "{info} {debug} {trace}");
    assert!(log("-vvv")?.contains("NetrSessionEnum: sending "));
    Ok(())
}

/// A failure here would silently use a password that every user of the machine can read.
#[test]
fn an_authentication_file_that_others_can_read() -> Result<()> {
    let samba = Samba::start()?;
    let run = Netsession::bare()?;
    let file = write(&run, "login", &format!("username = admin\npassword = {PASSWORD}\n"), 0o644)?;
    let outcome = run.args(["sessions", &samba.name(), "--json", "-A"]).args([file]).run()?;
    assert!(outcome.stderr.contains("others") || outcome.stderr.contains("0600"), "{outcome:?}");
    Ok(())
}

/// A failure here would let another user choose our login by writing our configuration.
#[test]
fn a_configuration_that_others_can_write_is_refused() -> Result<()> {
    let samba = Samba::start()?;
    for mode in [0o666, 0o620, 0o602] {
        let run = Netsession::admin()?;
        write(&run, "config/netsession/config.toml", "\n", mode)?;
        let outcome = run.args(["sessions", &samba.name(), "--json"]).run()?;
        assert!(matches!(outcome.code, Some(1 | 2)), "mode {mode:o}: {outcome:?}");
        assert!(outcome.stderr.contains("config.toml"), "{outcome:?}");
    }
    Ok(())
}

/// A failure here would accept a password where every process list shows it.
#[test]
fn a_password_on_the_command_line_is_refused_with_a_hint() -> Result<()> {
    for arguments in
        [&["-U", "admin%secret-word"][..], &["--password", "secret-word"], &["--password=secret-word"]]
    {
        let outcome =
            Netsession::bare()?.args(["sessions", "127.0.0.1:1"]).args(arguments).run()?.expect_code(2)?;
        let text = outcome.stdout + &outcome.stderr;
        assert!(
            text.contains("--authentication-file") || text.contains("NETSESSION_PASSWORD"),
            "no hint: {text}"
        );
        assert!(!text.contains("secret-word"), "the password is shown: {text}");
    }
    Ok(())
}

/// A failure here would make a script without a password hang at a prompt that nobody sees.
#[test]
fn without_a_password_and_a_person_it_reports_an_error() -> Result<()> {
    let samba = Samba::start()?;
    let outcome = Netsession::bare()?.args(["sessions", &samba.name(), "-U", "admin"]).run()?;
    assert!(matches!(outcome.code, Some(1 | 2)), "{outcome:?}");
    assert!(outcome.stderr.contains("password"), "{outcome:?}");
    Ok(())
}

/// A failure here would force a script to write its password to a file.
#[test]
fn a_password_from_standard_input() -> Result<()> {
    let samba = Samba::start()?;
    for text in [format!("{PASSWORD}\n"), PASSWORD.to_owned(), format!("{PASSWORD}\r\nanother line\n")] {
        let run = Netsession::bare()?.args([
            "sessions",
            &samba.name(),
            "-U",
            "admin",
            "--password-stdin",
            "--json",
        ]);
        run.stdin(&text)?.run()?.expect_code(0)?;
    }
    Ok(())
}

/// A failure here would ignore a password manager, or send its password with another login.
#[test]
fn a_password_from_the_configured_command() -> Result<()> {
    let samba = Samba::start()?;
    let config = format!("[default]\nlogin = 'admin'\npassword-command = ['printf', '{PASSWORD}']\n");
    let run = Netsession::bare()?;
    write(&run, "config/netsession/config.toml", &config, 0o600)?;
    run.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;

    let run = Netsession::bare()?;
    write(&run, "config/netsession/config.toml", &config, 0o600)?;
    let outcome = run.args(["sessions", &samba.name(), "-U", "bob", "--json"]).run()?;
    assert!(outcome.stderr.contains("password") && outcome.code != Some(0), "{outcome:?}");
    Ok(())
}

/// A failure here would connect to another server than the local computer, or ignore `NETSESSION_LOCAL`.
#[test]
fn without_a_server_it_is_the_local_computer() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let run = Netsession::admin()?.env("NETSESSION_LOCAL", samba.name()).args(["sessions", "--json"]);
    assert_eq!(run.run()?.expect_code(0)?.who()?, [("127.0.0.7".into(), "alice".into())]);
    Ok(())
}
