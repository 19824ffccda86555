use std::ops::Range;

use crate::crypto::{EncryptionKey, SigningKey, TRANSFORM_HEADER_SIZE};
use crate::msg::{FRAME_HEADER_LEN, Header, HeaderFlags, frame_header};

use super::block::{Block, OutOfMemory};
use super::fatal::Fatal;

/// The positions of Flags, NextCommand and Signature in a header.
const FLAGS: usize = 16;
const NEXT_COMMAND: usize = 20;
const SIGNATURE: usize = 48;
/// The least memory of an output that is not empty.
const FIRST: usize = 256;

/// The frames to send, one after the other in a buffer that the connection reuses.
///
/// The server builds answers in this buffer: it reads data from a file directly into place, and signs or encrypts it
/// there. Cleared bytes stay in the buffer until they are overwritten, so the server need not fill it with zeros.
///
/// It sends only complete frames: after a fatal error, the answers of the unfinished frame are neither signed nor
/// encrypted.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Block,
    length: usize,
    /// Where the last complete frame ends.
    complete: usize,
    /// The system had no memory for something that was written since the frame began. The frame is not sent.
    is_cut: bool,
}

/// A frame under construction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// Where its 4 bytes of length stand.
    start: usize,
    /// The position of its first message.
    message: usize,
    /// The position of the last message so far.
    last: Option<usize>,
    /// The position of the message before it.
    before: Option<usize>,
}

/// A frame that waits outside the output, with positions from its own start.
#[derive(Debug)]
pub(super) struct Suspended {
    bytes: Block,
    frame: Open,
}

impl Open {
    /// Where its 4 bytes of length stand.
    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// Where its last message starts.
    pub(super) fn last_message(&self) -> usize {
        self.last.unwrap_or(self.message)
    }

    fn map(self, position: impl Fn(usize) -> usize) -> Self {
        Self {
            start: position(self.start),
            message: position(self.message),
            last: self.last.map(&position),
            before: self.before.map(&position),
        }
    }
}

