//! The changes that a proxy can make to messages.

use std::fmt;

use super::Direction;

/// What the proxy does with a message.
#[derive(Debug)]
pub enum Verdict {
    /// Forward this instead of the message.
    Pass(Vec<u8>),
    /// Forward nothing.
    Swallow,
    /// Forward these bytes, then close the connection in both directions.
    Close(Vec<u8>),
    /// Reset the connection in both directions.
    Reset,
}

/// A function that decides on every message, with its four bytes of framing.
pub struct Meddle(Box<dyn FnMut(Direction, Vec<u8>) -> Verdict + Send>);

impl Meddle {
    /// Decides on every message in both directions.
    pub fn new(judge: impl FnMut(Direction, Vec<u8>) -> Verdict + Send + 'static) -> Self {
        Self(Box::new(judge))
    }

    /// Decides on the messages of the server, counted from zero. Messages of the client and interim responses pass.
    pub fn answers(mut judge: impl FnMut(usize, Vec<u8>) -> Verdict + Send + 'static) -> Self {
        let mut count = 0;
        Self::new(move |direction, frame| match direction {
            Direction::ToServer => Verdict::Pass(frame),
            Direction::ToClient if is_interim(&frame) => Verdict::Pass(frame),
            Direction::ToClient => {
                count += 1;
                judge(count - 1, frame)
            }
        })
    }

    pub(super) fn judge(&mut self, direction: Direction, frame: Vec<u8>) -> Verdict {
        (self.0)(direction, frame)
    }
}

impl fmt::Debug for Meddle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meddle")
    }
}

/// Returns whether a framed message is an interim response ([MS-SMB2] 3.3.4.2): its status is STATUS_PENDING, and it is not
/// signed. A slow server sends it.
pub(super) fn is_interim(frame: &[u8]) -> bool {
    const PENDING: [u8; 4] = 0x103_u32.to_le_bytes();
    frame.get(4..8) == Some(b"\xFESMB") && frame.get(12..16) == Some(&PENDING)
}

/// Ready-made changes.
pub mod meddlers {
    use super::{Direction, Meddle, Verdict};

    const FRAMING: usize = 4;
    const HEADER: usize = 64;
    const SIGNED: u8 = 0x08;

    /// Flips bit `bit` of the server's message `answer`, both counted from zero; a number past the end of the message
    /// wraps around.
    #[must_use]
    pub fn flip(answer: usize, bit: usize) -> Meddle {
        Meddle::answers(move |count, mut frame| {
            if count == answer {
                let bit = bit % ((frame.len().saturating_sub(FRAMING)).max(1) * 8);
                if let Some(byte) = frame.get_mut(FRAMING + bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Verdict::Pass(frame)
        })
    }

    /// Removes the signature from the server's message `answer`, as if it had never been signed ([MS-SMB2] 2.2.1.2).
    #[must_use]
    pub fn strip_signature(answer: usize) -> Meddle {
        Meddle::answers(move |count, mut frame| {
            if count == answer {
                unsign(&mut frame);
            }
            Verdict::Pass(frame)
        })
    }

    /// Clears the flag and the signature in every header of a compound.
    fn unsign(frame: &mut [u8]) {
        let mut start = FRAMING;
        while let Some(header) = frame.get_mut(start..start + HEADER) {
            if let Some(flags) = header.get_mut(16) {
                *flags &= !SIGNED;
            }
            if let Some(signature) = header.get_mut(48..64) {
                signature.fill(0);
            }
            match header.get(20..24).and_then(|next| <[u8; 4]>::try_from(next).ok()).map(u32::from_le_bytes) {
                Some(next) if next > 0 => start += next as usize,
                _ => return,
            }
        }
    }

    /// Replaces the first encrypted response of the server with a plain one: ACCESS_DENIED, with everything in its header
    /// that a man in the middle can know.
    #[must_use]
    pub fn answer_in_plain() -> Meddle {
        let mut session = [0; 8];
        let mut message = 0_u64;
        let mut command = 0_u16;
        let mut done = false;
        Meddle::new(move |direction, frame| {
            let body = frame.get(FRAMING..).unwrap_or_default();
            match direction {
                Direction::ToServer => {
                    // Message identifiers count from zero while every request takes one credit.
                    message += 1;
                    command += 1;
                }
                Direction::ToClient if body.starts_with(b"\xFESMB") => {
                    if let Some(id) = body.get(40..48).and_then(|id| <[u8; 8]>::try_from(id).ok()) {
                        session = id;
                    }
                }
                Direction::ToClient if !done => {
                    done = true;
                    // NEGOTIATE and two SESSION_SETUPs come before: the next command is TREE_CONNECT (3).
                    return Verdict::Pass(error(command.saturating_sub(1), message - 1, session));
                }
                Direction::ToClient => {}
            }
            Verdict::Pass(frame)
        })
    }

    /// An SMB2 error response ([MS-SMB2] 2.2.2), framed.
    fn error(command: u16, message: u64, session: [u8; 8]) -> Vec<u8> {
        const ACCESS_DENIED: u32 = 0xC000_0022;
        const FROM_SERVER: u32 = 1;
        let mut body = b"\xFESMB".to_vec();
        body.extend(64_u16.to_le_bytes());
        body.extend(1_u16.to_le_bytes());
        body.extend(ACCESS_DENIED.to_le_bytes());
        body.extend(command.to_le_bytes());
        body.extend(1_u16.to_le_bytes());
        body.extend(FROM_SERVER.to_le_bytes());
        body.extend(0_u32.to_le_bytes());
        body.extend(message.to_le_bytes());
        body.extend([0; 8]);
        body.extend(session);
        body.extend([0; 16]);
        body.extend([9, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut frame = vec![0, 0, 0, 73];
        frame.append(&mut body);
        frame
    }

    /// Forwards nothing from the server's message `answer` on.
    #[must_use]
    pub fn silent_from(answer: usize) -> Meddle {
        Meddle::answers(
            move |count, frame| if count < answer { Verdict::Pass(frame) } else { Verdict::Swallow },
        )
    }

    /// Closes the connection instead of the server's message `answer`.
    #[must_use]
    pub fn close_at(answer: usize) -> Meddle {
        Meddle::answers(
            move |count, frame| {
                if count < answer { Verdict::Pass(frame) } else { Verdict::Close(Vec::new()) }
            },
        )
    }

    /// Resets the connection instead of the server's message `answer`.
    #[must_use]
    pub fn reset_at(answer: usize) -> Meddle {
        Meddle::answers(
            move |count, frame| if count < answer { Verdict::Pass(frame) } else { Verdict::Reset },
        )
    }

    /// Closes the connection after `bytes` bytes from the server.
    #[must_use]
    pub fn cut_after(bytes: usize) -> Meddle {
        let mut left = bytes;
        Meddle::answers(move |_, mut frame| match left.checked_sub(frame.len()) {
            Some(rest) => {
                left = rest;
                Verdict::Pass(frame)
            }
            None => {
                frame.truncate(left);
                Verdict::Close(frame)
            }
        })
    }
}
