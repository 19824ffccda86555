//! The pages in `docs/tasks` solve the problems that they name: each of their command lines runs as it stands, in its order.
//!
//! `fs1` is a server of the configuration, and 10.0.0.5 is a client on loopback. The shell answers each question with
//! `--yes`. Commands that run until somebody stops them are left out, because other tests run them.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::{ADMIN, Embedded, Netsession, PASSWORD, Samba};
use nix::sys::signal::Signal;
use support::{Running, Stream};
use tempfile::TempDir;

/// The address of the client on the pages, and the one that stands for it.
const CLIENT: (&str, &str) = ("10.0.0.5", "127.0.0.7");
/// Commands that run until somebody stops them.
const LASTING: [&str; 4] = ["netsession top", "netsession serve", "netsession exporter", "--watch"];

/// A person whose configuration names a server `fs1` and a group `files`.
struct Person {
    home: TempDir,
}

impl Person {
    fn new(server: &str) -> Result<Self> {
        let home = TempDir::new()?;
        let folder = home.path().join("config/netsession");
        fs::create_dir_all(&folder)?;
        let file = folder.join("config.toml");
        let login = format!("login = '{ADMIN}'\npassword-command = ['printf', '{PASSWORD}']");
        fs::write(
            &file,
            format!("[server.fs1]\naddress = '{server}'\n{login}\n[group.files]\nservers = ['fs1']\n"),
        )?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        Ok(Self { home })
    }

    /// Returns a run of the command, with the person's folders.
    fn command(&self) -> Result<Netsession> {
        let home = self.home.path();
        let run = Netsession::bare()?.env("HOME", home).env("XDG_CONFIG_HOME", home.join("config"));
        Ok(run.env("XDG_STATE_HOME", home.join("state")).env("XDG_RUNTIME_DIR", home))
    }

    /// Starts the agent.
    fn agent(&self) -> Result<Running> {
        Running::start(self.command()?.args(["agent"]), Stream::Out, "The agent runs")
    }

    /// Runs a line in a shell.
    fn shell(&self, line: &str) -> Result<Output> {
        let (command, _home) = self.command()?.into_parts();
        let folder = Path::new(command.get_program()).parent().context("no folder")?.to_owned();
        let mut shell = Command::new("sh");
        shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Ok(shell.args(["-c", &format!("PATH='{}':$PATH; {line}", folder.display())]).output()?)
    }

    /// Runs the lines of a page in their order. Each ends with 0, or with 3 if nobody matches any more.
    fn follow(&self, page: &str) -> Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tasks").join(page);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let lines = text.lines().filter(|line| line.starts_with("    ")).map(str::trim);
        let lines = lines.filter(|line| line.starts_with("netsession "));
        let mut count = 0;
        for line in lines.filter(|line| LASTING.iter().all(|lasting| !line.contains(lasting))) {
            let line = answered(&line.replace(CLIENT.0, CLIENT.1));
            let run = self.shell(&line)?;
            let is_good = matches!(run.status.code(), Some(0 | 3));
            ensure!(is_good, "{page}: {line}: {}", String::from_utf8_lossy(&run.stderr));
            count += 1;
        }
        ensure!(count > 0, "{page} has no command");
        Ok(())
    }
}

/// Adds the answers to what the command asks at a terminal.
fn answered(line: &str) -> String {
    let asks = ["end", "close", "hold"].iter().any(|name| line.starts_with(&format!("netsession {name} ")));
    let is_told = line.contains("--dry-run") || line.contains("--yes");
    let (all, yes) = (if line.contains("--all") { " --confirm fs1" } else { "" }, " --yes");
    if asks && !is_told { format!("{line}{all}{yes}") } else { line.to_owned() }
}

