//! The inputs that the fuzzer starts from: the messages of the golden files of the crates, and a sample of each message
//! of each interface.
//!
//! [`of`] returns the seeds of one target. A golden file holds bytes, or text with a message in hexadecimal on each
//! line, which goes on in lines that begin with a space. Nobody says which message belongs to which target: the fuzzer
//! keeps what reaches new code. So each target of a crate gets each message of the crate as it is, without the headers
//! that it may have, and after the control bytes that some targets begin with.
//!
//! ```
//! let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
//! let seeds = netsession_fuzz::seeds::of("srvs_messages", &root)?;
//! assert!(seeds.len() > 1000);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use netsession_rpc::oracle;
use netsession_srvs::Srvsvc;

/// The length of the longest seed in bytes: longer ones only slow the fuzzer down.
const LONGEST: usize = 8 << 10;

/// Returns the seeds of a target, from the golden files below `root` and from the interfaces.
///
/// # Errors
/// Returns the error of the system if it cannot read a golden file.
pub fn of(target: &str, root: &Path) -> io::Result<BTreeSet<Vec<u8>>> {
    #[cfg(unix)]
    if target == "server_sessions" {
        // A script has no captured messages.
        return Ok(netsession_server::oracle::stories().into_iter().collect());
    }
    let crates: &[&str] = match target.split('_').next() {
        // This target carries any bytes; their content does not matter.
        _ if target == "rpc_exchange" => &[],
        Some("rpc" | "srvs") => &["rpc", "srvs"],
        _ => &["smb"],
    };
    let samples = if target == "srvs_messages" { oracle::samples::<Srvsvc>() } else { Vec::new() };
    let controls = if samples.is_empty() {
        vec![vec![], vec![0], vec![1], vec![255], vec![0, 0], vec![0, 1]]
    } else {
        samples.iter().filter_map(|sample| sample.get(..oracle::SELECTOR)).map(Vec::from).collect()
    };
    let mut seeds = BTreeSet::from_iter(samples);
    for name in crates {
        for file in files(&root.join("crates").join(name).join("tests/golden"))? {
            for message in messages(&fs::read(file)?) {
                offer(&message, &controls, &mut seeds);
            }
        }
    }
    Ok(seeds)
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

/// Returns the messages of a golden file, and all of them joined.
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
    // The stub of a PDU begins after 24 bytes. In SMB2 messages the security token of a session setup begins after 72 or
    // 88 bytes, and that of a negotiate response after 128. An NTLM message begins with its signature.
    let ntlm = message.windows(8).position(|window| window == b"NTLMSSP\0");
    for without in [0, 24, 72, 88, 128].into_iter().chain(ntlm) {
        let Some(rest) = message.get(without..) else { continue };
        for control in controls {
            let seed = [control, rest].concat();
            if (1..=LONGEST).contains(&seed.len()) {
                seeds.insert(seed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::Interface;
    use netsession_rpc::ndr::Syntax;

    use super::*;

    /// A failure here would leave the fuzzer without seeds for the messages of some operation.
    #[test]
    fn each_message_of_each_operation_has_a_seed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let seeds = of("srvs_messages", &root).unwrap();
        for operation in Srvsvc::OPERATIONS {
            for (syntax, is_response) in Syntax::ALL.into_iter().flat_map(|it| [(it, false), (it, true)]) {
                let selector = oracle::selector(operation, syntax, is_response).unwrap();
                let of_it = seeds.iter().filter(|seed| seed.starts_with(&selector));
                assert!(of_it.count() > 100, "{} {syntax:?} {is_response}", operation.name);
            }
        }
    }

    /// A failure here would let the fuzzer start from texts instead of messages.
    #[test]
    fn messages_are_found_in_text_and_bytes() {
        let text = b"# what this is\n> 0102\n  03\n< 0405\nfull ndr32 06";
        assert_eq!(messages(text), [vec![1, 2, 3], vec![4, 5], vec![6], vec![1, 2, 3, 4, 5, 6]]);
        assert_eq!(messages(&[0xff, 0xfe]), [vec![0xff, 0xfe]]);
    }
}
