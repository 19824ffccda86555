//! The local login: what a server of this computer leaves for its own user.
//!
//! The server holds a lock on the file for as long as it runs, so that the file of one that was killed is known and
//! removed.

use std::fs::TryLockError;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::PrivateFile;
use super::folder::Folder;
use crate::{Login, Secret};

const KIND: &str = "login";

/// A server that runs on this computer for the same user.
#[derive(Debug, Clone)]
pub struct LocalServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// How its user logs on from this computer.
    pub login: Login,
    /// Its process.
    pub pid: u32,
}

/// A login that was left. It goes when this is dropped.
#[derive(Debug)]
pub struct Announcement(PrivateFile);

impl Announcement {
    /// Leaves the login of a server that listens on `address`, for commands of the same user.
    ///
    /// # Errors
    /// No folder of the user's own can be had, or the file cannot be written.
    pub fn leave(address: SocketAddr, user: &str, password: &str) -> io::Result<Self> {
        PrivateFile::leave(KIND, &text(address, user, password)).map(Self)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }
}

fn text(address: SocketAddr, user: &str, password: &str) -> Zeroizing<String> {
    let pid = std::process::id();
    Zeroizing::new(format!(
        "# How commands of the same user log on to a running `netsession serve`. It goes when the server does.\n\
         address = {address}\nusername = {user}\npassword = {password}\npid = {pid}\n"
    ))
}

impl LocalServer {
    /// The servers that this user runs on this computer. The files of those that were killed are removed.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = Folder::candidates().iter().flat_map(|path| Self::in_folder(path)).collect();
        all.sort_by_key(|server| server.address);
        all
    }

    /// What cannot be trusted or read is passed over: it is no server of this user's.
    fn in_folder(path: &Path) -> Vec<Self> {
        let Ok(folder) = Folder::open(path) else { return Vec::new() };
        let names = folder.names().unwrap_or_default();
        names
            .iter()
            .filter(|name| name.strip_suffix(KIND).is_some_and(|name| name.ends_with('.')))
            .filter_map(|name| match Self::read(&folder, name) {
                Ok(server) => server,
                Err(error) => {
                    tracing::warn!(folder = %path.display(), name, %error, "a local login is passed over");
                    None
                }
            })
            .collect()
    }

    fn read(folder: &Folder, name: &str) -> io::Result<Option<Self>> {
        let file = folder.read(name)?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => {
                tracing::debug!(name, "its server was killed");
                folder.remove(name)?;
                return Ok(None);
            }
        }
        // Reserved at once: growing would leave copies of the password behind.
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(4096).read_to_string(&mut text)?;
        let parsed = Self::parse(&text);
        parsed.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no login"))
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| {
            text.lines()
                .filter_map(|line| line.split_once(" = "))
                .find_map(|(found, value)| (found == key).then_some(value))
        };
        Some(Self {
            address: value("address")?.parse().ok()?,
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

    fn leave(path: &Path, port: u16) -> io::Result<PrivateFile> {
        let address = ([127, 0, 0, 1], port).into();
        PrivateFile::leave_in(path, KIND, &text(address, "somebody", "hunter2"))
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    /// If this fails, a running server is not found, or its login stays or can be read by others.
    #[test]
    fn a_login_is_left_found_and_taken_away() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let (one, two) = (leave(&path, 4450).unwrap(), leave(&path, 4451).unwrap());
        assert_eq!((mode(&path), mode(&one.path())), (0o700, 0o600));
        let ports = || LocalServer::in_folder(&path).iter().map(|it| it.address.port()).collect::<Vec<_>>();
        let mut found = ports();
        found.sort_unstable();
        assert_eq!(found, [4450, 4451]);
        drop(one);
        let found = LocalServer::in_folder(&path);
        let [server] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((server.login.user.as_str(), server.pid), ("somebody", std::process::id()));
        assert!(matches!(&server.login.secret, Secret::Password(it) if it.as_str() == "hunter2"));
        drop(two);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
    }

    /// If this fails, the login of a server that was killed would be tried for ever.
    #[test]
    fn what_a_killed_server_left_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let left = leave(&path, 4450).unwrap();
        let text = std::fs::read(left.path()).unwrap();
        drop(left);
        let stale = path.join("0123456789abcdef.login");
        std::fs::write(&stale, text).unwrap();
        std::fs::set_permissions(&stale, Permissions::from_mode(0o600)).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty());
        assert!(!stale.exists());
    }

    /// If this fails, another user could put a login in the way and receive what is meant for the own server, or
    /// read the own one.
    #[test]
    fn what_others_can_get_at_is_not_used() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let left = leave(&path, 4450).unwrap();
        std::fs::set_permissions(left.path(), Permissions::from_mode(0o640)).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty(), "a file that others can read");
        std::fs::set_permissions(left.path(), Permissions::from_mode(0o600)).unwrap();
        let linked = temp.path().join("linked");
        symlink(&path, &linked).unwrap();
        assert!(LocalServer::in_folder(&linked).is_empty(), "a link to a folder");
        assert!(leave(&linked, 4451).is_err(), "a link to a folder");
        std::fs::create_dir(temp.path().join("aside")).unwrap();
        let aside = temp.path().join("aside").join("file");
        std::fs::rename(left.path(), &aside).unwrap();
        symlink(&aside, left.path()).unwrap();
        assert!(LocalServer::in_folder(&path).is_empty(), "a link to a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert!(leave(&path, 4451).is_err(), "a folder that others can look into");
    }
}
