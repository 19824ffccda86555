//! [`Surroundings::place`]: follows a path of this computer to the mount that holds it.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::mount_table::{Mount, MountTable};
use super::{Place, gvfs};
use crate::Error;
use crate::error::PathError;

/// The most links of one path, as in the kernel (path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// What a path of this computer depends on.
pub(crate) struct Surroundings<'a> {
    folder: Option<PathBuf>,
    mounts: MountTable,
    /// The user of this process.
    user: u32,
    read_link: &'a dyn Fn(&Path) -> Option<Link>,
}

/// A symbolic link.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    target: PathBuf,
    owner: u32,
}

/// A path without links.
struct Resolved {
    path: Vec<u8>,
    /// Whether another user, who is not root, made one of the links.
    has_foreign_link: bool,
}

impl Surroundings<'_> {
    /// Returns the current folder and the mounts of this process.
    pub(crate) fn of_system() -> Self {
        let read_link = &|path: &Path| {
            let target = fs::read_link(path).ok()?;
            Some(Link { target, owner: fs::symlink_metadata(path).ok()?.uid() })
        };
        let user = rustix::process::geteuid().as_raw();
        Self { folder: std::env::current_dir().ok(), mounts: mounts(), user, read_link }
    }

    /// Finds where a path of this computer lies.
    pub(crate) fn place(&self, text: &str) -> Result<Place, Error> {
        let error = |reason| Error::Path { path: text.to_owned(), reason };
        let folder = self.folder.as_ref();
        let path = match Path::new(text).is_absolute() {
            true => PathBuf::from(text),
            false => folder.ok_or_else(|| error(PathError::NoFolder))?.join(text),
        };
        let Resolved { path, has_foreign_link } = self.resolved(&path).map_err(error)?;
        let shown = String::from_utf8(path.clone()).map_err(|_| error(PathError::NotText))?;
        let mount = self.mounts.holding(&path);
        if let Some(found) = mount.and_then(|mount| self.mounts.share_path(mount, &path)) {
            return found.map(Place::Share);
        }
        let Some(found) = gvfs::share_path(&shown) else { return Ok(Place::Local(shown)) };
        // The path alone names the server. If another user could choose it, the login would go to any server.
        if has_foreign_link {
            return Err(error(PathError::ForeignLink));
        }
        if !mount.is_some_and(|mount| mount.is_gvfs_of(self.user)) {
            return Err(error(PathError::ForeignGvfs));
        }
        found.map(Place::Share)
    }

    /// Returns the path without links, `.` and `..`. It reads no link in a mount from another computer.
    fn resolved(&self, path: &Path) -> Result<Resolved, PathError> {
        let mut rest: VecDeque<Vec<u8>> = names_of(path).collect();
        let (mut names, mut links): (Vec<Vec<u8>>, u32) = (Vec::new(), 0);
        let mut has_foreign_link = false;
        while let Some(name) = rest.pop_front() {
            match name.as_slice() {
                b"." | b"" => continue,
                b".." => {
                    names.pop();
                    continue;
                }
                _ => names.push(name),
            }
            let path = joined(&names);
            if self.mounts.holding(&path).is_some_and(Mount::is_remote) {
                continue;
            }
            let Some(Link { target, owner }) = (self.read_link)(Path::new(OsStr::from_bytes(&path))) else {
                continue;
            };
            has_foreign_link |= owner != 0 && owner != self.user;
            links = links.saturating_add(1);
            if links > MAX_LINKS {
                return Err(PathError::Links);
            }
            names.pop();
            if target.is_absolute() {
                names.clear();
            }
            for name in names_of(&target).collect::<Vec<_>>().into_iter().rev() {
                rest.push_front(name);
            }
        }
        Ok(Resolved { path: joined(&names), has_foreign_link })
    }
}

fn names_of(path: &Path) -> impl Iterator<Item = Vec<u8>> {
    let bytes = path.to_path_buf().into_os_string().into_vec();
    bytes.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter()
}

fn joined(names: &[Vec<u8>]) -> Vec<u8> {
    if names.is_empty() {
        return b"/".to_vec();
    }
    names.iter().flat_map(|name| [b"/".as_slice(), name].concat()).collect()
}

