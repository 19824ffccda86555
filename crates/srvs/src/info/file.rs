use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

use crate::{Info, level};

level::levels! {
    /// The levels of an open file ([MS-SRVS] 2.2.4.10).
    FileLevel { INFO_2 = 2, INFO_3 = 3, }
}

/// The id of an open file at its server. Servers use all 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

bitflags::bitflags! {
    /// The access that the client has to the open file ([MS-SRVS] 2.2.4.7).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FilePermissions: u32 {
        /// To read, and by default to execute.
        const READ = 0x01;
        /// To write.
        const WRITE = 0x02;
        /// To create.
        const CREATE = 0x04;
        /// To execute.
        const EXEC = 0x08;
        /// To delete.
        const DELETE = 0x10;
        /// To change attributes.
        const ATRIB = 0x20;
        /// To change permissions.
        const PERM = 0x40;
        const _ = !0;
    }
}

/// FILE_INFO_2 and _3 ([MS-SRVS] 2.2.4.6 and 2.2.4.7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// The id, by which a client closes the file.
    pub id: FileId,
    /// The access that the client has. At level 3.
    pub permissions: Option<FilePermissions>,
    /// The number of locks. At level 3.
    pub num_locks: Option<u32>,
    /// The path at the server. At level 3.
    pub pathname: Option<String>,
    /// The user who opened the file. At level 3.
    pub username: Option<String>,
}

impl Info for FileInfo {
    type Level = FileLevel;

    const ENUM_LEVELS: &'static [FileLevel] = FileLevel::ALL;
    const GET_LEVELS: &'static [FileLevel] = FileLevel::ALL;

    fn alignment(level: FileLevel) -> Alignment {
        if level == FileLevel::INFO_2 { Alignment::Long } else { Alignment::Pointer }
    }

    fn members(&mut self, level: FileLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.id.0, "fi_id")?;
        if level == FileLevel::INFO_2 {
            return Ok(());
        }
        level::carried_flags(ndr, &mut self.permissions, "fi_permissions")?;
        level::carried(ndr, &mut self.num_locks, "fi_num_locks")?;
        ndr.unique_string(&mut self.pathname, "fi_pathname")?;
        ndr.unique_string(&mut self.username, "fi_username")
    }
}
