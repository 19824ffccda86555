//! Asking a server where a DFS path leads ([MS-DFSC] 3.1.4.2, [MS-SMB2] 3.2.4.20.3).

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::{DfsReferral, Error};

method! { Server;
    /// Asks the server where `path` leads ([MS-DFSC] 3.1.4.2). `path` is `\\server\share\folder\file`, whose server may
    /// be a domain. None if the path is not one of DFS at this server.
    ///
    /// The targets can be DFS paths of other namespaces, so ask the target's server again. Nothing here logs on to a
    /// target.
    ///
    /// # Errors
    /// [`Error::Refused`] if the server knows the path and does not answer; [`Error::Protocol`] if the response breaks a
    /// rule.
    pub async fn dfs_referral(&mut self, path: &str) -> Result<Option<DfsReferral>, Error> {
        dfs_referral(&mut self.link, path).await
    }
}

async fn dfs_referral<C: Connector>(link: &mut Link<C>, path: &str) -> Result<Option<DfsReferral>, Error> {
    // Referrals have one leading backslash ([MS-DFSC] 2.2.1).
    let names: Vec<&str> = path.split(['\\', '/']).filter(|name| !name.is_empty()).collect();
    link.referral(&format!(r"\{}", names.join(r"\"))).await
}
