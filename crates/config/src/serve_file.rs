//! [`ServeFile`]: the configuration file of `netsession serve`, with its shares and users.
//!
//! The keys have the names of the command's flags. The file can contain passwords; then only its owner may read it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::config::{MAX_LENGTH, line_of, risk_of, unreadable};
use crate::{Error, Mistake, MistakeKind, Risk};

/// The settings, shares and users of a server.
///
/// ```
/// use netsession_config::{Required, ServeFile};
///
/// let text = "listen = ['0.0.0.0:445']\n[share.docs]\npath = '/srv/docs'\nencrypt = 'required'\n[user.bob]\npassword = 'x'";
/// let file = ServeFile::parse(text)?;
/// assert_eq!(file.share["docs"].encrypt, Some(Required::Required));
/// # Ok::<(), netsession_config::Mistake>(())
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServeFile {
    /// The server's NetBIOS name.
    #[serde(default, deserialize_with = "netbios_name")]
    pub name: Option<String>,
    /// The addresses to listen on.
    #[serde(default)]
    pub listen: Vec<SocketAddr>,
    /// Whether clients must sign their requests; the default is that they must.
    pub signing: Option<Required>,
    /// Whether clients must encrypt.
    #[serde(default)]
    pub encrypt: bool,
    /// The dialects, from the oldest to the newest.
    pub dialects: Option<String>,
    /// The line of `dialects`.
    #[serde(skip)]
    pub dialects_line: usize,
    /// Whether a client can use several connections for one session.
    #[serde(default)]
    pub multichannel: bool,
    /// The server's keys in a domain.
    #[serde(default, deserialize_with = "absolute")]
    pub keytab: Option<PathBuf>,
    /// Whether the server refuses NTLM.
    #[serde(default)]
    pub no_ntlm: bool,
    /// A file with a line `name:password` for each user.
    #[serde(default, deserialize_with = "absolute")]
    pub users_file: Option<PathBuf>,
    /// The folders below which administrators can share folders.
    #[serde(default)]
    pub allow_shares_in: Vec<PathBuf>,
    /// Whether holds keep users out.
    #[serde(default)]
    pub holds: bool,
    /// The user for whom the server gives up root.
    pub run_as: Option<String>,
    /// How long a session may be idle.
    pub idle_timeout: Option<String>,
    /// The line of `idle-timeout`.
    #[serde(skip)]
    pub idle_timeout_line: usize,
    /// The file of the access log.
    #[serde(default, deserialize_with = "absolute")]
    pub access_log: Option<PathBuf>,
    /// Whether Finder and Explorer find the server.
    #[serde(default)]
    pub announce: bool,
    /// The shares by name.
    #[serde(default)]
    pub share: BTreeMap<String, ShareTable>,
    /// The users by name.
    #[serde(default)]
    pub user: BTreeMap<String, UserTable>,
}

/// A share: `[share.docs]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ShareTable {
    /// The folder.
    #[serde(deserialize_with = "absolute_path")]
    pub path: PathBuf,
    /// The comment that listings show.
    #[serde(default)]
    pub comment: String,
    /// Whether the server refuses every change in the folder.
    #[serde(default)]
    pub read_only: bool,
    /// Whether clients must encrypt; without it the rule of the server counts.
    pub encrypt: Option<Required>,
    /// Whether clients must sign; without it the rule of the server counts.
    pub signing: Option<Required>,
    /// The users who can connect; without it every user can.
    pub users: Option<Vec<String>>,
    /// The line of the table.
    #[serde(skip)]
    pub line: usize,
}

/// A user: `[user.bob]`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UserTable {
    /// The password.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Zeroizing<String>>,
    /// The NT hash of the password, in hexadecimal digits.
    #[serde(default, deserialize_with = "secret")]
    pub nt_hash: Option<Zeroizing<String>>,
    /// Whether the user can list and end the sessions of others.
    #[serde(default)]
    pub admin: bool,
    /// The line of the table.
    #[serde(skip)]
    pub line: usize,
}

