//! How a connection's task works: it carries out light requests at once, and everything that can take longer in a place
//! of [`Workers`], so that the threads of the runtime always have time for other clients.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netsession_smb::server::{Fatal, Output};
use tokio::io::Interest;
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio::task::{block_in_place, spawn_blocking};
use tokio::time::sleep;

use super::closing::Closing;
use super::frame::Frame;
use super::workers::{Place, Workers};
use crate::connection::Connection;
use crate::pace::{Pace, Weight};

/// The length in bytes above which a frame takes a while to verify, to decrypt and to write.
const LONG_FRAME: usize = 64 << 10;
/// How often the server checks whether the client of a long request is still connected.
const CHECK: Duration = Duration::from_millis(100);

/// A connection with its memory, which moves to the thread that works for it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) connection: Connection,
    pub(super) frame: Frame,
    pub(super) output: Output,
    pub(super) workers: Arc<Workers>,
}

/// What a connection does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It processes the frame that has arrived.
    Receive,
    /// It continues the paused frame.
    Resume,
    /// It resumes the waiting logon.
    ResumeLogon,
    /// It processes signals, and sends announced answers.
    Attend,
}

impl Served {
    fn take(&mut self, step: Step, pace: Pace) -> Result<(), Fatal> {
        let Self { connection, frame, output, workers: _ } = self;
        connection.set_pace(pace);
        match step {
            Step::Receive => connection.receive(frame.take(), output),
            Step::Resume => connection.resume(output),
            Step::ResumeLogon => connection.resume_logon(output),
            Step::Attend => connection.attend(output),
        }
    }

    /// Closes what sessions left behind in the last step.
    async fn clear_away(&mut self) {
        for remains in self.connection.take_remains() {
            if let Some(work) = self.workers.clear_away(remains) {
                _ = work.await;
            }
        }
    }

    /// Returns how long the beginning of a step can take.
    fn weight(&self, step: Step) -> Weight {
        let is_long = || self.connection.is_logged_on() && self.frame.bytes().len() > LONG_FRAME;
        match step {
            Step::Receive if is_long() => Weight::Bulky,
            Step::Receive | Step::ResumeLogon => Weight::Light,
            Step::Resume => self.connection.next_weight(),
            Step::Attend if self.connection.has_retries() => Weight::Slow,
            Step::Attend => Weight::Light,
        }
    }
}

/// The end of a connection closes the opens of its sessions, of which there can be very many.
impl Drop for Served {
    fn drop(&mut self) {
        for remains in self.connection.hang_up() {
            drop(self.workers.clear_away(remains));
        }
    }
}

/// Takes a step, and every further step until no frame is paused. Another connection that signals this one notifies
/// `woken`.
///
/// # Errors
/// The client has closed the connection, or the work has panicked.
pub(super) async fn carry_out(
    mut served: Box<Served>,
    mut step: Step,
    receiver: &OwnedReadHalf,
    woken: &Notify,
) -> Result<(Box<Served>, Result<(), Fatal>), Closing> {
    loop {
        let weight = served.weight(step);
        let done = if weight > Weight::Light {
            // On the heap: most connections never need its memory.
            let (back, done) = Box::pin(in_place(served, step, weight, receiver, woken)).await?;
            served = back;
            done
        } else {
            served.take(step, Pace::light())
        };
        if served.connection.has_remains() {
            Box::pin(served.clear_away()).await;
        }
        if done.is_err() || !served.connection.is_paused() {
            return Ok((served, done));
        }
        step = Step::Resume;
    }
}

/// Takes a step in a place for slow work, when it is the user's turn.
async fn in_place(
    mut served: Box<Served>,
    step: Step,
    weight: Weight,
    receiver: &OwnedReadHalf,
    woken: &Notify,
) -> Result<(Box<Served>, Result<(), Fatal>), Closing> {
    let session = served.connection.worker().map(Arc::clone);
    let workers = Arc::clone(&served.workers);
    let user = served.connection.queue_name().into_owned();
    let ended = async {
        while !session.as_ref().is_some_and(|session| session.has_ended()) {
            woken.notified().await;
        }
        // The next step processes the signal.
        woken.notify_one();
    };
    let place = tokio::select! {
        place = workers.place(&user) => place,
        () = hung_up(receiver) => return Err(Closing::HungUp),
        // The server refuses every request of the ended session at once.
        () = ended => return Ok({ let done = served.take(step, Pace::light()); (served, done) }),
    };
    if weight < Weight::Slow && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        // The data stays on this thread, and the runtime's other tasks move to another one.
        let done = block_in_place(|| served.take(step, Pace::with_place(weight)));
        drop(place);
        return Ok((served, done));
    }
    on_another_thread(served, step, weight, place, receiver).await
}

/// Takes a step on a thread that serves no other client, and stops it when the client disconnects.
async fn on_another_thread(
    mut served: Box<Served>,
    step: Step,
    weight: Weight,
    place: Place,
    receiver: &OwnedReadHalf,
) -> Result<(Box<Served>, Result<(), Fatal>), Closing> {
    let mut stop = Stop { stop: Arc::clone(served.connection.stop()), is_needed: true };
    let mut job = spawn_blocking(move || -> (Box<Served>, Result<(), Fatal>, Place) {
        let done = served.take(step, Pace::with_place(weight));
        (served, done, place)
    });
    let joined = tokio::select! {
        joined = &mut job => joined,
        () = hung_up(receiver) => {
            stop.set();
            let _ = job.await;
            return Err(Closing::HungUp);
        }
    };
    stop.is_needed = false;
    let (served, done, _) = joined.map_err(|error| Closing::Failed(io::Error::other(error)))?;
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
        // Check even if further frames have arrived: the end of the stream cannot be read before them.
        sleep(CHECK).await;
        match receiver.ready(Interest::READABLE).await {
            Ok(ready) if !ready.is_read_closed() => {}
            _ => return,
        }
    }
}
