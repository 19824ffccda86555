//! The client of the simulation of the embedded server, against smbd: the same steps over a real
//! socket, with bytes cut anywhere, messages delayed, and the connection lost at many points.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(dead_code, reason = "the simulation takes other parts of the story as well")]

#[path = "../../crates/server/src/simulation/stories.rs"]
mod stories;

use std::net::SocketAddr;
use std::time::Duration;

use netsession_conformance::{Proxy, Samba};
use netsession_smb::client::Config;

use stories::{STEPS, Story};
use world::World;

/// A failure here would mean that a real server disagrees with the simulation on some dialect.
#[test]
fn the_story_ends_well_on_smbd() {
    let samba = Samba::start().unwrap();
    for dialect in Config::DIALECTS {
        let world = World::at(samba.address()).speaking(dialect);
        let mut story = Story::new(&world);
        story.run_to_end().unwrap();
        assert_eq!(story.done(), STEPS, "{dialect:?}");
    }
}

/// A failure here would break a client on a network that splits messages elsewhere.
#[test]
fn bytes_may_be_cut_anywhere() {
    let samba = Samba::start().unwrap();
    for size in [1, 3, 63, 64, 65, 1000] {
        let mut story = Story::new(&World::at(samba.address()));
        story.peer.cut = size;
        story.run_to_end().unwrap_or_else(|why| panic!("pieces of {size}: {why}"));
    }
}

/// A failure here would break a client on a slow line.
#[test]
fn messages_may_be_delayed() {
    let samba = Samba::start().unwrap();
    let proxy = Proxy::plain().delay(Duration::from_millis(20)).to(samba.address()).unwrap();
    Story::new(&World::at(proxy.address())).run_to_end().unwrap();
}

/// A failure here would make a client that loses its connection hang, or treat a partial answer as complete; or
/// block the next client.
#[test]
fn the_connection_may_be_lost_at_many_points() {
    let samba = Samba::start().unwrap();
    let world = World::at(samba.address());
    let whole = {
        let mut story = Story::new(&world);
        story.run_to_end().unwrap();
        story.peer.moved
    };
    assert!(whole > 5_000, "the story carries data: {whole} bytes");
    samba.wait_for(&[]).unwrap();
    for lost_after in (0..whole).step_by(499) {
        let mut story = Story::new(&world);
        story.peer.lost_after = Some(lost_after);
        assert!(story.run_to_end().is_err(), "lost after {lost_after} bytes");
        drop(story);
        samba.wait_for(&[]).unwrap();
        let mut again = Story::new(&world);
        again.run_to_end().unwrap_or_else(|why| panic!("lost after {lost_after} bytes, and then: {why}"));
        samba.wait_for(&[]).unwrap();
    }
}

/// A failure here would hide from a client that its session ended between two messages, or keep it from reconnecting.
#[test]
fn the_session_may_be_ended_between_any_two_steps() {
    let samba = Samba::start().unwrap();
    let world = World::at(samba.address());
    for ended_before in 1..STEPS {
        let mut story = Story::new(&world);
        while story.done() < ended_before {
            story.step().unwrap();
        }
        end_all(samba.address());
        samba.wait_for(&[]).unwrap();
        assert!(story.run_to_end().is_err(), "before step {ended_before}");
    }
    Story::new(&world).run_to_end().unwrap();
}

fn end_all(server: SocketAddr) {
    let (ended, text) = netsession_conformance::rpcclient(
        server,
        netsession_conformance::ADMIN,
        "netsessdel 127.0.0.1 alice",
    )
    .unwrap();
    assert!(ended, "{text}");
}

/// The surroundings of the story: a server that listens at an address.
mod world {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    use netsession_conformance::PASSWORD;
    use netsession_smb::auth::Inputs;
    use netsession_smb::auth::ntlm::{self, Credentials};
    use netsession_smb::client::{Chain, Client, Config, Entropy, Event, Request, RequestId};
    use netsession_smb::msg::{Dialect, TreeId};
    use netsession_wire::Guid;

    /// smbd announces a watch, and only then asks another process to watch: it may miss an immediate change.
    pub(crate) const WATCHES_AT_ONCE: bool = false;

    /// Why a client could not continue.
    pub(crate) type Lost = String;

    pub(crate) struct World {
        server: SocketAddr,
        config: Config,
    }

    impl World {
        pub(crate) fn at(server: SocketAddr) -> Self {
            Self { server, config: Config::new("world") }
        }

        pub(crate) fn speaking(mut self, dialect: Dialect) -> Self {
            self.config.dialects = vec![dialect];
            self
        }
    }

