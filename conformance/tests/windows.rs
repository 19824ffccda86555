//! What is built for Windows and runs in Wine, beside the tests of the command that `cargo xtask test --windows` runs with it.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use netsession_conformance::{
    ADMIN, Embedded, Netsession, PASSWORD, Samba, Serve, Smbclient, Terminal, wait_until,
};
use place::Place;
use tempfile::TempDir;

/// Runs `examples/c/windows.c`, which the tools of Windows have linked with the system's library, beside `netapi32.dll`.
fn sessions(arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let program = std::env::var_os("NETSESSION_WINDOWS_PROGRAM").context("no NETSESSION_WINDOWS_PROGRAM")?;
    let [server, ..] = arguments else { anyhow::bail!("no server") };
    let mut command = Command::new(program);
    command.args(arguments).env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
    let run = command.env("NETSESSION_SERVERS", server).output()?;
    let text = String::from_utf8_lossy(&run.stdout).replace('\r', "") + &String::from_utf8_lossy(&run.stderr);
    Ok((run.status.code(), text))
}

/// A failure here would end another user's session, or none, in a program for Windows that loads this library instead of the system's.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_a_program_lists_and_ends_sessions() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    let name = samba.name();
    let (code, listed) = sessions(&[&name])?;
    ensure!(code == Some(0), "{code:?}: {listed}");
    for session in ["127.0.0.7\talice\t", "127.0.0.8\tbob\t"] {
        ensure!(listed.contains(session), "{session}: {listed}");
    }
    let (code, ended) = sessions(&[&name, r"\\127.0.0.7", "alice"])?;
    ensure!(code == Some(0) && ended.ends_with("ended\n"), "{code:?}: {ended}");
    ensure!(!alice.works()? && bob.works()?, "{ended}");
    let (code, unknown) = sessions(&[&name, r"\\127.0.0.9", "alice"])?;
    ensure!(code == Some(1) && unknown.contains("NetSessionEnum: error 2312"), "{code:?}: {unknown}");
    Ok(())
}

/// Writes a file with this mode. Wine shows the access of everybody as an entry of the file's ACL.
fn write(path: &Path, text: &str, mode: u32) -> Result<String> {
    fs::write(path, text)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(format!("Z:{}", path.display()))
}

/// A failure here would use passwords that everybody on the computer can read, or a configuration that everybody can write.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_files_that_others_can_read_or_write_are_refused() -> Result<()> {
    let place = Place::new()?;
    let folder = place.folder.path();
    let exposed = "others on this machine can read the password";
    for (mode, is_exposed) in [(0o600, false), (0o644, true)] {
        let file = write(&folder.join("login"), &format!("username = {ADMIN}\npassword = x\n"), mode)?;
        let run = Netsession::bare()?.args(["sessions", "127.0.0.1:1", "-A", &file]).run()?;
        ensure!(run.stderr.contains(exposed) == is_exposed, "{mode:o}: {run:?}");
        ensure!(run.stderr.contains("hint: icacls \"Z:\\") == is_exposed, "{mode:o}: {run:?}");
    }
    let config = "[default]\ntimeout = 3\n";
    for (mode, is_refused) in [(0o600, false), (0o644, false), (0o646, true)] {
        let file = write(&folder.join("config.toml"), config, mode)?;
        let run = Netsession::bare()?.env("NETSESSION_CONFIG", file).args(["config", "check"]).run()?;
        ensure!(run.stderr.contains("is refused: others can write it") == is_refused, "{mode:o}: {run:?}");
        ensure!((run.code == Some(0)) != is_refused, "{mode:o}: {run:?}");
    }
    let users = write(&folder.join("users"), &format!("alice:{PASSWORD}\n"), 0o644)?;
    let run = Netsession::bare()?.args(["serve", &place.data(), "--users-file", &users]).run()?;
    ensure!(run.code == Some(2) && run.stderr.contains("refusing the users file"), "{run:?}");
    let table = format!("[user.alice]\npassword = '{PASSWORD}'\n");
    let table = write(&folder.join("serve.toml"), &table, 0o644)?;
    let run = Netsession::bare()?.args(["serve", "--config", &table]).run()?;
    ensure!(run.code == Some(2) && run.stderr.contains("others can read"), "{run:?}");
    for (mode, is_refused) in [(0o700, false), (0o777, true)] {
        let journal = folder.join("state/netsession");
        fs::create_dir_all(&journal)?;
        fs::set_permissions(&journal, Permissions::from_mode(mode))?;
        let run = Netsession::bare()?.env("XDG_STATE_HOME", folder.join("state")).args(["holds"]).run()?;
        ensure!(
            run.stderr.contains("others can put files into its folder") == is_refused,
            "{mode:o}: {run:?}"
        );
    }
    let runtime = folder.join("open");
    fs::create_dir_all(runtime.join("netsession"))?;
    fs::set_permissions(runtime.join("netsession"), Permissions::from_mode(0o777))?;
    let run = Netsession::bare()?.env("XDG_RUNTIME_DIR", &runtime).args(["sessions"]).run()?;
    ensure!(run.code == Some(2), "the local logins of others were read: {run:?}");
    Ok(())
}

