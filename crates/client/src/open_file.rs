use std::fmt;

/// A file, folder or pipe that is open at a server ([MS-SRVS] 2.2.4.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// What names it to the server.
    pub id: FileId,
    /// Its path at the server, as the server writes it.
    pub path: String,
    /// Who opened it.
    pub user: String,
    /// The client it was opened from, where that can be known.
    pub client: Option<String>,
    /// What it was opened for.
    pub permissions: Permissions,
    /// Locks on it.
    pub locks: u32,
}

/// The number by which a server knows an open file. All 32 bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a file was opened for ([MS-SRVS] 2.2.4.7, fi3_permissions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(pub u32);

impl Permissions {
    const NAMES: [(u32, &'static str); 7] = [
        (0x01, "read"),
        (0x02, "write"),
        (0x04, "create"),
        (0x08, "execute"),
        (0x10, "delete"),
        (0x20, "attributes"),
        (0x40, "permissions"),
    ];

    /// The names of what is set, in the order of the bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter_map(move |(bit, name)| (self.0 & bit != 0).then_some(name))
    }
}