    /// A client on a socket.
    pub(crate) struct Peer {
        client: Client,
        stream: TcpStream,
        /// The longest piece that the client writes or reads at once.
        pub(crate) cut: usize,
        /// The bytes in both directions.
        pub(crate) moved: usize,
        /// The client disconnects after this number of bytes.
        pub(crate) lost_after: Option<usize>,
    }

    impl Peer {
        pub(crate) fn new(world: &World) -> Self {
            let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
            let client = Client::new(world.config.clone(), entropy).unwrap();
            let stream = TcpStream::connect(world.server).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            Self { client, stream, cut: usize::MAX, moved: 0, lost_after: None }
        }

        pub(crate) fn log_in(&mut self) -> Result<Vec<Event>, Lost> {
            let credentials = Credentials::with_password("alice", "", PASSWORD);
            let mechanism = ntlm::Client::new(credentials, "cifs/world", "").unwrap();
            let begun = self.client.log_in(vec![Box::new(mechanism)]);
            begun.map_err(|error| error.to_string())?;
            self.until(|event| matches!(event, Event::LoggedIn))
        }

        /// Sends requests, and waits until all are answered. It does not report that smbd announces a later answer.
        pub(crate) fn ask(&mut self, chain: Chain) -> Result<(Vec<RequestId>, Vec<Event>), Lost> {
            let ids = self.client.send(chain).map_err(|error| error.to_string())?;
            let mut missing = ids.clone();
            let mut events = self.until(|event| {
                if let Event::Answered(answer) = event {
                    missing.retain(|id| *id != answer.request());
                }
                missing.is_empty()
            })?;
            events.retain(|event| !matches!(event, Event::Pending(id) if ids.contains(id)));
            Ok((ids, events))
        }

        /// The same for a request that waits for something: waits until the server announces that.
        pub(crate) fn ask_for_later(&mut self, chain: Chain) -> Result<(Vec<RequestId>, Vec<Event>), Lost> {
            let ids = self.client.send(chain).map_err(|error| error.to_string())?;
            let events = self.until(|event| match event {
                Event::Answered(answer) => ids.contains(&answer.request()),
                Event::Pending(id) => ids.contains(id),
                _ => false,
            })?;
            Ok((ids, events))
        }

        pub(crate) fn ask_one<'a, R: Request<'a>>(
            &mut self,
            tree: TreeId,
            request: &R,
        ) -> Result<Vec<Event>, Lost> {
            Ok(self.ask(Chain::new(tree, request).unwrap())?.1)
        }

        /// Returns the events that have arrived.
        pub(crate) fn events(&mut self) -> Vec<Event> {
            std::iter::from_fn(|| self.client.next_event()).collect()
        }

        /// Waits for an announced answer.
        pub(crate) fn awaited(&mut self) -> Result<Vec<Event>, Lost> {
            self.until(|event| matches!(event, Event::Answered(_)))
        }

        /// Returns everything up to an event that is `enough`.
        fn until(&mut self, mut enough: impl FnMut(&Event) -> bool) -> Result<Vec<Event>, Lost> {
            let mut events = Vec::new();
            loop {
                while let Some(event) = self.client.next_event() {
                    let last = enough(&event);
                    events.push(event);
                    if last {
                        return Ok(events);
                    }
                }
                if let Some(failure) = self.client.failure() {
                    return Err(failure.to_string());
                }
                self.advance()?;
            }
        }

        /// Writes the outgoing bytes, and reads once.
        fn advance(&mut self) -> Result<(), Lost> {
            while let Some(message) = self.client.transmit() {
                for piece in message.chunks(self.cut) {
                    self.carry(piece.len())?;
                    self.stream.write_all(piece).map_err(|error| error.to_string())?;
                }
            }
            let mut buffer = vec![0; self.cut.min(8192)];
            let length = self.stream.read(&mut buffer).map_err(|error| error.to_string())?;
            if length == 0 {
                return Err("the server closed the connection".into());
            }
            self.carry(length)?;
            // Report the failure after the events before it.
            let _ = self.client.receive(&buffer[..length]);
            let mut random = |bytes: &mut [u8]| {
                bytes.fill(1);
                Ok(())
            };
            let _ = self.client.run_login_steps(&mut Inputs::new(133_000_000_000_000_000, &mut random));
            Ok(())
        }

        fn carry(&mut self, length: usize) -> Result<(), Lost> {
            self.moved += length;
            if self.lost_after.is_some_and(|limit| self.moved > limit) {
                let _ = self.stream.shutdown(std::net::Shutdown::Both);
                return Err("the link is broken".into());
            }
            Ok(())
        }
    }
}
