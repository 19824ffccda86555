//! [`SharePath`]: a path on a share of a server, and how people write one.

use std::net::IpAddr;

use netsession::ServerAddress;

use crate::Error;
use crate::error::PasswordPlace;
use crate::error::PathError;

/// What names the contents of a file among its streams, and those of a folder ([MS-FSCC] 2.1.5). A server lists the file or the
/// folder without it.
const CONTENTS: [&str; 3] = ["::$DATA", "::$INDEX_ALLOCATION", ":$I30:$INDEX_ALLOCATION"];

/// A path on a share: the server, the share, and the folders and file in it.
///
/// ```
/// use netsession_admin::SharePath;
///
/// let path = SharePath::parse("smb://fs1:4450/data/annual%20report.txt").transpose()?.unwrap();
/// assert_eq!((path.server(), path.share()), ("fs1:4450", "data"));
/// assert_eq!(path.unc(), r"\\fs1\data\annual report.txt");
/// assert!(SharePath::parse(r"C:\data").is_none());
/// # Ok::<(), netsession_admin::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharePath {
    /// The server as the person wrote it, with its port.
    server: String,
    address: ServerAddress,
    share: String,
    /// The folders and the file.
    names: Vec<String>,
    user: Option<String>,
    connected_to: Option<IpAddr>,
}

impl SharePath {
    /// Reads `\\server\share\path`, `//server/share/path`, `smb://[user@]server[:port]/share/path` or
    /// `file://server/share/path`. None if the text has none of these forms.
    ///
    /// # Errors
    /// [`Error::Path`], [`Error::ServerName`]; [`Error::PasswordInSight`] if a URL contains a password.
    #[must_use]
    pub fn parse(text: &str) -> Option<Result<Self, Error>> {
        let text = text.trim_start();
        let error = |reason| Error::Path { path: text.to_owned(), reason };
        if let Some(url) = strip_scheme(text) {
            return Some(of_url(url, &error));
        }
        let rest = text.strip_prefix(r"\\").or_else(|| text.strip_prefix("//"))?;
        let rest = match rest.get(..6) {
            Some(prefix) if prefix.eq_ignore_ascii_case(r"?\UNC\") => rest.get(6..).unwrap_or_default(),
            _ if rest.starts_with(['?', '.']) => return Some(Err(error(PathError::Device))),
            _ => rest,
        };
        let mut names = rest.split(['\\', '/']);
        let server = names.next().unwrap_or_default();
        Some(Self::new(server, names.map(str::to_owned), &error))
    }

    /// Makes a path of a server and the names after it: the share, the folders and the file.
    pub(super) fn new(
        server: &str,
        names: impl Iterator<Item = String>,
        error: &dyn Fn(PathError) -> Error,
    ) -> Result<Self, Error> {
        let server = of_ipv6_literal(server).unwrap_or_else(|| server.to_owned());
        if server.contains('@') {
            return Err(crate::NamedServer::parse(&server).err().unwrap_or_else(|| error(PathError::Device)));
        }
        let address: ServerAddress = server.parse()?;
        let mut kept: Vec<String> = Vec::new();
        for name in names {
            match name.as_str() {
                "" | "." => {}
                ".." if kept.len() > 1 => drop(kept.pop()),
                ".." => return Err(error(PathError::AboveShare)),
                _ if name.contains(['\\', '/', '\0']) => return Err(error(PathError::Separator)),
                _ => kept.push(name),
            }
        }
        kept.iter_mut().skip(1).for_each(|name| name.truncate(without_contents(name).len()));
        let mut kept = kept.into_iter();
        let share = kept.next().ok_or_else(|| error(PathError::NoShare))?;
        Ok(Self { server, address, share, names: kept.collect(), user: None, connected_to: None })
    }

    /// Adds the address to which a mount of the share is connected.
    #[cfg(any(unix, test))]
    pub(super) fn connected_to(self, address: Option<IpAddr>) -> Self {
        Self { connected_to: address, ..self }
    }

    /// The server, as a name on the command line: a host, with its port if that is not 445.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The server's address.
    #[must_use]
    pub const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// The share.
    #[must_use]
    pub fn share(&self) -> &str {
        &self.share
    }

    /// The user whom a URL names, as `--login` takes one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The address to which a mount on this computer is connected, if the path is in one.
    #[must_use]
    pub const fn mounted_from(&self) -> Option<IpAddr> {
        self.connected_to
    }

    /// Returns `\\server\share\folder\file`, without the port.
    #[must_use]
    pub fn unc(&self) -> String {
        let mut text = format!(r"\\{}\{}", self.address.host(), self.share);
        for name in &self.names {
            text.push('\\');
            text.push_str(name);
        }
        text
    }
}

/// Returns the name of a file or a folder without what names its contents.
pub(super) fn without_contents(name: &str) -> &str {
    let stem = |contents: &&str| {
        let (stem, end) = name.split_at_checked(name.len().checked_sub(contents.len())?)?;
        Some(stem).filter(|stem| !stem.is_empty() && end.eq_ignore_ascii_case(contents))
    };
    CONTENTS.iter().find_map(stem).unwrap_or(name)
}

/// Returns a server's own path, such as `C:\data\x`, without what names the contents of a file or a folder: the server lists the
/// path without it.
///
/// ```
/// assert_eq!(netsession_admin::without_streams(r"C:\data\x.txt::$DATA"), r"C:\data\x.txt");
/// assert_eq!(netsession_admin::without_streams(r"C:\data\x.txt:notes:$DATA"), r"C:\data\x.txt:notes:$DATA");
/// ```
#[must_use]
pub fn without_streams(path: &str) -> String {
    let names = super::after_drive(path).unwrap_or(path);
    let mut kept = path.strip_suffix(names).unwrap_or_default().to_owned();
    for part in names.split_inclusive(['\\', '/']) {
        let name = part.trim_end_matches(['\\', '/']);
        kept.push_str(without_contents(name));
        kept.push_str(part.strip_prefix(name).unwrap_or_default());
    }
    kept
}

/// Returns what follows `smb://`.
fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    match () {
        () if is("smb") || is("cifs") => Some(rest),
        // Some programs write the two slashes of the path after those of the URL.
        () if is("file") => match rest.strip_prefix("//") {
            Some(rest) => Some(rest),
            None => Some(rest).filter(|rest| !is_of_this_computer(rest)),
        },
        () => None,
    }
}

