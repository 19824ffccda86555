//! [`Root`]: the folder of a share. It opens everything below the folder without ever leaving it.
//!
//! The server never compares paths as text. On Linux the kernel keeps a path beneath the folder (`openat2` with
//! `RESOLVE_BENEATH`), so that a rename or a new link that races with an open changes nothing. On other systems, and on
//! kernels without that call, the server opens the path component by component, and follows no link.

use rustix::fd::{AsFd, OwnedFd};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use netsession_wire::name::is_same_name;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::effort::Effort;
use super::folder_names::{FolderNames, Reading, Record};
use super::info::{FileInfo, Kind};
use super::name::SharePath;
use super::status::{no_memory, refused};
#[cfg(target_os = "linux")]
use super::streams;

/// The most entries that a search for a name in any case reads.
const SEARCH_LIMIT: usize = 100_000;
/// The most entries that the server reads again for each name. It keeps the names of a larger folder.
const FEW_ENTRIES: usize = 512;

/// The folder that a share shows.
#[derive(Debug)]
pub(crate) struct Root {
    folder: OwnedFd,
    path: PathBuf,
    names: FolderNames,
}

/// A path below the root in the disk's spelling, as far as it exists.
#[derive(Debug, Clone)]
pub(crate) struct Spelled {
    /// The path with the disk's spelling of every component that exists.
    pub(crate) path: SharePath,
    /// Whether the last component exists.
    pub(crate) exists: bool,
    /// Its record, if the client has spelled it as the disk does.
    pub(super) stat: Option<Stat>,
}

