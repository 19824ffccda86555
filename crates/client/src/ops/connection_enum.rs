//! Listing connections to shares ([MS-SRVS] 3.1.4.1, NetrConnectionEnum).

use netsession_srvs::connection_enum::Request;
use netsession_srvs::info::{ConnectionInfo, ConnectionLevel};
use netsession_srvs::unc_name;

use super::{pages, plausible};
use crate::calls::Connector;
use crate::link::Link;
use crate::{Connection, ConnectionQualifier, Error, ShareType, Win32Error};

const CALL: &str = "NetrConnectionEnum";
/// Levels that tell everything, and only the id.
const LEVELS: [ConnectionLevel; 2] = [ConnectionLevel::INFO_1, ConnectionLevel::INFO_0];

/// The connections that `qualifier` asks for.
pub(crate) async fn connections<C: Connector>(
    link: &mut Link<C>,
    qualifier: &ConnectionQualifier,
) -> Result<Vec<Connection>, Error> {
    let sent = match qualifier {
        ConnectionQualifier::Share(share) => share.clone(),
        ConnectionQualifier::Client(client) => unc_name(client),
    };
    for level in LEVELS {
        let asked = Request::asking(level);
        let request = Request { server_name: link.server_name(), qualifier: Some(sent.clone()), ..asked };
        match pages::all(link, request).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, rows) if code.is_success() => {
                return Ok(rows.into_iter().map(|row| connection(row, qualifier)).collect());
            }
            (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, _) => return Ok(Vec::new()),
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

fn connection(row: ConnectionInfo, qualifier: &ConnectionQualifier) -> Connection {
    let other =
        row.netname.map(|name| name.trim_start_matches('\\').to_owned()).filter(|name| !name.is_empty());
    let (share, client) = match qualifier {
        ConnectionQualifier::Share(share) => (Some(share.clone()), other),
        ConnectionQualifier::Client(client) => (other, Some(client.trim_start_matches('\\').to_owned())),
    };
    Connection {
        share,
        client,
        user: row.username.filter(|user| !is_placeholder(user)),
        id: row.id.0,
        opens: row.num_opens,
        connected: row.time.and_then(plausible),
        share_type: row.r#type.map(|share_type| ShareType(share_type.0)),
    }
}

/// What Samba writes where it does not know the user.
fn is_placeholder(user: &str) -> bool {
    ["", "dummy_user"].contains(&user)
}
