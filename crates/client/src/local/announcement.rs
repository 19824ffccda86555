//! The local login file: an [`Announcement`] writes the login of a server for commands of the same user, and
//! [`LocalServer::all`] reads it.
//!
//! The server holds a lock on the file while it runs, so that a reader recognizes and removes the file of a killed
//! server.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::PrivateFile;
use super::folder::Folder;
use super::private_file::sweep;
use crate::{Login, Secret};

const KIND: &str = "login";

/// A server that runs on this computer for the same user.
#[derive(Debug, Clone)]
pub struct LocalServer {
    /// The address on which it listens.
    pub address: SocketAddr,
    /// More addresses at which this computer reaches it.
    pub also: Vec<SocketAddr>,
    /// The login of its user from this computer.
    pub login: Login,
    /// The id of its process.
    pub pid: u32,
}

/// A file with the login of a running server. Dropping it removes the file.
///
/// ```no_run
/// use netsession::{Announcement, LocalServer};
///
/// # #[cfg(unix)] {
/// let announcement = Announcement::write(([127, 0, 0, 1], 4450).into(), "alice", "secret")?;
/// let found = LocalServer::all();
/// assert!(found.iter().any(|server| server.address.port() == 4450 && server.login.user == "alice"));
///
/// let path = announcement.path();
/// drop(announcement);
/// assert!(!path.exists());
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Announcement(PrivateFile);

impl Announcement {
    /// Writes the login of a server that listens on `address`, for commands of the same user.
    ///
    /// # Errors
    /// The system's error if the user has no private directory, or the file cannot be written.
    pub fn write(address: SocketAddr, user: &str, password: &str) -> io::Result<Self> {
        Self::write_at(address, &[], user, password)
    }

    /// Writes the login of a server that this computer also reaches at other addresses.
    ///
    /// # Errors
    /// As [`Announcement::write`].
    pub fn write_at(
        address: SocketAddr,
        also: &[SocketAddr],
        user: &str,
        password: &str,
    ) -> io::Result<Self> {
        PrivateFile::create(KIND, &text(address, also, user, password)).map(Self)
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }
}

fn text(address: SocketAddr, also: &[SocketAddr], user: &str, password: &str) -> Zeroizing<String> {
    let pid = std::process::id();
    let also: String = also.iter().map(|address| format!("also = {address}\n")).collect();
    Zeroizing::new(format!(
        "# Commands of the same user log on to a running `netsession serve` with this login. The server removes it.\n\
         address = {address}\n{also}username = {user}\npassword = {password}\npid = {pid}\n"
    ))
}

impl LocalServer {
    /// Returns the servers that this user runs on this computer, and removes the private files of killed processes.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = Folder::candidates().iter().flat_map(|path| Self::in_folder(path)).collect();
        all.sort_by_key(|server| server.address);
        all
    }

    /// Reads the login files of a directory. Skips a file that it cannot trust or read, because no server of this user
    /// wrote it.
    fn in_folder(path: &Path) -> Vec<Self> {
        let Ok(folder) = Folder::open(path) else { return Vec::new() };
        sweep(&folder);
        let names = folder.names().unwrap_or_default();
        names
            .iter()
            .filter(|name| name.strip_suffix(KIND).is_some_and(|name| name.ends_with('.')))
            .filter_map(|name| match Self::read(&folder, name) {
                Ok(server) => server,
                Err(error) => {
                    tracing::warn!(folder = %path.display(), name, %error, "skipped a local login file");
                    None
                }
            })
            .collect()
    }

    fn read(folder: &Folder, name: &str) -> io::Result<Option<Self>> {
        let file = folder.read(name)?;
        if !folder.is_held(name, &file)? {
            tracing::debug!(name, "removing the local login file of a killed server");
            folder.remove(name)?;
            return Ok(None);
        }
        // Allocates the full capacity at once: growing would leave copies of the password in memory.
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(4096).read_to_string(&mut text)?;
        let parsed = Self::parse(&text);
        parsed
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file contains no login"))
    }

    fn parse(text: &str) -> Option<Self> {
        let values = |key: &'static str| {
            let lines = text.lines().filter_map(|line| line.split_once(" = "));
            lines.filter_map(move |(found, value)| (found == key).then_some(value))
        };
        let value = |key: &'static str| values(key).next();
        Some(Self {
            address: value("address")?.parse().ok()?,
            also: values("also").filter_map(|address| address.parse().ok()).collect(),
            login: Login::new(value("username")?, Secret::password(value("password")?)).ok()?,
            pid: value("pid")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn announce(path: &Path, port: u16) -> io::Result<PrivateFile> {
        let address = ([127, 0, 0, 1], port).into();
        PrivateFile::write_in(
            path,
            KIND,
            &text(address, &[([127, 0, 0, 2], port).into()], "somebody", "hunter2"),
        )
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    /// A failure here would hide a running server, leave its login behind, or let other users read it.
    #[test]
    fn a_login_is_announced_found_and_removed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let (one, two) = (announce(&path, 4450).unwrap(), announce(&path, 4451).unwrap());
        assert_eq!((mode(&path), mode(&one.path())), (0o700, 0o600));
        let ports = || LocalServer::in_folder(&path).iter().map(|it| it.address.port()).collect::<Vec<_>>();
        let mut found = ports();
        found.sort_unstable();
        assert_eq!(found, [4450, 4451]);
        drop(one);
        let found = LocalServer::in_folder(&path);
        let [server] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((server.login.user.as_str(), server.pid), ("somebody", std::process::id()));
        assert_eq!(server.also, [([127, 0, 0, 2], 4451).into()]);
        assert!(matches!(&server.login.secret, Secret::Password(it) if it.as_str() == "hunter2"));
        drop(two);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
    }

    /// A failure here would make every command try the login of a killed server.
    #[test]
    fn the_file_of_a_killed_server_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let file = announce(&path, 4450).unwrap();
        let text = std::fs::read(file.path()).unwrap();
        drop(file);
        let stale = path.join("0123456789abcdef.login");
        std::fs::write(&stale, text).unwrap();
        std::fs::set_permissions(&stale, Permissions::from_mode(0o600)).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty());
        assert!(!stale.exists());
    }

    /// A failure here would let another user write a login file and so receive a logon, or read the user's own login.
    #[test]
    fn files_and_folders_that_others_can_reach_are_not_used() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let file = announce(&path, 4450).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(0o640)).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty(), "a file that others can read");
        std::fs::set_permissions(file.path(), Permissions::from_mode(0o600)).unwrap();
        let linked = temp.path().join("linked");
        symlink(&path, &linked).unwrap();
        assert!(LocalServer::in_folder(&linked).is_empty(), "a link to a folder");
        assert!(announce(&linked, 4451).is_err(), "a link to a folder");
        std::fs::create_dir(temp.path().join("aside")).unwrap();
        let aside = temp.path().join("aside").join("file");
        std::fs::rename(file.path(), &aside).unwrap();
        symlink(&aside, file.path()).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty(), "a link to a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert!(announce(&path, 4451).is_err(), "a folder that others can look into");
    }
}
