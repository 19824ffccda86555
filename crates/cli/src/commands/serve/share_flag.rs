//! The value of `--share`: `NAME=DIR[:OPTION,...]`.

use std::path::Path;

use netsession_server::Folder;

/// Parses `NAME=DIR` or `NAME=DIR:OPTION,...`.
///
/// The text after the last colon counts as options only if every part of it is one. A path that ends like that needs
/// another colon after it, which begins an empty list of options.
pub(super) fn parse(text: &str) -> Result<Folder, String> {
    let (name, rest) = text.split_once('=').ok_or("expected NAME=DIR or NAME=DIR:OPTION,...")?;
    check_name(name)?;
    let with_options = rest.rsplit_once(':').and_then(|(path, list)| Some((path, options(list)?)));
    let (path, options) = with_options.unwrap_or((rest, Vec::new()));
    if path.is_empty() {
        return Err("DIR is missing".to_owned());
    }
    let path = std::path::absolute(Path::new(path)).map_err(|error| error.to_string())?;
    Ok(options.into_iter().fold(Folder::new(name, path), apply))
}

/// Checks the name of a share.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if Folder::is_valid_name(name) {
        return Ok(());
    }
    Err(match name.encode_utf16().count() {
        0 => "NAME is missing".to_owned(),
        length @ 81.. => format!("the share name has {length} characters (80 at most)"),
        _ => format!("invalid share name `{name}` (no control character, and none of \"/\\[]:|<>+;,*?)"),
    })
}

/// Checks that a path leads to a folder.
pub(super) fn is_folder(path: &Path) -> Result<(), String> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err("not a directory".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// An option of a share.
enum Choice<'a> {
    ReadOnly,
    Encrypt(bool),
    Sign(bool),
    Users(Vec<&'a str>),
}

fn options(list: &str) -> Option<Vec<Choice<'_>>> {
    match list {
        "" => Some(Vec::new()),
        list => list.split(',').map(choice).collect(),
    }
}

fn choice(text: &str) -> Option<Choice<'_>> {
    Some(match text {
        "ro" => Choice::ReadOnly,
        "encrypt=required" => Choice::Encrypt(true),
        "encrypt=off" => Choice::Encrypt(false),
        "signing=required" => Choice::Sign(true),
        "signing=off" => Choice::Sign(false),
        // No user's name contains a plus sign.
        _ => Choice::Users(text.strip_prefix("users=")?.split('+').collect()),
    })
}

fn apply(folder: Folder, choice: Choice<'_>) -> Folder {
    match choice {
        Choice::ReadOnly => folder.read_only(true),
        Choice::Encrypt(required) => folder.encryption_required(required),
        Choice::Sign(required) => folder.signing_required(required),
        Choice::Users(users) => folder.users(users),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would share a folder under another name, or make a read-only share writable.
    #[test]
    #[cfg_attr(windows, ignore = "the paths are those of Unix")]
    fn a_share_has_a_name_and_a_path() {
        let parts = |text| parse(text).map(|it| (it.name, it.path.display().to_string(), it.read_only));
        assert_eq!(parts("a=/srv/a"), Ok(("a".into(), "/srv/a".into(), false)));
        assert_eq!(parts("a=/srv/b=c:ro"), Ok(("a".into(), "/srv/b=c".into(), true)));
        for wrong in ["/srv/a", "a=", "a=:ro", "a/b=/srv", "=/srv"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    /// A failure here would share another folder, or ignore a part of what protects it.
    #[test]
    #[cfg_attr(windows, ignore = "the paths are those of Unix")]
    fn options_end_the_path_only_where_all_are_known() {
        let all = parse("scans=/srv/scans:ro,encrypt=off,signing=required,users=bob+alice@LAB.TEST").unwrap();
        let expected = Folder::new("scans", "/srv/scans").read_only(true).encryption_required(false);
        assert_eq!(all, expected.signing_required(true).users(["bob", "alice@LAB.TEST"]));
        for (text, path) in [
            ("a=/srv/a:b", "/srv/a:b"),
            ("a=/srv/a,b", "/srv/a,b"),
            ("a=/srv/x,ro", "/srv/x,ro"),
            ("a=/srv/x:ro,encrypt=of", "/srv/x:ro,encrypt=of"),
            ("a=/srv/x:ro:", "/srv/x:ro"),
            ("a=/srv/a:b:ro", "/srv/a:b"),
        ] {
            assert_eq!(parse(text).unwrap().path, Path::new(path), "{text}");
        }
        assert!(!parse("a=/srv/x:ro:").unwrap().read_only);
    }
}
