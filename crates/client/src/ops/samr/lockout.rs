//! Whether a request must repeat that an account is locked out.

use netsession_srvs::info::ServerLevel;

use super::sam::Sam;
use crate::calls::Connector;
use crate::ops::{server_get_info, session_enum};
use crate::{Error, name};

/// Whether the server stores `AUTO_LOCKED`, so that a request without it unlocks the account.
///
/// A domain computes this flag, and a request with it unlocks the account ([MS-SAMR] 3.1.1.8.10). A Samba with accounts of its
/// own (tdbsam) does the opposite. The domain of such accounts has the name of the server.
pub(super) async fn is_stored<C: Connector>(sam: &mut Sam<'_, C>) -> Result<bool, Error> {
    let domain = sam.account_domain().await?;
    let server = server_get_info::at_level(sam.link, ServerLevel::INFO_101).await?.name.unwrap_or_default();
    if !name::same(server.trim_start_matches('\\'), &domain.name) {
        return Ok(false);
    }
    match session_enum::sessions(sam.link).await {
        Ok(_) | Err(Error::Answered { .. }) => Ok(sam.link.learned.ends_whole_connections),
        Err(error) => Err(error),
    }
}
