//! `netsession serve` and `demo` as people use them.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::{Netsession, PASSWORD, Serve, Smbclient, Terminal};
use place::Place;

/// A failure here would break the README's first command, or leave files of it behind.
#[test]
fn the_demonstration_holds() -> Result<()> {
    let place = Place::new()?;
    let run = Netsession::bare()?.args(["demo"]).env("TMPDIR", place.run()).run()?.expect_code(0)?;
    // A reader learns with which command each step is done.
    for part in [
        "netsession serve FOLDER",
        "netsession sessions fs1",
        "netsession end fs1 --user alice",
        "STATUS_USER_SESSION_DELETED",
        "byte by byte",
        "netsession hold fs1 --user alice --for 2h",
    ] {
        ensure!(run.stdout.contains(part), "{part}: {run:#?}");
    }
    ensure!(run.elapsed.as_secs() < 20 && !run.stdout.contains('\u{1b}'), "{run:#?}");
    ensure!(fs::read_dir(place.run())?.next().is_none(), "something is left");
    Ok(())
}

/// A failure here would demand a password from the user who started the server, or keep that user from managing sessions.
#[test]
fn commands_without_a_server_find_it_and_need_no_password() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let mut alice = Smbclient::new(serve.address(), "alice").hold()?;
    serve.wait_for("alice from 127.0.0.1 connected")?;
    let listed = serve.command()?.args(["sessions", "--json"]).run()?.expect_code(0)?;
    ensure!(listed.who()? == [("127.0.0.1".to_owned(), "alice".to_owned())], "{listed:?}");
    fs::write(Path::new(&place.data()).join("held"), "x")?;
    alice.open("held")?;
    serve.wait_for(r"alice opened data\held")?;
    let files = serve.command()?.args(["files", "--user", "alice", "--json"]).run()?.expect_code(0)?;
    let id = files.one()?.get("id").and_then(serde_json::Value::as_u64).context("no id")?;
    let close = ["close", "--id", &id.to_string(), "--yes"];
    let plan = serve.command()?.args(close).args(["--dry-run"]).run()?.expect_code(0)?;
    ensure!(plan.stdout.contains("PLAN") && plan.stderr.contains("This would close 1 file"), "{plan:?}");
    serve.command()?.args(close).run()?.expect_code(0)?;
    serve.wait_for(r"this computer closed data\held, which alice had open")?;
    ensure!(alice.works()?, "only the file was closed");
    let listed = serve.command()?.args(["sessions", "--user", "alice", "--json"]).run()?.one()?;
    let id = listed["id"].as_str().context("no id")?;
    serve.command()?.args(["end", "--user", "alice", "--yes"]).run()?.expect_code(0)?;
    serve.wait_for(&format!("this computer ended the session of alice from 127.0.0.1 (id {id})"))?;
    ensure!(!alice.works()?, "her session was ended");
    ensure!(serve.stop()? == Some(0) && place.left()? == 0, "something is left");
    Ok(())
}

/// A failure here would leave a session of a refused command at the server, which lists it and calls its end a lost connection.
#[test]
fn a_refused_command_logs_off() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let server = serve.address().to_string();
    for arguments in [["end", &server, "--user", "admin", "--yes"], ["close", &server, "--yes", "--id", "7"]]
    {
        Netsession::login("alice")?.args(arguments).run()?.expect_code(1)?;
        serve.wait_for("alice from 127.0.0.1 logged off")?;
    }
    Ok(())
}

/// A failure here would log the end of a refused or declined command as a lost connection.
#[test]
fn every_command_logs_off_however_it_ends() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let _alice = Smbclient::new(serve.address(), "alice").hold()?;
    serve.wait_for("alice from 127.0.0.1 connected")?;
    let server = serve.address().to_string();
    let logs_off = |user: &str| -> Result<()> {
        for event in ["connected (", "logged off"] {
            let line = serve.wait_for(&format!("{user} from 127.0.0.1 "))?;
            ensure!(line.contains(event), "{event}: {line}");
        }
        Ok(())
    };
    for command in ["sessions", "files"] {
        Netsession::login("alice")?.args([command, &server]).run()?.expect_code(1)?;
        logs_off("alice")?;
    }
    let end = ["end", &server, "--user", "alice"];
    let mut terminal = Terminal::start(Netsession::login("admin")?.args(end))?;
    terminal.wait_for("End 1 session")?;
    terminal.type_line("no")?;
    let (code, seen) = terminal.finish()?;
    ensure!(code == Some(1) && seen.contains("Nothing was ended"), "{seen}");
    logs_off("admin")
}

