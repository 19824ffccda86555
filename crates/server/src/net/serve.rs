//! One connection's socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use netsession_smb::msg::{FRAME_HEADER_LEN, frame_length};
use netsession_smb::server::Output;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Limits;
use crate::connection::Connection;
use crate::state::{Inbox, State};

/// Memory that an idle connection keeps for what it sends and receives.
const KEPT: usize = 4 << 10;
/// How long it keeps more than that after it was last used: who reads a file asks for its next part at once.
const IDLE: Duration = Duration::from_secs(2);
/// The longest frame before somebody has logged on.
const STRANGERS_FRAME: usize = 128 << 10;
/// What a frame can have beside the payload of one request.
const FRAME_ROOM: usize = 64 << 10;

/// Serves one client until it is gone, or does what is not allowed.
pub(super) async fn connection(socket: TcpStream, peer: SocketAddr, state: &Arc<State>, limits: Limits) {
    if let Err(error) = serve(socket, peer, state, limits).await {
        tracing::debug!(%peer, %error, "connection closed");
    }
}

async fn serve(socket: TcpStream, peer: SocketAddr, state: &Arc<State>, limits: Limits) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (mut receiver, mut sender) = socket.into_split();
    let woken = Arc::new(Notify::new());
    let wake = Arc::clone(&woken);
    let mut connection = Connection::new(state, peer, Arc::new(Inbox::new(move || wake.notify_one())));
    let mut frame = Frame::default();
    let mut output = Output::new();
    let patience = tokio::time::sleep(limits.patience);
    let idle = tokio::time::sleep(IDLE);
    tokio::pin!(patience, idle);
    loop {
        let stranger = !connection.is_logged_on();
        let longest = match stranger {
            true => STRANGERS_FRAME,
            false => {
                usize::try_from(state.identity.settings.max_size).unwrap_or(0).saturating_add(FRAME_ROOM)
            }
        };
        let grown = frame.body.len().max(output.held()) > KEPT;
        let done = tokio::select! {
            received = frame.receive(&mut receiver, longest) => match received? {
                false => return Ok(()),
                true => connection.receive(frame.take(), &mut output),
            },
            () = woken.notified() => connection.attend(&mut output),
            () = &mut idle, if grown && frame.is_between() => {
                frame.shrink();
                output.clear(KEPT);
                continue;
            }
            () = &mut patience, if stranger => return Err(io::ErrorKind::TimedOut.into()),
        };
        penance(connection.take_failed_logons()).await;
        if !output.is_empty() {
            let sent = timeout(limits.slow_reader, sender.write_all(output.as_slice())).await;
            sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            output.clear(usize::MAX);
        }
        idle.as_mut().reset(tokio::time::Instant::now() + IDLE);
        done.map_err(io::Error::other)?;
    }
}

/// The bytes that arrive, cut anywhere, until a frame is whole. It can be asked again after it was interrupted.
#[derive(Debug, Default)]
struct Frame {
    header: [u8; FRAME_HEADER_LEN],
    headed: usize,
    body: Vec<u8>,
    length: usize,
    filled: usize,
}

impl Frame {
    /// Whether a frame has come; false where the client is gone instead.
    async fn receive(&mut self, socket: &mut OwnedReadHalf, longest: usize) -> io::Result<bool> {
        while let Some(rest) = self.header.get_mut(self.headed..).filter(|rest| !rest.is_empty()) {
            match socket.read(rest).await? {
                0 => return Ok(false),
                count => self.headed = self.headed.saturating_add(count),
            }
            if self.headed == FRAME_HEADER_LEN {
                self.length = frame_length(self.header, longest).map_err(io::Error::other)?;
                self.filled = 0;
            }
        }
        while self.filled < self.length {
            // Memory grows with what has come, not with what was announced.
            let ready = self.length.min(self.filled.saturating_add(1 << 20));
            if self.body.len() < ready {
                self.body.resize(ready, 0);
            }
            let rest = self.body.get_mut(self.filled..ready).unwrap_or_default();
            match socket.read(rest).await? {
                0 => return Ok(false),
                count => self.filled = self.filled.saturating_add(count),
            }
        }
        Ok(true)
    }

    /// The frame; the next call to `receive` starts another one.
    fn take(&mut self) -> &mut [u8] {
        self.headed = 0;
        self.body.get_mut(..self.length).unwrap_or_default()
    }

    /// Whether none of the next frame has come yet.
    const fn is_between(&self) -> bool {
        self.headed == 0
    }

    fn shrink(&mut self) {
        self.body.truncate(KEPT);
        self.body.shrink_to(KEPT);
    }
}

/// Makes somebody who tries passwords wait.
async fn penance(failed: u32) {
    if failed > 0 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
