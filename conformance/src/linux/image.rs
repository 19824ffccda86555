//! The kernel, and the initial file system of the machine: busybox, the modules of the SMB client, and `exercise`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::samba::PASSWORD;

/// The modules of the SMB client, of what it needs, and of the network card. A missing one is part of the kernel itself.
const MODULES: [&str; 11] = [
    "fs/smb",
    "fs/nls",
    "fs/netfs",
    "fs/fscache",
    "net/dns_resolver",
    "net/core",
    "crypto",
    "lib",
    "arch/x86/crypto",
    "drivers/virtio",
    "drivers/net",
];

/// An unpacked kernel package.
pub(super) struct Kernel {
    /// The kernel.
    pub(super) file: PathBuf,
    /// The folder of its modules, which has the kernel's version as its name.
    modules: PathBuf,
}

/// Finds the kernel that `cargo xtask test --full` has downloaded.
pub(super) fn kernel() -> Result<Kernel> {
    let folder = std::env::var_os("NETSESSION_LINUX")
        .context("NETSESSION_LINUX does not name the folder of a kernel: run `cargo xtask test --full`")?;
    let folder = PathBuf::from(folder);
    let only = |folder: PathBuf, start: &str| -> Result<PathBuf> {
        let mut entries = fs::read_dir(&folder)?.map_while(Result::ok).map(|entry| entry.path());
        let is_it =
            |path: &PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(start));
        entries.find(is_it).with_context(|| format!("no {start}* in {}", folder.display()))
    };
    Ok(Kernel { file: only(folder.join("boot"), "vmlinuz")?, modules: only(folder.join("lib/modules"), "")? })
}

/// Builds the initial file system in `folder`, and returns its archive. The server listens on this port of 127.0.0.1.
pub(super) fn build(folder: &Path, kernel: &Kernel, port: u16) -> Result<PathBuf> {
    let root = folder.join("root");
    let bin = root.join("bin");
    fs::create_dir_all(&bin)?;
    let source = folder.join("exercise.c");
    fs::write(&source, include_str!("exercise.c"))?;
    let mut compiler = Command::new("cc");
    compiler
        .args(["-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(bin.join("exercise"))
        .arg(source);
    succeed(&mut compiler)?;
    succeed(Command::new("sh").args(["-c", "cp \"$(command -v busybox)\" \"$0\""]).arg(bin.join("busybox")))?;
    fs::write(root.join("login"), format!("ip=10.0.2.2,port={port},username=alice,password={PASSWORD}"))?;
    fs::write(root.join("init"), include_str!("init.sh"))?;
    succeed(Command::new("chmod").arg("755").arg(root.join("init")))?;
    let version = kernel.modules.file_name().context("no version")?;
    let modules = root.join("lib/modules").join(version);
    for part in MODULES {
        let (from, to) = (kernel.modules.join("kernel").join(part), modules.join("kernel").join(part));
        if from.exists() {
            fs::create_dir_all(&to)?;
            succeed(Command::new("cp").arg("-rT").arg(from).arg(to))?;
        }
    }
    for list in ["modules.order", "modules.builtin", "modules.builtin.modinfo"] {
        fs::copy(kernel.modules.join(list), modules.join(list))?;
    }
    succeed(Command::new("busybox").args(["depmod", "-b"]).arg(&root).arg(version))?;
    let archive = folder.join("initial.cpio");
    let pack = "find . | busybox cpio -o -H newc >\"$0\"";
    succeed(Command::new("sh").args(["-c", pack]).arg(&archive).current_dir(&root).stderr(Stdio::null()))?;
    Ok(archive)
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
