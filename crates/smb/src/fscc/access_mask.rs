bitflags::bitflags! {
    /// The access that an open has to a file, pipe, printer or directory ([MS-SMB2] 2.2.13.1).
    ///
    /// The low bits have a second name if the object is a directory ([MS-SMB2] 2.2.13.1.2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct AccessMask: u32 {
        /// FILE_READ_DATA: read the data. Of a directory, FILE_LIST_DIRECTORY.
        const READ_DATA = 0x0000_0001;
        /// FILE_WRITE_DATA: write the data. Of a directory, FILE_ADD_FILE.
        const WRITE_DATA = 0x0000_0002;
        /// FILE_APPEND_DATA: append data. Of a directory, FILE_ADD_SUBDIRECTORY.
        const APPEND_DATA = 0x0000_0004;
        /// FILE_READ_EA: read extended attributes.
        const READ_EA = 0x0000_0008;
        /// FILE_WRITE_EA: write extended attributes.
        const WRITE_EA = 0x0000_0010;
        /// FILE_EXECUTE: execute. Of a directory, FILE_TRAVERSE.
        const EXECUTE = 0x0000_0020;
        /// FILE_DELETE_CHILD: delete the contents of a directory.
        const DELETE_CHILD = 0x0000_0040;
        /// FILE_READ_ATTRIBUTES: read attributes.
        const READ_ATTRIBUTES = 0x0000_0080;
        /// FILE_WRITE_ATTRIBUTES: change attributes.
        const WRITE_ATTRIBUTES = 0x0000_0100;
        /// DELETE: delete or rename.
        const DELETE = 0x0001_0000;
        /// READ_CONTROL: read the security descriptor.
        const READ_CONTROL = 0x0002_0000;
        /// WRITE_DAC: change the discretionary access control list.
        const WRITE_DAC = 0x0004_0000;
        /// WRITE_OWNER: change the owner.
        const WRITE_OWNER = 0x0008_0000;
        /// SYNCHRONIZE: has no meaning for a server.
        const SYNCHRONIZE = 0x0010_0000;
        /// ACCESS_SYSTEM_SECURITY: read or change the system access control list.
        const ACCESS_SYSTEM_SECURITY = 0x0100_0000;
        /// MAXIMUM_ALLOWED: all access that this user has.
        const MAXIMUM_ALLOWED = 0x0200_0000;
        /// GENERIC_ALL.
        const GENERIC_ALL = 0x1000_0000;
        /// GENERIC_EXECUTE.
        const GENERIC_EXECUTE = 0x2000_0000;
        /// GENERIC_WRITE.
        const GENERIC_WRITE = 0x4000_0000;
        /// GENERIC_READ.
        const GENERIC_READ = 0x8000_0000;
    }
}

impl AccessMask {
    /// The rights of GENERIC_READ.
    pub const FILE_READ: Self = Self::READ_DATA
        .union(Self::READ_ATTRIBUTES)
        .union(Self::READ_EA)
        .union(Self::SYNCHRONIZE)
        .union(Self::READ_CONTROL);
    /// The rights of GENERIC_WRITE.
    pub const FILE_WRITE: Self = Self::WRITE_DATA
        .union(Self::APPEND_DATA)
        .union(Self::WRITE_ATTRIBUTES)
        .union(Self::WRITE_EA)
        .union(Self::SYNCHRONIZE)
        .union(Self::READ_CONTROL);
    /// The rights of GENERIC_EXECUTE.
    pub const FILE_EXECUTE: Self =
        Self::READ_ATTRIBUTES.union(Self::EXECUTE).union(Self::SYNCHRONIZE).union(Self::READ_CONTROL);
    /// The rights of GENERIC_ALL.
    pub const FILE_ALL: Self = Self::FILE_READ
        .union(Self::FILE_WRITE)
        .union(Self::FILE_EXECUTE)
        .union(Self::DELETE_CHILD)
        .union(Self::DELETE)
        .union(Self::WRITE_DAC)
        .union(Self::WRITE_OWNER);

    /// Returns the same rights, with each generic bit replaced by its rights.
    #[must_use]
    pub fn without_generic(self) -> Self {
        let generic = [
            (Self::GENERIC_READ, Self::FILE_READ),
            (Self::GENERIC_WRITE, Self::FILE_WRITE),
            (Self::GENERIC_EXECUTE, Self::FILE_EXECUTE),
            (Self::GENERIC_ALL, Self::FILE_ALL),
        ];
        generic.into_iter().fold(self, |mask, (bit, rights)| match mask.contains(bit) {
            true => mask.difference(bit).union(rights),
            false => mask,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give full control another number than every Windows tool shows for it.
    #[test]
    fn generic_rights_stand_for_the_known_numbers() {
        assert_eq!(AccessMask::GENERIC_ALL.without_generic().bits(), 0x001f_01ff);
        assert_eq!(AccessMask::GENERIC_READ.without_generic().bits(), 0x0012_0089);
        assert_eq!(AccessMask::GENERIC_WRITE.without_generic().bits(), 0x0012_0116);
        assert_eq!(AccessMask::GENERIC_EXECUTE.without_generic().bits(), 0x0012_00a0);
        assert_eq!(AccessMask::MAXIMUM_ALLOWED.without_generic(), AccessMask::MAXIMUM_ALLOWED);
    }
}
