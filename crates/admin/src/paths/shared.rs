//! [`is_shared`]: whether a server shares a path of its own, and [`on_shares`]: by which names.

use netsession::{FileFilter, FileId, OpenFile, Permissions, ServerNames, Share, ShareType};

use super::after_drive;

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

/// Returns the paths on shares, as `\\server\share\folder\file`, that lead to a server's own path. None if the path is above a share.
pub(super) fn on_shares(shares: &[Share], path: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for share in shares.iter().filter(|share| share.share_type.kind() == ShareType::DISKTREE) {
        let Some(folder) = share.path.as_deref().filter(|folder| !folder.is_empty()) else { continue };
        if is_in(folder, path) {
            let below = components(path).skip(components(folder).count());
            let names = [r"\\server", share.name.as_str()].into_iter().chain(below);
            found.push(names.collect::<Vec<_>>().join(r"\"));
        } else if is_in(path, folder) {
            return None;
        }
    }
    Some(found)
}

/// Returns the names in a path of a server, without the drive.
fn components(path: &str) -> impl Iterator<Item = &str> {
    let path = after_drive(path).unwrap_or(path);
    path.split(['\\', '/']).filter(|name| !matches!(*name, "" | "."))
}

/// Whether a listing of the folder would contain a file at the path. A path without a drive is on any drive.
fn is_in(folder: &str, path: &str) -> bool {
    let folder = match after_drive(path) {
        Some(_) => folder,
        None => after_drive(folder).unwrap_or(folder),
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

    /// A failure here would ask a share about another file, and call the right path a mistyped one.
    #[test]
    fn a_path_of_the_server_has_a_name_in_each_share() {
        let named = |name: &str, path: &str| Share { name: name.to_owned(), ..share(0, Some(path)) };
        let shares = [named("data", r"C:\srv\data"), named("C$", "C:\\"), named("other", r"D:\other")];
        let found = |path: &str| on_shares(&shares, path).map(|found| found.join(" "));
        assert_eq!(
            found("/srv/Data//a b.txt").as_deref(),
            Some(r"\\server\data\a b.txt \\server\C$\srv\Data\a b.txt")
        );
        assert_eq!(found(r"c:\srv\data").as_deref(), Some(r"\\server\data \\server\C$\srv\data"));
        assert_eq!(found(r"D:\nope").as_deref(), Some(""));
        assert_eq!(found(r"D:\"), None, "the folder above a share");
    }
}