impl Root {
    /// Opens `path`, which must be a folder.
    ///
    /// # Errors
    /// The system's error; `ENOTDIR` for a file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let folder = openat(CWD, path, FOLDER, Mode::empty())?;
        Ok(Self { folder, path: std::path::absolute(path)?, names: FolderNames::default() })
    }

    /// Opens a folder below this one, or this one, as the folder of a share.
    ///
    /// # Errors
    /// As [`Root::open_beneath`]; `ENOTDIR` for a file.
    pub(crate) fn below(&self, path: &SharePath) -> io::Result<Self> {
        let folder = self.open_beneath(path, FOLDER, Mode::empty())?;
        let whole = path.components().iter().fold(self.path.clone(), |whole, name| whole.join(name));
        Ok(Self { folder, path: whole, names: FolderNames::default() })
    }

    /// Returns the folder's path, for display only.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> impl AsFd + '_ {
        &self.folder
    }

    /// Opens `path`. It follows links that stay beneath the root if the kernel guarantees that they do and `flags` do not contain
    /// `NOFOLLOW`; it refuses all others.
    ///
    /// # Errors
    /// `EXDEV` or `ELOOP` if a link leads out of the root, `EACCES` if it leads to the streams, and errors of the system.
    pub(crate) fn open_beneath(&self, path: &SharePath, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        if path.is_root() {
            return Ok(openat(&self.folder, ".", flags, mode)?);
        }
        #[cfg(target_os = "linux")]
        match openat2(&self.folder, path, flags, mode) {
            Err(Errno::NOSYS | Errno::PERM) => {}
            opened => return Ok(opened?),
        }
        self.walk(path, flags, mode)
    }

    /// Opens the folder that contains `path`, and returns the last component: to create, rename or delete it.
    ///
    /// # Errors
    /// As [`Root::open_beneath`]; `EISDIR` for the root, which is in no folder of the share.
    pub(crate) fn open_folder_of<'a>(&self, path: &'a SharePath) -> io::Result<(OwnedFd, &'a OsStr)> {
        let (folder, leaf) = path.split_last().ok_or(Errno::ISDIR)?;
        let folder: SharePath = folder.iter().cloned().collect();
        Ok((self.open_beneath(&folder, FOLDER, Mode::empty())?, OsStr::new(leaf)))
    }

    /// Finds the disk's spelling of `path`: exactly the same, or else with other upper and lower case.
    ///
    /// # Errors
    /// `ENOENT` or `ENOTDIR` if a folder on the way is missing; the errors of `effort`; otherwise as [`Root::open_beneath`].
    pub(crate) fn spell(&self, path: &SharePath, effort: &Effort<'_>) -> io::Result<Spelled> {
        match self.stat(path) {
            Ok(stat) => return Ok(Spelled { path: path.clone(), exists: true, stat: Some(stat) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut spelled: Vec<String> = Vec::with_capacity(path.components().len());
        let mut missing = false;
        for wanted in path.components() {
            if missing {
                return Err(Errno::NOENT.into());
            }
            let folder: SharePath = spelled.iter().cloned().collect();
            match self.find(&folder, wanted, effort)? {
                Some(found) => spelled.push(found),
                None => {
                    missing = true;
                    spelled.push(wanted.clone());
                }
            }
        }
        Ok(Spelled { path: spelled.into_iter().collect(), exists: !missing, stat: None })
    }

    /// Returns the system's record of `path`. It follows links beneath the root.
    ///
    /// # Errors
    /// As [`Root::open_beneath`].
    pub(crate) fn stat(&self, path: &SharePath) -> io::Result<Stat> {
        let file = self.open_beneath(path, RECORD_ONLY, Mode::empty())?;
        Ok(rustix::fs::fstat(file)?)
    }

    /// Returns what a client may know about the file at `path`; `None` for a kind that a share does not show. It
    /// follows links beneath the root.
    ///
    /// # Errors
    /// As [`Root::open_beneath`].
    pub(crate) fn info(&self, path: &SharePath) -> io::Result<Option<FileInfo>> {
        let stat = self.stat(path)?;
        let Some(kind) = Kind::of(&stat) else { return Ok(None) };
        match self.open_beneath(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty()) {
            // The attributes of a file that the server cannot read are unknown.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Some(FileInfo::from_stat(&stat, kind)))
            }
            file => FileInfo::of(file?),
        }
    }

    /// Finds the entry of `folder` that a client calls `wanted`: the exact name first, then any case.
    fn find(&self, path: &SharePath, wanted: &str, effort: &Effort<'_>) -> io::Result<Option<String>> {
        let folder = self.open_beneath(path, FOLDER, Mode::empty())?;
        match statat(&folder, wanted, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Ok(Some(wanted.to_owned())),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let record = Record::of(&fstat(&folder)?);
        if let Some(found) = self.names.find(path, record, wanted) {
            let exists = |name: &String| statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
            if found.as_ref().is_none_or(exists) {
                return Ok(found);
            }
            // Another program removed it while the server read the names.
            self.names.forget(path);
        }
        self.search(path, &folder, record, wanted, effort)
    }

    /// Reads a folder for a name in any case, and keeps the names of a large one.
    fn search(
        &self,
        path: &SharePath,
        folder: &OwnedFd,
        record: Record,
        wanted: &str,
        effort: &Effort<'_>,
    ) -> io::Result<Option<String>> {
        let mut found = None;
        let mut few = Vec::new();
        let mut reading = Reading::new(record);
        for (index, entry) in Dir::read_from(folder)?.take(SEARCH_LIMIT).enumerate() {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if found.is_none() && is_same_name(name, wanted) {
                found = Some(name.to_owned());
            }
            if index < FEW_ENTRIES {
                if found.is_some() {
                    return Ok(found);
                }
                few.push(name.to_owned());
                continue;
            }
            effort.check_slow_allowed().and_then(|()| effort.check_running()).map_err(refused)?;
            for name in std::mem::take(&mut few).iter().map(String::as_str).chain([name]) {
                self.names.read(&mut reading, name).map_err(no_memory).map_err(refused)?;
            }
        }
        if few.is_empty() {
            self.names.keep(path, reading);
        }
        Ok(found)
    }

    /// Records a change of a name by the server, for the next search for a name in any case.
    pub(super) fn renamed(&self, path: &SharePath, is_new: bool) {
        let Some((folder, name)) = path.split_last() else { return };
        let folder: SharePath = folder.iter().cloned().collect();
        if !self.names.knows(&folder) {
            return;
        }
        match is_new {
            true => match self.stat(&folder) {
                Ok(stat) => self.names.added(&folder, Record::of(&stat), name),
                Err(_) => self.names.forget(&folder),
            },
            false => self.names.removed(&folder, name),
        }
    }

    /// Opens `path` one component at a time, following no link.
    fn walk(&self, path: &SharePath, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let (folders, leaf) = path.split_last().ok_or(Errno::ISDIR)?;
        let mut folder = File::from(self.folder.try_clone()?);
        for component in folders {
            folder = openat(&folder, component.as_str(), FOLDER | OFlags::NOFOLLOW, Mode::empty())?.into();
        }
        let file = openat(&folder, leaf, flags | OFlags::NOFOLLOW, mode)?;
        // With O_PATH, NOFOLLOW opens the link itself.
        if is_link(&rustix::fs::fstat(&file)?) {
            return Err(Errno::LOOP.into());
        }
        Ok(file)
    }
}

/// The flags that open a folder to traverse it.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The flags that open a file only for its record.
#[cfg(any(target_os = "linux", windows))]
pub(super) const RECORD_ONLY: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", windows)))]
pub(super) const RECORD_ONLY: OFlags = OFlags::NONBLOCK;

fn is_link(stat: &Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink()
}

/// Opens a path without links, or else follows them where they stay beneath the folder and do not lead to the streams.
#[cfg(target_os = "linux")]
fn openat2(folder: &OwnedFd, path: &SharePath, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    use rustix::fs::ResolveFlags;

    let path = path.components().join("/");
    let open = |more: ResolveFlags| loop {
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | more;
        match rustix::fs::openat2(folder, path.as_str(), flags, mode, beneath) {
            // Somebody renamed a folder of the path meanwhile: the kernel requires another attempt.
            Err(Errno::AGAIN) => {}
            opened => return opened,
        }
    };
    match open(ResolveFlags::NO_SYMLINKS) {
        Err(Errno::LOOP) => {}
        opened => return opened,
    }
    let file = open(ResolveFlags::empty())?;
    match leads_to_streams(folder, &file)? {
        true => Err(Errno::ACCESS),
        false => Ok(file),
    }
}

/// Returns whether a file that was opened by a link is in the hidden folder of streams, by its path in the kernel.
#[cfg(target_os = "linux")]
fn leads_to_streams(folder: &OwnedFd, file: &OwnedFd) -> Result<bool, Errno> {
    use std::os::fd::AsRawFd as _;

    let path = |fd: &OwnedFd| {
        let path = rustix::fs::readlink(format!("/proc/self/fd/{}", fd.as_raw_fd()), Vec::new())?;
        Ok::<_, Errno>(path.to_string_lossy().into_owned())
    };
    let (root, whole) = (path(folder)?, path(file)?);
    let below = whole.strip_prefix(&root).unwrap_or(&whole);
    Ok(below.split('/').any(streams::is_reserved))
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(wire: &str) -> SharePath {
        SharePath::parse(wire).unwrap()
    }

    fn share() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let share = dir.path().join("share");
        std::fs::create_dir_all(share.join("Sub/Deep")).unwrap();
        std::fs::write(share.join("Sub/File.txt"), "inside").unwrap();
        std::fs::write(dir.path().join("secret"), "outside").unwrap();
        let root = Root::open(&share).unwrap();
        (dir, root)
    }

    /// A failure here would force Windows clients to know the case of each name.
    #[test]
    #[cfg_attr(windows, ignore = "Windows itself finds a name in any case")]
    fn names_are_found_whatever_their_case() {
        let (_dir, root) = share();
        let spelled = root.spell(&path("sUB\\fILE.TXT"), &Effort::UNLIMITED).unwrap();
        assert_eq!((spelled.path.to_wire().as_str(), spelled.exists), ("Sub\\File.txt", true));
        let new = root.spell(&path("sub\\New"), &Effort::UNLIMITED).unwrap();
        assert_eq!((new.path.to_wire().as_str(), new.exists), ("Sub\\New", false));
        let error = root.spell(&path("nowhere\\new"), &Effort::UNLIMITED).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    /// A failure here would expose the whole disk through a link in the share.
    #[cfg(unix)]
    #[test]
    fn links_out_of_the_share_are_refused_both_ways() {
        let (dir, root) = share();
        symlink("../secret", root.path().join("up")).unwrap();
        symlink(dir.path().join("secret"), root.path().join("absolute")).unwrap();
        symlink("..", root.path().join("parent")).unwrap();
        symlink("Sub/File.txt", root.path().join("inside")).unwrap();
        for name in ["up", "absolute", "parent\\secret"] {
            let flags = OFlags::RDONLY;
            assert!(root.open_beneath(&path(name), flags, Mode::empty()).is_err(), "{name}");
            assert!(root.walk(&path(name), flags, Mode::empty()).is_err(), "{name} walked");
        }
        #[cfg(target_os = "linux")]
        assert!(root.open_beneath(&path("inside"), OFlags::RDONLY, Mode::empty()).is_ok());
        assert!(root.walk(&path("inside"), OFlags::RDONLY, Mode::empty()).is_err());
        assert!(root.walk(&path("inside"), RECORD_ONLY, Mode::empty()).is_err());
        assert!(root.walk(&path("Sub\\File.txt"), OFlags::RDONLY, Mode::empty()).is_ok());
    }

    /// A failure here would let an attacker who replaces a folder by a link during an open leave the share.
    #[cfg(unix)]
    #[test]
    fn a_folder_swapped_for_a_link_never_leads_out() {
        let (dir, root) = share();
        let (real, link) = (root.path().join("Sub"), root.path().join("evil"));
        std::fs::write(dir.path().join("File.txt"), "outside").unwrap();
        symlink("..", &link).unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let exchange = rustix::fs::RenameFlags::EXCHANGE;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    rustix::fs::renameat_with(CWD, &real, CWD, &link, exchange).unwrap();
                }
            });
            let (mut opened, mut tries) = (0, 0);
            while opened < 2_000 && tries < 200_000 {
                tries += 1;
                if let Ok(file) = root.open_beneath(&path("Sub\\File.txt"), OFlags::RDONLY, Mode::empty()) {
                    opened += 1;
                    let text = io::read_to_string(File::from(file)).unwrap();
                    assert_eq!(text, "inside");
                }
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(opened > 0, "the race was never won, so nothing was shown");
        });
    }
}
