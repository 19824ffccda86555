//! Looking up the host names in a selector.

use std::net::IpAddr;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::{ClientPattern, Selector};
use crate::{ConnectOptions, Error, NetBios, Step, netbios};

impl Selector {
    /// Looks up the client, where it is given by its name: servers list clients by their addresses.
    ///
    /// # Errors
    /// [`Error::Resolve`] where a host name is not known, and [`Error::TimedOut`]. `\\NAME` need not be known.
    pub async fn resolve(&mut self, options: &ConnectOptions) -> Result<(), Error> {
        match &mut self.client {
            Some(ClientPattern::Host { name, addresses }) => *addresses = look_up(name, options).await?,
            Some(ClientPattern::Name { name, addresses }) => {
                *addresses = look_up(name, options).await.unwrap_or_default();
            }
            Some(ClientPattern::Address(_) | ClientPattern::Network(_)) | None => {}
        }
        Ok(())
    }
}

/// The addresses of a host, each once.
async fn look_up(name: &str, options: &ConnectOptions) -> Result<Vec<IpAddr>, Error> {
    let after = options.connect_timeout;
    match timeout(after, lookup_host((name, 0))).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<_> = found.map(|address| address.ip().to_canonical()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(_)) if options.netbios != NetBios::Off => {
            netbios::look_up_within(name, options.netbios, after).await
        }
        Ok(Err(cause)) => Err(Error::Resolve { name: name.to_owned(), cause }),
        Err(_) => Err(Error::TimedOut { server: name.to_owned(), step: Step::Connect, after }),
    }
}
