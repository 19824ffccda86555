//! Clients and the server in one thread: the client's state machine, the server's connections, a clock that the test
//! moves, and a link between them that delays, cuts, and breaks as the test says.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod binding;
mod closing;
mod commands;
mod logons;
mod srvsvc;
mod stories;
mod world;

use crate::connection::Close;
use netsession_smb::client::{Config, Event};
use netsession_smb::msg::{Dialect, EchoRequest, TreeId};
use netsession_wire::NtStatus;

use stories::{STEPS, Story};
use world::{Cut, Peer, World};

/// Seconds in the units of the protocol's clock.
const SECOND: i64 = 10_000_000;

/// A failure here would make the other tests prove nothing: the story itself would be broken.
#[test]
fn the_story_ends_well() {
    let world = World::new();
    let mut story = Story::new(&world);
    story.run_to_end().unwrap();
    assert_eq!(story.done(), STEPS);
    drop(story);
    world.assert_empty();
}

/// A failure here would break clients on a network that splits messages elsewhere.
#[test]
fn bytes_may_be_cut_anywhere() {
    for size in [1, 2, 3, 7, 63, 64, 65, 1000] {
        let world = World::new();
        let mut story = Story::new(&world);
        story.peer.cut = Cut::Every(size);
        story.run_to_end().unwrap();
        assert_eq!(story.done(), STEPS, "pieces of {size}");
    }
}

/// A failure here would leave a session, an open or a lock of a lost client behind, which blocks the next client.
#[test]
fn the_connection_may_be_lost_at_every_point() {
    let whole = {
        let world = World::new();
        let mut story = Story::new(&world);
        story.run_to_end().unwrap();
        story.peer.moved
    };
    assert!(whole > 5_000, "the story carries data: {whole} bytes");
    // Every message of the story has more than 60 bytes, so each is cut several times.
    for lost_after in (0..whole).step_by(23) {
        let world = World::new();
        let mut story = Story::new(&world);
        story.peer.lost_after = Some(lost_after);
        assert!(story.run_to_end().is_err(), "lost after {lost_after} bytes");
        drop(story);
        world.assert_empty();
        let mut again = Story::new(&world);
        again.run_to_end().unwrap_or_else(|why| panic!("lost after {lost_after} bytes, and then: {why}"));
    }
}

/// A failure here would leave parts of a session that ends during its work, or not notify its client.
#[test]
fn the_session_may_be_ended_between_any_two_messages() {
    for ended_before in 1..STEPS {
        let world = World::new();
        let mut story = Story::new(&world);
        let mut other = Story::new(&world);
        while story.done() < ended_before {
            story.step().unwrap();
        }
        other.step().unwrap();
        let id = story.peer.session().expect("the first step logs in");
        assert!(world.end(id));
        assert_eq!(world.state.sessions().len(), 1, "before step {ended_before}");
        assert!(world.state.opens().is_empty() && world.open_files() == 0);
        story.peer.attend().unwrap();
        let answered = story.peer.ask_one(TreeId::NONE, &EchoRequest).unwrap();
        assert!(
            answered.iter().any(|event| matches!(event, Event::SessionEnded)),
            "before step {ended_before}: {answered:?}"
        );
        assert_eq!(story.peer.close(), Some(Close::Now), "before step {ended_before}");
        assert_eq!(other.peer.close(), None);
        other.run_to_end().unwrap();
        let mut again = Story::new(&world);
        again.run_to_end().unwrap();
    }
}

/// A failure here would not notify a capable client at once that its session has ended, or send other clients a message
/// that they cannot read.
#[test]
fn a_capable_client_is_notified_at_once_that_its_session_ended() {
    let config = Config::new("world");
    let plain = Config { ciphers: vec![], ..config.clone() };
    let older = Config { dialects: vec![Dialect::SMB_3_0_2], ..config.clone() };
    for (config, notifications) in [(config, 1), (plain, 1), (older, 0)] {
        let world = World::new();
        let mut peer = Peer::with(&world, config);
        peer.log_in().unwrap();
        assert!(world.end(peer.session().unwrap()));
        peer.attend().unwrap();
        let events = peer.events();
        let closing = events.iter().filter(|event| matches!(event, Event::SessionClosing)).count();
        assert_eq!((closing, events.len()), (notifications, notifications), "{events:?}");
        // The notification is a hint; the answer to the next request is the proof.
        let answered = peer.ask_one(TreeId::NONE, &EchoRequest).unwrap();
        assert!(answered.iter().any(|event| matches!(event, Event::SessionEnded)), "{answered:?}");
    }
}

/// A failure here would end sessions, or break the server's arithmetic, when the clock is set or stands still.
#[test]
fn the_clock_may_jump() {
    for jump in [-1_000_000 * SECOND, -SECOND, 0, SECOND, 86_400 * SECOND, i64::MAX / 4] {
        let world = World::new();
        let mut story = Story::new(&world);
        while story.done() < STEPS {
            world.set_clock_by(jump);
            story.step().unwrap();
        }
    }
}

/// A failure here would let one waiting request block requests that need not wait, or let it wait forever.
#[test]
fn answers_come_as_they_are_ready() {
    let world = World::new();
    let mut first = Story::new(&world);
    let mut second = Story::new(&world);
    for story in [&mut first, &mut second] {
        while story.done() < 3 {
            story.step().unwrap();
        }
    }
    assert_eq!(first.lock(true).unwrap(), Some(NtStatus::SUCCESS));
    assert_eq!(second.lock(true).unwrap(), None, "it waits");
    let echo = second.peer.ask_one(TreeId::NONE, &EchoRequest).unwrap();
    assert!(matches!(&echo[..], [Event::Answered(answer)] if answer.status() == NtStatus::SUCCESS));
    assert_eq!(second.waiting(), 1);
    first.unlock().unwrap();
    second.peer.attend().unwrap();
    assert_eq!(second.settled(), [NtStatus::SUCCESS], "it has the lock now");
    assert_eq!(first.lock(false).unwrap(), Some(NtStatus::LOCK_NOT_GRANTED));
    assert_eq!(first.lock(true).unwrap(), None);
    drop(second);
    first.peer.attend().unwrap();
    assert_eq!(first.settled(), [NtStatus::SUCCESS], "a lost client's locks are freed");
}

/// A failure here would let one user's sessions fill the memory, keep other users from logging on, or lock administrators out.
#[test]
fn sessions_are_limited_by_user() {
    let world = World::new();
    let sessions = &world.state.budgets.sessions;
    let mut held = sessions.part("alice");
    held.set(65_536);
    let mut admins = sessions.part("root");
    admins.set(65_536);
    assert!(Peer::new(&world).log_in_as("alice").is_err());
    assert!(Peer::new(&world).log_in_as("root").is_ok());
    drop(held);
    let mut alice = Peer::new(&world);
    alice.log_in_as("alice").unwrap();
    assert_eq!(sessions.total(), 65_537, "the session of alice beside what root holds");
}
