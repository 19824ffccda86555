//! Byte-range locks of clients that have lost their connections.

use netsession_wire::NtStatus;

use crate::fs;
use crate::fs::locks::{Mode, Range};
use crate::state::State;

/// Does something with some bytes of a file: reads them, if `mode` is shared, or writes them. If only locks of clients that have
/// lost their connections are in the way, this closes the opens of those clients, and tries again: nobody could unlock the range for
/// as long as the opens wait for their clients.
pub(super) fn without<T>(
    state: &State,
    file: &fs::Open,
    (offset, length): (u64, u64),
    mode: Mode,
    mut attempt: impl FnMut() -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let close = || Range::new(offset, length).is_ok_and(|range| state.close_lost_locks(file, range, mode));
    match attempt() {
        Err(NtStatus::FILE_LOCK_CONFLICT | NtStatus::LOCK_NOT_GRANTED) if close() => attempt(),
        done => done,
    }
}
