//! NetBIOS names (RFC 1001, RFC 1002): the addresses of a computer that DNS does not know.
//!
//! Nobody is asked unless [`crate::ConnectOptions::netbios`] says so, for anybody on the network can answer a
//! broadcast.

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
/// How often it is asked, and how long an answer is waited for before asking again (RFC 1002, section 6: less for
/// a broadcast, which goes no further than the local network).
const TRIES: u32 = 3;
const BROADCAST_WAIT: Duration = Duration::from_millis(250);
const WINS_WAIT: Duration = Duration::from_millis(1500);
/// Longer than any datagram of the name service (RFC 1002, section 4.2.1.1).
const LONGEST: usize = 1024;

/// The addresses of the computer with the NetBIOS name `name`, asked of whom `service` says.
///
/// # Errors
/// [`Error::Resolve`] where nobody knows it, or answers in time; where `name` cannot be a NetBIOS name; or where
/// `service` is [`NetBios::Off`].
pub async fn look_up(name: &str, service: NetBios) -> Result<Vec<Ipv4Addr>, Error> {
    let result = match service {
        NetBios::Off => Err(NetBiosError::Off),
        NetBios::Broadcast => ask(name, SocketAddr::from((Ipv4Addr::BROADCAST, PORT)), true).await,
        NetBios::Wins(server) => ask(name, SocketAddr::from((server, PORT)), false).await,
    };
    result.map_err(|cause| Error::NetBios { name: name.to_owned(), cause })
}

/// Asks `service`, a few times, until an answer to this very question comes.
async fn ask(name: &str, service: SocketAddr, is_broadcast: bool) -> Result<Vec<Ipv4Addr>, NetBiosError> {
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

/// The first answer to `query`: everything else that arrives is passed over. A server that was asked alone must be the
/// one that answers; to a broadcast, "unknown" is no answer, since another may know.
async fn answer(
    socket: &UdpSocket,
    query: &Query,
    service: SocketAddr,
    is_broadcast: bool,
) -> io::Result<Answer> {
    let mut buffer = [0; LONGEST];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        if !is_broadcast && from != service {
            continue;
        }
        match query.read_answer(buffer.get(..length).unwrap_or_default()) {
            Some(Answer::Unknown) if is_broadcast => {}
            Some(answer) => return Ok(answer),
            None => tracing::debug!(%from, "passed over what is no answer to the NetBIOS name query"),
        }
    }
}

/// [`look_up`] for somebody who waits no longer than `limit`.
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

/// What holds of any datagram that comes back: it can be read, as it is and as the record of an answer. For the
/// fuzzer.
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

    /// A name service on this machine that lets `reply` make the answers to each query.
    async fn service(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; LONGEST];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                for answer in reply(&buffer[..length]) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        address
    }

    /// If this fails, somebody who guesses answers ahead sends the login to a computer of his choice.
    #[tokio::test]
    async fn only_the_answer_to_the_question_counts() {
        let address = service(|query| {
            let mut forged = answer_to(query, &[[6, 6, 6, 6]]);
            forged[0] ^= 1;
            let mut other_name = answer_to(query, &[[6, 6, 6, 6]]);
            other_name[14] ^= 1;
            vec![b"noise".to_vec(), forged, other_name, answer_to(query, &[[10, 0, 0, 5]])]
        });
        let found = ask("fs1", address.await, false).await.unwrap();
        assert_eq!(found, [Ipv4Addr::new(10, 0, 0, 5)]);
    }

    /// If this fails, a computer that the WINS server was not asked about by us could answer in its place.
    #[tokio::test]
    async fn only_the_server_that_was_asked_may_answer() {
        let asked = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = asked.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; LONGEST];
            let (length, from) = asked.recv_from(&mut buffer).await.unwrap();
            stranger.send_to(&answer_to(&buffer[..length], &[[6, 6, 6, 6]]), from).await.unwrap();
            asked.send_to(&answer_to(&buffer[..length], &[[10, 0, 0, 5]]), from).await.unwrap();
        });
        assert_eq!(ask("fs1", address, false).await.unwrap(), [Ipv4Addr::new(10, 0, 0, 5)]);
    }

    /// If this fails, a name that nobody knows holds the user up, or is reported without a reason.
    #[tokio::test]
    async fn silence_is_an_error_that_says_so() {
        let address = service(|_| Vec::new()).await;
        let error = ask("fs1", address, true).await.unwrap_err();
        assert!(matches!(error, NetBiosError::NoAnswer), "{error:?}");
        let off = look_up("fs1", NetBios::Off).await.unwrap_err();
        assert!(matches!(off, Error::NetBios { cause: NetBiosError::Off, .. }), "{off:?}");
    }
}
