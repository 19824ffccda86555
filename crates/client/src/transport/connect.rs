//! Opening the TCP connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::context::ErrorContext;
use super::socket::Limit;
use crate::{Error, Step};

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first of `addresses` that answers, in the order given and a little staggered, until the
/// limit for all of them together. Where none answers, the first one's error is told.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    limit: Limit,
    context: &ErrorContext,
) -> Result<TcpStream, Error> {
    let Limit { deadline, after } = limit;
    let mut addresses = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut first_error = None;
    loop {
        let patience = match addresses.next() {
            Some(address) => {
                attempts.spawn(open(address));
                deadline.min(Instant::now() + STAGGER)
            }
            None => deadline,
        };
        match timeout_at(patience, attempts.join_next()).await {
            Ok(Some(attempt)) => match attempt.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            },
            Ok(None) => {
                let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
                return Err(context.unreachable(first_error.unwrap_or_else(none)));
            }
            Err(_) if Instant::now() >= deadline => {
                return Err(match first_error {
                    Some(error) => context.unreachable(error),
                    None => context.no_answer(Step::Connect, after),
                });
            }
            Err(_) => {}
        }
    }
}

/// Messages are small and wait for each other's answers: none may wait in the system for more to send.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
