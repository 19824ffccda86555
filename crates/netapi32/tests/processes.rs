//! Runs the library in other processes: with many threads, with forks, and loaded by different names.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::fs;
use std::os::unix::fs::symlink;

use stage::{Drive, Stage, driver, library};

fn threads(number: &str, each: &str) {
    let stages: Vec<_> = (0..3).map(|_| Stage::start()).collect();
    let names: Vec<_> = stages.iter().map(Stage::name).collect();
    let mut arguments = vec!["threads", number, each];
    arguments.extend(names.iter().map(String::as_str));
    assert_eq!(Drive::new(&arguments).by_admin().lines(), ["login 0", "wrong 0"]);
    for stage in &stages {
        // Threads share connections: a logon for each call or thread would be more.
        assert!(stage.logons() <= 8, "{} logons", stage.logons());
    }
}

/// A failure here would let threads disturb each other's calls, read each other's errno, or log on for each call.
#[test]
fn threads_share_connections() {
    threads("16", "25");
}

/// A failure here would let a rare race between many threads break a call.
#[test]
#[ignore = "16,000 calls; the shorter test finds most races: cargo xtask test --full"]
fn threads_share_connections_for_long() {
    threads("16", "1000");
}

/// A failure here would let a forked child break its parent's connection, or keep the child from calling at all.
#[test]
fn a_forked_child_has_its_own_connections() {
    let stage = Stage::start();
    let lines = Drive::new(&["fork", &stage.name()]).by_admin().lines();
    // How many sessions there are depends on how fast the server notices that a child has ended.
    let codes: Vec<_> = lines.iter().filter_map(|line| line.get(..line.rfind(' ')?)).collect();
    let (parent, child) = ("parent 0", "child 0");
    assert_eq!(codes, ["login", parent, child, parent, child, parent, child, parent]);
    assert_eq!(stage.logons(), 4, "the parent keeps its connection, and each child makes one");
    stage.wait_for(&[]);
}

/// A failure here would write requests into the files of a program that closes every descriptor, as daemons do.
#[test]
fn a_program_may_close_every_file() {
    let stage = Stage::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let lines = Drive::new(&["close", &stage.name(), file.to_str().unwrap()]).by_admin().lines();
    assert_eq!(lines, ["login 0", "before 0 1", "after 0 1"]);
    assert_eq!(fs::read(&file).unwrap(), b"", "the library wrote nothing into the program's file");
}

/// A failure here would break a program that loads the library by two of its names, or two copies of it.
#[test]
fn two_names_share_the_library_and_two_copies_do_not() {
    let stage = Stage::start();
    let folder = tempfile::tempdir().unwrap();
    let (link, copy) = (folder.path().join("NetApi32.dll"), folder.path().join("libnetapi32.dll.so"));
    symlink(library(), &link).unwrap();
    fs::copy(library(), &copy).unwrap();
    let name = stage.name();
    let second = |path: &std::path::Path| {
        Drive::with(&driver(), &library(), &["second", path.to_str().unwrap(), &name]).by_admin().lines()
    };
    assert_eq!(second(&link), ["login 0", "the same", "first 0 1", "second 0 1", "first 0 1"]);
    stage.wait_for(&[]);
    assert_eq!(second(&copy), ["login 0", "login 0", "another", "first 0 1", "second 0 2", "first 0 2"]);
}
