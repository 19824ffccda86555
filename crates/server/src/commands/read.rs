//! READ ([MS-SMB2] 3.3.5.12).

use std::sync::{Arc, Weak};

use netsession_smb::msg::{Channel, ReadRequest, ReadResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{OpenInUse, decode, lost_locks, open, upgrade_open};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::locks::Mode;
use crate::state::{Object, Open, Session, Underway};

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: ReadRequest<'_> = decode(request)?;
    let length = body.length;
    if body.channel != Channel::NONE || length > host.state.identity.settings.max_size {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    request.pays_for(length)?;
    let open = open(session, request, reply, body.file_id)?;
    let length = usize::try_from(length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let file = match &open.object {
        Object::File(file) => file,
        Object::Pipe(_) => return pipe(host, open, length, reply),
    };
    let least = usize::try_from(body.minimum_count).unwrap_or(usize::MAX);
    let (state, range) = (&host.state, (body.offset, body.length.into()));
    let read = |buffer: &mut [u8]| {
        lost_locks::without(state, file, range, Mode::Shared, || file.read(body.offset, buffer))
    };
    reply.read(length, |buffer| match read(buffer) {
        Ok(count) if count < least => Err(NtStatus::END_OF_FILE),
        Ok(count) => {
            open.count(count, 0);
            Ok((count, NtStatus::SUCCESS))
        }
        Err(status) => Err(status),
    });
    Ok(())
}

/// Reads from a pipe, or waits until there is something to read.
fn pipe(
    host: &mut ClientHost,
    open: OpenInUse,
    length: usize,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let mut waiting = PipeRead { open: Arc::downgrade(&*open), length, _underway: open.underway };
    match waiting.poll() {
        Some(finish) => finish(reply),
        None => {
            let id = reply.announce()?;
            host.waiting.insert(id, Box::new(waiting));
        }
    }
    Ok(())
}

#[derive(Debug)]
struct PipeRead {
    open: Weak<Open>,
    length: usize,
    _underway: Option<Underway>,
}

impl Waiting for PipeRead {
    fn poll(&mut self) -> Option<Finish> {
        let Some(open) = upgrade_open(&self.open) else {
            return Some(Box::new(|reply| reply.error(NtStatus::PIPE_BROKEN)));
        };
        let Object::Pipe(pipe) = &open.object else { return None };
        let (status, data) = match pipe.read(self.length) {
            Ok(read) => read?,
            Err(status) => return Some(Box::new(move |reply| reply.error(status))),
        };
        Some(Box::new(move |reply| {
            reply.send(status, &ReadResponse { data_remaining: 0, flags: 0, data: &data });
        }))
    }
}
