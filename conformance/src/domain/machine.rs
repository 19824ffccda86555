//! [`Machine`]: a computer made of Linux namespaces, with its own network, processes, host name, `/etc`, `/var` and `/run`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::netsession::{Outcome, finish};

/// The longest run of a program on a machine, in seconds. A longer run is killed and exits with 137.
const LIMIT: u32 = 120;

/// The longest run of a step that prepares a machine, in seconds.
const SLOW_LIMIT: u32 = 180;

/// A computer. It ends, with all of its processes, when this value is dropped or when this process ends in any way.
#[derive(Debug)]
pub struct Machine {
    name: String,
    /// The process id of its first process, as the host sees it.
    id: String,
    first: Child,
}

impl Machine {
    /// Starts a machine; `folder` gets an empty folder with its name.
    ///
    /// # Errors
    /// This process may not make namespaces.
    pub(crate) fn start(name: &str, address: &str, folder: &Path) -> Result<Self> {
        let memory = folder.join(name);
        std::fs::create_dir(&memory)?;
        let mut first = root("unshare")
            .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork"])
            .args(["sh", "-c", include_str!("machine.sh"), "machine", name, address])
            .arg(&memory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join(format!("{name}.log")))?)
            .spawn()
            .context("starting unshare")?;
        let output = first.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(id) = line.strip_suffix(" ready\n") else {
            let log = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
            bail!("the machine {name} did not start: {log}");
        };
        Ok(Self { name: name.to_owned(), id: id.to_owned(), first })
    }

    /// Connects a machine to this one, which carries the bridge of the network.
    ///
    /// # Errors
    /// `ip` fails.
    pub(crate) fn connect(&self, other: &Self, address: &str) -> Result<()> {
        let wire = format!("to-{}", other.name);
        let link = ["ip", "link", "add", &wire, "type", "veth", "peer", "name", "eth0", "netns", &other.id];
        // Process ids mean something only outside of the machines, so this enters nothing but the network.
        let output = root("nsenter").args(["--target", &self.id, "--net"]).args(link).output()?;
        ensure!(output.status.success(), "ip link: {}", String::from_utf8_lossy(&output.stderr));
        self.sh(&format!("ip link set {wire} master br0 up"))?;
        other.sh(&format!("ip addr add {address}/24 dev eth0; ip link set eth0 up"))?;
        Ok(())
    }

    /// Returns a command that runs `program` on the machine, with the arguments and variables of `program` and no others.
    /// The program is killed if it runs for too long.
    #[must_use]
    pub fn wrap(&self, program: &Command) -> Command {
        self.wrap_for(program, LIMIT)
    }

    /// As [`Machine::wrap`], for a program that reads from a terminal. Nothing limits its time.
    pub(crate) fn wrap_for_terminal(&self, program: &Command) -> Command {
        self.enter(program, &[])
    }

    fn wrap_for(&self, program: &Command, limit: u32) -> Command {
        self.enter(program, &["timeout", "--signal=KILL", &limit.to_string()])
    }

    fn enter(&self, program: &Command, under: &[&str]) -> Command {
        let mut command = root("nsenter");
        command
            .args(["--target", &self.id, "--mount", "--uts", "--ipc", "--net", "--pid", "--wd=/", "--"])
            .args(under)
            .args(["env", "-i"])
            .arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                let mut setting = name.to_owned();
                setting.push("=");
                setting.push(value);
                command.arg(setting);
            }
        }
        command.arg(program.get_program()).args(program.get_args());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a program on the machine to its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, program: &Command) -> Result<Outcome> {
        self.run_with_input(program, Stdio::null())
    }

    /// Runs a program on the machine to its end, with this standard input.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run_with_input(&self, program: &Command, input: Stdio) -> Result<Outcome> {
        let start = Instant::now();
        let child = self.wrap(program).stdin(input).spawn().context("starting nsenter")?;
        finish(child, start)
    }

    /// Runs a shell script on the machine and returns its standard output.
    ///
    /// # Errors
    /// The script fails; the error has what it printed.
    pub fn sh(&self, script: &str) -> Result<String> {
        self.script(script, &[])
    }

    /// As [`Machine::sh`], with arguments for the script.
    ///
    /// # Errors
    /// As [`Machine::sh`].
    pub fn script(&self, script: &str, arguments: &[&str]) -> Result<String> {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", script, "sh"]).args(arguments);
        let output = self.wrap_for(&shell, SLOW_LIMIT).output().context("starting nsenter")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "on {}: {script}\n{stdout}{stderr}", self.name);
        Ok(stdout)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The end of its standard input ends the first process.
        drop(self.first.stdin.take());
        let _ = self.first.wait();
    }
}

/// Returns a command that runs as root: with sudo, which must not ask for a password, where this process is not root.
pub(super) fn root(program: impl AsRef<OsStr>) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg("--non-interactive").arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Whether this process may make the namespaces of a machine.
pub(crate) fn allowed() -> bool {
    const PROBE: &str = "PATH=$PATH:/usr/sbin:/sbin; mount -t tmpfs probe /run && mkdir /run/u /run/w &&
        mount -t overlay -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w probe /etc && ip link add br0 type bridge";
    let mut probe = root("unshare");
    probe.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "sh", "-c", PROBE]);
    probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::{Machine, allowed};
    use crate::guard::Guard;

    /// A failure here would leave processes of a domain behind when a test ends or is killed: both close the same pipe.
    #[test]
    fn a_machine_ends_with_all_of_its_processes() -> anyhow::Result<()> {
        if !allowed() {
            eprintln!("left out: this process may not make network namespaces");
            return Ok(());
        }
        let guard = Guard::new("netsession-machine-")?;
        let machine = Machine::start("alone", "10.77.1.1", guard.folder())?;
        machine.sh("sleep 1000 </dev/null >/dev/null 2>&1 &")?;
        assert_eq!(machine.sh("hostname; pgrep -c sleep")?, "alone\n1\n");
        let first = std::path::PathBuf::from(format!("/proc/{}", machine.id));
        assert!(first.exists());
        drop(machine);
        // The kernel ends a namespace's processes before its first process is gone.
        assert!(!first.exists());
        assert_eq!(std::fs::read_dir(guard.folder().join("alone"))?.count(), 0);
        Ok(())
    }
}
