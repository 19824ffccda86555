//! `netsession serve --config`: a file instead of flags, which a running server reads again.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, ensure};
use netsession_conformance::{Netsession, PASSWORD, Serve, Smbclient};

use place::Place;

/// A password that is not the one of smbclient here.
const OTHER: &str = "another-long-password";

fn user(name: &str, password: &str) -> String {
    format!("[user.{name}]\npassword = '{password}'\n")
}

fn share(name: &str, path: &str, more: &str) -> String {
    format!("[share.'{name}']\npath = '{path}'\n{more}\n")
}

/// Logs on with [`PASSWORD`], and returns whether that is possible.
fn can_log_on(serve: &Serve, user: &str) -> bool {
    Smbclient::new(serve.address(), user).run("ls").is_ok()
}

/// Lets the server read its file again, and waits until it has.
fn reload(serve: &Serve, place: &Place, text: &str, said: &str) -> Result<String> {
    place.config(text)?;
    serve.hang_up()?;
    serve.wait_for(said)
}

/// A failure here would start a server with other shares, users or rights than its file describes.
#[test]
fn a_file_describes_the_whole_server() -> Result<()> {
    let place = Place::new()?;
    let text = format!(
        "dialects = '2.0.2-'\nusers-file = '{}'\n{}{}[user.alice]\nadmin = true\n{}",
        place.users(),
        share("data", &place.data(), "comment = 'Papers'"),
        share("old", &place.folder("old")?, "read-only = true"),
        user("bob", PASSWORD),
    );
    let serve = place.serve_config(&text)?;
    ensure!(
        serve.banner().contains("Weaker than the default: clients may speak SMB 2.0.2"),
        "{}",
        serve.banner()
    );
    ensure!(serve.banner().contains("old, read-only)"), "{}", serve.banner());
    let refused = Smbclient::new(serve.address(), "bob").share("old").run("mkdir x");
    ensure!(refused.unwrap_or_else(|error| error.to_string()).contains("ACCESS_DENIED"));
    ensure!(["admin", "alice", "bob"].iter().all(|user| can_log_on(&serve, user)));
    let shown = Smbclient::new(serve.address(), "bob").shares()?;
    ensure!(shown.iter().any(|line| line == "Disk|data|Papers"), "{shown:?}");
    let server = serve.address().to_string();
    for (user, code) in [("alice", 0), ("admin", 1), ("bob", 1)] {
        Netsession::login(user)?.args(["sessions", &server]).run()?.expect_code(code)?;
    }
    serve.command()?.args(["sessions"]).run()?.expect_code(0)?;
    ensure!(serve.stop()? == Some(0) && place.left()? == 0, "something is left");
    Ok(())
}

/// A failure here would ignore a flag beside the file, or start a server without the mistake's line.
#[test]
fn flags_beside_the_file_and_mistakes_in_it_are_refused() -> Result<()> {
    let place = Place::new()?;
    let data = place.data();
    let good = share("data", &data, "") + &user("bob", PASSWORD);
    let refused = |text: &str, more: &[&str], part: &str| -> Result<()> {
        let config = place.config(text)?;
        let run = Netsession::bare()?.args([&["serve", "--config", &config], more].concat()).run()?;
        ensure!(run.code == Some(2) && run.stderr.contains(part), "{text}: {run:?}");
        ensure!(!run.stderr.contains(PASSWORD), "{run:?}");
        Ok(())
    };
    for flags in [&["--encrypt"][..], &[&data], &["--listen", "127.0.0.1:0"], &["--user", "eve"]] {
        refused(&good, flags, "cannot be used with")?;
    }
    refused(&(good.clone() + "admin = 'yes'\n"), &[], "line 7: ")?;
    refused(&good.replace("[user.bob]", "[user.'a/b']"), &[], "line 5: invalid user name `a/b`")?;
    refused(&good.replace(&data, "/nonexistent/folder"), &[], "line 2: cannot share /nonexistent/folder")?;
    refused(&good.replace("[share.'data']", "[share.'a/b']"), &[], "line 2: invalid share name")?;
    refused(&format!("dialects = '9'\n{good}"), &[], "line 2: there is no dialect `9`")?;
    refused(&user("bob", PASSWORD), &[], "there is no share")?;
    refused(&share("data", &data, ""), &[], "nobody can log on")?;
    refused(&good.replace("path", "users = ['eve']\npath"), &[], "is for eve, who cannot log on")?;
    let config = place.config(&good)?;
    fs::set_permissions(&config, Permissions::from_mode(0o644))?;
    let run = Netsession::bare()?.args(["serve", "--config", &config]).run()?.expect_code(2)?;
    ensure!(run.stderr.contains("others can read it") && run.stderr.contains("chmod 600"), "{run:?}");
    Ok(())
}