/// Whether what follows `file://` names no other computer.
fn is_of_this_computer(rest: &str) -> bool {
    let host = rest.split('/').next().unwrap_or_default();
    host.is_empty() || host.eq_ignore_ascii_case("localhost")
}

/// Returns the path of a URL that names a file of this computer, as file managers copy it: `file:///home/bob/a%20b`. None for
/// another text.
pub(super) fn of_file_url(text: &str) -> Option<Result<String, Error>> {
    let (scheme, rest) = text.trim_start().split_once("://")?;
    let path = rest.find('/').and_then(|at| rest.get(at..));
    let path = path.filter(|_| scheme.eq_ignore_ascii_case("file") && is_of_this_computer(rest))?;
    Some(decode(path).ok_or_else(|| Error::Path { path: text.to_owned(), reason: PathError::Escape }))
}

/// Reads `[[domain;]user@]server[:port]/share/path` with escapes such as `%20`.
fn of_url(url: &str, error: &dyn Fn(PathError) -> Error) -> Result<SharePath, Error> {
    let (authority, rest) = url.split_once('/').unwrap_or((url, ""));
    let (user, server) = match authority.rsplit_once('@') {
        Some((user, server)) => (Some(user), server),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(Error::PasswordInSight { place: PasswordPlace::ServerAddress });
    }
    let decoded = |text: &str| decode(text).ok_or_else(|| error(PathError::Escape));
    let user = user.filter(|user| !user.is_empty()).map(|user| match user.split_once(';') {
        Some((domain, user)) => Ok(format!(r"{}\{}", decoded(domain)?, decoded(user)?)),
        None => decoded(user),
    });
    if user.as_ref().is_some_and(|user| user.as_ref().is_ok_and(|user| netsession_config::has_password(user)))
    {
        return Err(Error::PasswordInSight { place: PasswordPlace::ServerAddress });
    }
    let names = rest.split('/').map(decoded).collect::<Result<Vec<_>, _>>()?;
    let path = SharePath::new(&decoded(server)?, names.into_iter(), error)?;
    Ok(SharePath { user: user.transpose()?, ..path })
}

