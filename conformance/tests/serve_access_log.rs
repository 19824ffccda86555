//! `netsession serve --access-log` and `--idle-timeout`.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use netsession_conformance::memory::resident;
use netsession_conformance::raw_client::create;
use netsession_conformance::{Netsession, RawClient, Smbclient, wait_until};
use netsession_smb::client::Chain;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{CreateDisposition, CreateOptions, CreateRequest};
use netsession_wire::NtStatus;
use place::Place;
use serde_json::Value;

/// The lines of a log, without their times.
fn lines(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path)?;
    let read = |line: &str| -> Result<Value> {
        let mut value: Value = serde_json::from_str(line)?;
        let time = value.as_object_mut().and_then(|line| line.remove("time"));
        ensure!(time.is_some_and(|time| time.as_str().is_some_and(|time| time.ends_with('Z'))), "{line}");
        Ok(value)
    };
    text.lines().map(read).collect()
}

/// Waits for a line that has these values, and returns it.
fn wait_for(path: &Path, wanted: &[(&str, &str)]) -> Result<Value> {
    wait_until(&format!("{wanted:?}"), || {
        let fits =
            |line: &Value| wanted.iter().all(|(key, value)| line.get(key).is_some_and(|it| it == value));
        Ok(lines(path)?.into_iter().find(fits))
    })
}

fn log(place: &Place) -> PathBuf {
    place.folder.path().join("access.jsonl")
}

/// A failure here would leave an administrator without an answer to who has read, changed or deleted a file.
#[test]
fn each_use_of_a_file_has_a_line() -> Result<()> {
    let place = Place::new()?;
    let path = log(&place);
    let shown = path.display().to_string();
    fs::write(Path::new(&place.data()).join("there"), "x".repeat(70_000))?;
    let closed = format!("closed={}:ro", place.folder("closed")?);
    let serve = place.serve(&["--access-log", &shown, "--share", &closed])?;
    let alice =
        |share: &str, commands: &str| Smbclient::new(serve.address(), "alice").share(share).run(commands);
    alice(
        "data",
        "get there /dev/null; put /etc/hostname new; mkdir d; rename new d/newer; del d/newer; rmdir d",
    )?;
    let _refused = alice("closed", "put /etc/hostname new");
    let known = [("user", "alice"), ("client", "127.0.0.1"), ("share", "data")];
    let line = |more: &[(&str, &str)]| wait_for(&path, &[known.as_slice(), more].concat());
    ensure!(line(&[("what", "open"), ("path", "there")])?["access"] == "read");
    let get = line(&[("what", "close"), ("path", "there")])?;
    ensure!(get["bytes_read"] == 70_000 && get["bytes_written"] == 0, "{get}");
    ensure!(get["session"].as_str().is_some_and(|id| id.len() >= 12), "{get}");
    line(&[("what", "create"), ("path", "new")])?;
    let put = line(&[("what", "close"), ("path", "new")])?;
    ensure!(put["bytes_written"] == fs::metadata("/etc/hostname")?.len(), "{put}");
    ensure!(line(&[("what", "create"), ("path", "d")])?["is_folder"] == true);
    line(&[("what", "rename"), ("path", r"d\newer"), ("from", "new")])?;
    line(&[("what", "delete"), ("path", r"d\newer")])?;
    line(&[("what", "delete"), ("path", "d")])?;
    wait_for(
        &path,
        &[("what", "refused"), ("share", "closed"), ("path", "new"), ("status", "STATUS_ACCESS_DENIED")],
    )?;
    ensure!(serve.stop()? == Some(0));
    let text = fs::read_to_string(&path)?;
    ensure!(!text.contains("xxxx") && !text.contains(netsession_conformance::PASSWORD), "{text}");
    Ok(())
}

