//! [`News`]: what a server tells a hold.

use std::rc::Rc;

use netsession::EndReport;

use crate::{Down, SilentNode};

/// What happened at a server of a hold.
#[derive(Debug)]
pub(super) struct News {
    /// The server's place in the hold.
    pub(super) place: usize,
    /// The sessions that were ended, None if there were none; or why the server does not list.
    pub(super) result: Result<Option<EndReport>, Rc<Down>>,
    /// The nodes of a cluster that do not answer.
    pub(super) silent: Vec<SilentNode>,
}