/// Returns the mounts of this process; none if the system does not tell.
fn mounts() -> MountTable {
    if cfg!(target_os = "macos") {
        // The C library's getmntinfo would need unsafe code.
        let output = Command::new("/sbin/mount").stdin(Stdio::null()).stderr(Stdio::null()).output();
        return output.map(|output| MountTable::of_mac(&output.stdout)).unwrap_or_default();
    }
    fs::read("/proc/self/mountinfo").map(|text| MountTable::of_mountinfo(&text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::*;

    const MOUNTS: &str = "1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:51 / /mnt/data rw - cifs //fs1/data rw,addr=10.0.0.5
3 1 0:52 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw,user_id=1000,group_id=1000
4 1 0:53 / /run/user/1001/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw,user_id=1001,group_id=1001
5 1 0:54 / /home/eve/gvfs rw - fuse.sshfs gvfsd-fuse rw,user_id=1000,group_id=1000
";

    /// Returns where the path lies, and which paths were touched.
    fn placed(text: &str, links: &[(&str, &str)]) -> (Result<Place, Error>, Vec<PathBuf>) {
        placed_by(1000, text, links)
    }

    /// As `placed`, where `owner` made the links.
    fn placed_by(owner: u32, text: &str, links: &[(&str, &str)]) -> (Result<Place, Error>, Vec<PathBuf>) {
        let links: HashMap<PathBuf, PathBuf> =
            links.iter().map(|(link, target)| (PathBuf::from(link), PathBuf::from(target))).collect();
        let touched = RefCell::new(Vec::new());
        let read_link = |path: &Path| {
            touched.borrow_mut().push(path.to_owned());
            links.get(path).map(|target| Link { target: target.clone(), owner })
        };
        let surroundings = Surroundings {
            folder: Some(PathBuf::from("/mnt/data/team")),
            mounts: MountTable::of_mountinfo(MOUNTS.as_bytes()),
            user: 1000,
            read_link: &read_link,
        };
        let place = surroundings.place(text);
        (place, touched.into_inner())
    }

    fn unc(text: &str, links: &[(&str, &str)]) -> Option<String> {
        match placed(text, links).0.unwrap() {
            Place::Share(path) => Some(path.unc()),
            _ => None,
        }
    }

    /// A failure here would look for another file than a program would open under this path.
    #[test]
    fn relative_paths_and_links_lead_to_the_share() {
        assert_eq!(unc("x.txt", &[]).unwrap(), r"\\fs1\data\team\x.txt");
        assert_eq!(unc("../x.txt", &[]).unwrap(), r"\\fs1\data\x.txt");
        assert_eq!(unc("/mnt/./data//a/", &[]).unwrap(), r"\\fs1\data\a");
        assert_eq!(unc("/mnt/data/../data/a", &[]).unwrap(), r"\\fs1\data\a");
        let links = [("/home/bob/share", "/mnt/data"), ("/mnt/here", "data/team"), ("/s", "home/bob/share")];
        assert_eq!(unc("/home/bob/share/x", &links).unwrap(), r"\\fs1\data\x");
        assert_eq!(unc("/mnt/here/x", &links).unwrap(), r"\\fs1\data\team\x");
        assert_eq!(unc("/s/x", &links).unwrap(), r"\\fs1\data\x");
        let gvfs = "/run/user/1000/gvfs/smb-share:server=fs2,share=data/x";
        assert_eq!(unc(gvfs, &[]).unwrap(), r"\\fs2\data\x");
        assert_eq!(unc("/mnt/data/../../etc/passwd", &[]), None);
        let local = placed("/home/../srv/./x", &[("/srv", "/data")]).0.unwrap();
        assert_eq!(local, Place::Local("/data/x".to_owned()));
    }

    /// A failure here would let another user of the computer send the administrator's login to any server, by a link or a
    /// folder with the right name.
    #[test]
    fn another_user_cannot_name_a_server_by_a_path_of_gvfs() {
        const EVIL: &str = "/run/user/1000/gvfs/smb-share:server=evil,share=data";
        let link = [("/srv/report", EVIL)];
        assert_eq!(unc("/srv/report/x", &link).unwrap(), r"\\evil\data\x", "the person's own link");
        assert!(matches!(placed_by(0, "/srv/report/x", &link).0, Ok(Place::Share(_))), "a link of root's");
        let reason = |place: Result<Place, Error>| match place {
            Err(Error::Path { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(placed_by(1001, "/srv/report/x", &link).0), PathError::ForeignLink);
        for folder in ["/tmp/gvfs", "/run/user/1001/gvfs", "/run/user/7/gvfs", "/home/eve/gvfs"] {
            let path = format!("{folder}/smb-share:server=evil,share=data/x");
            assert_eq!(reason(placed(&path, &[]).0), PathError::ForeignGvfs, "{path}");
        }
        // The mount of another kind names its server itself.
        let mount = [("/srv/report", "/mnt/data/report")];
        assert!(matches!(placed_by(1001, "/srv/report/x", &mount).0, Ok(Place::Share(_))));
        let inside = unc("/mnt/data/gvfs/smb-share:server=evil,share=s", &[]).unwrap();
        assert_eq!(inside, r"\\fs1\data\gvfs\smb-share:server=evil,share=s");
    }

    /// A failure here would make the command hang at a mount of a server that is gone.
    #[test]
    fn nothing_in_a_remote_mount_is_touched() {
        for path in ["/mnt/data/a/b/c", "/run/user/1000/gvfs/smb-share:server=fs2,share=data/x", "x/../y"] {
            let (_, touched) = placed(path, &[("/mnt/data/a", "/etc")]);
            let is_remote =
                |path: &PathBuf| path.starts_with("/mnt/data") || path.starts_with("/run/user/1000/gvfs");
            assert!(!touched.iter().any(is_remote), "{path}: {touched:?}");
        }
    }

    /// A failure here would make the command run for ever.
    #[test]
    fn links_in_a_circle_are_an_error() {
        let (place, _) = placed("/a/x", &[("/a", "b"), ("/b", "/a")]);
        assert!(matches!(place, Err(Error::Path { reason: PathError::Links, .. })), "{place:?}");
    }
}
