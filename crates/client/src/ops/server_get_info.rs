//! What a server says of itself ([MS-SRVS] 3.1.4.17, NetrServerGetInfo).

use netsession_srvs::info::{self, ServerLevel};
use netsession_srvs::server_get_info::Request;

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::{Error, Platform, ServerDetails, ServerType, Win32Error};

const CALL: &str = Request::NAME;

impl Reading for Request {}

/// Level 102 is for administrators on some servers; 101 is for everybody.
const LEVELS: [ServerLevel; 2] = [ServerLevel::INFO_102, ServerLevel::INFO_101];

/// What the server says of itself, and how the connection to it is protected.
pub(crate) async fn info<C: Connector>(link: &mut Link<C>) -> Result<ServerDetails, Error> {
    let mut last = Win32Error::ERROR_INVALID_LEVEL;
    for level in LEVELS {
        let answer = link.ask(Request { server_name: link.server_name(), level }).await?;
        match (answer.status, answer.info_struct.info) {
            (code, Some(told)) if code.is_success() => return Ok(server_info(link, told)),
            (code, _) => last = code,
        }
        if ![Win32Error::ERROR_INVALID_LEVEL, Win32Error::ERROR_ACCESS_DENIED].contains(&last) {
            break;
        }
    }
    Err(link.answered(CALL, last))
}

/// What the server says of itself at one level, as `NetServerGetInfo` has it. Levels 101 and 102 stand in for each other.
pub(crate) async fn at_level<C: Connector>(
    link: &mut Link<C>,
    level: ServerLevel,
) -> Result<info::ServerInfo, Error> {
    let other = if level == ServerLevel::INFO_101 { ServerLevel::INFO_102 } else { ServerLevel::INFO_101 };
    for level in [level, other] {
        let answer = link.ask(Request { server_name: link.server_name(), level }).await?;
        match (answer.status, answer.info_struct.info) {
            (code, Some(told)) if code.is_success() => return Ok(told),
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, _) => return Err(link.answered_badly(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

fn server_info<C: Connector>(link: &Link<C>, told: info::ServerInfo) -> ServerDetails {
    /// The version's other bits are flags ([MS-SRVS] 2.2.4.41).
    const MAJOR: u32 = 0x0f;
    let facts = link.facts();
    ServerDetails {
        name: told.name.unwrap_or_default().trim_start_matches('\\').to_owned(),
        platform: Platform(told.platform_id.map_or(0, |platform| platform.0)),
        version: told.version_major.zip(told.version_minor).map(|(major, minor)| (major & MAJOR, minor)),
        server_type: ServerType(told.r#type.unwrap_or_default().bits()),
        comment: told.comment.unwrap_or_default(),
        dialect: facts.dialect,
        signed: facts.signed,
        encrypted: facts.encrypted,
    }
}
