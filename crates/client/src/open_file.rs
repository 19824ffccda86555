use std::fmt;

use crate::{Session, name};

/// A file, folder or pipe that is open at a server ([MS-SRVS] 2.2.4.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// The server's id of it.
    pub id: FileId,
    /// Its path at the server, as the server spells it.
    pub path: String,
    /// The user who opened it.
    pub user: String,
    /// The client that opened it, if it is known.
    pub client: Option<String>,
    /// The access with which the user opened it.
    pub permissions: Permissions,
    /// The number of locks on it.
    pub locks: u32,
}

impl OpenFile {
    /// Whether it is open in this session, as far as the server reports it: the same user opened it, from the same client or
    /// from an unknown one.
    #[must_use]
    pub fn may_be_of(&self, session: &Session) -> bool {
        name::same(&self.user, &session.user)
            && self.client.as_deref().is_none_or(|client| name::same(client, &session.client))
    }
}

/// The open files that a filter matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FileListing {
    /// The files.
    pub files: Vec<OpenFile>,
    /// How many clients may hold one of the files without a client. netsession did not ask the server about them,
    /// because there are too many.
    pub unqueried_clients: usize,
    /// How many files match apart from their client, which is unknown. A filter by client does not select them.
    pub unknown_clients: usize,
    /// The users of files that the filter would match if it ignored the user's domain. Show them as a hint if no file
    /// matches.
    pub near_users: Vec<String>,
}

/// The id of an open file. All 32 bits count, and servers reuse ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The access with which a file is open ([MS-SRVS] 2.2.4.7, fi3_permissions).
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

    /// Returns the names of the bits that are set, in their order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter_map(move |(bit, name)| (self.0 & bit != 0).then_some(name))
    }
}
