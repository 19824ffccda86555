//! [`Linux`]: Debian's Linux kernel in QEMU, whose SMB client mounts the share of a server on this machine.
//!
//! The machine reaches the loopback of this one at 10.0.2.2, and nothing else: it has no route.

mod image;

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::guard::Guard;
use crate::lines;

/// The time limit for one command. QEMU emulates the processor, so the machine is slow.
const LIMIT: Duration = Duration::from_secs(600);

/// A running machine. Dropping it stops it.
#[derive(Debug)]
pub struct Linux {
    qemu: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    console: PathBuf,
    _guard: Guard,
}

impl Linux {
    /// Boots a machine that reaches this server, and waits until it accepts commands.
    ///
    /// # Errors
    /// `cargo xtask test --full` has not installed QEMU and the kernel, or the kernel does not start.
    pub fn boot(server: SocketAddr) -> Result<Self> {
        let guard = Guard::new("netsession-linux-")?;
        let kernel = image::kernel()?;
        let initial = image::build(guard.folder(), &kernel, server.port())?;
        let console = guard.folder().join("console");
        let mut qemu = Command::new("qemu-system-x86_64")
            .args(["-machine", "pc,accel=tcg", "-cpu", "max", "-m", "384", "-display", "none", "-no-reboot"])
            .args(["-nodefaults", "-no-user-config", "-append", "console=ttyS0 quiet panic=-1"])
            .arg("-kernel")
            .arg(kernel.file)
            .arg("-initrd")
            .arg(initial)
            .args(["-serial", &format!("file:{}", console.display()), "-serial", "stdio"])
            .args(["-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net"])
            .current_dir(guard.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(guard.folder().join("errors"))?)
            .spawn()
            .context("starting qemu-system-x86_64")?;
        let input = qemu.stdin.take().context("no input")?;
        let output = qemu.stdout.take().context("no output")?;
        let lines = lines(output);
        let linux = Self { qemu, input, lines, console, _guard: guard };
        let (_, ready) = linux.until_mark()?;
        ensure!(ready == "ready", "the machine says {ready:?}");
        Ok(linux)
    }

    /// Executes a line of the shell, and returns its output.
    ///
    /// # Errors
    /// The command fails, or does not end in time; the error has its output and the messages of the SMB client.
    pub fn run(&mut self, command: &str) -> Result<String> {
        let (output, status) = self.execute(command)?;
        if status != "0" {
            let (messages, _) = self.execute("dmesg | tail -20")?;
            anyhow::bail!("{command}: exit status {status}\n{output}\n{messages}");
        }
        Ok(output)
    }

    fn execute(&mut self, command: &str) -> Result<(String, String)> {
        writeln!(self.input, "{command}")?;
        self.until_mark().with_context(|| command.to_owned())
    }

    /// Returns the output before the next mark, and the mark.
    fn until_mark(&self) -> Result<(String, String)> {
        let mut output = String::new();
        loop {
            let line = self.lines.recv_timeout(LIMIT).with_context(|| {
                let console = std::fs::read_to_string(&self.console).unwrap_or_default();
                format!("the machine is silent\n{output}\n{console}")
            })?;
            if let Some(mark) = line.strip_prefix('@') {
                return Ok((output, mark.to_owned()));
            }
            output += &line;
            output.push('\n');
        }
    }
}

impl Drop for Linux {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}
