//! [`Wsd`]: WS-Discovery over UDP port 3702, and the description over HTTP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::http;
use super::ids::{message_id, random};
use super::interfaces::{self, Interface};
use super::soap::Device;

/// The group and the port of WS-Discovery.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 3702;
/// How often to look for new addresses of this computer.
const LOOK: Duration = Duration::from_secs(30);
/// The time between the two copies of a message to everybody: a datagram can get lost.
const REPEAT: Duration = Duration::from_millis(100);
/// The longest time before a response, so that the devices of a network do not all answer at once.
const MOST_DELAY: u64 = 250;
/// The most responses that wait.
const WAITING: usize = 64;

/// The announcements by WS-Discovery.
pub(super) struct Wsd {
    /// Dropped to stop the task.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What the tasks share.
struct Shared {
    device: Device,
    socket: UdpSocket,
    listeners: Vec<SocketAddr>,
}

impl Wsd {
    /// Announces a server under this name, in the networks in which clients reach its listeners.
    pub(super) fn start(name: &str, listeners: &[SocketAddr]) -> io::Result<Self> {
        let socket = group_socket()?;
        let web = std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, http::PORT))?;
        web.set_nonblocking(true)?;
        let web = TcpListener::from_std(web)?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let device = Device::new(name, identity(name, listeners), since.as_secs());
        let shared = Arc::new(Shared { device, socket, listeners: listeners.to_vec() });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = http::serve(web, Arc::clone(&shared)) => {}
                () = shared.run(stopped) => {}
            }
        });
        Ok(Self { stop, task })
    }

    /// Says goodbye, and stops.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

impl http::Describes for Shared {
    fn device(&self) -> &Device {
        &self.device
    }
}

impl Shared {
    /// Introduces the server, and answers questions, until it stops.
    async fn run(self: &Arc<Self>, mut stopped: oneshot::Receiver<()>) {
        let mut networks = Vec::new();
        let mut look = tokio::time::interval(LOOK);
        let mut responses = JoinSet::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                _ = look.tick() => {
                    let before = std::mem::replace(&mut networks, interfaces::all(&self.listeners));
                    let new = networks.iter().filter(|network| !before.contains(network));
                    for network in new {
                        self.join(*network).await;
                    }
                }
                received = self.socket.recv_from(&mut buffer) => match received {
                    Ok((length, from)) if responses.len() < WAITING => {
                        let message = buffer.get(..length).unwrap_or_default();
                        if let Some(response) = self.respond(message, from, &networks) {
                            responses.spawn(response);
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!(%error, "WS-Discovery");
                        tokio::time::sleep(REPEAT).await;
                    }
                },
                Some(_) = responses.join_next() => {}
            }
        }
        for network in networks {
            self.to_everybody(network, &self.device.bye(&message_id())).await;
        }
    }

    /// Joins the group in a network, and introduces the server there.
    async fn join(&self, network: Interface) {
        if let Err(error) = self.socket.join_multicast_v4(GROUP, network.address) {
            // It is joined already if the address has come back.
            tracing::debug!(%error, address = %network.address, "joining the group of WS-Discovery");
        }
        let hello = self.device.hello(&self.location(network), &message_id());
        self.to_everybody(network, &hello).await;
    }

    async fn to_everybody(&self, network: Interface, message: &str) {
        for _ in 0..2 {
            let sent = async {
                SockRef::from(&self.socket).set_multicast_if_v4(&network.address)?;
                self.socket.send_to(message.as_bytes(), (GROUP, PORT)).await
            };
            if let Err(error) = sent.await {
                tracing::debug!(%error, address = %network.address, "sending to the group of WS-Discovery");
            }
            tokio::time::sleep(REPEAT).await;
        }
    }

    /// Returns the response to a datagram, which waits for a random time before it is sent. Only a sender in a network of
    /// this computer gets one: a response is longer than its question, and an address of another network can be forged.
    fn respond(
        self: &Arc<Self>,
        message: &[u8],
        from: SocketAddr,
        networks: &[Interface],
    ) -> Option<impl Future<Output = ()> + use<>> {
        let IpAddr::V4(sender) = from.ip() else { return None };
        let network = networks.iter().find(|network| network.contains(sender))?;
        let request = self.device.read(message)?;
        let response = self.device.response(&request, &self.location(*network), &message_id());
        let shared = Arc::clone(self);
        Some(async move {
            let [byte] = random();
            let delay = u64::from(byte) * MOST_DELAY / u64::from(u8::MAX);
            tokio::time::sleep(Duration::from_millis(delay)).await;
            if let Err(error) = shared.socket.send_to(response.as_bytes(), from).await {
                tracing::debug!(%error, %from, "answering by WS-Discovery");
            }
        })
    }

    fn location(&self, network: Interface) -> String {
        format!("http://{}:{}/{}", network.address, http::PORT, self.device.path())
    }
}

/// Returns the socket of the group, which other programs of this computer may use beside this one.
fn group_socket() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)).into())?;
    UdpSocket::from_std(socket.into())
}

/// Returns 16 bytes that are the same at each start, so that Explorer does not show the server twice. They do not reveal the
/// identity of the computer (`/etc/machine-id`).
fn identity(name: &str, listeners: &[SocketAddr]) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update("netsession serve");
    digest.update(std::fs::read("/etc/machine-id").unwrap_or_default());
    digest.update(name);
    digest.update(listeners.first().map_or(0, SocketAddr::port).to_be_bytes());
    let digest: [u8; 32] = digest.finalize().into();
    let mut identity = [0; 16];
    identity.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    identity
}