/// A failure here would show the first user on Windows a demonstration that fails.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_the_demonstration_holds() -> Result<()> {
    let run = Netsession::bare()?.args(["demo"]).run()?.expect_code(0)?;
    for part in ["STATUS_USER_SESSION_DELETED", "byte by byte", "alice connects again"] {
        ensure!(run.stdout.contains(part), "{part}: {run:#?}");
    }
    Ok(())
}

/// A failure here would open a device, a stream or another file than the one that a client names, or would not reach a file with a long path.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_serve_reaches_long_paths_and_no_device() -> Result<()> {
    let place = Place::new()?;
    let serve = place.serve(&[])?;
    let alice = |commands: &str| Smbclient::new(serve.address(), "alice").run(commands);
    for name in ["CON", "nul.txt", "aux .c", "COM1", "COM¹", "lpt9.log", "CONOUT$", "a:b", "dot.", "space "]
    {
        let refused = alice(&format!("put /etc/hostname \"{name}\"")).err().map(|error| error.to_string());
        let refused = refused.with_context(|| format!("{name:?} was written"))?;
        ensure!(refused.contains("NT_STATUS_OBJECT_NAME_INVALID"), "{name:?}: {refused}");
    }
    ensure!(fs::read_dir(place.data())?.next().is_none(), "something was written");
    // Wine 8 does not tell the path of a folder that is longer than 260 characters; Windows does.
    let (folder, first, second) = ("n".repeat(120), "first".repeat(25), "second".repeat(20));
    let commands = [
        format!("mkdir {folder}"),
        format!("cd {folder}; put /etc/hostname {first}"),
        format!("cd {folder}; rename {first} {second}"),
    ];
    commands.iter().try_for_each(|commands| alice(commands).map(drop))?;
    let kept = Path::new(&place.data()).join(&folder).join(&second);
    ensure!(fs::read(kept)? == fs::read("/etc/hostname")?, "another file");
    let short = alice(&format!("cd {folder}; get SECOND~1 /dev/null"));
    ensure!(short.is_err(), "a short name led to a file");
    alice(&format!("cd {folder}; del {second}"))?;
    ensure!(fs::read_dir(Path::new(&place.data()).join(&folder))?.next().is_none(), "nothing was deleted");
    ensure!(serve.stop()? == Some(0) && place.left()? == 0, "something is left");
    Ok(())
}

/// A failure here would leave a person at a console of Windows with a view that shows no session, or that no key ends. The console of
/// Wine 8 shows the codes of a terminal instead of obeying them, so that the test cannot compare the screen.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_top_shows_sessions_and_ends() -> Result<()> {
    let server = Embedded::start()?;
    let client = std::net::IpAddr::from([10, 0, 0, 6]);
    ensure!(netsession_server::testing::add_session(server.server()?, client, "bob"), "no bob");
    let run = Netsession::admin()?.args(["top", "--interval", "0.3", &server.name()?]);
    let mut terminal = Terminal::start_sized(run, (24, 80))?;
    terminal.wait_for("bob")?;
    terminal.press("q")?;
    let (code, seen) = terminal.finish()?;
    ensure!(code == Some(0), "{code:?}: {seen}");
    Ok(())
}

/// A service of Windows. Dropping it stops and removes it.
struct Service {
    name: String,
    folder: TempDir,
}

impl Service {
    /// Makes a service of a command of netsession, and starts it.
    fn create(command: &str, more: &str) -> Result<Self> {
        let name = format!("netsession-{command}-{}", std::process::id());
        let service = Self { name, folder: TempDir::new()? };
        let line = format!("Z:{} --service {command} {more}", program()?);
        let (code, text) = service.sc("create", &["binPath=", line.trim_end()])?;
        ensure!(code == Some(0), "{code:?}: {text}");
        // While the services of Wine itself start, the answer to this is an error.
        wait_until("a start", || Ok((service.sc("start", &[])?.0 == Some(0)).then_some(())))?;
        Ok(service)
    }

    /// Runs `sc`, the program of Windows that makes and starts services. Its output goes to a file, because the services of Wine would
    /// keep a pipe open.
    fn sc(&self, verb: &str, more: &[&str]) -> Result<(Option<i32>, String)> {
        let path = self.folder.path().join(verb);
        let mut command = wine(&["sc", verb, &self.name])?;
        command.args(more).stdin(Stdio::null()).stdout(fs::File::create(&path)?).stderr(Stdio::null());
        let code = command.status()?.code();
        Ok((code, String::from_utf8_lossy(&fs::read(path)?).into_owned()))
    }

