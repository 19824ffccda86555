use crate::{ClientPattern, OpenFile, ServerNames, UserPattern};

/// Which open files are meant: those that all given parts match. Nothing given means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFilter {
    /// The file or folder with this path, and all that is in it: the server's own path, as it lists it, or
    /// `\\server\share\folder\file`, for which [`Server::files`](crate::Server::files) asks the server where the share
    /// lies. Slashes of both kinds mean the same, case does not count, and a drive (`C:`) can be left out.
    pub path: Option<String>,
    /// Who opened it.
    pub user: Option<UserPattern>,
    /// The client it was opened from, where the server can tell.
    pub client: Option<ClientPattern>,
}

impl FileFilter {
    /// Whether `file` is meant, as a server with these names lists it.
    #[must_use]
    pub fn matches(&self, file: &OpenFile, server: &ServerNames) -> bool {
        self.path.as_deref().is_none_or(|path| is_in(path, &file.path))
            && self.user.as_ref().is_none_or(|user| user.matches(&file.user, server))
            && self
                .client
                .as_ref()
                .is_none_or(|client| file.client.as_deref().is_some_and(|listed| client.matches(listed)))
    }
}

/// Whether the file with the path `listed` is `wanted`, or lies in the folder `wanted`.
fn is_in(wanted: &str, listed: &str) -> bool {
    let (wanted_drive, wanted) = split_drive(wanted);
    let (listed_drive, listed) = split_drive(listed);
    let mut rest = components(&listed).collect::<Vec<_>>().into_iter();
    (wanted_drive.is_none() || wanted_drive == listed_drive)
        && components(&wanted).all(|component| rest.next() == Some(component))
}

/// The drive's letter, and the path after it in one case and with one kind of slash.
fn split_drive(path: &str) -> (Option<char>, String) {
    let path: String = crate::name::folded(path).map(|c| if c == '/' { '\\' } else { c }).collect();
    let mut characters = path.chars();
    match (characters.next(), characters.next()) {
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => (Some(drive), characters.collect()),
        _ => (None, path),
    }
}

/// The names that a path is made of.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('\\').filter(|component| !component.is_empty() && *component != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, files beside the one that is named are taken too, and closed.
    #[test]
    fn a_path_takes_itself_and_what_is_in_it() {
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
