//! Moves messages between the two connections of a proxy.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use socket2::SockRef;

use super::{Direction, Shared, Verdict};

/// The largest length that counts as that of a message.
const MAXIMUM: usize = 16 << 20;

/// The two ends of one connection. Both threads share it, so that it closes when the last of them is done.
#[derive(Debug)]
pub(super) struct Connection {
    client: TcpStream,
    server: TcpStream,
    reset: AtomicBool,
}

impl Connection {
    /// Closes both sides in order.
    pub(super) fn shut(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    /// Resets both sides: without time to linger, closing a connection resets it.
    fn reset(self: &Arc<Self>, shared: &Shared) -> io::Result<()> {
        self.reset.store(true, Ordering::SeqCst);
        shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|connection| !Arc::ptr_eq(self, connection));
        for stream in [&self.client, &self.server] {
            SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
            stream.shutdown(Shutdown::Read)?;
        }
        Ok(())
    }
}

/// Starts both directions of one connection.
pub(super) fn start(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) -> Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let connection = Arc::new(Connection { client, server, reset: AtomicBool::new(false) });
    shared.connections.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&connection));
    for direction in [Direction::ToServer, Direction::ToClient] {
        let (connection, shared) = (Arc::clone(&connection), Arc::clone(shared));
        thread::spawn(move || {
            let _ = forward(&connection, direction, &shared);
            let to = match direction {
                Direction::ToServer => &connection.server,
                Direction::ToClient => &connection.client,
            };
            if !connection.reset.load(Ordering::SeqCst) {
                let _ = to.shutdown(Shutdown::Write);
            }
        });
    }
    Ok(())
}

fn forward(connection: &Arc<Connection>, direction: Direction, shared: &Shared) -> Result<()> {
    let (mut from, to) = match direction {
        Direction::ToServer => (&connection.client, &connection.server),
        Direction::ToClient => (&connection.server, &connection.client),
    };
    let mut output = Output::new(to, shared.delay)?;
    while let Some(frame) = read_frame(&mut from)? {
        shared.counts.lock().unwrap_or_else(PoisonError::into_inner).message(direction, &frame);
        if let Some((way, gate)) = &shared.gate
            && *way == direction
        {
            gate.pass(frame.len());
        }
        let verdict = match &mut *shared.meddle.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(meddle) => meddle.judge(direction, frame),
            None => Verdict::Pass(frame),
        };
        match verdict {
            Verdict::Pass(frame) => output.send(frame)?,
            Verdict::Swallow => {}
            Verdict::Close(rest) => {
                output.send(rest)?;
                output.finish();
                connection.shut();
                return Ok(());
            }
            Verdict::Reset => {
                connection.reset(shared)?;
                return Ok(());
            }
        }
    }
    output.finish();
    Ok(())
}

/// Reads one message with its header: four bytes, the last three its length ([MS-SMB2] 2.1).
fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    if let Err(error) = from.read_exact(&mut header) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u32::from_be_bytes(header) as usize & 0x00FF_FFFF;
    if length > MAXIMUM {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = header.to_vec();
    frame.resize(4 + length, 0);
    from.read_exact(frame.get_mut(4..).unwrap_or_default())?;
    Ok(Some(frame))
}

/// The writing side: it writes at once, or later without delaying the messages after it.
enum Output {
    Now(TcpStream),
    Later { delay: Duration, queue: Sender<(Instant, Vec<u8>)>, writer: JoinHandle<()> },
}

impl Output {
    fn new(to: &TcpStream, delay: Duration) -> io::Result<Self> {
        let to = to.try_clone()?;
        if delay.is_zero() {
            return Ok(Self::Now(to));
        }
        let (queue, frames) = channel();
        let writer = thread::spawn(move || write_later(to, &frames));
        Ok(Self::Later { delay, queue, writer })
    }

    fn send(&mut self, frame: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Now(to) => to.write_all(&frame),
            Self::Later { delay, queue, .. } => {
                queue.send((Instant::now() + *delay, frame)).map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        }
    }

    /// Waits until everything is written.
    fn finish(self) {
        if let Self::Later { queue, writer, .. } = self {
            drop(queue);
            let _ = writer.join();
        }
    }
}

fn write_later(mut to: TcpStream, frames: &Receiver<(Instant, Vec<u8>)>) {
    for (due, frame) in frames {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&frame).is_err() {
            return;
        }
    }
}