/// A failure here would hide from the log what a user renamed, deleted or created, and what the server refused.
#[test]
fn changes_and_refusals_are_logged() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let alice = |commands: &str| Smbclient::new(serve.address(), "alice").run(commands);
    alice("mkdir folder; put /etc/hostname old; rename old folder/new; del folder/new; rmdir folder")?;
    serve.wait_for(r"alice created the folder data\folder")?;
    serve.wait_for(r"alice renamed data\old to data\folder\new")?;
    serve.wait_for(r"alice deleted data\folder\new")?;
    serve.wait_for(r"alice deleted data\folder")?;
    drop(serve);
    let share = format!("data={}:ro", place.data());
    let serve = Serve::start(&place.run(), &["--share", &share, "--users-file", &place.users()])?;
    let _refused = Smbclient::new(serve.address(), "alice").run("put /etc/hostname new");
    serve.wait_for(r"access denied: alice from 127.0.0.1 to data\new")?;
    Ok(())
}

/// A failure here would send a command to any of two servers, or to one that somebody has killed.
#[test]
fn two_servers_are_not_guessed_between_and_a_killed_one_is_forgotten() -> Result<()> {
    let place = Place::new()?;
    let (one, two) = (place.serve(&[])?, place.serve(&[])?);
    ensure!(one.banner().contains("run `netsession sessions` in"), "{}", one.banner());
    let named = format!("run `netsession sessions {}` in", two.address());
    ensure!(two.banner().contains(&named), "{}", two.banner());
    let refused = one.command()?.args(["sessions"]).run()?.expect_code(2)?;
    for serve in [&one, &two] {
        ensure!(refused.stderr.contains(&serve.address().to_string()), "{refused:?}");
    }
    // If the command names the server, it uses the login that the server has written, or another one from the flags.
    for serve in [&one, &two] {
        let port = serve.address().port();
        for name in
            [serve.address().to_string(), format!("localhost:{port}"), format!("smb://127.0.0.1:{port}")]
        {
            let listed = one.command()?.args(["sessions", &name, "--json"]).run()?.expect_code(0)?;
            ensure!(listed.one()?["user"] == "netsession-local", "{listed:?}");
        }
    }
    let both = [one.address().to_string(), two.address().to_string()];
    let listed = one.command()?.args(["sessions", "--json"]).args(&both).run()?.expect_code(0)?;
    ensure!(listed.json()?.len() == 2, "{listed:?}");
    let named = one.command()?.args(["sessions", &two.address().to_string(), "--json", "-U", "admin"]);
    let named = named.env("NETSESSION_PASSWORD", PASSWORD).run()?.expect_code(0)?;
    ensure!(named.one()?["user"] == "admin", "{named:?}");
    let elsewhere = one.command()?.args(["sessions", &format!("127.0.0.2:{}", two.address().port())]);
    elsewhere.run()?.expect_code(2)?;
    drop(two);
    ensure!(place.left()? == 2, "it was killed, and could not clean up");
    one.command()?.args(["sessions"]).run()?.expect_code(0)?;
    ensure!(place.left()? == 1, "what the killed one left is removed");
    let variable = one.command()?.args(["sessions", "-U", "admin"]).env("NETSESSION_LOCAL", "127.0.0.1:1");
    ensure!(variable.env("NETSESSION_PASSWORD", PASSWORD).run()?.code == Some(1), "the variable decides");
    Ok(())
}

/// A failure here would let any process of this computer keep its administrator from listing and ending sessions, by silent
/// connections or wrong passwords for invented users.
#[test]
fn the_local_login_is_never_delayed() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let address = serve.address().to_string();
    for number in 0..20 {
        let ghost = format!("ghost{number}");
        let wrong = serve.command()?.args(["info", &address, "-U", &ghost]);
        ensure!(wrong.env("NETSESSION_PASSWORD", "wrong").run()?.code != Some(0), "{ghost} does not exist");
    }
    let silent = (0..200).map(|_| TcpStream::connect(serve.address()).map_err(Into::into));
    let silent = silent.collect::<Result<Vec<_>>>()?;
    // The command waits for 5 seconds at most.
    let listed = serve.command()?.args(["sessions", "--json"]).run()?.expect_code(0)?;
    ensure!(listed.one()?["user"] == "netsession-local", "{listed:?}");
    drop(silent);
    Ok(())
}

