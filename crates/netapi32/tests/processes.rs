//! The library in processes of their own: many threads, forks, and the names that it is loaded by.
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
        // The connections were shared: a logon for each call, or each thread, would be more.
        assert!(stage.logons() <= 8, "{} logons", stage.logons());
    }
}

/// If this fails, threads disturb each other's calls, read each other's errno, or log on again and again.
#[test]
fn threads_share_connections() {
    threads("16", "25");
}

/// If this fails, something that happens seldom goes wrong when many threads call for long.
#[test]
#[ignore = "16,000 calls, for what the shorter one shows most often: cargo xtask test --full"]
fn threads_share_connections_for_long() {
    threads("16", "1000");
}

/// If this fails, a child that was forked talks on its parent's connection and breaks it, or cannot call at all.
#[test]
fn a_child_has_connections_of_its_own() {
    let stage = Stage::start();
    let lines = Drive::new(&["fork", &stage.name()]).by_admin().lines();
    // How many sessions there are depends on how fast the server notices that a child has ended.
    let codes: Vec<_> = lines.iter().filter_map(|line| line.get(..line.rfind(' ')?)).collect();
    let (parent, child) = ("parent 0", "child 0");
    assert_eq!(codes, ["login", parent, child, parent, child, parent, child, parent]);
    assert_eq!(stage.logons(), 4, "the parent's connection lasts, and each child makes one");
    stage.wait_for(&[]);
}

/// If this fails, a program that closes all files, as daemons do, finds messages to servers in its own files.
#[test]
fn a_program_may_close_every_file() {
    let stage = Stage::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let lines = Drive::new(&["close", &stage.name(), file.to_str().unwrap()]).by_admin().lines();
    assert_eq!(lines, ["login 0", "before 0 1", "after 0 1"]);
    assert_eq!(fs::read(&file).unwrap(), b"", "nothing of ours is in it");
}

/// If this fails, a library that is loaded by two of its names, or from two copies, is in its own way.
#[test]
fn two_names_and_two_copies() {
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
