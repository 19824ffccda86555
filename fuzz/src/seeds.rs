//! Inputs to start from: what the crates' golden files hold.
//!
//! A golden file is taken as bytes, or, where it is text, as messages in hexadecimal: a line each, going on in
//! lines that begin with a space. Nothing else about it needs to be known, since the fuzzer keeps what leads
//! somewhere: each message is offered to each target of its crate, as it is, without the headers that it may
//! have, and after the control bytes that some targets begin with.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use netsession_rpc::ndr::Syntax;
use netsession_rpc::{Interface, oracle};
use netsession_srvs::Srvsvc;

/// Larger ones only slow the fuzzer down.
const LARGEST: usize = 8 << 10;

/// The seeds of a target, from the golden files beneath `root`.
///
/// # Errors
/// Where a golden file cannot be read.
pub fn of(target: &str, root: &Path) -> io::Result<BTreeSet<Vec<u8>>> {
    let crates: &[&str] = match target.split('_').next() {
        // What it carries means nothing to it.
        _ if target == "rpc_exchange" => &[],
        Some("rpc" | "srvs") => &["rpc", "srvs"],
        _ => &["smb"],
    };
    let controls = &match target {
        "srvs_messages" => selectors::<Srvsvc>(),
        _ => vec![vec![], vec![0], vec![1], vec![255], vec![0, 0], vec![0, 1]],
    };
    let mut seeds = BTreeSet::new();
    for name in crates {
        for file in files(&root.join("crates").join(name).join("tests/golden"))? {
            for message in messages(&fs::read(file)?) {
                offer(&message, controls, &mut seeds);
            }
        }
    }
    Ok(seeds)
}

/// What selects each message of the interface `I`, in each syntax.
fn selectors<I: Interface>() -> Vec<Vec<u8>> {
    let directions = I::OPERATIONS.iter().flat_map(|operation| [(operation, false), (operation, true)]);
    let messages = directions.flat_map(|message| Syntax::ALL.map(|syntax| (message, syntax)));
    messages
        .filter_map(|((operation, is_response), syntax)| oracle::selector(operation, syntax, is_response))
        .map(Vec::from)
        .collect()
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// The messages of a golden file, and all of them joined.
fn messages(file: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(file) else { return vec![file.to_vec()] };
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for line in text.lines() {
        let Some(bytes) = line.split_whitespace().next_back().and_then(from_hex) else { continue };
        match messages.last_mut() {
            Some(last) if line.starts_with(' ') => last.extend(bytes),
            _ => messages.push(bytes),
        }
    }
    let joined = messages.concat();
    messages.push(joined);
    messages
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let pair = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    odd.is_empty().then(|| pairs.iter().map(pair).collect())?
}

fn offer(message: &[u8], controls: &[Vec<u8>], seeds: &mut BTreeSet<Vec<u8>>) {
    // The stub of a PDU begins behind 24 bytes; in SMB2 messages the security token of a session setup behind
    // 72 or 88, that of a negotiate response behind 128; NTLM where it says so itself.
    let ntlm = message.windows(8).position(|window| window == b"NTLMSSP\0");
    for without in [0, 24, 72, 88, 128].into_iter().chain(ntlm) {
        let Some(rest) = message.get(without..) else { continue };
        for control in controls {
            let seed = [control, rest].concat();
            if (1..=LARGEST).contains(&seed.len()) {
                seeds.insert(seed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the fuzzer would start from nothing, or from texts instead of messages.
    #[test]
    fn messages_are_found_in_text_and_bytes() {
        let text = b"# what this is\n> 0102\n  03\n< 0405\nfull ndr32 06";
        assert_eq!(messages(text), [vec![1, 2, 3], vec![4, 5], vec![6], vec![1, 2, 3, 4, 5, 6]]);
        assert_eq!(messages(&[0xff, 0xfe]), [vec![0xff, 0xfe]]);
    }
}
