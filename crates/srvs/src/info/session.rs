use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

use crate::{Info, level};

level::levels! {
    /// The levels of a session ([MS-SRVS] 2.2.4.21).
    SessionLevel { INFO_0 = 0, INFO_1 = 1, INFO_2 = 2, INFO_10 = 10, INFO_502 = 502, }
}

bitflags::bitflags! {
    /// The way in which the user logged on ([MS-SRVS] 2.2.2.3).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SessionFlags: u32 {
        /// As a guest.
        const GUEST = 1;
        /// Without password encryption.
        const NOENCRYPTION = 2;
        const _ = !0;
    }
}

/// SESSION_INFO_0, _1, _2, _10 and _502 ([MS-SRVS] 2.2.4.11 to 2.2.4.15).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionInfo {
    /// The client: an address or a computer's name, as the server spells it.
    pub cname: Option<String>,
    /// The user. Not at level 0.
    pub username: Option<String>,
    /// The number of open files, devices and pipes. At levels 1, 2 and 502.
    pub num_opens: Option<u32>,
    /// The seconds since the session began. Not at level 0.
    pub time: Option<u32>,
    /// The seconds since the client last used the session. Not at level 0.
    pub idle_time: Option<u32>,
    /// The way in which the user logged on. At levels 1, 2 and 502.
    pub user_flags: Option<SessionFlags>,
    /// The type of the client, as the client names it. At levels 2 and 502.
    pub cltype_name: Option<String>,
    /// The transport. At level 502.
    pub transport: Option<String>,
}

impl Info for SessionInfo {
    type Level = SessionLevel;

    const ENUM_LEVELS: &'static [SessionLevel] = SessionLevel::ALL;

    fn alignment(_: SessionLevel) -> Alignment {
        Alignment::Pointer
    }

    fn members(&mut self, level: SessionLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        use SessionLevel as L;
        ndr.unique_string(&mut self.cname, "sesi_cname")?;
        if level != L::INFO_0 {
            ndr.unique_string(&mut self.username, "sesi_username")?;
        }
        if matches!(level, L::INFO_1 | L::INFO_2 | L::INFO_502) {
            level::carried(ndr, &mut self.num_opens, "sesi_num_opens")?;
        }
        if level != L::INFO_0 {
            level::carried(ndr, &mut self.time, "sesi_time")?;
            level::carried(ndr, &mut self.idle_time, "sesi_idle_time")?;
        }
        if matches!(level, L::INFO_1 | L::INFO_2 | L::INFO_502) {
            level::carried_flags(ndr, &mut self.user_flags, "sesi_user_flags")?;
        }
        if matches!(level, L::INFO_2 | L::INFO_502) {
            ndr.unique_string(&mut self.cltype_name, "sesi_cltype_name")?;
        }
        if level == L::INFO_502 {
            ndr.unique_string(&mut self.transport, "sesi_transport")?;
        }
        Ok(())
    }
}
