//! [`PathError`]: why a path leads to no file on a share.

/// Why a path leads to no file on a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It names no share.
    #[error("the path names no share")]
    NoShare,
    /// It is the path of a device or a drive.
    #[error("this is a device path, not a path on a share")]
    Device,
    /// Its `..` lead above the share.
    #[error("`..` leads above the share")]
    AboveShare,
    /// It has an incomplete escape, or escapes that are not UTF-8.
    #[error("the path has an invalid escape (write a percent sign as %25)")]
    Escape,
    /// One of its names contains a slash or a backslash.
    #[error("a name in it contains a slash or a backslash")]
    Separator,
    /// It is not UTF-8.
    #[error("the path is not valid UTF-8")]
    NotText,
    /// The source of its mount is no share.
    #[error("the mount table does not name the share of this mount")]
    Source,
    /// The mount table does not show which folder of the share is mounted.
    #[error("the mount table does not show which folder of the share is mounted here")]
    Prefix,
    /// A link of another user leads to a path of gvfs, which names its server itself.
    #[error("a link of another user leads to this server (name the server: //SERVER/SHARE/PATH)")]
    ForeignLink,
    /// It has the form of a path of gvfs, but you have mounted no gvfs folder there.
    #[error("you have mounted no gvfs folder there (name the server: //SERVER/SHARE/PATH)")]
    ForeignGvfs,
    /// Its links lead in a circle.
    #[error("too many links")]
    Links,
    /// The system does not return the current folder.
    #[error("cannot determine the current directory")]
    NoFolder,
}
