use netsession_smb::msg::FileId;

/// Identifies an open on this server: the file id of NetFileClose, and both halves of an SMB2 FileId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OpenNumber(pub(crate) u32);

impl OpenNumber {
    /// Returns the SMB2 form.
    pub(crate) fn file_id(self) -> FileId {
        FileId { persistent: self.0.into(), volatile: self.0.into() }
    }

    /// Reads the SMB2 form; `None` for one that this server never issued.
    pub(crate) fn of(file_id: FileId) -> Option<Self> {
        let number = u32::try_from(file_id.volatile).ok()?;
        (file_id.persistent == file_id.volatile && number != 0).then_some(Self(number))
    }
}
