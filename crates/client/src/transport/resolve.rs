//! [`resolve`] looks up a host name by the system's resolver.

use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::{ConnectOptions, Error, ServerAddress, Step};

/// Returns the addresses of a server in the order that the system prefers. Looks nothing up if the host is an address.
pub(crate) async fn resolve(
    server: &ServerAddress,
    options: &ConnectOptions,
) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = server.host().parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, server.port())]);
    }
    let after = options.connect_timeout;
    match timeout(after, lookup_host((server.host(), server.port()))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(cause)) => Err(Error::Resolve { name: server.host().to_owned(), cause }),
        Err(_) => Err(Error::TimedOut { server: server.to_string(), step: Step::Connect, after }),
    }
}