/// A failure here would show a reader nobody, or disconnect somebody who was only to be seen.
#[test]
fn who_is_connected() -> Result<()> {
    let samba = Samba::start()?;
    fs::write(samba.share().join("budget.xlsx"), "x")?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("budget.xlsx")?;
    Person::new(&samba.name())?.follow("who-is-connected.md")?;
    ensure!(alice.works()?);
    Ok(())
}

/// A failure here would leave the reader of the page with a locked file, or with a disconnected colleague.
#[test]
fn a_locked_file() -> Result<()> {
    let samba = Samba::start()?;
    fs::write(samba.share().join("budget.xlsx"), "x")?;
    let (mut alice, mut bob) = (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?);
    alice.open("budget.xlsx")?;
    Person::new(&samba.name())?.follow("locked-file.md")?;
    ensure!(samba.status()?.open_files.is_empty() && !alice.works()? && bob.works()?);
    Ok(())
}

/// A failure here would leave the user connected, disconnect a colleague, or leave the account disabled.
#[test]
fn a_user_is_disconnected() -> Result<()> {
    let samba = Samba::start()?;
    let (mut alice, mut bob) = (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?);
    let person = Person::new(&samba.name())?;
    let agent = person.agent()?;
    person.follow("disconnect-user.md")?;
    ensure!(!bob.works()? && alice.works()?, "the wrong user was disconnected");
    ensure!(samba.account_flags("bob")? == "U", "the account stays disabled");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would leave an attacker connected, or an account disabled after the last step.
#[test]
fn an_infected_client() -> Result<()> {
    let samba = Samba::start()?;
    let (mut alice, mut bob) = (samba.hold_from("alice", 8)?, samba.hold_from("bob", 7)?);
    let person = Person::new(&samba.name())?;
    let agent = person.agent()?;
    person.follow("infected-client.md")?;
    ensure!(!bob.works()? && alice.works()?, "the wrong client was disconnected");
    ensure!(samba.account_flags("bob")? == "U", "the account stays disabled");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would disconnect nobody before a restart, or refuse a line of the page.
#[test]
fn a_server_is_drained() -> Result<()> {
    let server = Embedded::start()?;
    let (mut alice, mut bob) = (server.hold_from("alice", 8)?, server.hold_from("bob", 7)?);
    let person = Person::new(&server.name()?)?;
    let agent = person.agent()?;
    person.follow("drain.md")?;
    ensure!(!bob.works()? && !alice.works()?);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let the page about the journal find nothing that was recorded.
#[test]
fn who_did_that() -> Result<()> {
    let server = Embedded::start()?;
    let _bob = server.hold_from("bob", 7)?;
    let person = Person::new(&server.name()?)?;
    let ended = person.shell("netsession end fs1 --user bob --yes --reason INC-4711")?;
    ensure!(ended.status.success(), "{ended:?}");
    person.follow("who-did-that.md")?;
    let listed = person.shell("netsession journal --user bob --since 2d")?;
    ensure!(String::from_utf8_lossy(&listed.stdout).contains("INC-4711"), "{listed:?}");
    Ok(())
}

/// A failure here would send a programmer to a declaration that does not exist.
#[test]
fn call_netapi32() -> Result<()> {
    let server = Embedded::start()?;
    Person::new(&server.name()?)?.follow("call-netapi32.md")
}

/// A failure here would leave a page out of the list by which readers find it, or out of these tests.
#[test]
fn every_page_is_listed_and_followed() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tasks");
    let list = fs::read_to_string(folder.join("README.md"))?;
    let tests = include_str!("tasks.rs");
    for page in fs::read_dir(&folder)? {
        let page = page?.file_name().to_string_lossy().into_owned();
        // These two have only commands that run until somebody stops them, and `sessions` and `end` on this computer.
        let is_lasting = ["prometheus.md", "share-for-an-hour.md"].contains(&page.as_str());
        let is_followed = is_lasting || tests.contains(&format!("follow(\"{page}\")"));
        ensure!(page == "README.md" || list.contains(&page) && is_followed, "{page}");
    }
    Ok(())
}
