//! Byte-range locks of clients that have lost their connections.

use netsession_wire::NtStatus;

use crate::fs;
use crate::fs::locks::Range;
use crate::state::State;

/// Does something with some bytes of a file. If the lock of a client that has lost its connection is in the way, this closes the
/// open of that client, and tries again: nobody could unlock the range for as long as the open waits for its client.
pub(super) fn without<T>(
    state: &State,
    file: &fs::Open,
    (offset, length): (u64, u64),
    mut attempt: impl FnMut() -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let close = || Range::new(offset, length).is_ok_and(|range| state.close_lost_locks(file, range));
    match attempt() {
        Err(NtStatus::FILE_LOCK_CONFLICT | NtStatus::LOCK_NOT_GRANTED) if close() => attempt(),
        done => done,
    }
}
