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
}

impl Folder {
    /// Returns a folder that clients may change, without a comment.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), comment: String::new(), path: path.into(), read_only: false }
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
