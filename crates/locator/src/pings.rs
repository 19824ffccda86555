//! [`Pings`]: a socket that pings the candidates and reads their answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use crate::dns::random_u16;
use crate::{DomainController, ping};

/// The port of the LDAP ping.
const PORT: u16 = 389;
/// More than any answer has.
const BUFFER: usize = 4096;

/// One ping, which goes to every candidate.
#[derive(Debug)]
pub(crate) struct Pings {
    socket: UdpSocket,
    id: u16,
    request: Vec<u8>,
}

impl Pings {
    pub(crate) fn new(candidates: &[IpAddr], domain: Option<&str>, version: u32) -> io::Result<Self> {
        // A socket for IPv6 reaches both kinds of addresses, where the computer has IPv6.
        let any: IpAddr = match candidates.iter().all(IpAddr::is_ipv4) {
            true => Ipv4Addr::UNSPECIFIED.into(),
            false => Ipv6Addr::UNSPECIFIED.into(),
        };
        let (socket, id) = (UdpSocket::bind((any, 0))?, random_u16().map_err(io::Error::other)?);
        Ok(Self { socket, id, request: ping::request(id, domain, version) })
    }

    pub(crate) fn send(&self, address: IpAddr) -> io::Result<()> {
        let is_ipv6 = self.socket.local_addr()?.is_ipv6();
        let address = match address {
            IpAddr::V4(address) if is_ipv6 => address.to_ipv6_mapped().into(),
            address => address,
        };
        self.socket.send_to(&self.request, SocketAddr::new(address, PORT)).map(|_| ())
    }

    /// Waits for the next answer of a candidate; None at the end of the time.
    pub(crate) fn next_answer(
        &self,
        candidates: &[IpAddr],
        until: Instant,
    ) -> io::Result<Option<DomainController>> {
        let mut buffer = [0; BUFFER];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.set_read_timeout(Some(left))?;
            let (length, from) = match self.socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if is_of_no_account(error.kind()) => continue,
                Err(error) => return Err(error),
            };
            let address = from.ip().to_canonical();
            let octets = buffer.get(..length).unwrap_or_default();
            if from.port() != PORT || !candidates.contains(&address) {
                continue;
            }
            if let Ok(found) = ping::response(octets, self.id, address) {
                return Ok(Some(found));
            }
        }
    }
}

/// The end of the time, a signal, or the message of a computer that nothing listens there.
fn is_of_no_account(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as E;
    matches!(
        kind,
        E::WouldBlock
            | E::TimedOut
            | E::Interrupted
            | E::ConnectionRefused
            | E::HostUnreachable
            | E::NetworkUnreachable
    )
}
