//! `--announce`: Finder finds the server by multicast DNS, Explorer by WS-Discovery.

mod http;
mod ids;
mod interfaces;
mod mdns;
mod soap;
mod wsd;

use std::net::SocketAddr;
use std::sync::Arc;

use super::events::Sender;
use crate::failure::Failure;
use mdns::Mdns;
use wsd::Wsd;

/// The announcements of a running server.
pub(super) struct Announcer {
    mdns: Option<Mdns>,
    wsd: Option<Wsd>,
}

impl Announcer {
    /// Announces the server under this name. If one of the two ways fails, the log says so, and the other one goes on.
    pub(super) fn start(name: &str, addresses: &[SocketAddr], log: &Arc<Sender>) -> Self {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            log.warn(&format!("cannot announce the server to {what}: {error}"));
        };
        let mdns = Mdns::start(name, addresses).inspect_err(|error| failed("Finder (mDNS)", error)).ok();
        let wsd =
            Wsd::start(name, addresses).inspect_err(|error| failed("Explorer (WS-Discovery)", error)).ok();
        Self { mdns, wsd }
    }

    /// Tells the network that the server stops.
    pub(super) async fn stop(self) {
        if let Some(wsd) = self.wsd {
            wsd.stop().await;
        }
        if let Some(mdns) = self.mdns {
            mdns.stop().await;
        }
    }
}

/// Refuses to announce a server that nobody else can reach.
pub(super) fn check(addresses: &[SocketAddr]) -> Result<(), Failure> {
    match addresses.iter().all(|address| address.ip().is_loopback()) {
        false => Ok(()),
        true => Err(Failure::usage("--announce needs an address that other computers can reach")
            .hint("for example --listen 0.0.0.0:445")),
    }
}
