//! When the server closes a connection whose sessions it has ended: many clients reconnect only then.

use netsession_smb::msg::{
    ChangeNotifyFlags, ChangeNotifyRequest, CompletionFilter, CreateOptions, CreateResponse, EchoRequest,
    LogoffRequest, TreeConnectFlags, TreeConnectRequest, TreeId,
};
use netsession_wire::NtStatus;

use crate::connection::Close;
use crate::simulation::binding::raw::{Offer, Raw, Session, packet};
use crate::simulation::commands::create;
use crate::simulation::world::World;

fn echo(raw: &mut Raw, session: &Session) -> NtStatus {
    raw.ask(session.id, TreeId::NONE, &session.key, &EchoRequest).0
}

/// A failure here would keep a disconnected client on a connection that answers every request with an error; or
/// close the connection under another user's session.
#[test]
fn a_connection_closes_with_its_last_ended_session() {
    let world = World::new();
    let mut raw = Raw::new(&world, 1, Offer::usual());
    let [alice, root] = ["alice", "root"].map(|user| raw.log_on(user));
    assert!(world.end(alice.id));
    raw.attend();
    assert_eq!(raw.close(), None, "root's session goes on");
    assert_eq!(echo(&mut raw, &alice), NtStatus::USER_SESSION_DELETED);
    assert_eq!((raw.close(), echo(&mut raw, &root)), (None, NtStatus::SUCCESS));
    assert!(world.end(root.id));
    raw.attend();
    assert_eq!(raw.close(), Some(Close::Soon), "a request may be on its way");
    assert_eq!(echo(&mut raw, &root), NtStatus::USER_SESSION_DELETED);
    assert_eq!(raw.close(), Some(Close::Now));
}

/// A failure here would lose the answer to a request that arrives together with the end of its session.
#[test]
fn a_request_that_is_on_its_way_is_answered_first() {
    let world = World::new();
    let mut raw = Raw::new(&world, 1, Offer::usual());
    let session = raw.log_on("alice");
    assert!(world.end(session.id));
    assert_eq!(echo(&mut raw, &session), NtStatus::USER_SESSION_DELETED);
    assert_eq!(raw.close(), Some(Close::Now));
}

/// A failure here would leave a client waiting for the final answer to a request that the server announced.
#[test]
fn announced_answers_come_before_the_close() {
    let world = World::new();
    let mut raw = Raw::new(&world, 1, Offer::usual());
    let session = raw.log_on("alice");
    let connect =
        TreeConnectRequest { flags: TreeConnectFlags::empty(), path: r"\\world\data".into(), contexts: None };
    let (_, answer) = raw.ask(session.id, TreeId::NONE, &session.key, &connect);
    let tree = packet(&answer).header.tree_id().unwrap();
    let (_, answer) = raw.ask(session.id, tree, &session.key, &create("", CreateOptions::DIRECTORY_FILE));
    let watch = ChangeNotifyRequest {
        flags: ChangeNotifyFlags::empty(),
        output_buffer_length: 1000,
        file_id: packet(&answer).body::<CreateResponse>().unwrap().file_id,
        completion_filter: CompletionFilter::FILE_NAME,
    };
    assert_eq!(raw.ask(session.id, tree, &session.key, &watch).0, NtStatus::PENDING);
    assert!(world.end(session.id));
    let answers = raw.attend();
    assert_eq!(packet(answers.last().unwrap()).header.status, NtStatus::NOTIFY_CLEANUP);
    assert_eq!(raw.close(), Some(Close::Soon));
}

/// A failure here would close the connection under a client that logs on again on it, or that logged off by itself.
#[test]
fn a_new_logon_keeps_the_connection() {
    let world = World::new();
    let mut raw = Raw::new(&world, 1, Offer::usual());
    let session = raw.log_on("alice");
    assert!(world.end(session.id));
    raw.attend();
    assert_eq!(raw.close(), Some(Close::Soon));
    let again = raw.log_on("alice");
    assert_eq!((raw.close(), echo(&mut raw, &again)), (None, NtStatus::SUCCESS));
    let (status, _) = raw.ask(again.id, TreeId::NONE, &again.key, &LogoffRequest);
    assert_eq!((status, raw.close()), (NtStatus::SUCCESS, None));
}
