//! One connection's socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use netsession_smb::server::Output;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::admission::Admission;
use super::closing::Closing;
use super::frame::Frame;
use super::work::{Served, Step, carry_out};
use super::workers::Workers;
use super::{Limits, WAIT};
use crate::budget::Part;
use crate::connection::{Close, Connection};
use crate::state::{Inbox, State};

/// How often the server checks waiting requests that have a deadline.
const SECOND: Duration = Duration::from_secs(1);
/// How long an unused connection keeps its buffers: a client that reads a file requests its next part at once.
const IDLE: Duration = Duration::from_secs(2);
/// How long a connection stays open after the server has ended its last session, for a request that is on its way.
const GRACE: Duration = Duration::from_secs(1);
/// How long a client may read nothing if the clients of its user leave too much unread.
const HURRY: Duration = Duration::from_secs(5);
/// How long the server waits for the client to close its side. If it closed the connection earlier, requests on the way would
/// reset it, and a slow client could lose half of a response that it is still reading.
const LINGER: Duration = Duration::from_secs(10);
/// The length above which a frame without a session waits for its turn.
const LONG_LOGON: usize = 4 << 10;
/// The longest frame before the first logon.
const FRAME_BEFORE_LOGON: usize = 128 << 10;
/// The most bytes that one read takes with the length of a frame: a short request takes one read, and a long one arrives in
/// its own buffer.
const AHEAD: usize = 256;
/// Bytes of a frame beside the payload of one request.
const FRAME_ROOM: usize = 64 << 10;

/// Serves one client until it disconnects or violates the protocol.
pub(super) async fn connection(
    socket: TcpStream,
    peer: SocketAddr,
    mut admission: Admission,
    state: &Arc<State>,
    limits: Limits,
    workers: &Arc<Workers>,
) {
    let mut was_logged_on = false;
    let served = serve(socket, peer, &mut admission, state, limits, workers, &mut was_logged_on).await;
    if let Err(closing) = served {
        closing.log(peer, was_logged_on);
    }
}

async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    admission: &mut Admission,
    state: &Arc<State>,
    limits: Limits,
    workers: &Arc<Workers>,
    was_logged_on: &mut bool,
) -> Result<(), Closing> {
    set_up(&socket)?;
    let mut logon_timer = LogonTimer::start(limits);
    // The connection holds this for a long frame of a client without a session, until it has answered the frame.
    let mut turn = None;
    let (receiver, mut sender) = socket.into_split();
    let mut receiver = BufReader::with_capacity(AHEAD, receiver);
    let woken = Arc::new(Notify::new());
    let wake = Arc::clone(&woken);
    let connection = Connection::new(state, peer, Arc::new(Inbox::new(move || wake.notify_one())));
    let mut served = Box::new(Served {
        connection,
        frame: Frame::default(),
        output: Output::new(),
        workers: Arc::clone(workers),
    });
    let largest = usize::try_from(state.identity.settings.max_size).unwrap_or(0).saturating_add(FRAME_ROOM);
    // The memory of the answers in the user's budget.
    let mut memory: Option<Part> = None;
    // When the server ended the last session.
    let mut ended_at: Option<Instant> = None;
    // When the waiting logon continues; the connection reads no frame before.
    let mut resume: Option<Instant> = None;
    let mut last_work = Instant::now();
    loop {
        if memory.is_none()
            && let Some(session) = served.connection.worker()
        {
            memory = Some(state.budgets.buffers.part(&session.user));
            served.frame.memory = Some(state.budgets.buffers.part(&session.user));
        }
        // If the clients of a user leave too much unread, this one gets no further answers until that changes.
        let holds_too_much = memory.as_ref().is_some_and(|memory| !memory.has_room_for(0));
        let has_buffers = served.frame.held().max(served.output.held()) > 0;
        let longest = if logon_timer.was_logged_on { largest } else { FRAME_BEFORE_LOGON };
        let now = Instant::now();
        let next = earliest([
            (Due::ResumeLogon, resume),
            (Due::Room, holds_too_much.then(|| now + WAIT)),
            (Due::Attend, served.connection.waits_for_time().then(|| now + SECOND)),
            (Due::Shrink, (has_buffers && served.frame.is_between()).then(|| last_work + IDLE)),
            (Due::NoSession, logon_timer.deadline),
            (Due::Close, ended_at.map(|ended_at| ended_at + GRACE)),
        ]);
        let step = tokio::select! {
            received = async {
                let frame = &mut served.frame;
                if !logon_timer.was_logged_on && turn.is_none() && frame.is_long(&mut receiver, longest, limits.patience, LONG_LOGON).await? {
                    turn = admission.turn().await;
                }
                frame.receive(&mut receiver, longest, limits.patience).await
            }, if resume.is_none() && !holds_too_much => {
                if !received? {
                    return Ok(());
                }
                Step::Receive
            }
            () = woken.notified() => Step::Attend,
            due = wait(next) => match due {
                Due::ResumeLogon => {
                    resume = None;
                    Step::ResumeLogon
                }
                Due::Room => continue,
                Due::Attend => Step::Attend,
                Due::Shrink => {
                    served.frame.free();
                    served.output.clear(0);
                    if let Some(memory) = &mut memory {
                        memory.set(0);
                    }
                    continue;
                }
                Due::NoSession => return Err(Closing::NoSession),
                Due::Close => {
                    drop(served);
                    return close(&mut receiver, &mut sender).await;
                }
            },
        };
        let done;
        (served, done) = carry_out(served, step, receiver.get_ref(), &woken).await?;
        let Served { connection, frame, output, .. } = &mut *served;
        *was_logged_on |= connection.is_logged_on();
        if resume.is_none() {
            resume = connection.logon_delay().map(|delay| Instant::now() + delay);
        }
        if resume.is_none() && frame.is_between() {
            turn = None;
        }
        if !output.is_empty() {
            if let Some(memory) = &mut memory {
                memory.set(output.held());
            }
            let is_much = memory.as_ref().is_some_and(|memory| !memory.has_room_for(0));
            let patience = if is_much { limits.slow_reader.min(HURRY) } else { limits.slow_reader };
            send(&mut sender, output.as_slice(), patience).await?;
            output.clear(usize::MAX);
        }
        last_work = Instant::now();
        done?;
        ended_at = match connection.close() {
            None => None,
            Some(Close::Soon) => ended_at.or_else(|| Some(Instant::now())),
            Some(Close::Now) => {
                drop(served);
                return close(&mut receiver, &mut sender).await;
            }
        };
        admission.heard(connection.is_logged_on());
        logon_timer.update(connection.is_logged_on(), limits.patience);
    }
}

