//! [`is_shared`] and [`check_shared`]: whether a server shares a path of its own.

use netsession::{FileFilter, FileId, OpenFile, Permissions, Server, ServerNames, Share, ShareType};

use crate::{Error, SharePath};

/// Returns whether a share contains a server's own path, or a folder in it. None if the server does not tell the folder of
/// each share: only administrators learn it.
///
/// ```
/// use netsession::{Share, ShareType};
/// use netsession_admin::is_shared;
///
/// let share = Share {
///     name: "data".to_owned(),
///     share_type: ShareType::DISKTREE,
///     comment: String::new(),
///     path: Some(r"C:\srv\data".to_owned()),
///     connections: None,
///     max_connections: None,
/// };
/// assert_eq!(is_shared(&[share], "/srv/database"), Some(false));
/// ```
#[must_use]
pub fn is_shared(shares: &[Share], path: &str) -> Option<bool> {
    let folders = shares.iter().filter(|share| share.share_type.kind() == ShareType::DISKTREE);
    let mut is_known = true;
    for share in folders {
        match share.path.as_deref() {
            Some(folder) if !folder.is_empty() && (is_in(folder, path) || is_in(path, folder)) => {
                return Some(true);
            }
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}

/// Refuses a server's own path that no share of the server contains: nobody opens a file there through this server. It
/// accepts a path on a share, and every path at a server that does not list its shares with their folders.
///
/// # Errors
/// [`Error::NotShared`].
pub async fn check_shared(server: &mut Server, name: &str, path: &str) -> Result<(), Error> {
    if SharePath::parse(path).is_some() {
        return Ok(());
    }
    match server.shares().await {
        Ok(shares) if is_shared(&shares, path) == Some(false) => {
            Err(Error::NotShared { server: name.to_owned(), path: path.to_owned() })
        }
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::debug!(%error, "listing the shares");
            Ok(())
        }
    }
}

/// Whether a listing of the folder would contain a file at the path. A path without a drive is on any drive.
fn is_in(folder: &str, path: &str) -> bool {
    let after_drive = |path: &str| path.as_bytes().get(1).is_some_and(|second| *second == b':').then_some(2);
    let folder = match after_drive(path) {
        Some(_) => folder,
        None => after_drive(folder).and_then(|at| folder.get(at..)).unwrap_or(folder),
    };
    let file = OpenFile {
        id: FileId(0),
        path: path.to_owned(),
        user: String::new(),
        client: None,
        permissions: Permissions(0),
        locks: 0,
    };
    let filter = FileFilter { path: Some(folder.to_owned()), ..FileFilter::default() };
    filter.matches(&file, &ServerNames::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(kind: u32, path: Option<&str>) -> Share {
        Share {
            name: "data".to_owned(),
            share_type: ShareType(kind),
            comment: String::new(),
            path: path.map(str::to_owned),
            connections: None,
            max_connections: None,
        }
    }

    /// A failure here would ask a server about a file that it does not share, or call a shared file unshared.
    #[test]
    fn a_share_contains_its_folder_and_everything_in_it() {
        for (folder, path, expected) in [
            (Some(r"C:\srv\data"), "/srv/data/a b", Some(true)),
            (Some(r"C:\srv\data"), "/srv/data", Some(true)),
            (Some(r"C:\srv\data\"), "/srv/data/x", Some(true)),
            (Some(r"C:\srv\data"), r"c:\SRV\data\x", Some(true)),
            (Some(r"C:\srv\data"), "/srv/database", Some(false)),
            (Some(r"C:\srv\data"), r"D:\srv\data", Some(false)),
            // A listing of this folder has the files of the share.
            (Some(r"C:\srv\data"), "/srv", Some(true)),
            (Some(r"C:\"), "/srv", Some(true)),
            (Some(""), "/srv", Some(false)),
            (None, "/srv", None),
        ] {
            assert_eq!(is_shared(&[share(0, folder)], path), expected, "{folder:?} {path}");
        }
        // Samba gives its pipes the folder C:\tmp.
        assert_eq!(is_shared(&[share(0x8000_0003, Some(r"C:\tmp"))], "/tmp/x"), Some(false));
        assert_eq!(is_shared(&[share(0x8000_0000, Some(r"C:\"))], r"C:\tmp"), Some(true), "C$");
    }
}
