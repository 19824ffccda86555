//! Calls of srvsvc: an administrator ends sessions and closes files, and others try to.

use netsession_rpc::client::{Association, Config};
use netsession_rpc::ndr::{Syntax, encode};
use netsession_smb::msg::{CtlCode, IoctlRequest, WriteRequest};
use netsession_srvs::info::{FileId as FileNumber, FileLevel, SessionLevel};
use netsession_srvs::{Operation, SessionId, file_close, file_enum, session_del, session_enum};

use super::Stage;
use crate::oracle::client::{Ids, PipeCalls};
use crate::oracle::ledger::EndRequest;
use crate::oracle::script::Step;
use crate::state::OpenNumber;

/// Adds a call on the selected open, or the bind that comes before the first call.
pub(super) fn add(stage: &mut Stage, who: usize, step: Step, ids: Ids) {
    let Some(bytes) = next_message(stage, who, step, ids) else { return };
    let Some(client) = stage.clients.get_mut(who) else { return };
    let is_signed = step.has(Step::SIGNED);
    match step.b >> 4 & 3 {
        0 | 1 => {
            let request = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, ids.file, &bytes, 4280);
            client.add(ids, true, is_signed, &request);
        }
        2 => {
            let request = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, ids.file, &bytes, 20);
            client.add(ids, true, is_signed, &request);
        }
        _ => client.add(ids, true, is_signed, &WriteRequest::new(ids.file, 0, &bytes)),
    }
}

fn next_message(stage: &mut Stage, who: usize, step: Step, ids: Ids) -> Option<Vec<u8>> {
    let stub = stub(stage, step);
    let client = stage.clients.get_mut(who)?;
    if client.change.is_some() {
        stage.ledger.may_ask_anything = true;
    }
    let calls = client
        .pipes
        .entry(ids.file)
        .or_insert_with(|| PipeCalls { association: Association::new(Config::default()), interface: None });
    match calls.interface {
        None => {
            let (interface, bind) = calls.association.bind(netsession_srvs::INTERFACE).ok()?;
            calls.interface = Some(interface);
            Some(bind)
        }
        Some(interface) => {
            let (opnum, stub, asked) = stub?;
            let call = calls.association.call(interface, opnum, &stub).ok()?.concat();
            stage.ledger.asked.extend(asked);
            Some(call)
        }
    }
}

/// Returns the number, the request, and what it asks to end.
type Stub = (u16, Vec<u8>, Option<EndRequest>);

fn stub(stage: &Stage, step: Step) -> Option<Stub> {
    let target = usize::from(step.a >> 3 & 7) % stage.clients.len().max(1);
    let other = stage.clients.get(target)?;
    match step.a & 7 {
        0..=3 => {
            let session = other.sessions.last()?;
            let user = stage.ledger.sessions.get(session).map(|known| known.user.clone());
            let client = format!("10.0.0.{}", target.saturating_add(1));
            let (client, user) = match step.a & 3 {
                0 | 1 => (Some(client), user),
                2 => (Some(client), None),
                _ => (None, user),
            };
            // The id of the session, of an older one of the client, or of another client's.
            let named = match step.b >> 6 {
                0 => None,
                1 => SessionId::new(session.0),
                2 => other.sessions.first().and_then(|first| SessionId::new(first.0)),
                _ => stage.clients.iter().rev().find_map(|client| SessionId::new(client.sessions.last()?.0)),
            };
            let id = named.filter(|_| client.is_some());
            let unnamed = client.as_ref().map(|client| format!(r"\\{client}"));
            let client_name = id.zip(client.as_ref()).map(|(id, client)| id.with_client(client)).or(unnamed);
            let request = session_del::Request {
                client_name,
                user_name: user.clone(),
                ..session_del::Request::default()
            };
            let (opnum, stub) = of(request)?;
            Some((opnum, stub, Some(EndRequest { client, user, id })))
        }
        4 => {
            let number = OpenNumber::of(other.ids(step.b).file)?;
            let file_id = FileNumber(number.0);
            let (opnum, stub) = of(file_close::Request { file_id, ..file_close::Request::default() })?;
            Some((opnum, stub, None))
        }
        5 => {
            let id = other.sessions.last().and_then(|session| SessionId::new(session.0));
            let id = id.filter(|_| step.b >> 6 != 0);
            let user_name = id.map(|id| id.with_client(&format!("10.0.0.{}", target.saturating_add(1))));
            let request = file_enum::Request { user_name, ..file_enum::Request::asking(FileLevel::INFO_3) };
            let (opnum, stub) = of(request)?;
            Some((opnum, stub, None))
        }
        _ => {
            let (opnum, stub) = of(session_enum::Request::asking(SessionLevel::INFO_502))?;
            Some((opnum, stub, None))
        }
    }
}

fn of<Op: Operation>(request: Op) -> Option<(u16, Vec<u8>)> {
    Some((Op::OPNUM, encode(request, Syntax::Ndr32).ok()?))
}