/// What a connection does at a certain time, without a message from its client.
#[derive(Clone, Copy)]
enum Due {
    /// Resume the waiting logon.
    ResumeLogon,
    /// See whether the clients of the user have read enough.
    Room,
    /// Look at the waiting requests that have a deadline.
    Attend,
    /// Give back the memory of earlier requests.
    Shrink,
    /// Close a connection that has had no session for too long.
    NoSession,
    /// Close a connection whose last session the server has ended.
    Close,
}

/// Returns what is due first. One timer for everything: a timer for each would be part of every connection's task.
fn earliest(times: [(Due, Option<Instant>); 6]) -> Option<(Instant, Due)> {
    times.into_iter().filter_map(|(due, at)| Some((at?, due))).min_by_key(|(at, _)| *at)
}

/// Waits until something is due.
async fn wait(next: Option<(Instant, Due)>) -> Due {
    match next {
        Some((at, due)) => {
            sleep_until(at).await;
            due
        }
        None => std::future::pending().await,
    }
}

/// Sends small answers at once, and detects clients that vanish without closing the connection.
#[cfg(windows)]
fn set_up(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let idle = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(120))
        .with_interval(Duration::from_secs(30));
    socket2::SockRef::from(socket).set_tcp_keepalive(&idle)
}

/// Sends small answers at once, and detects clients that vanish without closing the connection.
#[cfg(unix)]
fn set_up(socket: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    socket.set_nodelay(true)?;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, Duration::from_secs(120))?;
    sockopt::set_tcp_keepintvl(socket, Duration::from_secs(30))?;
    sockopt::set_tcp_keepcnt(socket, 4)?;
    Ok(())
}

/// Writes everything, unless the client stops reading for longer than `patience`.
async fn send(
    sender: &mut (impl AsyncWrite + Unpin),
    mut bytes: &[u8],
    patience: Duration,
) -> Result<(), Closing> {
    while !bytes.is_empty() {
        let written = timeout(patience, sender.write(bytes)).await;
        let count = written.map_err(|_| Closing::SlowReader(patience))??;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::WriteZero).into());
        }
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// Closes a connection so that the client receives everything that the server has sent: if unread requests arrived, the
/// system would reset the connection, and the client would lose the last answers.
async fn close(
    receiver: &mut (impl AsyncRead + Unpin),
    sender: &mut (impl AsyncWrite + Unpin),
) -> Result<(), Closing> {
    sender.shutdown().await?;
    // On the heap: an array here would be part of every connection's task, for as long as it lives.
    let mut discarded = vec![0; 4 << 10];
    let drained = async {
        while receiver.read(&mut discarded).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(LINGER, drained).await.map_err(|_| Closing::Lingered(LINGER))?.map_err(Closing::Socket)
}

/// Whether a user is logged on, and how long a connection without a session is kept.
struct LogonTimer {
    start: Instant,
    has_spoken: bool,
    /// When the server closes a connection without a session.
    deadline: Option<Instant>,
    was_logged_on: bool,
}

impl LogonTimer {
    /// Starts the time of a new connection.
    fn start(limits: Limits) -> Self {
        let start = Instant::now();
        let deadline = Some(start + limits.first_frame.min(limits.patience));
        Self { start, has_spoken: false, deadline, was_logged_on: false }
    }

    /// Continues after a frame. After its last logoff, a client has as long to log on as at the beginning.
    fn update(&mut self, logged_on: bool, patience: Duration) {
        if logged_on {
            (self.deadline, self.was_logged_on) = (None, true);
        } else if !self.has_spoken {
            self.deadline = Some(self.start + patience);
        } else if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + patience);
        }
        self.has_spoken = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let each idle connection cost the server memory that only its beginning or its end needs.
    #[test]
    fn the_task_of_a_connection_is_small() {
        fn size<T>(
            _: impl FnOnce(
                TcpStream,
                SocketAddr,
                Admission,
                &'static Arc<State>,
                Limits,
                &'static Arc<Workers>,
            ) -> T,
        ) -> usize {
            size_of::<T>()
        }
        let octets = size(connection);
        assert!(octets < 2 << 10, "{octets} octets");
    }
}
