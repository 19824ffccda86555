use std::sync::Arc;
use std::time::SystemTime;

use netsession_smb::msg::TreeId;

use super::Share;
use super::environment::{Moment, system_time};
use crate::budget::Part;

/// A session's connection to a share.
#[derive(Debug)]
pub struct Tree {
    /// Identifies it on this server, in listings of connections too.
    pub(crate) id: TreeId,
    pub(crate) share: Arc<Share>,
    pub(crate) since: Moment,
    /// Its part of the user's connections to shares.
    pub(crate) _place: Part,
}

impl Tree {
    /// Returns the share.
    #[must_use]
    pub const fn share(&self) -> &Arc<Share> {
        &self.share
    }

    /// Returns when the session connected to the share.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        system_time(self.since.time)
    }
}
