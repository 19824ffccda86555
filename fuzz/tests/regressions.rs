//! Runs every target with its seeds, and with every input that made the fuzzer find an error.
//!
//! To keep a finding, put the fuzzer's file into `fuzz/regressions/TARGET/`, with a name that says what was wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first error")]

use std::fs;
use std::path::Path;

use netsession_fuzz::seeds;
use netsession_fuzz::targets::{TARGETS, Target};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A failure here would bring back an error that the fuzzer has found before.
#[test]
fn findings_stay_fixed() {
    for folder in fs::read_dir(here().join("regressions")).unwrap() {
        let folder = folder.unwrap();
        if !folder.file_type().unwrap().is_dir() {
            continue;
        }
        let name = folder.file_name().into_string().unwrap();
        let target = Target::named(&name).unwrap_or_else(|| panic!("regressions/{name} names no target"));
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            target.run(&fs::read(path).unwrap());
        }
    }
}

/// A failure here would mean that an oracle does not hold for messages of real peers, or that a decoder wastes memory
/// on them.
#[test]
fn captured_messages_stay_within_the_bounds() {
    let mut seen = 0;
    for target in TARGETS {
        for seed in seeds::of(target.name, &here().join("..")).unwrap() {
            target.run(&seed);
            seen += 1;
        }
    }
    assert!(seen > 1000, "{seen} seeds");
}

/// A failure here would make the tests above pass for every decoder, because nothing counts allocations.
#[test]
fn allocations_are_counted() {
    let grow = || {
        let mut bytes = vec![0_u8; 1000];
        bytes.reserve_exact(5000);
        drop(bytes);
        drop(vec![1_u8; 100]);
    };
    // A vector that grows from 1,000 to 6,000 bytes counts as a new allocation.
    assert_eq!(allocation_counter::measure(grow).bytes_total, 1000 + 6000 + 100);
    let greedy = Target { name: "greedy", oracle: |_| drop(vec![1_u8; 100_000]), bytes_per_byte: 64 };
    assert!(std::panic::catch_unwind(|| greedy.run(b"small")).is_err());
}
