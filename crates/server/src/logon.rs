//! Who wants to log on, seen before it is looked at whether the password is right.

use netsession_smb::auth::ntlm::Authenticate;
use netsession_smb::msg::Command;

/// The longest frame that can be a logon.
const LONGEST: usize = 128 << 10;
/// Signature and type of an NTLM AUTHENTICATE message ([MS-NLMP] 2.2.1.3).
const AUTHENTICATE: &[u8] = b"NTLMSSP\0\x03\0\0\0";

/// The user who wants to log on by a frame, as far as that can be seen: an NTLM message is looked for, whatever it is
/// wrapped in. Nothing is decided by it but how long the frame waits.
pub(crate) fn claimed_user(frame: &[u8]) -> Option<String> {
    if frame.len() > LONGEST || !may_log_on(frame) {
        return None;
    }
    let at = frame.windows(AUTHENTICATE.len()).position(|window| window == AUTHENTICATE)?;
    let message = Authenticate::decode(frame.get(at..)?).ok()?;
    Some(message.user)
}

/// Whether a frame has a SESSION_SETUP at its start, or several requests ([MS-SMB2] 2.2.1.2: Command is at 12,
/// NextCommand at 20).
fn may_log_on(frame: &[u8]) -> bool {
    let (command, next) = (frame.get(12..14), frame.get(20..24));
    if frame.get(..4) != Some(&[0xfe, b'S', b'M', b'B']) {
        return false;
    }
    command == Some(Command::SESSION_SETUP.0.to_le_bytes().as_slice())
        || next.is_some_and(|next| next.iter().any(|byte| *byte != 0))
}
