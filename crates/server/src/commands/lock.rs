//! LOCK ([MS-SMB2] 3.3.5.14).
//!
//! Lock sequences apply if a session can have several connections: a client repeats a request on another connection if it
//! received no answer.

use std::sync::{Arc, Weak};

use netsession_smb::msg::{LockElement, LockFlags, LockRequest, LockResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{cut_short, decode, has_room_for_retry, lost_locks, open, upgrade_open};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::{Effort, locks};
use crate::state::{Inbox, Object, Open, Session, State, Underway};

/// The most ranges of one request: the server compares each with all locks of the file.
const MOST_RANGES: usize = 1024;

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: LockRequest = decode(request)?;
    let open = open(session, request, reply, body.file_id)?;
    if body.locks.len() > MOST_RANGES {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let sequence = if request.multi_channel { body.lock_sequence } else { 0 };
    if open.lock_sequences.is_done(sequence) {
        reply.ok(&LockResponse);
        return Ok(());
    }
    let first = body.locks.first().ok_or(NtStatus::INVALID_PARAMETER)?;
    if first.flags.contains(LockFlags::UNLOCK) {
        unlock_all(&open, &body.locks)?;
    } else if let [alone] = body.locks.as_slice()
        && !alone.flags.contains(LockFlags::FAIL_IMMEDIATELY)
    {
        let (range, mode) = element(alone)?;
        let (state, inbox) = (Arc::clone(&host.state), Arc::clone(&host.inbox));
        let (file, _underway) = (Arc::downgrade(&*open), open.underway);
        let lock = Lock { state, open: file, range, mode, inbox, sequence, _underway };
        return wait(host, lock, reply);
    } else {
        let [connection, session] = host.stops(session);
        let stops = [connection, session, &open.closed];
        let locked = lock_all(&host.state, &open, &body.locks, &host.effort(&stops));
        locked.map_err(|status| cut_short(&open, status))?;
    }
    open.lock_sequences.done(sequence);
    reply.ok(&LockResponse);
    Ok(())
}

/// Unlocks one range after the other; ranges before a failure stay unlocked ([MS-SMB2] 3.3.5.14.1).
fn unlock_all(open: &Open, elements: &[LockElement]) -> Result<(), NtStatus> {
    for element in elements {
        if element.flags != LockFlags::UNLOCK {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // A range that ends beyond 64 bits cannot be locked.
        let range = locks::Range::new(element.offset, element.length);
        open.unlock(range.map_err(|_| NtStatus::RANGE_NOT_LOCKED)?)?;
    }
    Ok(())
}

/// Locks all of the ranges or none ([MS-SMB2] 3.3.5.14.2).
fn lock_all(
    state: &State,
    open: &Open,
    elements: &[LockElement],
    effort: &Effort<'_>,
) -> Result<(), NtStatus> {
    let several = elements.len() > 1;
    let waits = |element: &LockElement| !element.flags.contains(LockFlags::FAIL_IMMEDIATELY);
    if several && elements.iter().any(waits) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut locked = Vec::new();
    for each in elements {
        let done = effort.check_running().and_then(|()| element(each));
        let done = done.and_then(|(range, mode)| lock(state, open, range, mode).map(|()| range));
        match done {
            Ok(range) => locked.push(range),
            Err(status) => {
                // The range was just locked, so this does not fail.
                for range in locked {
                    let _ = open.unlock(range);
                }
                return Err(status);
            }
        }
    }
    Ok(())
}

/// Locks one range.
fn lock(state: &State, open: &Open, range: locks::Range, mode: locks::Mode) -> Result<(), NtStatus> {
    match &open.object {
        Object::File(file) => {
            let bytes = (range.offset, range.length);
            lost_locks::without(state, file, bytes, mode, || open.lock(range, mode))
        }
        Object::Pipe(_) => open.lock(range, mode),
    }
}

/// Returns the range and the mode that an element requests.
fn element(element: &LockElement) -> Result<(locks::Range, locks::Mode), NtStatus> {
    let mode = match element.flags.difference(LockFlags::FAIL_IMMEDIATELY) {
        LockFlags::SHARED_LOCK => locks::Mode::Shared,
        LockFlags::EXCLUSIVE_LOCK => locks::Mode::Exclusive,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    Ok((locks::Range::new(element.offset, element.length)?, mode))
}

/// Locks one range, or waits for it.
fn wait(host: &mut ClientHost, mut waiting: Lock, reply: &mut Reply<'_>) -> Result<(), NtStatus> {
    match waiting.poll() {
        Some(finish) => finish(reply),
        None if !has_room_for_retry(host) => return Err(NtStatus::INSUFFICIENT_RESOURCES),
        None => {
            // A request in the middle of a compound cannot wait.
            let id = reply.announce().map_err(|_| NtStatus::LOCK_NOT_GRANTED)?;
            host.waiting.insert(id, Box::new(waiting));
        }
    }
    Ok(())
}

/// A LOCK request that waits for other locks.
#[derive(Debug)]
struct Lock {
    state: Arc<State>,
    open: Weak<Open>,
    range: locks::Range,
    mode: locks::Mode,
    inbox: Arc<Inbox>,
    /// The lock sequence, which identifies a repeated request; 0 if there is none.
    sequence: u32,
    _underway: Option<Underway>,
}

impl Waiting for Lock {
    fn poll(&mut self) -> Option<Finish> {
        let Some(open) = upgrade_open(&self.open) else {
            return Some(Box::new(|reply| reply.error(NtStatus::RANGE_NOT_LOCKED)));
        };
        // Registered before the attempt, so that no unlock in between is missed.
        open.share.wait_for_lock(&self.inbox);
        match lock(&self.state, &open, self.range, self.mode) {
            Err(NtStatus::LOCK_NOT_GRANTED) => None,
            Err(status) => Some(Box::new(move |reply| reply.error(status))),
            Ok(()) => {
                open.lock_sequences.done(self.sequence);
                Some(Box::new(|reply| reply.ok(&LockResponse)))
            }
        }
    }

    fn is_retry(&self) -> bool {
        true
    }
}
