//! NetBIOS names (RFC 1001, RFC 1002): [`look_up`] finds the addresses of a computer that DNS does not know.
//!
//! A connection uses it only if [`ConnectOptions::netbios`](crate::ConnectOptions::netbios) allows it, because any
//! computer on the network can answer a broadcast.
//!
//! ```
//! use netsession::{Error, NetBios, NetBiosError, netbios};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! // A name with a dot is not a NetBIOS name: this fails before it asks the WINS server.
//! let wins = NetBios::Wins([10, 0, 0, 1].into());
//! let error = netbios::look_up("fs1.example.com", wins).await.unwrap_err();
//! assert!(matches!(error, Error::NetBios { cause: NetBiosError::InvalidName, .. }));
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

mod message;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{Error, NetBios, NetBiosError};
use message::{Answer, Query};

/// The port of the name service (RFC 1002, section 6).
const PORT: u16 = 137;
/// How many queries netsession sends, and how long it waits for each answer (RFC 1002, section 6). The wait is shorter
/// for a broadcast, which stays in the local network.
const TRIES: u32 = 3;
const BROADCAST_WAIT: Duration = Duration::from_millis(250);
const WINS_WAIT: Duration = Duration::from_millis(1500);
/// Longer than any datagram of the name service (RFC 1002, section 4.2.1.1).
const MAX_DATAGRAM: usize = 1024;

/// Returns the addresses of the computer with the NetBIOS name `name`, as `service` finds them.
///
/// Sends up to three queries, 0.25 s apart by broadcast and 1.5 s apart to a WINS server.
///
/// # Errors
/// [`Error::NetBios`] if no computer answers to the name or the WINS server does not know it, if `name` cannot be a
/// NetBIOS name, or if `service` is [`NetBios::Off`].
///
/// # Panics
/// Outside a tokio runtime, or in one without I/O and time.
pub async fn look_up(name: &str, service: NetBios) -> Result<Vec<Ipv4Addr>, Error> {
    let result = match service {
        NetBios::Off => Err(NetBiosError::Off),
        NetBios::Broadcast => query(name, SocketAddr::from((Ipv4Addr::BROADCAST, PORT)), true).await,
        NetBios::Wins(server) => query(name, SocketAddr::from((server, PORT)), false).await,
    };
    result.map_err(|cause| Error::NetBios { name: name.to_owned(), cause })
}

/// Sends the query to `service` up to [`TRIES`] times, until an answer to this query arrives.
async fn query(name: &str, service: SocketAddr, is_broadcast: bool) -> Result<Vec<Ipv4Addr>, NetBiosError> {
    let mut transaction = [0; 2];
    getrandom::fill(&mut transaction).map_err(io::Error::other)?;
    let query = Query::new(name, transaction, is_broadcast).ok_or(NetBiosError::InvalidName)?;
    let any = if service.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
    let socket = UdpSocket::bind((any, 0)).await?;
    if is_broadcast {
        socket.set_broadcast(true)?;
    }
    let wait = if is_broadcast { BROADCAST_WAIT } else { WINS_WAIT };
    for _ in 0..TRIES {
        socket.send_to(query.as_bytes(), service).await?;
        let deadline = Instant::now() + wait;
        if let Ok(answer) = timeout_at(deadline, answer(&socket, &query, service, is_broadcast)).await {
            return match answer? {
                Answer::Addresses(addresses) => Ok(addresses),
                Answer::Unknown => Err(NetBiosError::NotRegistered),
            };
        }
    }
    Err(NetBiosError::NoAnswer)
}

/// Waits for the first answer to `query` and skips every other datagram. Only the WINS server itself may answer a query
/// to it. The answer "unknown" to a broadcast does not count, because another computer may know the name.
async fn answer(
    socket: &UdpSocket,
    query: &Query,
    service: SocketAddr,
    is_broadcast: bool,
) -> io::Result<Answer> {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        if !is_broadcast && from != service {
            continue;
        }
        match query.read_answer(buffer.get(..length).unwrap_or_default()) {
            Some(Answer::Unknown) if is_broadcast => {}
            Some(answer) => return Ok(answer),
            None => tracing::debug!(%from, "skipped a datagram that does not answer the NetBIOS name query"),
        }
    }
}

/// Does the same as [`look_up`], for `limit` at most.
pub(crate) async fn look_up_within(
    name: &str,
    service: NetBios,
    limit: Duration,
) -> Result<Vec<IpAddr>, Error> {
    match timeout(limit, look_up(name, service)).await {
        Ok(found) => Ok(found?.into_iter().map(IpAddr::from).collect()),
        Err(_) => Err(Error::NetBios { name: name.to_owned(), cause: NetBiosError::NoAnswer }),
    }
}

/// The fuzzer's oracle: reads a datagram unchanged, and as the record of an answer.
#[doc(hidden)]
pub fn oracle(datagram: &[u8]) {
    if let Some(query) = Query::new("FS1", [1, 2], true) {
        let _ = query.read_answer(datagram);
        let _ = query.read_answer(&query.answered_by(datagram));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netbios::message::tests::answer_to;

    /// A name service on this machine that answers each query with the datagrams of `reply`.
    async fn service(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; MAX_DATAGRAM];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                for answer in reply(&buffer[..length]) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        address
    }

    /// A failure here would let an attacker who sends guessed answers in advance redirect a logon to another computer.
    #[tokio::test]
    async fn only_the_answer_to_the_query_counts() {
        let address = service(|query| {
            let mut forged = answer_to(query, &[[6, 6, 6, 6]]);
            forged[0] ^= 1;
            let mut other_name = answer_to(query, &[[6, 6, 6, 6]]);
            other_name[14] ^= 1;
            vec![b"noise".to_vec(), forged, other_name, answer_to(query, &[[10, 0, 0, 5]])]
        });
        let found = super::query("fs1", address.await, false).await.unwrap();
        assert_eq!(found, [Ipv4Addr::new(10, 0, 0, 5)]);
    }

    /// A failure here would let another computer answer instead of the WINS server.
    #[tokio::test]
    async fn only_the_wins_server_may_answer() {
        let wins = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = wins.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; MAX_DATAGRAM];
            let (length, from) = wins.recv_from(&mut buffer).await.unwrap();
            stranger.send_to(&answer_to(&buffer[..length], &[[6, 6, 6, 6]]), from).await.unwrap();
            wins.send_to(&answer_to(&buffer[..length], &[[10, 0, 0, 5]]), from).await.unwrap();
        });
        assert_eq!(super::query("fs1", address, false).await.unwrap(), [Ipv4Addr::new(10, 0, 0, 5)]);
    }

    /// A failure here would make the user wait for an unknown name without end, or give no reason.
    #[tokio::test]
    async fn silence_is_an_error_of_its_own() {
        let address = service(|_| Vec::new()).await;
        let error = super::query("fs1", address, true).await.unwrap_err();
        assert!(matches!(error, NetBiosError::NoAnswer), "{error:?}");
        let off = look_up("fs1", NetBios::Off).await.unwrap_err();
        assert!(matches!(off, Error::NetBios { cause: NetBiosError::Off, .. }), "{off:?}");
    }
}
