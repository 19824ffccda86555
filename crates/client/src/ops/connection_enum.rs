//! Listing connections to shares ([MS-SRVS] 3.1.4.1, NetrConnectionEnum).

use netsession_srvs::connection_enum::Request;
use netsession_srvs::info::{ConnectionInfo, ConnectionLevel};
use netsession_srvs::unc_name;

use super::{pages, plausible};
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::page::{Page, PageRequest};
use crate::{Connection, ConnectionQualifier, Error, Win32Error};

const CALL: &str = Request::NAME;
/// The level with every field, and the level with only the id.
const LEVELS: [ConnectionLevel; 2] = [ConnectionLevel::INFO_1, ConnectionLevel::INFO_0];

pages::enumeration! { Request: ConnectionInfo { username, netname } }

method! { Server;
    /// Lists the connections to a share, or from a client ([MS-SRVS] 3.1.4.1).
    ///
    /// # Errors
    /// [`Error::NoShare`].
    pub async fn connections(&mut self, qualifier: &ConnectionQualifier) -> Result<Vec<Connection>, Error> {
        connections(&mut self.link, qualifier).await
    }
}

method! { Raw;
    /// Lists a page of the connections to a share, or from a `\\client` ([MS-SRVS] 3.1.4.1).
    ///
    /// # Errors
    /// [`Error::Answered`]; [`Error::HidesConnections`] if Samba lists by client.
    pub async fn connection_enum(
        &mut self,
        level: ConnectionLevel,
        qualifier: &str,
        page: PageRequest,
    ) -> Result<Page<ConnectionInfo>, Error> {
        self::page(self.link, level, qualifier, page).await
    }
}

/// Lists the connections that `qualifier` selects.
pub(crate) async fn connections<C: Connector>(
    link: &mut Link<C>,
    qualifier: &ConnectionQualifier,
) -> Result<Vec<Connection>, Error> {
    let sent = match qualifier {
        ConnectionQualifier::Share(share) => share.clone(),
        ConnectionQualifier::Client(client) => unc_name(client),
    };
    for level in LEVELS {
        let all = Request::asking(level);
        let request = Request { server_name: link.server_name(), qualifier: Some(sent.clone()), ..all };
        match pages::all(link, request).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, rows) if code.is_success() => return known(link, rows, qualifier),
            (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, _) => return Ok(Vec::new()),
            // Samba answers with the second code.
            (code @ (Win32Error::NERR_NET_NAME_NOT_FOUND | Win32Error::ERROR_INVALID_NAME), _) => {
                return Err(match qualifier {
                    ConnectionQualifier::Share(share) => link.no_share(share),
                    ConnectionQualifier::Client(_) => link.answered(CALL, code),
                });
            }
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

/// Lists one page of the connections to a share, or from a `\\client`, as `NetConnectionEnum` does.
///
/// It removes the constants that Samba invents. If Samba invents the whole row, that is an error.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: ConnectionLevel,
    qualifier: &str,
    page_request: PageRequest,
) -> Result<Page<ConnectionInfo>, Error> {
    let by_client = qualifier.starts_with(r"\\");
    // Level 0 does not show which rows Samba invented.
    let first = if by_client { ConnectionLevel::INFO_1 } else { level };
    let server_name = link.server_name();
    let requests = [first, ConnectionLevel::INFO_1].into_iter().map(|level| Request {
        server_name: server_name.clone(),
        qualifier: Some(qualifier.to_owned()),
        ..Request::asking(level)
    });
    let mut page = match pages::first(link, requests, page_request).await {
        // Samba's answer for a share that does not exist.
        Err(Error::Answered { code: Win32Error::ERROR_INVALID_NAME, .. }) => {
            return Err(link.answered(CALL, Win32Error::NERR_NET_NAME_NOT_FOUND));
        }
        page => page?,
    };
    for row in page.entries.iter_mut().filter(|row| is_invented(row)) {
        if by_client {
            return Err(Error::HidesConnections { server: link.facts().server.clone() });
        }
        *row = ConnectionInfo { id: row.id, num_opens: row.num_opens, ..ConnectionInfo::default() };
    }
    page.entries.iter_mut().for_each(|row| row.time = row.time.filter(|time| plausible(*time).is_some()));
    Ok(page)
}

/// Turns the rows into connections. Samba invents a connection for any client, so its list by client is of no use.
fn known<C: Connector>(
    link: &Link<C>,
    rows: Vec<ConnectionInfo>,
    qualifier: &ConnectionQualifier,
) -> Result<Vec<Connection>, Error> {
    let by_client = matches!(qualifier, ConnectionQualifier::Client(_));
    if by_client && rows.iter().any(is_invented) {
        return Err(Error::HidesConnections { server: link.facts().server.clone() });
    }
    Ok(rows.into_iter().map(|row| connection(row, qualifier)).collect())
}

fn connection(row: ConnectionInfo, qualifier: &ConnectionQualifier) -> Connection {
    let is_known = !is_invented(&row);
    let bare = |name: &str| name.trim_start_matches('\\').to_owned();
    let named =
        |name: Option<String>| name.map(|name| bare(&name)).filter(|name| is_known && !name.is_empty());
    let (share, client) = match qualifier {
        ConnectionQualifier::Share(share) => (Some(share.clone()), named(row.netname)),
        ConnectionQualifier::Client(client) => (named(row.netname), Some(bare(client))),
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

/// Whether the server filled the row with constants. Samba does, except for the number of open files.
fn is_invented(row: &ConnectionInfo) -> bool {
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

    /// A failure here would show the constants that Samba invents as facts.
    #[test]
    fn the_constants_of_samba_are_unknown() {
        let by_share = ConnectionQualifier::Share("data".into());
        let shown = connection(row("dummy_user", "IPC$"), &by_share);
        assert_eq!((shown.share.as_deref(), shown.opens), (Some("data"), Some(2)));
        assert_eq!((shown.client, shown.user, shown.id), (None, None, None));
        assert_eq!((shown.connected, shown.share_type), (None, None));
    }

    /// A failure here would confuse the share and the client: the server returns the one that the request did not name.
    #[test]
    fn the_answer_holds_the_other_name() {
        let shown = connection(row("bob", r"\\10.0.0.5"), &ConnectionQualifier::Share("data".into()));
        assert_eq!((shown.share.as_deref(), shown.client.as_deref()), (Some("data"), Some("10.0.0.5")));
        let shown = connection(row("bob", "data"), &ConnectionQualifier::Client(r"\\10.0.0.5".into()));
        assert_eq!((shown.share.as_deref(), shown.client.as_deref()), (Some("data"), Some("10.0.0.5")));
        assert_eq!((shown.user.as_deref(), shown.id), (Some("bob"), Some(3)));
    }
}
