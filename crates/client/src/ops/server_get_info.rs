//! Returning a server's description of itself ([MS-SRVS] 3.1.4.17, NetrServerGetInfo).

use netsession_srvs::info::{self, ServerLevel};
use netsession_srvs::server_get_info::Request;

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, LogonMechanism, Platform, ServerDetails, ServerType, Win32Error, name};

const CALL: &str = Request::NAME;

impl Reading for Request {}

/// On some servers only administrators may request level 102. Everybody may request level 101.
const LEVELS: [ServerLevel; 2] = [ServerLevel::INFO_102, ServerLevel::INFO_101];

method! { Server;
    /// Returns the server's description of itself ([MS-SRVS] 3.1.4.17), and how the connection is protected.
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn info(&mut self) -> Result<ServerDetails, Error> {
        info(&mut self.link).await
    }
}

method! { Raw;
    /// Returns the server's description of itself ([MS-SRVS] 3.1.4.17).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at the levels for administrators, and with `ERROR_NOT_SUPPORTED` at level 502
    /// or 503 if the server lacks it, as Samba does.
    pub async fn server_get_info(&mut self, level: ServerLevel) -> Result<info::ServerInfo, Error> {
        at_level(self.link, level).await
    }
}

/// Returns the description of the server, and how the connection to it is protected.
pub(crate) async fn info<C: Connector>(link: &mut Link<C>) -> Result<ServerDetails, Error> {
    let mut last = Win32Error::ERROR_INVALID_LEVEL;
    for level in LEVELS {
        let answer = link.ask(Request { server_name: link.server_name(), level }).await?;
        match (answer.status, answer.info_struct.info) {
            (code, Some(info)) if code.is_success() => return Ok(details(link, info)),
            (code, _) => last = code,
        }
        if ![Win32Error::ERROR_INVALID_LEVEL, Win32Error::ERROR_ACCESS_DENIED].contains(&last) {
            break;
        }
    }
    Err(link.answered(CALL, last))
}

/// Returns the description at one level, as `NetServerGetInfo` does. If the server lacks level 101 or 102, this
/// function requests the other one. The limits of level 502 and the following are at no other level.
pub(crate) async fn at_level<C: Connector>(
    link: &mut Link<C>,
    level: ServerLevel,
) -> Result<info::ServerInfo, Error> {
    let other = match level {
        ServerLevel::INFO_101 => Some(ServerLevel::INFO_102),
        level if level < ServerLevel::INFO_502 => Some(ServerLevel::INFO_101),
        _ => None,
    };
    for level in [level].into_iter().chain(other) {
        let answer = link.ask(Request { server_name: link.server_name(), level }).await?;
        match (answer.status, answer.info_struct.info) {
            (code, Some(info)) if code.is_success() => return Ok(info),
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, _) => return Err(link.answered_badly(CALL, code)),
        }
    }
    let code =
        if other.is_some() { Win32Error::ERROR_INVALID_LEVEL } else { Win32Error::ERROR_NOT_SUPPORTED };
    Err(link.answered(CALL, code))
}

/// Asks the server for its name, once for each connection. Kerberos tells the name of the service only, which can be an
/// alias, but a listing names local users by the computer (`FS1\bob`). A server that does not answer keeps the name of
/// the service.
///
/// # Errors
/// [`Error::OtherServer`] if another computer answers than before; every error of a connection.
pub(crate) async fn learn_name<C: Connector>(link: &mut Link<C>) -> Result<(), Error> {
    let since = link.facts().since;
    let known = link.learned.computer.clone();
    let is_known = known.as_ref().is_some_and(|(then, _)| *then == since);
    if link.facts().mechanism != LogonMechanism::Kerberos || is_known {
        return Ok(());
    }
    let name = match at_level(link, ServerLevel::INFO_101).await {
        Ok(info) => info.name.unwrap_or_default().trim_start_matches('\\').to_owned(),
        Err(Error::Answered { .. } | Error::Fault { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    if let Some((_, was)) =
        known.filter(|(_, was)| !was.is_empty() && !name.is_empty() && !name::same(was, &name))
    {
        return Err(Error::OtherServer { server: link.facts().server.clone(), was, is: name });
    }
    link.add_server_name(&name);
    // The call may have made a new connection.
    link.learned.computer = Some((link.facts().since, name));
    Ok(())
}

/// Returns the version of the server's system.
pub(crate) fn version(info: &info::ServerInfo) -> Option<(u32, u32)> {
    /// The other bits are flags ([MS-SRVS] 2.2.4.41).
    const MAJOR: u32 = 0x0f;
    info.version_major.zip(info.version_minor).map(|(major, minor)| (major & MAJOR, minor))
}

fn details<C: Connector>(link: &Link<C>, info: info::ServerInfo) -> ServerDetails {
    let (facts, version) = (link.facts(), version(&info));
    ServerDetails {
        name: info.name.unwrap_or_default().trim_start_matches('\\').to_owned(),
        platform: Platform(info.platform_id.map_or(0, |platform| platform.0)),
        version,
        server_type: ServerType(info.r#type.unwrap_or_default().bits()),
        comment: info.comment.unwrap_or_default(),
        dialect: facts.dialect,
        signed: facts.signed,
        encrypted: facts.encrypted,
        mechanism: facts.mechanism,
        user: facts.full_user.clone(),
    }
}
