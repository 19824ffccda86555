//! Whether a request must repeat that an account is locked out.

use netsession_srvs::info::ServerLevel;

use super::sam::Sam;
use crate::calls::Connector;
use crate::ops::{server_get_info, session_enum};
use crate::{Dialect, Error};

/// The version of Windows 7 and Windows Server 2008 R2. Every Samba since 4.0 says that it has it, too.
const WINDOWS_7: (u32, u32) = (6, 1);

/// Whether this server unlocks a locked account if a request lacks `AUTO_LOCKED`.
///
/// Windows unlocks the account if the request has the flag ([MS-SAMR] 3.1.1.8.10). Samba does the opposite, with accounts of
/// its own (tdbsam) and as a domain controller.
pub(super) async fn must_be_repeated<C: Connector>(sam: &mut Sam<'_, C>) -> Result<bool, Error> {
    let info = server_get_info::at_level(sam.link, ServerLevel::INFO_101).await?;
    match (server_get_info::version(&info), sam.link.facts().dialect) {
        (Some(version), _) if version > WINDOWS_7 => Ok(false),
        (Some(WINDOWS_7), dialect) if dialect > Dialect::Smb2_1 => Ok(true),
        _ => {
            session_enum::sessions(sam.link).await?;
            Ok(sam.link.learned.ends_whole_connections)
        }
    }
}
