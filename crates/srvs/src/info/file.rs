use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

use crate::{Info, level};

level::levels! {
    /// What is told of an open file ([MS-SRVS] 2.2.4.10).
    FileLevel { INFO_2 = 2, INFO_3 = 3, }
}

/// An open file's number at its server. All 32 bits are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

bitflags::bitflags! {
    /// What the file was opened for ([MS-SRVS] 2.2.4.7).
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
    /// The number by which it is closed.
    pub id: FileId,
    /// What it was opened for. At level 3.
    pub permissions: Option<FilePermissions>,
    /// Locks on it. At level 3.
    pub num_locks: Option<u32>,
    /// Its path as the server knows it. At level 3.
    pub pathname: Option<String>,
    /// Who opened it. At level 3.
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