/// A failure here would interrupt the work of users whom a change does not concern, or let those go on whom it does.
#[test]
fn a_reload_concerns_only_what_has_changed() -> Result<()> {
    let place = Place::new()?;
    let (data, music, books) = (place.data(), place.folder("music")?, place.folder("books")?);
    let before = share("data", &data, "") + &share("music", &music, "") + &user("alice", PASSWORD);
    let serve = place.serve_config(&(before + &user("bob", PASSWORD) + &user("eve", PASSWORD)))?;
    let mut alice = Smbclient::new(serve.address(), "alice").hold()?;
    let mut bob = Smbclient::new(serve.address(), "bob").share("music").hold()?;
    let mut eve = Smbclient::new(serve.address(), "eve").hold()?;
    fs::write(Path::new(&data).join("held"), "x")?;
    alice.open("held")?;
    let after = share("data", &data, "comment = 'Papers'") + &share("books", &books, "");
    let users = user("alice", OTHER) + &user("bob", PASSWORD) + &user("carol", PASSWORD);
    let line = reload(&serve, &place, &(after + &users), "read the configuration again")?;
    for part in [
        "shared books;",
        "changed the share data;",
        "stopped sharing music;",
        "added the user carol;",
        "changed the user alice;",
        "removed the user eve;",
        "ended 1 session",
    ] {
        ensure!(line.contains(part), "{part}: {line}");
    }
    ensure!(alice.works()?, "her share and her session stay, with a file open");
    let listed = serve.command()?.args(["files", "--user", "alice", "--json"]).run()?.expect_code(0)?;
    ensure!(listed.one()?["user"] == "alice", "{listed:?}");
    ensure!(!bob.works()? && !eve.works()?, "his share and her user are gone");
    let sessions = serve.command()?.args(["sessions", "--json"]).run()?.expect_code(0)?;
    let users: Vec<String> = sessions.who()?.into_iter().map(|(_, user)| user).collect();
    ensure!(users == ["alice", "bob"], "only her session has ended: {users:?}");
    ensure!(!can_log_on(&serve, "alice"), "the old password");
    ensure!(!can_log_on(&serve, "eve") && can_log_on(&serve, "bob") && can_log_on(&serve, "carol"));
    ensure!(Smbclient::new(serve.address(), "bob").share("music").run("ls").is_err());
    Smbclient::new(serve.address(), "bob").share("books").run("mkdir new")?;
    Ok(())
}

/// A failure here would leave a former administrator with the right to end sessions, or another user in a share.
#[test]
fn lost_rights_end_at_once() -> Result<()> {
    let place = Place::new()?;
    let admin = user("root", PASSWORD) + "admin = true\n";
    let (data, bob) = (place.data(), user("bob", PASSWORD));
    let serve = place.serve_config(&(share("data", &data, "") + &admin + &bob))?;
    let mut root = Smbclient::new(serve.address(), "root").hold()?;
    let mut own = Smbclient::new(serve.address(), "bob").hold()?;
    let demoted = share("data", &data, "users = ['root']") + &user("root", PASSWORD) + &bob;
    let line = reload(&serve, &place, &demoted, "read the configuration again")?;
    ensure!(line.contains("changed the user root; ended 1 session"), "{line}");
    ensure!(!root.works()? && !own.works()?);
    ensure!(!can_log_on(&serve, "bob") && can_log_on(&serve, "root"));
    serve.wait_for("refused bob from 127.0.0.1 at data: the share is for other users")?;
    Ok(())
}

/// A failure here would take half of a wrong file, stop the server, or hide the mistake from its administrator.
#[test]
fn a_mistake_leaves_everything_as_it_was() -> Result<()> {
    let place = Place::new()?;
    let good = share("data", &place.data(), "") + &user("alice", PASSWORD);
    let serve = place.serve_config(&good)?;
    let mut alice = Smbclient::new(serve.address(), "alice").hold()?;
    for (text, part) in [
        (good.clone() + "admin = 'yes'\n", "line 7: "),
        (
            share("data", "/nonexistent/folder", "") + &user("alice", OTHER),
            "line 2: cannot share /nonexistent/folder",
        ),
        (share("IPC$", &place.data(), "") + &user("alice", OTHER), "two shares have the name IPC$"),
        (user("alice", OTHER), "there is no share"),
    ] {
        let line = reload(&serve, &place, &text, "the configuration stays as it was")?;
        ensure!(line.contains(part) && !line.contains(OTHER), "{part}: {line}");
        ensure!(alice.works()? && can_log_on(&serve, "alice"), "{text}");
    }
    // To open a pipe that nobody writes to waits forever, and so would every later reload.
    let pipe = place.folder.path().join("pipe");
    ensure!(std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status()?.success());
    let with_pipe = format!("users-file = '{}'\n{good}", pipe.display());
    let line = reload(&serve, &place, &with_pipe, "pipe is not a regular file")?;
    ensure!(line.contains("the configuration stays as it was"), "{line}");
    let config = place.config(&good)?;
    fs::rename(&pipe, &config)?;
    serve.hang_up()?;
    serve.wait_for("serve.toml is not a regular file, and cannot be read again")?;
    fs::remove_file(&config)?;
    let line = reload(&serve, &place, &good, "read the configuration again")?;
    ensure!(line.contains("no share and no user has changed"), "{line}");
    reload(
        &serve,
        &place,
        &format!("encrypt = true\n{good}"),
        "a new encrypt in the configuration applies after",
    )?;
    ensure!(alice.works()? && serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would keep a server without a file running after its terminal was closed.
#[test]
fn without_a_file_a_hangup_stops_the_server() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    serve.hang_up()?;
    serve.wait_for("Stopped: no session was open.")?;
    Ok(())
}
