//! [`Messages`] keeps the unread responses of a pipe in blocks, whose memory the system has back once they are read.

use std::collections::VecDeque;

use netsession_smb::server::{Block, OutOfMemory};

/// The length of the blocks of a queue.
const PIECE: usize = 64 << 10;

/// Bytes in the order of their arrival.
#[derive(Debug, Default)]
struct Queue {
    /// No block of them is empty, and only the last one has room.
    pieces: VecDeque<Piece>,
    /// The bytes of the first block that were taken.
    taken: usize,
}

#[derive(Debug)]
struct Piece {
    block: Block,
    filled: usize,
}

impl Queue {
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), OutOfMemory> {
        while !bytes.is_empty() {
            let has_room = self.pieces.back().is_some_and(|piece| piece.filled < piece.block.len());
            if !has_room {
                // Most clients read each response before they send another request, and a map for each pipe that has
                // few bytes would be many maps: a process may have only 65,530 of them.
                let last = self.pieces.back().map_or(0, |piece| piece.block.len());
                let length = last.saturating_mul(2).max(bytes.len()).min(PIECE);
                self.pieces.push_back(Piece { block: Block::zeroed(length)?, filled: 0 });
            }
            let Some(Piece { block, filled }) = self.pieces.back_mut() else { break };
            let room = block.get_mut(*filled..).unwrap_or_default();
            let (now, later) = bytes.split_at(room.len().min(bytes.len()));
            room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            *filled = filled.saturating_add(now.len());
            bytes = later;
        }
        Ok(())
    }

    /// Returns the first `count` bytes, and leaves them.
    fn peek(&self, count: usize) -> Vec<u8> {
        let mut found = Vec::with_capacity(count);
        let mut from = self.taken;
        for Piece { block, filled } in &self.pieces {
            let bytes = block.get(from..*filled).unwrap_or_default();
            let more = count.saturating_sub(found.len()).min(bytes.len());
            found.extend_from_slice(bytes.get(..more).unwrap_or_default());
            if found.len() == count {
                break;
            }
            from = 0;
        }
        found
    }

    /// Takes the first `count` bytes.
    fn take(&mut self, count: usize) -> Vec<u8> {
        let found = self.peek(count);
        self.taken = self.taken.saturating_add(found.len());
        while let Some(first) = self.pieces.front()
            && first.filled <= self.taken
        {
            self.taken = self.taken.saturating_sub(first.filled);
            self.pieces.pop_front();
        }
        found
    }
}

/// Messages in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The rest of the first message, and each further message behind its length.
    queue: Queue,
    count: usize,
    bytes: usize,
    /// The bytes of the first message.
    first: usize,
}

impl Messages {
    /// Appends a message.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the messages cannot be used any more.
    pub(crate) fn push(&mut self, message: &[u8]) -> Result<(), OutOfMemory> {
        if self.count == 0 {
            self.first = message.len();
        } else {
            self.queue.push(&message.len().to_le_bytes())?;
        }
        self.queue.push(message)?;
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(message.len());
        Ok(())
    }

    /// Takes up to `room` bytes of the first message. The flag is true if the message has more.
    pub(crate) fn read(&mut self, room: usize) -> Option<(Vec<u8>, bool)> {
        self.count.checked_sub(1)?;
        let taken = self.queue.take(room.min(self.first));
        self.bytes = self.bytes.saturating_sub(taken.len());
        self.first = self.first.saturating_sub(taken.len());
        if self.first > 0 {
            return Some((taken, true));
        }
        self.count = self.count.saturating_sub(1);
        if self.count > 0 {
            let length = self.queue.take(size_of::<usize>());
            self.first = length.try_into().map_or(0, usize::from_le_bytes);
        }
        Some((taken, false))
    }

    /// Returns up to `room` bytes of the first message, or of the rest of it, and leaves them.
    pub(crate) fn peek(&self, room: usize) -> Vec<u8> {
        self.queue.peek(room.min(self.first))
    }

    /// Returns the bytes of the first message, or of the rest of it.
    pub(crate) const fn first(&self) -> usize {
        self.first
    }

    /// Returns the number of messages.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Returns the bytes of all messages.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would leave the memory of an attack with the process, or take a map for each small response.
    #[test]
    fn only_many_bytes_are_in_maps() {
        let mut messages = Messages::default();
        messages.push(&[1; 300]).unwrap();
        (0..40).for_each(|_| messages.push(&[2; 300]).unwrap());
        assert!(messages.queue.pieces.iter().all(|piece| !piece.block.is_map()), "12 KB");
        while messages.read(4280).is_some() {}
        messages.push(&[1; 300]).unwrap();
        (0..40).for_each(|_| messages.push(&[2; 4000]).unwrap());
        assert_eq!(messages.queue.pieces.iter().filter(|piece| piece.block.is_map()).count(), 3, "160 KB");
        while messages.read(4280).is_some() {}
        assert!(messages.queue.pieces.is_empty(), "{messages:?}");
    }

    /// A failure here would mix up the responses of a pipe.
    #[test]
    fn messages_keep_their_bounds() {
        let message = |number: u8| vec![number; usize::from(number) * 999];
        let mut messages = Messages::default();
        (0..100).for_each(|number| messages.push(&message(number)).unwrap());
        let mut left: usize = (0..100).map(|number| message(number).len()).sum();
        for number in 0..100 {
            let (mut found, mut more) = (Vec::new(), true);
            while more {
                assert_eq!((messages.count(), messages.bytes()), (100 - usize::from(number), left));
                let rest = messages.peek(usize::MAX);
                assert_eq!((messages.peek(5).len(), messages.first()), (5.min(rest.len()), rest.len()));
                let (part, has_more) = messages.read(1024).unwrap();
                assert!(rest.starts_with(&part) && (part.len() < rest.len()) == has_more, "{number}");
                left -= part.len();
                found.extend(part);
                more = has_more;
            }
            assert_eq!(found, message(number));
        }
        assert_eq!((messages.read(1), messages.peek(1), messages.bytes()), (None, Vec::new(), 0));
    }
}