/// A failure here would let other users read the local login, or leave passwords on the disk after the server was killed.
#[test]
fn the_login_and_generated_passwords_are_private() -> Result<()> {
    let place = Place::new()?;
    let serve = Serve::start(&place.run(), &[&place.data(), "--user", "carol"])?;
    let folder = place.run().join("netsession");
    let mode = |path: &Path| -> Result<u32> { Ok(path.metadata()?.permissions().mode() & 0o777) };
    ensure!(mode(&folder)? == 0o700);
    for entry in fs::read_dir(&folder)? {
        ensure!(mode(&entry?.path())? == 0o600);
    }
    let text = fs::read_to_string(serve.passwords().context("no passwords were generated")?)?;
    let password = text.trim().strip_prefix("carol:").context("carol has no password")?.to_owned();
    ensure!(password.len() >= 16, "{password}");
    let info = serve.command()?.args(["info", &serve.address().to_string(), "-U", "carol"]);
    info.env("NETSESSION_PASSWORD", password).run()?.expect_code(0)?;
    drop(serve);
    ensure!(place.left()? == 2, "it was killed, and could not clean up");
    let _next = Serve::start(&place.run(), &[&place.data(), "--users-file", &place.users()])?;
    ensure!(place.left()? == 1, "only the login of the next one is there");
    Ok(())
}

/// A failure here would let clients change a read-only share, or keep them from reading it.
#[test]
fn a_share_that_is_read_only_can_be_read_only() -> Result<()> {
    let place = Place::new()?;
    fs::write(Path::new(&place.data()).join("there"), "content")?;
    let share = format!("data={}:ro", place.data());
    let serve = Serve::start(&place.run(), &["--share", &share, "--users-file", &place.users()])?;
    let back = place.run().join("back");
    let alice = |commands: &str| Smbclient::new(serve.address(), "alice").run(commands);
    alice(&format!("get there {}", back.display()))?;
    ensure!(fs::read_to_string(&back)? == "content");
    for change in ["put /etc/hostname new", "del there", "rename there elsewhere", "mkdir folder"] {
        // Some of them report this, and exit with success nevertheless.
        let said = alice(change).unwrap_or_else(|error| error.to_string());
        ensure!(said.contains("NT_STATUS_ACCESS_DENIED"), "{change}: {said}");
    }
    let left: Vec<_> =
        fs::read_dir(place.data())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    ensure!(left == ["there"], "{left:?}");
    Ok(())
}

/// A failure here would leave a server running as root. Only root can run this test.
#[test]
fn root_is_given_up_for_good() -> Result<()> {
    let id = |what: &str, user: &str| -> Result<Option<u32>> {
        let output = Command::new("id").args([what, user]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().parse().ok())
    };
    let (Some(uid), Some(gid)) = (id("-u", "nobody")?, id("-g", "nobody")?) else { return Ok(()) };
    let own = fs::metadata("/proc/self")?.uid();
    if own != 0 {
        return Ok(());
    }
    let place = Place::new()?;
    fs::set_permissions(place.folder.path(), Permissions::from_mode(0o755))?;
    for folder in [place.data().into(), place.run()] {
        chown(folder, Some(uid), Some(gid))?;
    }
    let serve = place.serve(&["--run-as", "nobody"])?;
    let command = "run `sudo -u nobody netsession sessions` in";
    ensure!(serve.banner().contains(command), "{}", serve.banner());
    // The banner's command, as that user: it finds the login file, which nobody else reads.
    let (mut command, _home) = serve.command()?.args(["info"]).into_parts();
    command.uid(uid).gid(gid).env("HOME", place.run()).env("XDG_CONFIG_HOME", place.run());
    let ran = command.output()?;
    ensure!(ran.status.success(), "{ran:?}");
    let status = fs::read_to_string(format!("/proc/{}/status", serve.id()))?;
    for (field, number) in [("Uid:", uid), ("Gid:", gid)] {
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
        let all = line.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        ensure!(all == [number; 4], "{field} {line}");
    }
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).context("no groups")?;
    ensure!(!groups.split_whitespace().any(|group| group == "0"), "{groups}");
    Smbclient::new(serve.address(), "alice").run("put /etc/hostname made")?;
    ensure!(fs::metadata(Path::new(&place.data()).join("made"))?.uid() == uid, "the file is another user's");
    ensure!(serve.stop()? == Some(0));
    // Without it, the server warns about root.
    let run = Netsession::bare()?.args(["serve", "/nonexistent/folder", "--listen", "127.0.0.1:0"]).run()?;
    ensure!(run.stderr.contains("running as root") && run.stderr.contains("--run-as"), "{run:?}");
    Ok(())
}

