//! [`occupy`] keeps the numbers of the standard streams away from the library's sockets.
//!
//! A program that becomes a daemon closes its standard streams. The system gives their numbers to the next files that the
//! process opens. A socket with such a number would carry to the server what the program prints.

use std::fs::File;
use std::os::fd::AsRawFd as _;

/// The number of standard error, the last of the standard streams.
const LAST: i32 = 2;

/// Opens `/dev/null` under each number of a standard stream that is free. Dropping the files closes them. They are open for
/// reading only, so that a write meanwhile fails as it does for a closed stream.
pub(crate) fn occupy() -> Vec<File> {
    let mut occupied = Vec::new();
    if (0..=LAST).all(is_open) {
        return occupied;
    }
    // The system returns the lowest free number. Without `/dev/null`, the numbers stay free.
    while let Ok(file) = File::open("/dev/null")
        && file.as_raw_fd() <= LAST
    {
        occupied.push(file);
    }
    occupied
}

fn is_open(number: i32) -> bool {
    // SAFETY: it only asks whether the number is open.
    unsafe { libc::fcntl(number, libc::F_GETFD) != -1 }
}
