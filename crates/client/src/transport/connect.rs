//! [`connect`]: opens the TCP connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::context::ErrorContext;
use super::socket::Limit;
use crate::{Error, Step};

/// How long netsession waits before it also tries the next address (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first of `addresses` that answers. The attempts start one after the other, [`ATTEMPT_DELAY`] apart,
/// and share one limit.
///
/// # Errors
/// The first address's error if none answers.
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
        let wake_at = match addresses.next() {
            Some(address) => {
                attempts.spawn(open(address));
                deadline.min(Instant::now() + ATTEMPT_DELAY)
            }
            None => deadline,
        };
        match timeout_at(wake_at, attempts.join_next()).await {
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

/// Opens one connection without Nagle's algorithm, because messages are small and each waits for the response to the
/// one before.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
