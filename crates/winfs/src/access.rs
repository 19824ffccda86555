//! [`Others`]: whether other users can read or change a file, as its mode says on Unix.

#[cfg(any(windows, test))]
mod descriptor;

#[cfg(windows)]
use std::{fs::File, io, path::Path};

/// What users other than this one, the system and administrators can do with a file or a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Others {
    /// Another user owns it.
    pub own: bool,
    /// They can read it.
    pub read: bool,
    /// They can write, delete or rename it.
    pub write: bool,
    /// They can make files in the folder.
    pub add_files: bool,
    /// They can delete and rename every file of the folder.
    pub replace_files: bool,
}

#[cfg(windows)]
impl Others {
    /// Everything: on a disk that keeps no owners, or where the system says nothing.
    const EVERYTHING: Self =
        Self { own: true, read: true, write: true, add_files: true, replace_files: true };

    /// Reads what others can do with an open file.
    #[must_use]
    pub fn of(file: &File) -> Self {
        Self::read(file).unwrap_or(Self::EVERYTHING)
    }

    /// Reads what others can do with the file or folder at a path.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        use std::os::windows::fs::OpenOptionsExt as _;
        /// `READ_CONTROL` and `FILE_READ_ATTRIBUTES`.
        const RECORD: u32 = 0x2_0080;
        /// `FILE_FLAG_BACKUP_SEMANTICS`, which opens folders.
        const FOLDERS: u32 = 0x0200_0000;
        let file = File::options().access_mode(RECORD).custom_flags(FOLDERS).open(path);
        file.map_or(Self::EVERYTHING, |file| Self::of(&file))
    }

    fn read(file: &File) -> io::Result<Self> {
        use windows_permissions::constants::{SeObjectType, SecurityInformation};
        use windows_permissions::utilities::current_process_sid;
        use windows_permissions::wrappers::{
            ConvertSecurityDescriptorToStringSecurityDescriptor, ConvertSidToStringSid, GetSecurityInfo,
        };

        let parts = SecurityInformation::Owner | SecurityInformation::Dacl;
        let descriptor = GetSecurityInfo(file, SeObjectType::SE_FILE_OBJECT, parts)?;
        let text = ConvertSecurityDescriptorToStringSecurityDescriptor(&descriptor, parts)?;
        let own = current_process_sid()?;
        let own = ConvertSidToStringSid(&own)?;
        Ok(descriptor::read(&text.to_string_lossy(), &own.to_string_lossy()))
    }

    /// Whether the file or folder belongs to this user, and others have no use of it.
    #[must_use]
    pub fn have_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Returns the user of this process as `DOMAIN\name`, or as a SID if the system knows no name for it. The environment, which the user can
/// change, has no part in it.
///
/// # Errors
/// The error of the system.
#[cfg(windows)]
pub fn current_user() -> io::Result<String> {
    use windows_permissions::utilities::current_process_sid;
    use windows_permissions::wrappers::{ConvertSidToStringSid, LookupAccountSid};

    let sid = current_process_sid()?;
    match LookupAccountSid(&sid) {
        Ok((name, domain)) => Ok(format!(r"{}\{}", domain.to_string_lossy(), name.to_string_lossy())),
        Err(_) => Ok(ConvertSidToStringSid(&sid)?.to_string_lossy().into_owned()),
    }
}

/// Returns the command that makes a file or folder private.
#[cfg(windows)]
#[must_use]
pub fn to_make_private(path: &Path) -> String {
    let user = std::env::var("USERNAME").unwrap_or_else(|_| "%USERNAME%".to_owned());
    let path = path.display().to_string().replace('/', r"\");
    format!("icacls \"{path}\" /inheritance:r /grant:r \"{user}:F\"")
}
