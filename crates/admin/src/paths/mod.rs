//! Which server a path leads to: [`Place::of`].
//!
//! A path in a mount is resolved by text alone, because every access to a mount of a dead server waits, for minutes.

#[cfg(any(unix, test))]
mod gvfs;
#[cfg(unix)]
mod local;
#[cfg(any(unix, test))]
mod mount_table;
mod presence;
#[cfg(any(unix, test))]
mod reserved;
mod share_path;
mod shared;

pub use presence::Presence;
pub use share_path::{SharePath, without_streams};
pub use shared::is_shared;

use crate::Error;

/// Where a path lies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// On a share of a server.
    Share(SharePath),
    /// On this computer, and not in a mount of a share. The path is absolute and without links.
    Local(String),
    /// It is a server's own path, such as `C:\data`.
    Server(String),
}

impl Place {
    /// Finds where a path lies: `\\server\share\path`, `//server/share/path`, `smb://server/share/path`, a path in a
    /// share that is mounted on this computer, or another path.
    ///
    /// It follows links, but touches nothing in a mount from another computer: that server may not answer. So it does
    /// not follow links within such a mount, and does not check that the file exists.
    ///
    /// # Errors
    /// [`Error::Path`], [`Error::ServerName`], [`Error::PasswordInSight`].
    ///
    /// ```
    /// use netsession_admin::Place;
    ///
    /// let Place::Share(path) = Place::of(r"\\fs1\data\report.txt")? else { panic!() };
    /// assert_eq!(path.server(), "fs1");
    /// assert_eq!(Place::of(r"C:\data")?, Place::Server(r"C:\data".to_owned()));
    /// # Ok::<(), netsession_admin::Error>(())
    /// ```
    pub fn of(text: &str) -> Result<Self, Error> {
        let text = unquoted(text);
        match SharePath::parse(text) {
            Some(path) => path.map(Self::Share),
            None if is_of_windows(text) => Ok(Self::Server(text.to_owned())),
            None => match share_path::of_file_url(text) {
                Some(path) => on_this_computer(&path?),
                None => on_this_computer(text),
            },
        }
    }
}

/// Returns the path without the quotes that Explorer puts around one ("Copy as path"), and that a shell then keeps.
#[must_use]
pub fn unquoted(text: &str) -> &str {
    let inner = text.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_path = |inner: &&str| is_of_windows(inner) || SharePath::parse(inner).is_some();
    inner.filter(is_path).unwrap_or(text)
}

/// Whether the path begins with a drive or a single backslash.
fn is_of_windows(text: &str) -> bool {
    after_drive(text).is_some() || text.starts_with('\\')
}

/// Returns what follows the drive of a path. None without a drive.
fn after_drive(path: &str) -> Option<&str> {
    path.strip_prefix(|drive: char| drive.is_ascii_alphabetic())?.strip_prefix(':')
}

#[cfg(unix)]
fn on_this_computer(text: &str) -> Result<Place, Error> {
    local::Surroundings::of_system().place(text)
}

#[cfg(not(unix))]
fn on_this_computer(text: &str) -> Result<Place, Error> {
    Ok(Place::Server(text.to_owned()))
}
