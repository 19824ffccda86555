//! Calls `NetServerEnum` in programs with a configuration file of their own.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

#[cfg(test)]
mod stage;

use std::fs;

use netapi32::WCHAR;
use stage::{Drive, library};

fn list(config: &str, domain: &str) -> Vec<String> {
    let width = size_of::<WCHAR>().to_string();
    let drive = Drive::python("servers.py", &library(), &[&width, domain]);
    let file = drive.home().join("config.toml");
    fs::write(&file, config).unwrap();
    let file = file.display().to_string();
    drive.env("NETSESSION_CONFIG", &file).lines()
}

/// A failure here would hide servers of the configuration file from a program, or show it those of another group.
#[test]
fn the_servers_of_the_file_are_listed() {
    let config = "[server.fs1]\n[server.nas]\n[group.files]\nservers = ['fs1', 'fs2']\n[group.all]\nservers = ['@files', 'fs3:4450']\n";
    let lines = |names: &str, count: usize| {
        let line = |level: u32| {
            [format!("{level} 0xffffffff 0 {count} {count} {names}"), format!("{level} 0x4 0 0 0")]
        };
        [line(100), line(101)].concat()
    };
    assert_eq!(list(config, "files"), lines("fs1 fs2", 2));
    assert_eq!(list(config, "ALL"), lines("fs1 fs2 fs3:4450", 3));
    let all = list(config, "-");
    for name in ["fs1", "fs2", "fs3:4450", "nas"] {
        assert_eq!(all[0].split(' ').filter(|word| *word == name).count(), 1, "{all:?}");
    }
}

/// A failure here would let a program take an empty list for the whole network.
#[test]
fn an_unknown_group_is_an_error() {
    let missing =
        [100, 101].map(|level| [0xffff_ffff_u32, 4].map(|kind| format!("{level} {kind:#x} 6118 0 0")));
    assert_eq!(list("[server.fs1]\n", "files"), missing.concat());
    assert_eq!(list("", "-"), missing.concat());
}
