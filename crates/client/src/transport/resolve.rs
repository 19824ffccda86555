//! [`addresses`] looks up a host name by the system's resolver, or by NetBIOS.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::{ConnectOptions, Error, NetBios, ServerAddress, netbios};

/// Returns the server's addresses from the system's resolver, or by NetBIOS if the resolver knows none and the options
/// allow it.
pub(crate) async fn addresses(
    server: &ServerAddress,
    options: &ConnectOptions,
) -> Result<Vec<SocketAddr>, Error> {
    match resolve(server, options).await {
        Err(Error::Resolve { .. }) if options.netbios != NetBios::Off => {
            let found =
                netbios::look_up_within(server.host(), options.netbios, options.connect_timeout).await?;
            Ok(found.into_iter().map(|address| SocketAddr::new(address, server.port())).collect())
        }
        result => result,
    }
}

/// Returns the addresses of a server in the order that the system prefers. Looks nothing up if the host is an address.
pub(super) async fn resolve(
    server: &ServerAddress,
    options: &ConnectOptions,
) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = server.host().parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, server.port())]);
    }
    let after = options.connect_timeout;
    let silence =
        || io::Error::new(io::ErrorKind::TimedOut, format!("no nameserver answered within {after:?}"));
    let looked_up = timeout(after, lookup_host((server.host(), server.port()))).await;
    let found = looked_up.unwrap_or_else(|_| Err(silence()));
    found.map(Iterator::collect).map_err(|cause| Error::Resolve { name: server.host().to_owned(), cause })
}
