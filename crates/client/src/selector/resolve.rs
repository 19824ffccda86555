//! [`Selector::resolve`] looks up the host names in a selector.

use std::net::IpAddr;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::{ClientPattern, Selector};
use crate::{ConnectOptions, Error, NetBios, Step, netbios};

impl Selector {
    /// Looks up the addresses of a client if the selector names it by its host name, because servers list clients by
    /// their addresses.
    ///
    /// # Errors
    /// [`Error::Resolve`] if the host name is unknown, and [`Error::TimedOut`]. A `\\NAME` may be unknown.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time.
    pub async fn resolve(&mut self, options: &ConnectOptions) -> Result<(), Error> {
        match self {
            Self::Client(client) | Self::ClientAndUser(client, _) => client.resolve(options).await,
            Self::Filter(filter) => {
                for client in &mut filter.parts_mut().clients {
                    client.resolve(options).await?;
                }
                Ok(())
            }
            Self::All | Self::User(_) | Self::Pairs(_) | Self::Ids(_) => Ok(()),
        }
    }
}

impl ClientPattern {
    async fn resolve(&mut self, options: &ConnectOptions) -> Result<(), Error> {
        match self {
            Self::Host { name, addresses } => *addresses = look_up(name, options).await?,
            Self::Name { name, addresses } => {
                *addresses = look_up(name, options).await.unwrap_or_default();
            }
            Self::Address(_) | Self::ScopedAddress { .. } | Self::Network(_) => {}
        }
        Ok(())
    }
}

/// Returns the addresses of a host, each once.
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
