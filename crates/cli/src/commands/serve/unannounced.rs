//! `--announce` on Windows, where the system itself has the ports of these protocols: the server refuses it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::events::Sender;
use crate::failure::Failure;

/// The announcements of a running server: none.
pub(super) struct Announcer;

impl Announcer {
    /// Does nothing.
    pub(super) fn start(_: &str, _: &[SocketAddr], _: &Arc<Sender>) -> Self {
        Self
    }

    /// Does nothing.
    pub(super) async fn stop(self) {}
}

/// Refuses to announce a server.
pub(super) fn check(_: &[SocketAddr]) -> Result<(), Failure> {
    Err(Failure::usage("--announce works on Linux and macOS only")
        .hint("clients connect to the address of this computer instead"))
}
