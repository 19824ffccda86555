//! What a client on macOS learns of the server in its first CREATE on a share (Apple's extension AAPL).
//!
//! Finder then lists a folder without opening each of its files. The server finds no path by the number of a file, and so does
//! not offer RESOLVE_ID.

use std::sync::atomic::Ordering;

use netsession_smb::msg::CreateContext;
use netsession_smb::msg::create_context::{
    AppleCapabilities, AppleCommand, AppleParts, AppleRequest, AppleResponse, AppleVolume,
};

use crate::fs::Disk;
use crate::state::Session;

/// What the server supports.
const SERVER: AppleCapabilities = AppleCapabilities::READ_DIR_ATTR;
/// What a share supports: names compare without regard to case, and each FLUSH waits for the disk.
const VOLUME: AppleVolume = AppleVolume::FULL_SYNC;
/// The model of the computer; Finder shows a plain server for one that it does not know.
const MODEL: &str = "netsession";

/// Answers the question of a client on macOS, and remembers that the session's lists have what Finder shows. Without named
/// streams, the server says nothing: Finder's information would be missing.
pub(super) fn answer(session: &Session, disk: &Disk, contexts: &[CreateContext]) -> Option<CreateContext> {
    let request = CreateContext::find::<AppleRequest>(contexts).ok().flatten()?;
    let AppleRequest { command: AppleCommand::SERVER_QUERY, parts, capabilities } = request else {
        return None;
    };
    if !disk.has_streams() {
        return None;
    }
    let common = SERVER & capabilities;
    if parts.contains(AppleParts::SERVER) && common.contains(AppleCapabilities::READ_DIR_ATTR) {
        session.is_apple.store(true, Ordering::Relaxed);
    }
    let response = AppleResponse {
        server: parts.contains(AppleParts::SERVER).then_some(common),
        volume: parts.contains(AppleParts::VOLUME).then_some(VOLUME),
        model: parts.contains(AppleParts::MODEL).then(|| MODEL.to_owned()),
    };
    CreateContext::new(&response).ok()
}