impl Output {
    /// Returns an empty output.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Block::new(), length: 0, complete: 0, is_cut: false }
    }

    /// The complete frames to send.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.complete).unwrap_or_default()
    }

    /// Returns whether there is nothing to send.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.complete == 0
    }

    /// Returns the bytes of memory that it holds.
    #[must_use]
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Clears the output after it was sent, and frees its memory if that is more than `keep` bytes.
    pub fn clear(&mut self, keep: usize) {
        (self.length, self.complete) = (0, 0);
        if self.bytes.len() > keep {
            self.bytes = Block::new();
        }
    }

    /// Starts a frame, with room for a transform header if the server will encrypt it.
    pub(super) fn open(&mut self, encrypted: bool) -> Open {
        // Remove what is left of a frame that failed before its end.
        self.truncate(self.complete);
        self.is_cut = false;
        let start = self.length;
        self.extend(FRAME_HEADER_LEN);
        if encrypted {
            self.extend(TRANSFORM_HEADER_SIZE);
        }
        Open { start, message: self.length, last: None, before: None }
    }

    /// Takes an unfinished frame out, so that the server sends what it writes meanwhile before it.
    pub(super) fn suspend(&mut self, frame: Open) -> Result<Suspended, OutOfMemory> {
        let bytes = Block::copy_of(self.from(frame.start))?;
        self.truncate(frame.start);
        Ok(Suspended { bytes, frame: frame.map(|position| position.saturating_sub(frame.start)) })
    }

    /// Continues a frame that was taken out.
    pub(super) fn resume(&mut self, suspended: &Suspended) -> Open {
        let start = self.length;
        self.push(&suspended.bytes);
        suspended.frame.map(|position| position.saturating_add(start))
    }

    /// Starts a message in the frame: pads the one before it to 8 bytes, and writes the offset of this one there.
    pub(super) fn message(&mut self, frame: &mut Open) -> usize {
        if let Some(last) = frame.last {
            self.pad(frame);
            let next = u32::try_from(self.length.saturating_sub(last)).unwrap_or(0);
            self.fill(last.saturating_add(NEXT_COMMAND), &next.to_le_bytes());
        }
        frame.before = frame.last.replace(self.length);
        self.length
    }

    /// Pads the frame's last message to 8 bytes.
    pub(super) fn pad(&mut self, frame: &Open) {
        let over = self.length_of(frame) % 8;
        if over != 0 {
            self.extend(8_usize.saturating_sub(over));
        }
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(place) = self.room(bytes.len()).get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Provides memory for `count` further bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the output is as before.
    pub(super) fn reserve(&mut self, count: usize) -> Result<(), OutOfMemory> {
        let (needed, before) = (self.length.saturating_add(count), self.bytes.len());
        if needed <= before {
            return Ok(());
        }
        // Twice as much as before, so that many small answers do not move all of it each time.
        let roomy = needed.max(before.saturating_mul(2)).max(FIRST);
        self.bytes.grow(roomy).or_else(|_| self.bytes.grow(needed))
    }

    /// Appends `count` bytes of any content, which the caller overwrites.
    pub(super) fn room(&mut self, count: usize) -> &mut [u8] {
        if self.reserve(count).is_err() {
            self.is_cut = true;
            return &mut [];
        }
        let start = self.length;
        self.length = start.saturating_add(count);
        self.bytes.get_mut(start..self.length).unwrap_or_default()
    }

    /// Appends zeros.
    fn extend(&mut self, count: usize) {
        self.room(count).fill(0);
    }

    /// Removes everything from `position` on.
    pub(super) fn truncate(&mut self, position: usize) {
        self.length = self.length.min(position);
        self.complete = self.complete.min(self.length);
    }

    /// Overwrites the bytes at `position`.
    pub(super) fn fill(&mut self, position: usize, with: &[u8]) {
        let end = position.saturating_add(with.len());
        if let Some(place) = self.bytes.get_mut(position..end) {
            place.copy_from_slice(with);
        }
    }

    /// Removes the last message of a frame, which starts at `start`; the one before it is then the last.
    pub(super) fn take_last(&mut self, frame: &mut Open, start: usize) -> Vec<u8> {
        let taken = self.bytes.get(start..self.length).unwrap_or_default().to_vec();
        self.truncate(start);
        if let Some(before) = frame.before {
            self.fill(before.saturating_add(NEXT_COMMAND), &[0; 4]);
            frame.last = Some(before);
        }
        taken
    }

    /// Returns the bytes of a frame's messages so far.
    pub(super) const fn length_of(&self, frame: &Open) -> usize {
        self.length.saturating_sub(frame.message)
    }

    pub(super) const fn position(&self) -> usize {
        self.length
    }

    /// Returns everything from `start` on.
    pub(super) fn from(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.length).unwrap_or_default()
    }

    /// Signs the message in `range`.
    pub(super) fn sign(&mut self, range: Range<usize>, key: &SigningKey) -> Result<(), Fatal> {
        key.sign(self.bytes.get_mut(range).unwrap_or_default()).map_err(|_| Fatal::Keys)
    }

    /// Gives the message that starts at `start` the signature of the request that it answers, if that has one.
    pub(super) fn echo_signature(&mut self, start: usize, request: &Header) {
        if request.flags.contains(HeaderFlags::SIGNED) {
            let flags = (HeaderFlags::SERVER_TO_REDIR | HeaderFlags::SIGNED).bits();
            self.fill(start.saturating_add(FLAGS), &flags.to_le_bytes());
            self.fill(start.saturating_add(SIGNATURE), &request.signature);
        }
    }

    /// Ends the frame: encrypts it if there is a key, and writes its length. Removes a frame without a message.
    pub(super) fn close(&mut self, frame: Open, encrypt: Option<(u64, &EncryptionKey)>) -> Result<(), Fatal> {
        if self.is_cut {
            return Err(OutOfMemory.into());
        }
        if frame.last.is_none() {
            self.length = frame.start;
            return Ok(());
        }
        if let Some((session_id, key)) = encrypt {
            let plain = self.bytes.get_mut(frame.message..self.length).unwrap_or_default();
            let header = key.encrypt(session_id, plain).map_err(|_| Fatal::Keys)?;
            self.fill(frame.message.saturating_sub(TRANSFORM_HEADER_SIZE), &header);
        }
        let length = self.length.saturating_sub(frame.start).saturating_sub(FRAME_HEADER_LEN);
        self.fill(frame.start, &frame_header(length).map_err(|_| Fatal::TooLong)?);
        self.complete = self.length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would make clients look for the second response of a compound in the wrong place.
    #[test]
    fn messages_are_padded_and_linked() {
        let mut output = Output::new();
        let mut frame = output.open(false);
        output.message(&mut frame);
        output.push(&[1; 70]);
        output.message(&mut frame);
        output.push(&[2; 64]);
        output.close(frame, None).unwrap();
        let bytes = output.as_slice();
        assert_eq!(bytes.len(), 4 + 72 + 64);
        assert_eq!(bytes[..4], [0, 0, 0, 136]);
        assert_eq!(bytes[4 + NEXT_COMMAND..][..4], 72_u32.to_le_bytes());
        assert_eq!(bytes[4 + 70..][..2], [0, 0]);
        let empty = output.open(true);
        output.close(empty, None).unwrap();
        assert_eq!(output.as_slice().len(), 140, "an empty frame leaves nothing");
        output.clear(usize::MAX);
        assert!(output.is_empty() && output.held() >= 140);
        output.clear(16);
        assert!(output.is_empty() && output.held() == 0);
    }

    /// A failure here would make clients refuse the last response of a compound, whose length Windows pads.
    #[test]
    fn the_last_message_can_be_padded() {
        let mut output = Output::new();
        let mut frame = output.open(false);
        output.message(&mut frame);
        output.push(&[1; 70]);
        output.message(&mut frame);
        output.push(&[2; 70]);
        output.pad(&frame);
        output.pad(&frame);
        output.close(frame, None).unwrap();
        let bytes = output.as_slice();
        assert_eq!((bytes.len(), &bytes[..4], &bytes[146..]), (148, &[0, 0, 0, 144][..], &[0, 0][..]));
    }

    /// A failure here would garble the answers of a compound whose logon had to wait.
    #[test]
    fn a_suspended_frame_continues_after_other_frames() {
        let write = |interrupted: bool| {
            let mut output = Output::new();
            let mut frame = output.open(false);
            output.message(&mut frame);
            output.push(&[1; 70]);
            let start = output.message(&mut frame);
            assert_eq!(frame.last_message(), start);
            let mut before = 0;
            if interrupted {
                let suspended = output.suspend(frame).unwrap();
                assert!(output.is_empty());
                let mut other = output.open(false);
                output.message(&mut other);
                output.push(&[9; 64]);
                output.close(other, None).unwrap();
                before = output.as_slice().len();
                frame = output.resume(&suspended);
                assert_eq!(frame.start(), before);
            }
            output.push(&[2; 64]);
            output.close(frame, None).unwrap();
            output.as_slice()[before..].to_vec()
        };
        assert_eq!(write(true), write(false));
    }
}
