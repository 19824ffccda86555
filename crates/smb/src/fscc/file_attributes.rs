bitflags::bitflags! {
    /// Attributes of a file or directory ([MS-FSCC] 2.6).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FileAttributes: u32 {
        /// Read-only.
        const READONLY = 0x0000_0001;
        /// Not part of an ordinary listing.
        const HIDDEN = 0x0000_0002;
        /// Used by the operating system.
        const SYSTEM = 0x0000_0004;
        /// A directory.
        const DIRECTORY = 0x0000_0010;
        /// Changed since it was last archived.
        const ARCHIVE = 0x0000_0020;
        /// None of the others; set alone, it clears them.
        const NORMAL = 0x0000_0080;
        /// Temporary storage.
        const TEMPORARY = 0x0000_0100;
        /// A sparse file.
        const SPARSE_FILE = 0x0000_0200;
        /// Has a reparse point, such as a symbolic link.
        const REPARSE_POINT = 0x0000_0400;
        /// Compressed.
        const COMPRESSED = 0x0000_0800;
        /// Its data is not available at once.
        const OFFLINE = 0x0000_1000;
        /// Not to be indexed.
        const NOT_CONTENT_INDEXED = 0x0000_2000;
        /// Encrypted.
        const ENCRYPTED = 0x0000_4000;
        /// With integrity support.
        const INTEGRITY_STREAM = 0x0000_8000;
        /// Left out of integrity scans.
        const NO_SCRUB_DATA = 0x0002_0000;
        /// Opening it fetches it from another place.
        const RECALL_ON_OPEN = 0x0004_0000;
        /// To keep available offline.
        const PINNED = 0x0008_0000;
        /// Need not be available offline.
        const UNPINNED = 0x0010_0000;
        /// Reading it fetches it from another place.
        const RECALL_ON_DATA_ACCESS = 0x0040_0000;
    }
}