/// A failure here would write on into a file that logrotate has renamed, or stop a server without a configuration file.
#[test]
fn a_rotated_log_is_opened_again() -> Result<()> {
    let place = Place::new()?;
    let path = log(&place);
    let serve = place.serve(&["--access-log", &path.display().to_string()])?;
    let put = |name: &str| Smbclient::new(serve.address(), "alice").run(&format!("put /etc/hostname {name}"));
    put("one")?;
    wait_for(&path, &[("what", "close"), ("path", "one")])?;
    let rotated = path.with_extension("1");
    fs::rename(&path, &rotated)?;
    serve.hang_up()?;
    wait_until("the new file", || Ok(path.exists().then_some(())))?;
    put("two")?;
    wait_for(&path, &[("what", "close"), ("path", "two")])?;
    ensure!(
        lines(&rotated)?.iter().all(|line| line["path"] != "two")
            && lines(&path)?.iter().all(|line| line["path"] != "one")
    );
    ensure!(serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would stop the server when its log is full, fill the other log with complaints, or hide that lines are
/// missing.
#[test]
fn a_full_disk_stops_the_log_only() -> Result<()> {
    let place = Place::new()?;
    let path = log(&place);
    symlink("/dev/full", &path)?;
    let serve = place.serve(&["--access-log", &path.display().to_string()])?;
    let put = |name: &str| Smbclient::new(serve.address(), "alice").run(&format!("put /etc/hostname {name}"));
    put("one")?;
    serve
        .wait_for("cannot write the access log; the server continues without it: No space left on device")?;
    put("two")?;
    fs::remove_file(&path)?;
    serve.hang_up()?;
    wait_until("the new file", || Ok(path.exists().then_some(())))?;
    put("three")?;
    // Between the two there is no other complaint: `wait_for` looks at each line once.
    let between = serve.lines_until("the server writes the access log again; ")?;
    ensure!(!between.iter().any(|line| line.contains("cannot write")), "{between:?}");
    let omitted =
        wait_until("the omission", || Ok(lines(&path)?.into_iter().find(|line| line["what"] == "omitted")))?;
    ensure!(omitted["count"].as_u64().is_some_and(|count| count >= 4), "{omitted}");
    ensure!(serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would let a user fill the memory with long names while the log is not written.
#[test]
#[cfg(target_os = "linux")]
fn long_names_take_little_memory_while_nobody_reads_the_log() -> Result<()> {
    let place = Place::new()?;
    let path = log(&place);
    ensure!(std::process::Command::new("mkfifo").arg(&path).status()?.success());
    // A reader that has stopped.
    let mut reader = fs::OpenOptions::new().read(true).write(true).open(&path)?;
    let closed = format!("closed={}:ro", place.folder("closed")?);
    let serve = place.serve(&["--access-log", &path.display().to_string(), "--share", &closed])?;
    let mut alice = RawClient::connect(serve.address(), "alice", "closed")?;
    let mut refused = |length: usize| -> Result<()> {
        // Six bytes of the log for each character.
        let name = vec!["\u{85}".repeat(100); length / 100].join(r"\");
        let request = create(&name, CreateDisposition::OPEN, CreateOptions::empty());
        let request = CreateRequest { desired_access: AccessMask::GENERIC_WRITE, ..request };
        let answer = alice.ask(Chain::new(alice.tree(), &request)?)?;
        ensure!(answer.status() == NtStatus::ACCESS_DENIED, "{:?}", answer.status());
        Ok(())
    };
    refused(100)?;
    let before = resident(serve.id())?;
    for _ in 0..250 {
        refused(32_000)?;
    }
    let taken = resident(serve.id())?.saturating_sub(before);
    ensure!(taken < 24 << 10, "{taken} KiB");
    let mut first = [0; 4096];
    let length = std::io::Read::read(&mut reader, &mut first)?;
    ensure!(first.get(..length).is_some_and(|text| text.starts_with(b"{")), "the log has lines");
    Ok(())
}

/// A failure here would mix the log for people with the lines for programs.
#[test]
fn stdout_has_nothing_but_lines_of_json() -> Result<()> {
    let place = Place::new()?;
    let (data, users) = (place.data(), place.users());
    let run = Netsession::bare()?.args(["serve", &data, "--users-file", &users, "--listen", "127.0.0.1:0"]);
    let run = run.args(["--access-log", "-"]).env("XDG_RUNTIME_DIR", place.run());
    let (mut command, _home) = run.into_parts();
    let mut child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn()?;
    let errors = child.stderr.take().map(std::io::BufReader::new);
    let mut address = None;
    for line in errors.into_iter().flat_map(std::io::BufRead::lines).map_while(Result::ok) {
        if let Some(text) = line.strip_prefix("Listening on ") {
            address = Some(text.parse()?);
        }
        let Some(address) = address.filter(|_| line.starts_with("Press Ctrl-C")) else { continue };
        Smbclient::new(address, "alice").run("put /etc/hostname one")?;
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success() && text.contains(r#""what":"create""#), "{text}");
    for line in text.lines() {
        serde_json::from_str::<Value>(line)?;
    }
    Ok(())
}

/// A failure here would end the session of a user who works, or keep dead sessions for ever.
#[test]
fn idle_sessions_end_and_those_with_an_open_file_stay() -> Result<()> {
    let place = Place::new()?;
    fs::write(Path::new(&place.data()).join("held"), "x")?;
    let serve = place.serve(&["--idle-timeout", "2s"])?;
    let mut works = Smbclient::new(serve.address(), "admin").hold()?;
    works.open("held")?;
    let mut idle = Smbclient::new(serve.address(), "alice").hold()?;
    serve.wait_for("alice from 127.0.0.1 was idle: the session was ended (--idle-timeout)")?;
    ensure!(works.works()?, "a file is open");
    ensure!(!idle.works()?, "the session has ended");
    Smbclient::new(serve.address(), "alice").run("ls")?;
    Ok(())
}