/// A failure here would accept a password file that everybody can read, a wrong line in it, or a wrong command line.
#[test]
fn invalid_settings_are_refused_with_a_reason() -> Result<()> {
    let place = Place::new()?;
    let refused = |arguments: &[&str], code: i32, part: &str| -> Result<()> {
        let run = Netsession::bare()?.args([&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let run = run.run()?.expect_code(code)?;
        ensure!(run.stderr.contains(part), "{arguments:?}: {run:?}");
        Ok(())
    };
    let (data, users) = (place.data(), place.users());
    refused(&[], 2, "--share NAME=DIR")?;
    refused(&["/nonexistent/folder"], 2, "/nonexistent/folder")?;
    refused(&[&data, "--share", &format!("DATA={data}"), "--user", "bob"], 1, "name DATA")?;
    refused(&[&data, "--user", "a/b"], 2, "invalid user name")?;
    refused(&[&data, "--user", "netsession-local"], 2, "reserved for the local login")?;
    fs::set_permissions(&users, Permissions::from_mode(0o644))?;
    refused(&[&data, "--users-file", &users], 2, "chmod 600")?;
    let taken = place.run();
    let serve = Serve::start(&taken, &[&data, "--user", "bob"])?;
    let listen = serve.address().to_string();
    let run = Netsession::bare()?.args(["serve", &data, "--user", "bob", "--listen", &listen]).run()?;
    ensure!(run.code == Some(1) && run.stderr.contains("another program listens there"), "{run:?}");
    Ok(())
}

/// A failure here would not ask a person for passwords, show them, or ignore Ctrl-C.
#[test]
fn at_a_terminal_passwords_are_asked_twice_and_ctrl_c_ends_it() -> Result<()> {
    let place = Place::new()?;
    let run = Netsession::bare()?.args(["serve", &place.data(), "--user", "bob", "--listen", "127.0.0.1:0"]);
    let mut terminal = Terminal::start(run.env("XDG_RUNTIME_DIR", place.run()))?;
    terminal.wait_for("Set a password for share login \"bob\"")?;
    terminal.type_line("first-secret")?;
    terminal.wait_for("Repeat the password")?;
    terminal.type_line("another-secret")?;
    terminal.wait_for_times("Set a password for share login \"bob\"", 2)?;
    terminal.type_line(PASSWORD)?;
    terminal.wait_for_times("Repeat the password", 2)?;
    terminal.type_line(PASSWORD)?;
    terminal.wait_for("Press Ctrl-C to stop")?;
    terminal.type_line("\u{3}")?;
    let (code, seen) = terminal.finish()?;
    ensure!(code == Some(0) && seen.contains("Stopped: no session was open"), "{seen}");
    ensure!(!seen.contains("secret") && !seen.contains(PASSWORD), "{seen}");
    ensure!(place.left()? == 0, "something is left");
    Ok(())
}

/// How smbclient speaks these dialects only.
fn speaking(serve: &Serve, oldest: &str, newest: &str) -> Smbclient {
    Smbclient::new(serve.address(), "alice")
        .argument(&format!("--option=client min protocol={oldest}"))
        .argument(&format!("--option=client max protocol={newest}"))
}

/// A failure here would leave an administrator without a reason why an old device does not connect.
#[test]
fn refused_dialects_are_in_the_log() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    ensure!(speaking(&serve, "NT1", "NT1").run("ls").is_err());
    serve.wait_for("refused 127.0.0.1: it offers SMB 1 only")?;
    ensure!(speaking(&serve, "SMB2_02", "SMB2_02").run("ls").is_err());
    serve.wait_for("refused 127.0.0.1: it offers SMB 2.0.2 only; --dialects 2.0.2- would allow it")?;
    let newest = place.serve(&["--dialects", "3.1.1", "--encrypt"])?;
    ensure!(speaking(&newest, "SMB2_10", "SMB3_02").run("ls").is_err());
    newest.wait_for("refused 127.0.0.1: it offers SMB 2.1, 3.0 and 3.0.2 only (--dialects)")?;
    let encrypted = place.serve(&["--encrypt"])?;
    ensure!(speaking(&encrypted, "SMB2_10", "SMB2_10").run("ls").is_err());
    encrypted.wait_for("refused 127.0.0.1: it does not support encryption (--encrypt)")?;
    Ok(())
}

/// A failure here would keep old devices out although the administrator lets them in, or let them in unnoticed.
#[test]
fn a_device_of_smb_2_0_2_connects_where_it_may() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&["--dialects", "2.0.2-"])?;
    ensure!(
        serve.banner().contains("Weaker than the default: clients may speak SMB 2.0.2"),
        "{}",
        serve.banner()
    );
    // Windows forbids this name, and source trees have it.
    fs::write(Path::new(&place.data()).join("aux.c"), "int x;")?;
    // The second client starts with SMB1.
    for oldest in ["SMB2_02", "NT1"] {
        let listed = speaking(&serve, oldest, "SMB2_02").run("ls; get aux.c /dev/null")?;
        ensure!(listed.contains("aux.c"), "{listed}");
        serve.wait_for("alice from 127.0.0.1 connected (SMB 2.0.2, NTLM)")?;
    }
    // Newer clients are not held back.
    speaking(&serve, "SMB2_02", "SMB3").run("ls")?;
    serve.wait_for("alice from 127.0.0.1 connected (SMB 3.1.1, NTLM")?;
    Ok(())
}
