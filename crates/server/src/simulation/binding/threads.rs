//! Connections of one session on several threads, like the server's tasks.

use std::sync::Barrier;
use std::thread;

use netsession_smb::msg::{CreateOptions, CreateResponse, LogoffRequest, TreeId};
use netsession_wire::NtStatus;

use super::raw::{Offer, Raw, Session, packet};
use super::{Pair, read, world};
use crate::simulation::commands::create;
use crate::simulation::world::World;

/// The rounds of each thread.
const ROUNDS: u16 = 40;
/// The statuses that a client may receive while its session can end at any moment.
const AT_ANY_MOMENT: [NtStatus; 4] = [
    NtStatus::SUCCESS,
    NtStatus::END_OF_FILE,
    NtStatus::USER_SESSION_DELETED,
    NtStatus::REQUEST_NOT_ACCEPTED,
];

/// Binds, opens, reads, and disconnects; logs off at the end.
fn client(world: &World, session: &Session, tree: TreeId, host: u8, logs_off: bool) {
    for round in 0..ROUNDS {
        let mut raw = Raw::new(world, host, Offer::usual());
        let key = match raw.bind(session, "alice", "secret") {
            Ok(key) => key,
            Err((status, _)) => {
                assert_eq!(status, NtStatus::USER_SESSION_DELETED, "{round}");
                return;
            }
        };
        let request = create(&format!("{host}"), CreateOptions::NON_DIRECTORY_FILE);
        let (status, answer) = raw.ask(session.id, tree, &key, &request);
        assert!(AT_ANY_MOMENT.contains(&status), "{status:?}");
        if status == NtStatus::SUCCESS {
            let file = packet(&answer).body::<CreateResponse>().unwrap().file_id;
            let (status, _) = raw.ask(session.id, tree, &key, &read(file));
            assert!(AT_ANY_MOMENT.contains(&status), "{status:?}");
        }
        if logs_off && round + 1 == ROUNDS {
            raw.ask(session.id, TreeId::NONE, &key, &LogoffRequest);
        }
    }
}

/// A failure here would deadlock connections that open, close and end a session at the same moment, or leave a part
/// of it behind.
#[test]
fn connections_come_and_go_at_the_same_moment() {
    for ended_by_all in [false, true].repeat(8) {
        let world = world();
        let Pair { session, first, second, tree, .. } = Pair::new(&world, Offer::usual());
        let start = Barrier::new(4);
        thread::scope(|threads| {
            for host in 3..6 {
                let (world, session, start) = (&world, &session, &start);
                threads.spawn(move || {
                    start.wait();
                    client(world, session, tree, host, ended_by_all);
                });
            }
            start.wait();
            // The connections that set it up close while others are bound.
            drop(first);
            thread::yield_now();
            drop(second);
        });
        world.assert_empty();
    }
}
