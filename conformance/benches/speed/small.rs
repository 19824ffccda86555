//! The embedded server beside smbd: small files, many clients at once, and a mount.

use std::fs;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use netsession_conformance::Linux;

use crate::embedded::{Both, Subject};

const FILES: usize = 3000;
const CLIENTS: usize = 50;
/// The bytes that each of the clients copies.
const PART: u64 = 20 << 20;
const LISTED: usize = 50_000;
const PROTECTION: &str = "--client-protection=sign";

/// 3,000 files of 1 KiB, and 50 clients at once.
pub(crate) fn files_and_clients() -> Result<()> {
    let both = Both::start()?;
    let (source, target) = (both.stage.path("small"), both.stage.path("back"));
    for folder in [&source, &target] {
        fs::create_dir(folder)?;
    }
    for number in 0..FILES {
        fs::write(source.join(number.to_string()), [b'x'; 1024])?;
    }
    let run = |subject: &Subject, commands: &str| -> Result<()> {
        let status = subject.smbclient(PROTECTION, commands).status()?;
        ensure!(status.success(), "smbclient {commands}: {status}");
        Ok(())
    };
    let put = |subject: &Subject| {
        run(subject, &format!("prompt off; mkdir small; cd small; lcd {}; mput *", source.display()))?;
        ensure!(fs::read_dir(subject.share.join("small"))?.count() == FILES, "files are missing");
        Ok(())
    };
    let get =
        |subject: &Subject| run(subject, &format!("prompt off; cd small; lcd {}; mget *", target.display()));
    let delete = |subject: &Subject| {
        run(subject, "deltree small")?;
        ensure!(!subject.share.join("small").exists(), "files are left");
        Ok(())
    };
    Both::head("by smbclient, signed");
    both.compare(&[
        (format!("put {FILES} files of 1 KiB"), &put),
        (format!("get {FILES} files of 1 KiB"), &get),
        (format!("delete {FILES} files of 1 KiB"), &delete),
    ])?;
    for subject in both.subjects() {
        fs::File::create(subject.share.join("part"))?.set_len(PART)?;
    }
    let crowd = |subject: &Subject| {
        let spawn = |_| subject.smbclient(PROTECTION, "get part /dev/null").spawn();
        let clients = (0..CLIENTS).map(spawn).collect::<std::io::Result<Vec<_>>>()?;
        for mut client in clients {
            ensure!(client.wait()?.success(), "a client failed");
        }
        Ok(())
    };
    both.compare(&[(format!("get by {CLIENTS} clients at once"), &crowd)])?;
    both.stop()
}

/// `find` over 50,000 files of a Linux mount.
pub(crate) fn mount() -> Result<()> {
    let both = Both::start()?;
    let mut machines = Vec::new();
    for subject in both.subjects() {
        for number in 0..LISTED {
            let folder = subject.share.join(format!("tree/{}", number / 500));
            if number % 500 == 0 {
                fs::create_dir_all(&folder)?;
            }
            fs::write(folder.join(number.to_string()), [])?;
        }
        let mut linux = Linux::boot(subject.address)?;
        linux.run("mkdir /one")?;
        machines.push((subject.address, Mutex::new(linux)));
    }
    let find = |subject: &Subject| {
        let machine = machines.iter().find(|(address, _)| *address == subject.address);
        let (_, linux) = machine.context("no machine")?;
        let mut linux = linux.lock().map_err(|_| anyhow::anyhow!("a round failed"))?;
        // A new mount knows no file. The emulated machine takes ten milliseconds for each request, so `find` may use what Linux
        // has learned from the list of a folder a moment before; with `actimeo=0` it asks again for each file, for hours.
        let mounted = "exercise mount //server/data /one vers=3.1.1,nosharesock";
        let found = linux.run(&format!("{mounted} && find /one/tree -type f | wc -l && umount /one"))?;
        ensure!(found.trim() == LISTED.to_string(), "{found} files");
        Ok(())
    };
    Both::head("Linux in QEMU");
    both.compare(&[(format!("find over {LISTED} files of a mount"), &find)])?;
    drop(machines);
    both.stop()
}
