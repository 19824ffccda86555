//! Bytes that arrive, cut anywhere, until a frame is whole.

use std::io;
use std::time::Duration;

use netsession_smb::msg::{FRAME_HEADER_LEN, frame_length};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

use super::KEPT;

/// Memory grows by so much with what has come, and not with what was announced.
const STEP: usize = 1 << 20;

/// The frame that is being received. It can be asked again after it was interrupted.
#[derive(Debug, Default)]
pub(super) struct Frame {
    header: [u8; FRAME_HEADER_LEN],
    headed: usize,
    body: Vec<u8>,
    length: usize,
    filled: usize,
    /// When its first byte came.
    since: Option<Instant>,
}

impl Frame {
    /// Whether a frame has come; false where the client is gone instead.
    ///
    /// # Errors
    /// It is longer than `longest`, or takes longer than `patience` once it has begun.
    pub(super) async fn receive(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        longest: usize,
        patience: Duration,
    ) -> io::Result<bool> {
        while self.headed < FRAME_HEADER_LEN || self.filled < self.length {
            let deadline = self.since.map(|since| since + patience);
            let read = self.read(socket, longest);
            let count = match deadline {
                None => read.await?,
                Some(deadline) => timeout_at(deadline, read).await??,
            };
            if count == 0 {
                return Ok(false);
            }
            self.since.get_or_insert_with(Instant::now);
        }
        Ok(true)
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
        let ready = self.length.min(self.filled.saturating_add(STEP));
        if self.body.len() < ready {
            self.body.resize(ready, 0);
        }
        let count = socket.read(self.body.get_mut(self.filled..ready).unwrap_or_default()).await?;
        self.filled = self.filled.saturating_add(count);
        Ok(count)
    }

    /// The frame; the next call to `receive` starts another one.
    pub(super) fn take(&mut self) -> &mut [u8] {
        (self.headed, self.since) = (0, None);
        self.body.get_mut(..self.length).unwrap_or_default()
    }

    /// Whether none of the next frame has come yet.
    pub(super) const fn is_between(&self) -> bool {
        self.headed == 0
    }

    /// Memory that it keeps.
    pub(super) const fn held(&self) -> usize {
        self.body.len()
    }

    /// Keeps only a little memory for the next one.
    pub(super) fn shrink(&mut self) {
        self.body.truncate(KEPT);
        self.body.shrink_to(KEPT);
    }

    /// The frame that has come, still to be taken.
    pub(super) fn bytes(&self) -> &[u8] {
        self.body.get(..self.length).unwrap_or_default()
    }
}
