//! Handle caching and names: a client must close the files that it only caches before another client renames, deletes or
//! replaces them ([MS-FSA] 2.1.4.12, 2.1.5.15).

use netsession_smb::fscc::AccessMask;
use netsession_wire::NtStatus;

use super::effort::Effort;
use super::info::Kind;
use super::name::SharePath;
use super::open::Open;
use super::oplock::Breaks;

impl Open {
    /// Ends handle caching of the file by others, before this open deletes or renames it.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the request must wait; `STATUS_ACCESS_DENIED` without the right to delete.
    pub(crate) fn end_handle_caching(&self, breaks: Breaks) -> Result<(), NtStatus> {
        self.require_any(AccessMask::DELETE)?;
        self.node().state().end_handle_caching(self.key(), breaks)
    }

    /// Ends handle caching of everything below the folder, before this open renames it.
    ///
    /// # Errors
    /// As [`Open::end_handle_caching`].
    pub(crate) fn end_handle_caching_below(&self, breaks: Breaks) -> Result<(), NtStatus> {
        match self.kind() {
            Kind::File => Ok(()),
            Kind::Directory => self.disk().nodes().end_handle_caching_below(&self.name(), breaks),
        }
    }

    /// Ends handle caching of the file with this name, before another file replaces it.
    ///
    /// # Errors
    /// As [`Open::end_handle_caching`].
    pub(crate) fn end_handle_caching_at(&self, name: &SharePath, breaks: Breaks) -> Result<(), NtStatus> {
        let root = &self.disk().root;
        let Ok(found) = root.spell(name, &Effort::UNLIMITED) else { return Ok(()) };
        let Ok(Some(info)) = root.info(&found.path) else { return Ok(()) };
        let other = self.disk().nodes().get(info.key).filter(|node| node.key != self.file_key());
        other.map_or(Ok(()), |node| node.state().end_handle_caching(self.key(), breaks))
    }
}
