//! A Linux kernel that mounts the share of the embedded server.
#![cfg(test)]
#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, Linux, wait_until};
use netsession_server::Event;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The options of a mount: each dialect signed, and each that can encrypt sealed.
const WAYS: [&str; 5] =
    ["vers=2.1,sign", "vers=3.0,sign", "vers=3.1.1,sign", "vers=3.0,seal", "vers=3.1.1,seal"];

/// Mounts the share twice, each time with a session of its own.
fn mount_twice(linux: &mut Linux, way: &str) -> Result<()> {
    for folder in ["/one", "/two"] {
        let options = format!("{way},mfsymlinks,nosharesock");
        linux.run(&format!("mkdir -p {folder} && exercise mount //server/data {folder} {options}"))?;
    }
    Ok(())
}

/// The files of the tree that the mounts copy, and its folders: 40 files are in each.
const FILES: usize = 2_000;
const FOLDERS: usize = FILES / 40;

/// Copies these folders of /tmp/tree to one mount, and compares what the other mount shows. Linux sends ten requests
/// for each file, and the emulated machine takes ten milliseconds for each, so that a command copies one folder only.
fn copy_folders(linux: &mut Linux, folders: Range<usize>) -> Result<()> {
    linux.run("mkdir -p /one/tree")?;
    for folder in folders {
        linux.run(&format!("cp -r /tmp/tree/{folder:03} /one/tree"))?;
        linux.run(&format!("diff -r /tmp/tree/{folder:03} /two/tree/{folder:03}"))?;
    }
    Ok(())
}

/// Removes these folders. Linux keeps files open for a second after its programs have closed them, so the other mount goes first.
fn remove_folders(linux: &mut Linux, folders: Range<usize>) -> Result<()> {
    linux.run("umount /two")?;
    for folder in folders {
        linux.run(&format!("rm -r /one/tree/{folder:03}"))?;
    }
    linux.run("rmdir /one/tree").map(drop)
}

/// A failure here would keep everybody with Linux from mounting a share, or give their programs other data, locks, links,
/// attributes or holes than a local file has, on some dialect, signed or sealed; or it would leave a mount dead after its
/// session was ended.
#[test]
#[ignore = "boots Linux in QEMU, which takes minutes: cargo xtask test --full"]
fn linux_mounts_on_each_dialect_signed_and_sealed() -> Result<()> {
    let disconnected = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&disconnected);
    let server = Embedded::start_with(|builder| {
        builder.on_event(move |event| {
            if matches!(event, Event::Disconnected(_)) {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        })
    })?;
    let mut linux = Linux::boot(server.address()?)?;
    linux.run(&format!("mkdir /tmp/tree && exercise tree /tmp/tree {FILES}"))?;
    for (seed, way) in WAYS.into_iter().enumerate() {
        mount_twice(&mut linux, way)?;
        linux.run("exercise attributes /one/a /two/a")?;
        linux.run("exercise locks /one/l /two/l")?;
        // With SMB 2.1, Linux asks for no holes.
        if !way.starts_with("vers=2.1") {
            linux.run("exercise holes /one/h")?;
        }
        linux.run("cp /tmp/tree/000/1.bin /one/i && exercise copy /one/i /one/j && cmp /one/i /two/j")?;
        let link = linux.run("ln -s some/where /one/link && readlink /two/link")?;
        ensure!(link.trim() == "some/where", "{way}: the link leads to {link}");
        let over = "echo new > /one/n && echo old > /one/o && mv -f /one/n /one/o && cat /two/o";
        ensure!(linux.run(over)?.trim() == "new", "{way}: a file was not replaced");
        linux
            .run(&format!("(exercise fsx /one/f /tmp/f {seed} 200; echo $? >/tmp/end) >/tmp/said 2>&1 &"))?;
        linux.run("while ! [ -e /tmp/middle ] && ! [ -e /tmp/end ]; do usleep 10000; done")?;
        let before = disconnected.load(Ordering::Relaxed);
        let sessions = server.server()?.sessions();
        ensure!(!sessions.is_empty(), "{way}: no session");
        for session in &sessions {
            ensure!(server.server()?.end_session(session), "{way}: not ended");
        }
        wait_until("the connections to be closed", || {
            Ok((disconnected.load(Ordering::Relaxed) >= before + sessions.len()).then_some(()))
        })?;
        let end = "rm -f /tmp/middle; while ! [ -e /tmp/end ]; do usleep 10000; done; cat /tmp/said; read s </tmp/end; rm /tmp/end; [ $s = 0 ]";
        linux.run(end)?;
        linux.run("cmp /one/f /tmp/f && cmp /two/f /tmp/f && rm /one/*")?;
        // Each way copies its own part of the tree.
        let part = FOLDERS / WAYS.len();
        let folders = seed * part..(seed + 1) * part;
        copy_folders(&mut linux, folders.clone())?;
        remove_folders(&mut linux, folders)?;
        linux.run("umount /one")?;
        ensure!(std::fs::read_dir(server.share())?.next().is_none(), "{way}: something is left");
    }
    Ok(())
}

/// A failure here would lose or change files while somebody copies a project to a mounted share.
#[test]
#[ignore = "boots Linux in QEMU, which takes minutes: cargo xtask test --full"]
fn linux_copies_a_large_tree() -> Result<()> {
    let server = Embedded::start()?;
    let mut linux = Linux::boot(server.address()?)?;
    mount_twice(&mut linux, "vers=3.1.1,seal")?;
    linux.run(&format!("mkdir /tmp/tree && exercise tree /tmp/tree {FILES}"))?;
    copy_folders(&mut linux, 0..FOLDERS)?;
    let count = linux.run("find /two/tree | wc -l")?;
    ensure!(count.trim() == (1 + FOLDERS + FILES).to_string(), "files or folders are missing: {count}");
    remove_folders(&mut linux, 0..FOLDERS)?;
    ensure!(std::fs::read_dir(server.share())?.next().is_none(), "something is left");
    Ok(())
}

/// A failure here would give a program another file than it copies, where the file system of the server can share the data of both.
#[test]
#[ignore = "boots Linux in QEMU, which takes minutes: cargo xtask test --full"]
fn linux_clones_a_file() -> Result<()> {
    let server = Embedded::start()?;
    let mut linux = Linux::boot(server.address()?)?;
    mount_twice(&mut linux, "vers=3.1.1,sign")?;
    for bytes in ["4096", "1048576", "1000001"] {
        linux.run(&format!("head -c {bytes} /dev/urandom >/one/from"))?;
        let said = linux.run("exercise clone /one/from /one/to && cmp /one/from /two/to")?;
        println!("{bytes} bytes: {}", said.trim());
        linux.run("echo other >>/one/to && cmp -n 4096 /one/from /two/to && rm /one/from /one/to")?;
    }
    Ok(())
}
