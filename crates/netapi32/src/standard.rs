//! [`Streams`] keeps the numbers of the standard streams away from the library's sockets.
//!
//! A program that becomes a daemon closes its standard streams. The system gives their numbers to the next files that the
//! process opens. A socket with such a number would carry to the server what the program prints.

use std::fs::OpenOptions;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::descriptor::Descriptor;

/// The number of standard error, the last of the standard streams.
const LAST: i32 = 2;
/// How many standard streams there are.
const NUMBERS: libc::nfds_t = 3;

/// The numbers that the calls of a process occupy.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many calls run. The numbers stay occupied until the last of them returns.
    calls: usize,
    occupied: Vec<Descriptor>,
}

/// Occupies the numbers for one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct Occupied<'a>(&'a Streams);

impl Streams {
    /// Returns the numbers of a forked child. It has copies of the files, but none of the parent's calls.
    pub(crate) fn inherited(&self) -> Self {
        // Another thread of the parent can have held the lock. The files then stay open in the child.
        let occupied = self.0.try_lock().map(|state| state.occupied.clone()).unwrap_or_default();
        Self(Mutex::new(State { calls: 0, occupied }))
    }

    /// Opens a file under each number of a standard stream that is free.
    pub(crate) fn occupy(&self) -> Occupied<'_> {
        let mut state = self.lock();
        state.calls += 1;
        while !are_open()
            && let Some(file) = open_low()
        {
            state.occupied.push(file);
        }
        Occupied(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.calls -= 1;
        if state.calls == 0 {
            // The program can have opened its streams meanwhile.
            state.occupied.drain(..).for_each(Descriptor::close);
        }
    }
}

/// Opens a file under the lowest free number. `None` if that is not the number of a standard stream, or if the system
/// refuses: then the numbers stay free.
fn open_low() -> Option<Descriptor> {
    // No program has the root directory as a standard stream, so it cannot be taken for a file of the program.
    let file = OpenOptions::new().read(true).custom_flags(NOT_READABLE).open("/").ok()?;
    let id = Descriptor::of(file.as_raw_fd()).filter(|_| file.as_raw_fd() <= LAST)?;
    // It stays open until `Descriptor::close`.
    let _number = file.into_raw_fd();
    Some(id)
}

/// Reading and writing fail as they do for a closed stream. Without this flag, only writing does.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NOT_READABLE: i32 = libc::O_PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NOT_READABLE: i32 = 0;

/// Whether every number of a standard stream is open.
fn are_open() -> bool {
    let mut streams = [0, 1, LAST].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: the array has this length. The call does not wait.
    let result = unsafe { libc::poll(streams.as_mut_ptr(), NUMBERS, 0) };
    // It costs one system call. It also calls a number closed that means a folder of `O_PATH`, so `is_open` has the last word.
    let none_is_closed = result >= 0 && streams.iter().all(|stream| stream.revents & libc::POLLNVAL == 0);
    none_is_closed || (0..=LAST).all(is_open)
}

fn is_open(number: i32) -> bool {
    // SAFETY: it only asks whether the number is open.
    unsafe { libc::fcntl(number, libc::F_GETFD) != -1 }
}