/// Decodes `%20`. None for an incomplete escape, or bytes that are not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (code, after) = rest.split_at_checked(2)?;
        let code =
            std::str::from_utf8(code).ok().filter(|code| code.bytes().all(|c| c.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Returns the address that Windows writes as a host name: `fe80--1s4.ipv6-literal.net` is `fe80::1%4`.
fn of_ipv6_literal(host: &str) -> Option<String> {
    const SUFFIX: &str = ".ipv6-literal.net";
    let (address, suffix) = host.split_at_checked(host.len().checked_sub(SUFFIX.len())?)?;
    suffix.eq_ignore_ascii_case(SUFFIX).then(|| address.replace('-', ":").replace(['s', 'S'], "%"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> SharePath {
        SharePath::parse(text).unwrap().unwrap()
    }

    fn refused(text: &str) -> Error {
        SharePath::parse(text).unwrap().unwrap_err()
    }

    /// A failure here would ask another server, or look for another file.
    #[test]
    fn every_form_of_a_path_is_read() {
        for text in [
            r"\\fs1\data\a b\x.txt",
            "//fs1/data/a b/x.txt",
            r"\\fs1/data\a b\.\c\..\x.txt\",
            "smb://fs1/data/a%20b/x.txt",
            "SMB://fs1/data//a%20b/x%2etxt/",
            r"\\?\UNC\fs1\data\a b\x.txt",
            "cifs://fs1/data/a b/x.txt",
            "file://fs1/data/a%20b/x.txt",
            "file:////fs1/data/a b/x.txt",
        ] {
            let path = parsed(text);
            assert_eq!((path.server(), path.share(), path.user()), ("fs1", "data", None), "{text}");
            assert_eq!(path.unc(), r"\\fs1\data\a b\x.txt", "{text}");
        }
        assert_eq!(parsed(r"\\fs1\data\x.txt::$Data").unc(), r"\\fs1\data\x.txt");
        for folder in [r"a\b::$INDEX_ALLOCATION", r"a::$index_allocation\b", r"a\b:$I30:$INDEX_ALLOCATION"] {
            assert_eq!(parsed(&format!(r"\\fs1\data\{folder}")).unc(), r"\\fs1\data\a\b", "{folder}");
        }
        assert_eq!(parsed(r"\\fs1\data\::$DATA").unc(), r"\\fs1\data\::$DATA");
        assert_eq!(parsed(r"\\fs1\data\x.txt:s:$DATA").unc(), r"\\fs1\data\x.txt:s:$DATA");
        assert_eq!(parsed(r"\\127.0.0.1:4450\data").server(), "127.0.0.1:4450");
        assert_eq!(parsed("smb://[fe80::1%254]:4450/d").address().host(), "fe80::1%4");
        assert_eq!(parsed(r"\\fe80--1s4.ipv6-literal.net\d").address().host(), "fe80::1%4");
        assert_eq!(parsed("smb://LAB;adm%201@fs1:445/d").user(), Some(r"LAB\adm 1"));
        assert_eq!(parsed("smb://adm1@lab.test@fs1/d").user(), Some("adm1@lab.test"));
        for other in [r"C:\data", "/srv/data", r"\data", "data", "", "http://fs1/data", "fs1:/data"] {
            assert!(SharePath::parse(other).is_none(), "{other}");
        }
    }

    /// A failure here would call a file free that somebody holds, or look for another one.
    #[test]
    fn the_contents_of_a_servers_own_path_are_the_file() {
        for (path, expected) in [
            (r"C:\a\x.txt::$data", r"C:\a\x.txt"),
            ("/srv/a::$INDEX_ALLOCATION/x", "/srv/a/x"),
            (r"\a:$I30:$INDEX_ALLOCATION\", r"\a\"),
            (r"C::$DATA", r"C::$DATA"),
            (r"C:\::$DATA", r"C:\::$DATA"),
            (r"C:\x.txt:s:$DATA", r"C:\x.txt:s:$DATA"),
            ("", ""),
        ] {
            assert_eq!(without_streams(path), expected, "{path}");
        }
    }

    /// A failure here would show or send a password that a person pastes with a URL.
    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for text in [
            "smb://bob:hunter2@fs1/data",
            "smb://LAB;bob:hunter2@fs1/data",
            "smb://bob%25hunter2@fs1/data",
            r"\\bob:hunter2@fs1\data",
            "//bob:hunter2@fs1/data",
        ] {
            let error = refused(text);
            assert!(matches!(error, Error::PasswordInSight { .. }), "{text}: {error}");
            assert!(!format!("{error}{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    /// A failure here would take a text for another path than the person meant.
    #[test]
    fn a_path_that_names_no_file_on_a_share_is_refused() {
        for (text, reason) in [
            (r"\\fs1", PathError::NoShare),
            (r"\\fs1\", PathError::NoShare),
            ("smb://fs1", PathError::NoShare),
            (r"\\fs1\..\x", PathError::AboveShare),
            (r"\\fs1\data\..\..\x", PathError::AboveShare),
            ("smb://fs1/data/%2", PathError::Escape),
            ("smb://fs1/data/%zz", PathError::Escape),
            ("smb://fs1/data/%ff", PathError::Escape),
            ("smb://fs1/data/a%00", PathError::Escape),
            ("smb://fs1/data/a%2fb", PathError::Separator),
            ("smb://fs1/data/a%5cb", PathError::Separator),
            (r"\\.\pipe\srvsvc", PathError::Device),
            (r"\\?\C:\data", PathError::Device),
        ] {
            let error = refused(text);
            assert!(
                matches!(&error, Error::Path { reason: found, .. } if *found == reason),
                "{text}: {error}"
            );
            assert!(error.is_usage());
        }
        for text in [r"\\\data\x", "smb:///data/x", r"\\fs 1\data", "smb://fs1:0/data", "//bob@fs1/data"] {
            assert!(matches!(refused(text), Error::ServerName(_)), "{text}");
        }
    }

    proptest! {
        /// A failure here would let some text crash the parser, or change when a person copies a shown path.
        #[test]
        fn a_shown_path_is_read_as_itself(text in r"(smb://|\\\\|//)[a-z0-9.:@%;\[\]]{0,12}[/\\][\PC]{0,30}") {
            if let Some(Ok(path)) = SharePath::parse(&text) {
                let again = SharePath::parse(&path.unc()).unwrap().map(|again| again.unc());
                prop_assert_eq!(again.ok(), Some(path.unc()));
            }
        }
    }
}
