//! [`Proxy`]: a TCP proxy that understands the framing of SMB. It gives a client an address of its own, and counts, delays,
//! stops, cuts or changes messages.
//!
//! ```no_run
//! # use netsession_conformance::{Proxy, Samba};
//! # fn example(samba: &Samba) -> anyhow::Result<()> {
//! let proxy = Proxy::from(7).to(samba.address())?; // the server sees the client 127.0.0.7
//! println!("connect to {}", proxy.address());
//! println!("{} round trips", proxy.counts().round_trips());
//! # Ok(())
//! # }
//! ```

mod gate;
mod meddle;
mod pump;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use pump::Connection;
use socket2::{Domain, Socket, Type};

pub use gate::Gate;
pub use meddle::{Meddle, Verdict, meddlers};

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// The messages that a proxy has forwarded so far.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Accepted TCP connections.
    pub connections: usize,
    /// Messages (frames) from the client.
    pub requests: usize,
    /// Messages (frames) from the server, except interim responses (STATUS_PENDING), which depend on its speed.
    pub answers: usize,
    /// Bytes from the client.
    pub bytes_to_server: usize,
    /// Bytes from the server.
    pub bytes_to_client: usize,
    /// How often the client sent after the server did, or first.
    pub turns: usize,
    last: Option<Direction>,
}

impl Counts {
    /// Returns the round trips: one to open each TCP connection, and one for each turn of the client. The number is exact
    /// if one connection is open at a time.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.connections + self.turns
    }

    fn message(&mut self, direction: Direction, frame: &[u8]) {
        let length = frame.len();
        match direction {
            Direction::ToServer => {
                self.requests += 1;
                self.bytes_to_server += length;
                if self.last != Some(Direction::ToServer) {
                    self.turns += 1;
                }
            }
            Direction::ToClient => {
                self.answers += usize::from(!meddle::is_interim(frame));
                self.bytes_to_client += length;
            }
        }
        self.last = Some(direction);
    }
}

/// The settings of a proxy, which [`Builder::to`] starts.
#[derive(Debug)]
pub struct Builder {
    source: Ipv4Addr,
    delay: Duration,
    gate: Option<(Direction, Gate)>,
    meddle: Option<Meddle>,
}

impl Builder {
    /// Delays every message by `delay` in each direction: a round trip takes twice as long.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Stops the messages of the client at `gate`.
    #[must_use]
    pub fn gate(self, gate: &Gate) -> Self {
        self.gate_on(Direction::ToServer, gate)
    }

    /// Stops the messages of one direction at `gate`.
    #[must_use]
    pub fn gate_on(mut self, way: Direction, gate: &Gate) -> Self {
        self.gate = Some((way, gate.clone()));
        self
    }

    /// Lets `meddle` see and change each message.
    #[must_use]
    pub fn meddle(mut self, meddle: Meddle) -> Self {
        self.meddle = Some(meddle);
        self
    }

    /// Starts to forward from a free port of 127.0.0.1 to `target`.
    ///
    /// # Errors
    /// No port is free.
    pub fn to(self, target: SocketAddr) -> Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            source: self.source,
            target,
            delay: self.delay,
            gate: self.gate,
            meddle: Mutex::new(self.meddle),
            counts: Mutex::default(),
            connections: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let worker = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &worker));
        Ok(Proxy { address, shared })
    }
}

/// A running proxy. Dropping it closes its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    source: Ipv4Addr,
    target: SocketAddr,
    delay: Duration,
    gate: Option<(Direction, Gate)>,
    meddle: Mutex<Option<Meddle>>,
    counts: Mutex<Counts>,
    connections: Mutex<Vec<Arc<Connection>>>,
    stopped: AtomicBool,
}

impl Proxy {
    /// Returns a proxy whose connections to the server come from 127.0.0.`last`.
    #[must_use]
    pub fn from(last: u8) -> Builder {
        Builder { source: Ipv4Addr::new(127, 0, 0, last), delay: Duration::ZERO, gate: None, meddle: None }
    }

    /// Returns a proxy whose connections to the server come from 127.0.0.1.
    #[must_use]
    pub fn plain() -> Builder {
        Self::from(1)
    }

    /// The address that clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as an argument of netsession: `127.0.0.1:PORT`.
    #[must_use]
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes every connection; the proxy accepts new ones as before.
    pub fn disconnect(&self) {
        for connection in self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            connection.shut();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The loop that accepts connections ends with the next one, which is ours.
        let _ = TcpStream::connect(self.address);
        if let Some((_, gate)) = &self.shared.gate {
            gate.open();
        }
        self.disconnect();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        // If the server does not listen, the client sees a connection that closes at once.
        let Ok(client) = client else { continue };
        let Ok(server) = connect(shared.source, shared.target) else { continue };
        shared.counts.lock().unwrap_or_else(PoisonError::into_inner).connections += 1;
        let _ = pump::start(client, server, shared);
    }
}

fn connect(source: Ipv4Addr, target: SocketAddr) -> Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect(&target.into())?;
    Ok(socket.into())
}