    fn wait_for(&self, state: &str) -> Result<()> {
        wait_until(state, || Ok(self.sc("query", &[])?.1.contains(state).then_some(())))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.sc("stop", &[]);
        _ = self.sc("delete", &[]);
    }
}

fn wine(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::var_os("NETSESSION_WINE").context("no NETSESSION_WINE")?);
    command.args(arguments);
    Ok(command)
}

/// The path of the command, which only Wine can run.
fn program() -> Result<String> {
    std::env::var("NETSESSION_WINDOWS_COMMAND").context("no NETSESSION_WINDOWS_COMMAND")
}

/// The folder in Wine's profile of the user that contains the journal, as a service finds it. Dropping it removes the folder.
struct Profile {
    folder: TempDir,
    journal: PathBuf,
}

impl Profile {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let local = folder.path().join("local");
        let mut echo = wine(&["cmd", "/c", "echo %LOCALAPPDATA%"])?;
        echo.stdin(Stdio::null()).stdout(fs::File::create(&local)?).stderr(Stdio::null()).status()?;
        let local = fs::read_to_string(local)?.trim().replace('\\', "/");
        let local = local.strip_prefix("C:/").with_context(|| format!("no profile: {local:?}"))?;
        let drive = PathBuf::from(wine(&[])?.get_program()).with_file_name("wine/drive_c");
        let profile = Self { folder, journal: drive.join(local).join("netsession") };
        profile.clear();
        Ok(profile)
    }

    /// Runs netsession, and returns its exit status and what it says.
    fn run(&self, arguments: &[&str]) -> Result<(Option<i32>, String)> {
        let said = self.folder.path().join("said");
        let file = fs::File::create(&said)?;
        let mut command = wine(&[&[program()?.as_str()], arguments].concat())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let code = command.status()?.code();
        Ok((code, fs::read_to_string(said)?))
    }

    fn clear(&self) {
        _ = fs::remove_dir_all(&self.journal);
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A failure here would free a held user on Windows when the administrator logs off.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_agent_is_a_service() -> Result<()> {
    let (server, profile) = (Embedded::start()?, Profile::new()?);
    let login = profile.folder.path().join("login");
    let login = write(&login, &format!("username = {ADMIN}\npassword = {PASSWORD}\n"), 0o600)?;
    let service = Service::create("agent", "")?;
    service.wait_for("RUNNING")?;
    let (mut alice, mut bob) = (server.hold_from("alice", 8)?, server.hold_from("bob", 7)?);
    let name = server.name()?;
    let (code, said) =
        profile.run(&["hold", &name, "--user", "bob", "--for", "1h", "--yes", "-A", &login])?;
    ensure!(code == Some(0) && said.contains("The agent carries it on (agent "), "{code:?}: {said}");
    wait_until("the end of bob's session", || Ok((!bob.works()?).then_some(())))?;
    ensure!(alice.works()?, "another session ended");
    let (code, said) = profile.run(&["release", "1"])?;
    ensure!(code == Some(0), "{code:?}: {said}");
    service.sc("stop", &[])?;
    service.wait_for("STOPPED")?;
    Ok(())
}

/// A failure here would leave `serve` on Windows without a service, or with one that the system kills, and with it the sessions.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_serve_is_a_service() -> Result<()> {
    let place = Place::new()?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let more =
        format!("Z:{} --users-file Z:{} --admin admin --listen {address}", place.data(), place.users());
    let service = Service::create("serve", &more)?;
    service.wait_for("RUNNING")?;
    let mut alice = Smbclient::new(address, "alice").hold()?;
    let listed =
        Netsession::admin()?.args(["sessions", &address.to_string(), "--json"]).run()?.expect_code(0)?;
    ensure!(listed.who()?.contains(&("127.0.0.1".to_owned(), "alice".to_owned())), "{listed:?}");
    service.sc("stop", &[])?;
    service.wait_for("STOPPED")?;
    ensure!(!alice.works()? && TcpStream::connect(address).is_err(), "it goes on");
    Ok(())
}

