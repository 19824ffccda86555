use crate::{ClientPattern, OpenFile, ServerNames, UserPattern};

/// Which open files to list: those that match every part. A filter without any part matches every file.
///
/// ```
/// use netsession::FileFilter;
///
/// let filter = FileFilter { path: Some(r"C:\data".into()), users: vec!["bob".parse()?], ..FileFilter::default() };
/// assert!(!filter.is_empty());
/// # Ok::<(), netsession::ParseSelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFilter {
    /// The file or folder with this path, and everything in it. The path is the server's own, as the server lists it,
    /// or `\\server\share\folder\file`, for which [`Server::files`](crate::Server::files) asks the server for the
    /// folder of the share. Both kinds of slashes are the same, case does not count, and you may omit a drive (`C:`).
    pub path: Option<String>,
    /// The file is in the folder of this share. [`Server::files`](crate::Server::files) asks the server for the folder, so
    /// files that were opened through another share of the same folder match, too.
    pub share: Option<String>,
    /// The user who opened it is one of these; any user, if there is none.
    pub users: Vec<UserPattern>,
    /// The client that opened it is one of these; any client, if there is none. A file whose client is unknown does not
    /// match.
    pub clients: Vec<ClientPattern>,
}

impl FileFilter {
    /// Whether the filter has no part and matches every file.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.path.is_none() && self.share.is_none() && self.users.is_empty() && self.clients.is_empty()
    }

    /// Whether it matches `file`, as a server with these names lists it. A filter with a share matches nothing here.
    #[must_use]
    pub fn matches(&self, file: &OpenFile, server: &ServerNames) -> bool {
        self.share.is_none()
            && self.path.as_deref().is_none_or(|path| is_in(path, &file.path))
            && (self.users.is_empty() || self.users.iter().any(|user| user.matches(&file.user, server)))
            && (self.clients.is_empty() || self.is_client(file) == Some(true))
    }

    /// Whether it would match `file` if it ignored the domain of the user and the client.
    pub(crate) fn nearly_matches(&self, file: &OpenFile, server: &ServerNames) -> bool {
        let without = Self { users: Vec::new(), clients: Vec::new(), ..self.clone() };
        let is_user = |user: &UserPattern| user.matches(&file.user, server);
        without.matches(file, server)
            && !self.users.iter().any(is_user)
            && self.users.iter().any(|user| user.matches_without_domain(&file.user))
    }

    /// Whether one of the clients opened the file. `None` if its client is unknown.
    fn is_client(&self, file: &OpenFile) -> Option<bool> {
        let listed = file.client.as_deref()?;
        Some(self.clients.iter().any(|client| client.matches(listed)))
    }
}

/// Whether the path `listed` is `wanted`, or is in the folder `wanted`.
pub(crate) fn is_in(wanted: &str, listed: &str) -> bool {
    let (wanted_drive, wanted) = split_drive(wanted);
    let (listed_drive, listed) = split_drive(listed);
    let mut rest = components(&listed).collect::<Vec<_>>().into_iter();
    (wanted_drive.is_none() || wanted_drive == listed_drive)
        && components(&wanted).all(|component| rest.next() == Some(component))
}

/// Splits off the drive's letter. Returns the rest in one case and with one kind of slash.
fn split_drive(path: &str) -> (Option<char>, String) {
    let path: String = crate::name::folded(path).map(|c| if c == '/' { '\\' } else { c }).collect();
    let mut characters = path.chars();
    match (characters.next(), characters.next()) {
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => (Some(drive), characters.collect()),
        _ => (None, path),
    }
}

/// Returns the components of a path.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('\\').filter(|component| !component.is_empty() && *component != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would not explain why no file matched if a person omits the domain, or hint at a user who matches.
    #[test]
    fn the_same_user_in_another_domain_nearly_matches() {
        let file = |user: &str| OpenFile {
            id: crate::FileId(7),
            path: r"C:\data\a.txt".to_owned(),
            user: user.to_owned(),
            client: None,
            permissions: crate::Permissions(1),
            locks: 0,
        };
        let names = ServerNames::default();
        let alice = |path: &str| FileFilter {
            users: vec!["alice".parse().unwrap()],
            path: Some(path.to_owned()),
            ..FileFilter::default()
        };
        let listed = file(r"LAB\alice");
        assert!(!alice(r"C:\data").matches(&listed, &names));
        assert!(alice(r"C:\data").nearly_matches(&listed, &names));
        assert!(!alice(r"D:\").nearly_matches(&listed, &names), "another folder");
        assert!(!alice(r"C:\data").nearly_matches(&file("alice"), &names), "it matches fully");
        assert!(!alice(r"C:\data").nearly_matches(&file(r"LAB\bob"), &names));
        assert!(!FileFilter::default().nearly_matches(&listed, &names), "no user is selected");
    }

    /// A failure here would close files beside the named one.
    #[test]
    fn a_path_matches_itself_and_everything_in_it() {
        for (wanted, listed, expected) in [
            (r"C:\data", r"C:\data", true),
            (r"c:\DATA\", r"C:\data\a.txt", true),
            (r"C:\data", r"C:\database", false),
            (r"C:\data\a.txt", r"C:\data\a.txt.bak", false),
            (r"C:\data\a.txt", r"C:\data", false),
            ("/srv/data", r"C:\srv\data\a.txt", true),
            (r"D:\srv", r"C:\srv\data", false),
            ("/", r"C:\srv\data", true),
            (r"\srv\.\data", r"C:\srv\data\x", true),
        ] {
            assert_eq!(is_in(wanted, listed), expected, "{wanted} against {listed}");
        }
    }
}
