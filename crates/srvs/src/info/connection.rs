use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

use super::ShareType;
use crate::{Info, level};

level::levels! {
    /// The levels of a connection to a share ([MS-SRVS] 2.2.4.5).
    ConnectionLevel { INFO_0 = 0, INFO_1 = 1, }
}

/// The id of a connection at its server. Servers use all 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ConnectionId(pub u32);

/// CONNECTION_INFO_0 and _1 ([MS-SRVS] 2.2.4.1 and 2.2.4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The id of the connection.
    pub id: ConnectionId,
    /// The kind of share. At level 1.
    pub r#type: Option<ShareType>,
    /// The number of files that are open over the connection. At level 1.
    pub num_opens: Option<u32>,
    /// The number of users of the connection. At level 1.
    pub num_users: Option<u32>,
    /// The seconds since the client made the connection. At level 1.
    pub time: Option<u32>,
    /// The user. At level 1.
    pub username: Option<String>,
    /// The client if the request named a share, and the share if it named a client. At level 1.
    pub netname: Option<String>,
}

impl Info for ConnectionInfo {
    type Level = ConnectionLevel;

    const ENUM_LEVELS: &'static [ConnectionLevel] = ConnectionLevel::ALL;

    fn alignment(level: ConnectionLevel) -> Alignment {
        if level == ConnectionLevel::INFO_0 { Alignment::Long } else { Alignment::Pointer }
    }

    fn members(&mut self, level: ConnectionLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.id.0, "coni_id")?;
        if level == ConnectionLevel::INFO_0 {
            return Ok(());
        }
        ndr.u32(&mut self.r#type.get_or_insert_default().0, "coni_type")?;
        level::carried(ndr, &mut self.num_opens, "coni_num_opens")?;
        level::carried(ndr, &mut self.num_users, "coni_num_users")?;
        level::carried(ndr, &mut self.time, "coni_time")?;
        ndr.unique_string(&mut self.username, "coni_username")?;
        ndr.unique_string(&mut self.netname, "coni_netname")
    }
}
