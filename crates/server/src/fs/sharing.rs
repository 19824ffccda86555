//! Share modes: which opens of one file can coexist ([MS-FSA] 2.1.5.1.2.2).

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::ShareAccess;

/// Rights that a share mode can deny.
const GUARDED: AccessMask = READS.union(WRITES).union(AccessMask::DELETE);
const READS: AccessMask = AccessMask::READ_DATA.union(AccessMask::EXECUTE);
const WRITES: AccessMask = AccessMask::WRITE_DATA.union(AccessMask::APPEND_DATA);

/// The access of an open, and the access that it leaves to other opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// Rights that it was granted.
    pub(crate) access: AccessMask,
    /// The access that other opens may have.
    pub(crate) share: ShareAccess,
}

impl Sharing {
    /// How Windows opens the folder of a new name for a moment ([MS-FSA] 2.1.5.15.12, note 185).
    pub(crate) const OF_NEW_NAME: Self =
        Self { access: AccessMask::WRITE_DATA, share: ShareAccess::READ.union(ShareAccess::WRITE) };

    /// Returns whether both can be open at the same time.
    #[must_use]
    pub(crate) fn goes_with(self, other: Self) -> bool {
        let bystander = !self.access.intersects(GUARDED) || !other.access.intersects(GUARDED);
        bystander || (self.lets(other) && other.lets(self))
    }

    /// Returns whether it can delete or rename the file.
    #[must_use]
    pub(crate) fn can_delete(self) -> bool {
        self.access.contains(AccessMask::DELETE)
    }

    /// Returns whether nobody may delete the file beside it.
    #[must_use]
    pub(crate) fn forbids_deletion(self) -> bool {
        self.access.intersects(GUARDED) && !self.share.contains(ShareAccess::DELETE)
    }

    /// Returns whether this share mode allows the access of the other.
    fn lets(self, other: Self) -> bool {
        let pairs = [
            (ShareAccess::READ, READS),
            (ShareAccess::WRITE, WRITES),
            (ShareAccess::DELETE, AccessMask::DELETE),
        ];
        pairs
            .into_iter()
            .all(|(share, rights)| self.share.contains(share) || !other.access.intersects(rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(access: AccessMask, share: ShareAccess) -> Sharing {
        Sharing { access, share }
    }

    /// A failure here would let two programs write one file although each has asked for it exclusively, or refuse a
    /// reader for no reason.
    #[test]
    fn both_share_modes_are_checked() {
        let all = ShareAccess::READ | ShareAccess::WRITE | ShareAccess::DELETE;
        let reader = open(AccessMask::READ_DATA, ShareAccess::READ);
        let writer = open(AccessMask::WRITE_DATA, all);
        let alone = open(AccessMask::READ_DATA, ShareAccess::empty());
        let looker = open(AccessMask::READ_ATTRIBUTES, ShareAccess::empty());
        let deleter = open(AccessMask::DELETE, all);
        assert!(reader.goes_with(reader) && writer.goes_with(writer));
        assert!(!reader.goes_with(writer) && !writer.goes_with(reader));
        assert!(!alone.goes_with(reader) && !reader.goes_with(alone));
        assert!(looker.goes_with(alone) && alone.goes_with(looker));
        assert!(!reader.goes_with(deleter) && writer.goes_with(deleter));
    }
}
