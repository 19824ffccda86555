//! How a connection's task works: light requests on its own thread, everything that can take long in a place of
//! [`Workers`], where it stops when the client is gone.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netsession_smb::server::{Fatal, Output};
use tokio::io::Interest;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::frame::Frame;
use super::workers::{Place, Workers};
use crate::connection::Connection;
use crate::pace::Pace;

/// A longer frame takes longer to verify or decrypt than to hand over to another thread.
const LONG_FRAME: usize = 64 << 10;
/// How often the server checks whether the client of a request that takes long is still there.
const CHECK: Duration = Duration::from_millis(100);

/// A connection with its memory, which moves to the thread that works for it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) connection: Connection,
    pub(super) frame: Frame,
    pub(super) output: Output,
}

/// What a connection does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It processes the frame that has arrived.
    Receive,
    /// It continues the frame that is paused.
    Resume,
    /// It resumes the logon that has waited.
    ResumeLogon,
    /// It processes signals, and sends announced answers.
    Attend,
}

impl Served {
    fn take(&mut self, step: Step, pace: Pace) -> Result<(), Fatal> {
        let Self { connection, frame, output } = self;
        connection.set_pace(pace);
        match step {
            Step::Receive => connection.receive(frame.take(), output),
            Step::Resume => connection.resume(output),
            Step::ResumeLogon => connection.resume_logon(output),
            Step::Attend => connection.attend(output),
        }
    }

    /// Returns whether a step can take long before its first request is known.
    fn can_take_long(&self, step: Step) -> bool {
        match step {
            Step::Receive => self.connection.is_logged_on() && self.frame.bytes().len() > LONG_FRAME,
            Step::Resume => true,
            Step::ResumeLogon => false,
            Step::Attend => self.connection.has_retries(),
        }
    }
}

/// Takes a step, and every further one until no frame is paused. `woken` is notified when another connection has signalled.
///
/// # Errors
/// The client has closed the connection, or the work has panicked.
pub(super) async fn carry_out(
    mut served: Box<Served>,
    mut step: Step,
    workers: &Arc<Workers>,
    receiver: &OwnedReadHalf,
    woken: &Notify,
) -> io::Result<(Box<Served>, Result<(), Fatal>)> {
    loop {
        let done = if served.can_take_long(step) {
            // On the heap: most connections never need its memory.
            let (back, done) = Box::pin(elsewhere(served, step, workers, receiver, woken)).await?;
            served = back;
            done
        } else {
            served.take(step, Pace::light())
        };
        if done.is_err() || !served.connection.is_paused() {
            return Ok((served, done));
        }
        step = Step::Resume;
    }
}

/// Takes a step in a place for slow work, when it is the user's turn.
async fn elsewhere(
    mut served: Box<Served>,
    step: Step,
    workers: &Arc<Workers>,
    receiver: &OwnedReadHalf,
    woken: &Notify,
) -> io::Result<(Box<Served>, Result<(), Fatal>)> {
    let session = served.connection.worker().map(Arc::clone);
    let user = session.as_ref().map_or("", |session| &session.user);
    let ended = async {
        while !session.as_ref().is_some_and(|session| session.has_ended()) {
            woken.notified().await;
        }
        // The signal is processed after this step.
        woken.notify_one();
    };
    let place = tokio::select! {
        place = workers.place(user) => place,
        () = hung_up(receiver) => return Err(io::ErrorKind::ConnectionReset.into()),
        // Whatever was asked for the session is refused at once.
        () = ended => return Ok({ let done = served.take(step, Pace::light()); (served, done) }),
    };
    let mut stop = Stop { stop: Arc::clone(served.connection.stop()), is_needed: true };
    let work = move || -> (Box<Served>, Result<(), Fatal>, Place) {
        let done = served.take(step, Pace::slow());
        (served, done, place)
    };
    let mut job = spawn_blocking(work);
    let joined = tokio::select! {
        joined = &mut job => joined,
        () = hung_up(receiver) => {
            stop.set();
            let _ = job.await;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
    };
    stop.is_needed = false;
    let (served, done, _) = joined.map_err(io::Error::other)?;
    Ok((served, done))
}

/// Stops the work of a connection whose task is dropped.
struct Stop {
    stop: Arc<AtomicBool>,
    is_needed: bool,
}

impl Stop {
    fn set(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        if self.is_needed {
            self.set();
        }
    }
}

/// Waits until the client has closed the connection.
async fn hung_up(receiver: &OwnedReadHalf) {
    loop {
        // Also where further frames have arrived, behind which the end cannot be read yet.
        sleep(CHECK).await;
        match receiver.ready(Interest::READABLE).await {
            Ok(ready) if !ready.is_read_closed() => {}
            _ => return,
        }
    }
}