/// A failure here would leave Prometheus on Windows without metrics after the administrator logs off, or with a port that stays taken.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_exporter_is_a_service() -> Result<()> {
    let (server, folder) = (Embedded::start()?, TempDir::new()?);
    let login = folder.path().join("login");
    let login = write(&login, &format!("username = {ADMIN}\npassword = {PASSWORD}\n"), 0o600)?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let more = format!("--listen {address} -A {login} {}", server.name()?);
    let service = Service::create("exporter", &more)?;
    service.wait_for("RUNNING")?;
    let _alice = server.hold_from("alice", 8)?;
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n")?;
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics)?;
    let is_up = |line: &str| line.starts_with("netsession_up{") && line.ends_with(" 1");
    ensure!(metrics.lines().any(is_up), "{metrics}");
    ensure!(metrics.lines().any(|line| line.starts_with("netsession_sessions{")), "{metrics}");
    service.sc("stop", &[])?;
    service.wait_for("STOPPED")?;
    ensure!(TcpStream::connect(address).is_err(), "it goes on");
    Ok(())
}

/// A failure here would record nobody for a change that an administrator makes on Windows, a name that the environment says, or a reason with
/// other letters than the person typed.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_the_journal_names_the_user_and_the_reason() -> Result<()> {
    const REASON: &str = "Schädling bei 田中 🦠";
    let (server, state) = (Embedded::start()?, TempDir::new()?);
    let _alice = server.hold_from("alice", 7)?;
    let name = server.name()?;
    let run = Netsession::admin()?.env("USERNAME", "mallory").env("XDG_STATE_HOME", state.path());
    run.args(["end", &name, "--user", "alice", "--yes", "--reason", REASON]).run()?.expect_code(0)?;
    let rows = Netsession::bare()?.env("XDG_STATE_HOME", state.path()).args(["journal", "--json"]).run()?;
    let rows = rows.expect_code(0)?;
    let is_right = |row: &serde_json::Value| {
        let by = row["by"].as_str().unwrap_or_default();
        let is_named =
            by.split_once('\\').is_some_and(|(domain, user)| !domain.is_empty() && !user.is_empty());
        is_named && row["reason"] == REASON
    };
    ensure!(rows.json()?.first().is_some_and(is_right) && !rows.stdout.contains("mallory"), "{rows:?}");
    Ok(())
}

/// A failure here would replace, read or delete a file that the client has not named, by the short name that the system gave it.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_a_short_name_leads_to_no_file() -> Result<()> {
    let place = Place::new()?;
    let long = Path::new(&place.data()).join("a long name.txt");
    fs::write(&long, "long")?;
    fs::write(Path::new(&place.data()).join("other.txt"), "other")?;
    let listing = place.folder.path().join("listing");
    let folder = format!("Z:{}", place.data()).replace('/', r"\");
    let mut dir = wine(&["cmd", "/c", "dir", "/x", &folder])?;
    dir.stdin(Stdio::null()).stdout(fs::File::create(&listing)?).stderr(Stdio::null()).status()?;
    let listing = fs::read_to_string(listing)?;
    let short = listing.split_whitespace().find(|word| word.contains('~'));
    let short = short.with_context(|| format!("no short name: {listing}"))?;
    let serve = place.serve(&[])?;
    let attempts = [
        format!("rename other.txt {short}"),
        format!("rename other.txt {short} -f"),
        format!("get {short} -"),
        format!("put /etc/hostname {short}"),
        format!("del {short}"),
    ];
    for attempt in attempts {
        let run = Smbclient::new(serve.address(), "alice").run(&attempt);
        ensure!(run.is_err(), "{attempt}: {run:?}");
        ensure!(fs::read(&long)? == b"long", "{attempt}: {run:?}");
    }
    ensure!(serve.stop()? == Some(0), "it failed");
    Ok(())
}

/// A failure here would let a client leave the share by a junction or a mount point. Wine shows the mounts of Linux as such.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_serve_follows_no_mount_point() -> Result<()> {
    let place = Place::new()?;
    let users = place.users();
    // `/dev/shm` and `/dev/pts` are file systems of their own.
    let serve = Serve::start(&place.run(), &["--share", "data=/dev:ro", "--users-file", &users])?;
    let run = |command: &str| Smbclient::new(serve.address(), "alice").run(command);
    let listed = run("ls")?;
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    ensure!(names.contains(&"."), "nothing is listed: {listed}");
    for name in ["shm", "pts"] {
        ensure!(!names.contains(&name), "{name} is listed: {listed}");
        let inside = run(&format!("ls {name}/*"));
        ensure!(inside.is_err(), "{name} was opened: {inside:?}");
    }
    ensure!(serve.stop()? == Some(0), "it failed");
    Ok(())
}

/// A failure here would look for the configuration where nobody on Windows keeps one.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_the_configuration_is_in_the_roaming_profile() -> Result<()> {
    let run = Netsession::bare()?.env("XDG_CONFIG_HOME", "").args(["config", "check"]).run()?;
    let path = r"\AppData\Roaming\netsession\config.toml";
    ensure!((run.stdout.clone() + &run.stderr).contains(path), "{run:?}");
    Ok(())
}
