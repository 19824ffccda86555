//! The units of systemd in the packages: systemd loads them, and the command that each names starts and stops as the unit says.
#![cfg(test)]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::{Embedded, Netsession, PASSWORD};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const SERVE: &str = "packaging/systemd/netsession-serve.service";
const SOCKET: &str = "packaging/systemd/netsession-serve.socket";
const EXPORTER: &str = "packaging/systemd/netsession-exporter.service";
const AGENT: &str = "crates/cli/systemd/netsession-agent.service";

fn text(unit: &str) -> Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(unit)).context(unit.to_owned())
}

/// The folders of a computer on which a service runs.
struct Computer {
    root: TempDir,
    messages: UnixDatagram,
}

/// A running service. Dropping it kills the process.
struct Service {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Computer {
    fn new() -> Result<Self> {
        let root = TempDir::with_prefix("netsession-unit-")?;
        for folder in ["etc/netsession", "credentials", "state", "home"] {
            fs::create_dir_all(root.path().join(folder))?;
        }
        let messages = UnixDatagram::bind(root.path().join("notify"))?;
        messages.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { root, messages })
    }

    /// Writes a file that only its owner can read.
    fn write(&self, name: &str, content: &str) -> Result<()> {
        let path = self.root.path().join(name);
        fs::write(&path, content)?;
        Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
    }

    /// Starts the command of a unit with the variables of the unit, and the folders of this computer.
    fn start(&self, unit: &str) -> Result<Service> {
        let root = self.root.path().display().to_string();
        let text = text(unit)?
            .replace("/etc", &format!("{root}/etc"))
            .replace("/var/lib", &format!("{root}/state"))
            .replace("%d", &format!("{root}/credentials"));
        let values = |key: &str| {
            let prefix = format!("{key}=");
            text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect::<Vec<_>>()
        };
        let command = values("ExecStart").pop().context("no ExecStart")?;
        let mut words = command.split_whitespace();
        ensure!(words.next() == Some("@PREFIX@/bin/netsession"), "{command}");
        let (mut program, _home) = Netsession::bare()?.into_parts();
        program.env("HOME", self.root.path().join("home")).env("WATCHDOG_USEC", "60000000");
        program.env_remove("XDG_CONFIG_HOME").env("NOTIFY_SOCKET", self.root.path().join("notify"));
        let variables = values("Environment").join(" ");
        program.envs(variables.split_whitespace().filter_map(|variable| variable.split_once('=')));
        let mut arguments = String::new();
        for file in values("EnvironmentFile") {
            let line = fs::read_to_string(file)?;
            line.trim().strip_prefix("ARGUMENTS=").context("no ARGUMENTS")?.clone_into(&mut arguments);
        }
        for word in words {
            match word {
                // systemd splits the value of a variable that is a word of its own.
                "$ARGUMENTS" => program.args(arguments.split_whitespace()),
                _ => program.arg(word),
            };
        }
        let mut child = program.stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Service { child, output })
    }

    /// Returns the next message for systemd.
    fn message(&self) -> Result<String> {
        let mut buffer = [0; 256];
        let length = self.messages.recv(&mut buffer).context("no message for systemd")?;
        Ok(String::from_utf8(buffer.get(..length).context("no bytes")?.to_vec())?)
    }
}

impl Service {
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }

    /// Stops it as systemd does.
    ///
    /// # Errors
    /// systemd would call the end a failure: neither is the exit status 0, nor did the signal end the process.
    fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(self.child.id().try_into()?), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        ensure!(status.success() || status.signal() == Some(Signal::SIGTERM as i32), "{status}");
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A failure here would ship a file server that does not start, or that systemd restarts because it never says that it is ready.
#[test]
fn the_unit_of_the_server_starts_it() -> Result<()> {
    let computer = Computer::new()?;
    let data = computer.root.path().join("home").display().to_string();
    let share = format!("[share.data]\npath = '{data}'\n[user.bob]\npassword = '{PASSWORD}'\n");
    computer.write("etc/netsession/serve.toml", &format!("listen = ['127.0.0.1:0']\n{share}"))?;
    let service = computer.start(SERVE)?;
    ensure!(computer.message()? == "READY=1");
    service.stop()
}

/// A failure here would ship an exporter that does not start, does not find its login, or ignores the servers of its file.
#[test]
fn the_unit_of_the_exporter_starts_it() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let _alice = server.hold_from("alice", 7)?;
    let computer = Computer::new()?;
    computer.write("etc/netsession/config.toml", &format!("[group.files]\nservers = ['{name}']\n"))?;
    computer.write("etc/netsession/exporter.env", "ARGUMENTS=@files --by-user --listen 127.0.0.1:0\n")?;
    computer.write("credentials/login", &format!("username = admin\npassword = {PASSWORD}\n"))?;
    let mut service = computer.start(EXPORTER)?;
    let line = service.line()?;
    let address = line.trim().strip_prefix("http://").and_then(|it| it.strip_suffix("/metrics"));
    let mut stream = TcpStream::connect(address.with_context(|| line.clone())?)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n")?;
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics)?;
    ensure!(metrics.contains(&format!("netsession_sessions{{server=\"{name}\"}} 1")), "{metrics}");
    ensure!(metrics.contains("user=\"alice\""), "{metrics}");
    service.stop()
}

/// A failure here would leave holds to nobody: systemd would end an agent that does not say in time that it is ready and works.
#[test]
fn the_unit_of_the_agent_starts_it() -> Result<()> {
    let computer = Computer::new()?;
    let service = computer.start(AGENT)?;
    ensure!(computer.message()? == "READY=1");
    ensure!(computer.message()? == "WATCHDOG=1");
    service.stop()
}

/// A failure here would ship units that systemd does not load, or that run a server with rights that it does not need.
#[test]
fn the_units_are_valid_and_hardened() -> Result<()> {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else { return Ok(()) };
    ensure!(version.status.success(), "{version:?}");
    let folder = TempDir::with_prefix("netsession-units-")?;
    let copy = |unit: &str| -> Result<PathBuf> {
        let path = folder.path().join(Path::new(unit).file_name().context("no name")?);
        // systemd verifies that the program exists.
        fs::write(&path, text(unit)?.replace("@PREFIX@/bin/netsession", "/bin/true"))?;
        Ok(path)
    };
    let (serve, socket, exporter, agent) = (copy(SERVE)?, copy(SOCKET)?, copy(EXPORTER)?, copy(AGENT)?);
    for (manager, units) in [("--system", vec![&serve, &socket, &exporter]), ("--user", vec![&agent])] {
        let mut verify = Command::new("systemd-analyze");
        verify.args([manager, "verify", "--man=no", "--recursive-errors=no"]).args(units);
        let verified = verify.env("XDG_RUNTIME_DIR", folder.path()).output()?;
        let said = String::from_utf8_lossy(&verified.stderr);
        ensure!(verified.status.success() && !said.contains("netsession-"), "{manager}: {said}");
    }
    // The exposure in tenths. The agent has the files of its user.
    for (unit, most) in [(serve, 20), (exporter, 20), (agent, 65)] {
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--offline=yes", &format!("--threshold={most}")]).arg(&unit);
        let security = security.output()?;
        let said = String::from_utf8_lossy(&security.stdout);
        let errors = String::from_utf8_lossy(&security.stderr);
        ensure!(security.status.success(), "the exposure of {} is too high: {said}{errors}", unit.display());
    }
    Ok(())
}
