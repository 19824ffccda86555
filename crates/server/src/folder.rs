//! A folder to share: [`Folder`].

use std::path::PathBuf;

/// A folder that a server shares.
///
/// ```
/// use netsession_server::Folder;
///
/// let folder = Folder::new("music", "/srv/music").comment("All albums").read_only(true);
/// assert_eq!(folder.name, "music");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The name of the share.
    pub name: String,
    /// The remark that listings of shares show.
    pub comment: String,
    /// The folder's path.
    pub path: PathBuf,
    /// Whether the server refuses every change in the folder.
    pub read_only: bool,
    /// Whether requests must be encrypted; `None` is the rule of the server ([`Builder::encryption`](crate::Builder::encryption)).
    /// With `Some(false)`, clients that cannot encrypt may use the share on a server that requires encryption.
    pub encryption_required: Option<bool>,
    /// Whether requests must be signed; `None` is the rule of the server
    /// ([`Builder::signing_required`](crate::Builder::signing_required)). With `Some(false)`, a client of SMB 3.0.2 or earlier
    /// may omit signatures if it has not signed a request of its session.
    pub signing_required: Option<bool>,
    /// The users who may connect, by account or as `alice@LAB.TEST` and `*@LAB.TEST`; `None` lets every user connect.
    pub users: Option<Vec<String>>,
}

impl Folder {
    /// Returns a folder that clients may change, without a comment.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            comment: String::new(),
            path: path.into(),
            read_only: false,
            encryption_required: None,
            signing_required: None,
            users: None,
        }
    }

    /// Sets the remark that listings of shares show.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// Sets whether the server refuses every change in the folder.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets whether requests must be encrypted.
    #[must_use]
    pub const fn encryption_required(mut self, required: bool) -> Self {
        self.encryption_required = Some(required);
        self
    }

    /// Sets whether requests must be signed.
    #[must_use]
    pub const fn signing_required(mut self, required: bool) -> Self {
        self.signing_required = Some(required);
        self
    }

    /// Lets only these users connect.
    #[must_use]
    pub fn users(mut self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.users = Some(users.into_iter().map(Into::into).collect());
        self
    }

    /// Returns whether a share can have this name ([MS-FSCC] 2.1.6): 1 to 80 UTF-16 units, no control character, and none
    /// of `"/\[]:|<>+=;,*?`.
    ///
    /// ```
    /// use netsession_server::Folder;
    ///
    /// assert!(Folder::is_valid_name("data") && !Folder::is_valid_name("a/b"));
    /// ```
    #[must_use]
    pub fn is_valid_name(name: &str) -> bool {
        let is_forbidden = |c: char| c.is_control() || r#""/\[]:|<>+=;,*?"#.contains(c);
        (1..=80).contains(&name.encode_utf16().count()) && !name.contains(is_forbidden)
    }
}
