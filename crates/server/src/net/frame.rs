//! [`Frame`] assembles a frame from bytes that arrive in pieces.

use std::io;
use std::time::Duration;

use netsession_smb::msg::{FRAME_HEADER_LEN, frame_length};
use netsession_smb::server::Block;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep, timeout_at};

use super::WAIT;
use super::closing::Closing;
use crate::budget::Part;

/// The buffer grows with the bytes received, not with the announced length: from this to twice as much each time. It has
/// room for a WRITE of a mebibyte.
const STEP: usize = (1 << 20) + (64 << 10);

/// The frame that is being received. A cancelled `receive` loses nothing: the next call continues.
#[derive(Debug, Default)]
pub(super) struct Frame {
    header: [u8; FRAME_HEADER_LEN],
    headed: usize,
    body: Block,
    length: usize,
    filled: usize,
    /// The memory of its buffer in the user's budget, once a user is logged on.
    pub(super) memory: Option<Part>,
    /// When its first byte arrived.
    since: Option<Instant>,
}

impl Frame {
    /// Receives a whole frame; false if the client closed the connection.
    ///
    /// # Errors
    /// The frame is longer than `longest`, or takes longer than `patience` after its first byte.
    pub(super) async fn receive(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        longest: usize,
        patience: Duration,
    ) -> Result<bool, Closing> {
        while self.headed < FRAME_HEADER_LEN || self.filled < self.length {
            if !self.step(socket, longest, patience).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Receives the announced length of the frame, and returns whether it is more than `most`; false if the client closed the
    /// connection. A cancelled call loses nothing.
    ///
    /// # Errors
    /// As [`Frame::receive`].
    pub(super) async fn is_long(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        longest: usize,
        patience: Duration,
        most: usize,
    ) -> Result<bool, Closing> {
        while self.headed < FRAME_HEADER_LEN {
            if !self.step(socket, longest, patience).await? {
                return Ok(false);
            }
        }
        Ok(self.length > most)
    }

    /// Receives some bytes; false if the client closed the connection.
    async fn step(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        longest: usize,
        patience: Duration,
    ) -> Result<bool, Closing> {
        let deadline = self.since.map(|since| since + patience);
        let read = self.read(socket, longest);
        let count = match deadline {
            None => read.await?,
            Some(deadline) => {
                timeout_at(deadline, read).await.map_err(|_| Closing::SlowFrame(patience))??
            }
        };
        if count > 0 {
            self.since.get_or_insert_with(Instant::now);
        }
        Ok(count > 0)
    }

    async fn read(&mut self, socket: &mut (impl AsyncRead + Unpin), longest: usize) -> io::Result<usize> {
        if let Some(rest) = self.header.get_mut(self.headed..).filter(|rest| !rest.is_empty()) {
            let count = socket.read(rest).await?;
            self.headed = self.headed.saturating_add(count);
            if self.headed == FRAME_HEADER_LEN {
                self.length = frame_length(self.header, longest).map_err(io::Error::other)?;
                self.filled = 0;
            }
            return Ok(count);
        }
        if self.filled == self.body.len() || self.body.len() < self.length.min(STEP) {
            let ready = self.length.min(self.filled.saturating_mul(2).max(STEP));
            let more = ready.saturating_sub(self.body.len());
            if let Some(memory) = &mut self.memory {
                while !memory.has_room_for(more) {
                    sleep(WAIT).await;
                }
                memory.set(ready);
            }
            self.body.grow(ready).map_err(io::Error::other)?;
        }
        let ready = self.length.min(self.body.len());
        let count = socket.read(self.body.get_mut(self.filled..ready).unwrap_or_default()).await?;
        self.filled = self.filled.saturating_add(count);
        Ok(count)
    }

    /// Returns the frame; the next call to `receive` starts another one.
    pub(super) fn take(&mut self) -> &mut [u8] {
        (self.headed, self.since) = (0, None);
        self.body.get_mut(..self.length).unwrap_or_default()
    }

    /// Returns whether no byte of the next frame has arrived.
    pub(super) const fn is_between(&self) -> bool {
        self.headed == 0
    }

    /// Returns the size of its buffer in bytes.
    pub(super) fn held(&self) -> usize {
        self.body.len()
    }

    /// Frees its buffer, of a frame that was taken.
    pub(super) fn free(&mut self) {
        (self.body, self.length, self.filled) = (Block::new(), 0, 0);
        if let Some(memory) = &mut self.memory {
            memory.set(0);
        }
    }

    /// Returns the received frame without taking it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.body.get(..self.length).unwrap_or_default()
    }
}