/// Hides the secrets.
impl fmt::Debug for UserTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserTable")
            .field("admin", &self.admin)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Whether clients must protect their requests in some way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Required {
    /// They must.
    Required,
    /// They need not.
    Off,
}

/// Does not repeat a wrong value, as nothing in these files does.
impl TryFrom<String> for Required {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_str() {
            "required" => Ok(Self::Required),
            "off" => Ok(Self::Off),
            _ => Err("expected required or off"),
        }
    }
}

impl ServeFile {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::NotAFile`]; [`Error::RefusedServeFile`] if another user could have written it, or can
    /// read its passwords; [`Error::Mistake`] in its text.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|cause| unreadable(path, cause))?;
        let refused = |risk| Err(Error::RefusedServeFile { path: path.to_owned(), risk });
        if let Some(risk) = risk_of(path, &file)? {
            return refused(risk);
        }
        let length = file.metadata().map_err(|cause| unreadable(path, cause))?.len().min(MAX_LENGTH);
        // The full capacity from the start: growing would leave copies of the passwords in memory.
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).unwrap_or_default()));
        let is_exposed = others_can_read(&file);
        file.take(MAX_LENGTH).read_to_string(&mut text).map_err(|cause| unreadable(path, cause))?;
        let read = Self::parse(&text).map_err(|mistake| Error::Mistake { path: path.to_owned(), mistake })?;
        match is_exposed && read.user.values().any(UserTable::has_secret) {
            true => refused(Risk::ReadableFile),
            false => Ok(read),
        }
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The first [`Mistake`], with its line.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut file: Self = toml::from_str(text).map_err(|error| Mistake::of_toml(text, &error))?;
        file.idle_timeout_line = line_of(text, ["idle-timeout"].into_iter());
        file.dialects_line = line_of(text, ["dialects"].into_iter());
        for (name, share) in &mut file.share {
            share.line = line_of(text, ["share", name].into_iter());
        }
        for (name, user) in &mut file.user {
            user.line = line_of(text, ["user", name].into_iter());
        }
        match file.wrong_user() {
            None => Ok(file),
            Some((line, reason)) => {
                Err(Mistake { line, kind: MistakeKind::Entry, reason: reason.to_owned() })
            }
        }
    }

    /// Returns what is wrong with a user: a user of a domain has an `@` in the name, and no password here.
    fn wrong_user(&self) -> Option<(usize, &'static str)> {
        self.user.iter().find_map(|(name, user)| {
            let reason = match (name.contains('@'), user.password.is_some(), user.nt_hash.is_some()) {
                (true, false, false) => None,
                (true, ..) => Some("a user of a domain has no password here"),
                (false, true, true) => {
                    Some("the user has a password and an nt-hash: one of them is too many")
                }
                (false, false, false) if self.users_file.is_none() => {
                    Some("the user has no password: add `password` or `nt-hash`, or a `users-file`")
                }
                (false, ..) => None,
            };
            Some((user.line, reason?))
        })
    }
}

impl UserTable {
    fn has_secret(&self) -> bool {
        self.password.is_some() || self.nt_hash.is_some()
    }
}

#[cfg(unix)]
fn others_can_read(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|meta| meta.mode() & 0o077 != 0)
}

#[cfg(windows)]
fn others_can_read(file: &File) -> bool {
    netsession_winfs::access::Others::of(file).read
}

fn absolute<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    absolute_path(from).map(Some)
}

/// Reads an absolute path. A relative one would depend on the folder in which the server starts.
fn absolute_path<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let path = PathBuf::deserialize(from)?;
    match path.is_absolute() {
        true => Ok(path),
        false => Err(D::Error::custom("the path must be absolute")),
    }
}

/// Whether this is a name that every client can use for a server: 1 to 15 letters, digits and hyphens.
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    (1..=15).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Reads a name that every client can use.
fn netbios_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(from)?;
    match is_server_name(&name) {
        true => Ok(Some(name)),
        false => Err(D::Error::custom("expected a name of 1 to 15 letters, digits and hyphens")),
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    let text = Zeroizing::new(String::deserialize(from)?);
    match text.is_empty() {
        false => Ok(Some(text)),
        true => Err(D::Error::custom("the password is empty")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would share another folder, weaken a share, or let nobody log on.
    #[test]
    fn every_key_is_read() {
        let text = "name = 'FS1'\nlisten = ['0.0.0.0:445', '[::]:445']\nsigning = 'off'\nencrypt = true\n\
                    dialects = '2.0.2-'\nmultichannel = true\nkeytab = '/k'\nno-ntlm = true\nusers-file = '/u'\n\
                    allow-shares-in = ['/srv']\nholds = true\nrun-as = 'files'\n\
                    idle-timeout = '8h'\naccess-log = '/l'\n[share.docs]\npath = '/srv/docs'\n\
                    comment = 'Papers'\nread-only = true\nencrypt = 'off'\nsigning = 'required'\nusers = ['bob']\n\
                    [user.bob]\npassword = 'x'\nadmin = true\n[user.eve]\n[user.'*@LAB.TEST']\n";
        // A path of Windows is absolute with a drive.
        let text = if cfg!(windows) { text.replace("'/", "'C:/") } else { text.to_owned() };
        let file = ServeFile::parse(&text).unwrap();
        assert_eq!((file.listen.len(), file.signing), (2, Some(Required::Off)));
        assert!(file.encrypt && file.multichannel && file.no_ntlm && file.holds);
        let docs = &file.share["docs"];
        assert!(docs.read_only && docs.line == 15 && docs.path.ends_with("srv/docs"));
        assert_eq!((docs.encrypt, docs.signing), (Some(Required::Off), Some(Required::Required)));
        assert!(file.user["bob"].admin && file.user.len() == 3);
    }

    /// A failure here would start a server other than its administrator has described, or print a password.
    #[test]
    fn mistakes_have_a_line_and_show_no_value() {
        for (text, line, part) in [
            ("\nlisten = ['hunter2']", 2, "socket address"),
            ("[share.a]\npath = 'hunter2'", 2, "absolute"),
            ("[share.a]\ncomment = 'x'", 1, "path"),
            ("[share.a]\npath = '/a'\nencrypt = 'hunter2'", 3, "required or off"),
            ("[share.a]\npath = '/a'\nhidden = true", 3, "unknown field"),
            ("[user.bob]\nadmin = true", 1, "no password"),
            ("[user.a]\npassword = 'x'\n[user.bob]\npassword = 'hunter2'\nnt-hash = 'y'", 3, "too many"),
            ("[user.'a@B']\npassword = 'hunter2'", 1, "domain"),
            ("[user.a]\npassword = ''", 2, "empty"),
            ("name = 'hunter2.lab.test'", 1, "1 to 15 letters"),
            ("users = 'hunter2'", 1, "unknown field"),
        ] {
            let mistake = ServeFile::parse(text).unwrap_err();
            assert!(mistake.line == line && mistake.reason().contains(part), "{text}: {mistake}");
            assert!(!mistake.to_string().contains("hunter2"), "{mistake}");
        }
    }

    /// A failure here would let other users read the passwords of a server, or choose them.
    #[cfg(unix)]
    #[test]
    fn a_file_of_others_and_exposed_passwords_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("netsession-serve-file-{}", std::process::id()));
        let risk = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match ServeFile::read(&path) {
                Ok(_) => None,
                Err(Error::RefusedServeFile { risk, .. }) => Some(risk),
                Err(error) => panic!("{error}"),
            }
        };
        let with_password = "[user.bob]\npassword = 'x'";
        assert_eq!(risk(with_password, 0o600), None);
        assert_eq!(risk(with_password, 0o640), Some(Risk::ReadableFile));
        assert_eq!(risk("[user.'a@B']", 0o644), None);
        assert_eq!(risk("", 0o664), Some(Risk::WritableFile));
        std::fs::remove_file(&path).unwrap();
    }
}
