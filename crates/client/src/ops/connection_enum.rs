//! Listing connections to shares ([MS-SRVS] 3.1.4.1, NetrConnectionEnum).

use netsession_srvs::connection_enum::Request;
use netsession_srvs::info::{ConnectionInfo, ConnectionLevel};
use netsession_srvs::unc_name;

use super::{pages, plausible};
use crate::calls::Connector;
use crate::link::Link;
use crate::page::{Page, PageRequest};
use crate::{Connection, ConnectionQualifier, Error, Win32Error};

const CALL: &str = Request::NAME;
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
            (code, rows) if code.is_success() => return told(link, rows, qualifier),
            (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, _) => return Ok(Vec::new()),
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

/// One page of the connections to a share, or from a `\\\\client`, as `NetConnectionEnum` has them.
///
/// What Samba makes up is taken out; where all of it is made up, that is an error.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: ConnectionLevel,
    qualifier: &str,
    asked: PageRequest,
) -> Result<Page<ConnectionInfo>, Error> {
    let by_client = qualifier.starts_with(r"\\");
    // Level 0 does not tell what is made up.
    let first = if by_client { ConnectionLevel::INFO_1 } else { level };
    let server_name = link.server_name();
    let requests = [first, ConnectionLevel::INFO_1].into_iter().map(|level| Request {
        server_name: server_name.clone(),
        qualifier: Some(qualifier.to_owned()),
        ..Request::asking(level)
    });
    let mut page = match pages::first(link, requests, asked).await {
        // Samba's word for a share that does not exist.
        Err(Error::Answered { code: Win32Error::ERROR_INVALID_NAME, .. }) => {
            return Err(link.answered(CALL, Win32Error::NERR_NET_NAME_NOT_FOUND));
        }
        page => page?,
    };
    for row in page.entries.iter_mut().filter(|row| is_made_up(row)) {
        if by_client {
            return Err(Error::HidesConnections { server: link.facts().server.clone() });
        }
        *row = ConnectionInfo { id: row.id, num_opens: row.num_opens, ..ConnectionInfo::default() };
    }
    page.entries.iter_mut().for_each(|row| row.time = row.time.filter(|time| plausible(*time).is_some()));
    Ok(page)
}

/// What the server told. Samba makes up a connection for whatever client it is asked about, so that it tells nothing.
fn told<C: Connector>(
    link: &Link<C>,
    rows: Vec<ConnectionInfo>,
    qualifier: &ConnectionQualifier,
) -> Result<Vec<Connection>, Error> {
    let by_client = matches!(qualifier, ConnectionQualifier::Client(_));
    if by_client && rows.iter().any(is_made_up) {
        return Err(Error::HidesConnections { server: link.facts().server.clone() });
    }
    Ok(rows.into_iter().map(|row| connection(row, qualifier)).collect())
}

fn connection(row: ConnectionInfo, qualifier: &ConnectionQualifier) -> Connection {
    let is_known = !is_made_up(&row);
    let bare = |name: &str| name.trim_start_matches('\\').to_owned();
    let given =
        |name: Option<String>| name.map(|name| bare(&name)).filter(|name| is_known && !name.is_empty());
    let (share, client) = match qualifier {
        ConnectionQualifier::Share(share) => (Some(share.clone()), given(row.netname)),
        ConnectionQualifier::Client(client) => (given(row.netname), Some(bare(client))),
    };
    Connection {
        share,
        client,
        user: row.username.filter(|user| is_known && !user.is_empty()),
        id: is_known.then_some(row.id.0),
        opens: row.num_opens,
        connected: row.time.filter(|_| is_known).and_then(plausible),
        share_type: row.r#type.filter(|_| is_known),
    }
}

/// Whether the server filled the entry with constants: Samba does, but for the number of open files.
fn is_made_up(row: &ConnectionInfo) -> bool {
    row.username.as_deref() == Some("dummy_user")
}

#[cfg(test)]
mod tests {
    use netsession_srvs::info::{ConnectionId, ShareType};

    use super::*;

    fn row(user: &str, netname: &str) -> ConnectionInfo {
        ConnectionInfo {
            id: ConnectionId(3),
            r#type: Some(ShareType(3)),
            num_opens: Some(2),
            num_users: Some(1),
            time: Some(3),
            username: Some(user.into()),
            netname: Some(netname.into()),
        }
    }

    /// If this fails, the constants that Samba writes are shown as if they were known.
    #[test]
    fn what_samba_makes_up_is_not_known() {
        let by_share = ConnectionQualifier::Share("data".into());
        let shown = connection(row("dummy_user", "IPC$"), &by_share);
        assert_eq!((shown.share.as_deref(), shown.opens), (Some("data"), Some(2)));
        assert_eq!((shown.client, shown.user, shown.id), (None, None, None));
        assert_eq!((shown.connected, shown.share_type), (None, None));
    }

    /// If this fails, share and client are mixed up, for the server tells the one that was not asked for.
    #[test]
    fn the_answer_holds_what_was_not_asked_for() {
        let shown = connection(row("bob", r"\\10.0.0.5"), &ConnectionQualifier::Share("data".into()));
        assert_eq!((shown.share.as_deref(), shown.client.as_deref()), (Some("data"), Some("10.0.0.5")));
        let shown = connection(row("bob", "data"), &ConnectionQualifier::Client(r"\\10.0.0.5".into()));
        assert_eq!((shown.share.as_deref(), shown.client.as_deref()), (Some("data"), Some("10.0.0.5")));
        assert_eq!((shown.user.as_deref(), shown.id), (Some("bob"), Some(3)));
    }
}
