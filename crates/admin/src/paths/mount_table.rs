//! [`MountTable`]: the mounts of this computer, and which of them holds a path. It reads text and touches no mount.

use std::net::IpAddr;

use super::SharePath;
use super::reserved::Mapping;
use super::share_path::decode;
use crate::Error;
use crate::error::PathError;

/// The mounts of this computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MountTable(Vec<Mount>);

/// One mount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mount {
    id: u32,
    parent: u32,
    /// The same for all mounts of one file system.
    device: Vec<u8>,
    /// The folder of the file system that is mounted: not `/` for a bind mount.
    root: Vec<u8>,
    point: Vec<u8>,
    kind: String,
    source: Vec<u8>,
    options: Vec<Vec<u8>>,
}

impl MountTable {
    /// Reads the kernel's `/proc/self/mountinfo` (proc(5)). It skips lines of another form.
    pub(crate) fn of_mountinfo(text: &[u8]) -> Self {
        Self(text.split(|byte| *byte == b'\n').filter_map(of_line).collect())
    }

    /// Reads what `mount` prints on macOS: `//user@fs1/share on /Volumes/share (smbfs, nodev, nosuid)`.
    pub(crate) fn of_mac(text: &[u8]) -> Self {
        let mut mounts: Vec<Mount> = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            let Some((source, point, kind)) = of_mac_line(line) else { continue };
            let id = u32::try_from(mounts.len()).unwrap_or(u32::MAX);
            // A later mount lies on the deepest earlier one that holds its point.
            let below = mounts.iter().filter(|mount| is_in(&mount.point, &point));
            let parent = below.max_by_key(|mount| mount.point.len()).map_or(id, |mount| mount.id);
            let root = b"/".to_vec();
            mounts.push(Mount { id, parent, root, point, kind, source, ..Mount::default() });
        }
        Self(mounts)
    }

    /// Returns the mount that holds the absolute path: the one that a program would reach there, and not one that
    /// another mount hides.
    pub(crate) fn holding(&self, path: &[u8]) -> Option<&Mount> {
        let is_top =
            |mount: &Mount| mount.parent == mount.id || !self.0.iter().any(|other| other.id == mount.parent);
        let mut found: Option<&Mount> = None;
        // The walk goes down one mount in each step, so it takes at most as many steps as there are mounts.
        for _ in 0..=self.0.len() {
            let next = self.0.iter().rev().filter(|mount| is_in(&mount.point, path));
            let next = next.filter(|mount| match found {
                None => is_top(mount),
                Some(found) => mount.parent == found.id && mount.id != found.id,
            });
            // The first mount on the way hides the ones below it.
            match next.min_by_key(|mount| mount.point.len()) {
                Some(mount) => found = Some(mount),
                None => break,
            }
        }
        found
    }

    /// Returns the path on the share for a path in a mount of SMB; None for another mount.
    pub(crate) fn share_path(&self, mount: &Mount, path: &[u8]) -> Option<Result<SharePath, Error>> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let error = move |reason| Error::Path { path: shown.clone(), reason };
        let below = path.get(mount.point.len()..).unwrap_or_default();
        match mount.kind.as_str() {
            "cifs" | "smb3" => Some(self.of_cifs(mount, below, &error)),
            "smbfs" => Some(of_smbfs(mount, below, &error)),
            _ => None,
        }
    }

    fn of_cifs(
        &self,
        mount: &Mount,
        below: &[u8],
        error: &dyn Fn(PathError) -> Error,
    ) -> Result<SharePath, Error> {
        let source = mount.option(b"unc").filter(|unc| names_of(unc).count() >= 2).unwrap_or(&mount.source);
        let mut source = names_of(source);
        let server = source.next().ok_or_else(|| error(PathError::Source))?;
        let share = source.next().ok_or_else(|| error(PathError::Source))?;
        let folder = self.folder(mount).ok_or_else(|| error(PathError::Prefix))?;
        let mapping = Mapping::of_options(&mount.options);
        let names = folder.into_iter().chain(names_of(below));
        let names = names.map(|name| Ok(mapping.at_server(&text(name, error)?)));
        let names = std::iter::once(text(share, error)).chain(names).collect::<Result<Vec<_>, _>>()?;
        let mut server = text(server, error)?;
        let port = mount.option(b"port").and_then(|port| std::str::from_utf8(port).ok()?.parse::<u16>().ok());
        if let Some(port) = port.filter(|port| *port != 445 && *port != 0) {
            server =
                if server.contains(':') { format!("[{server}]:{port}") } else { format!("{server}:{port}") };
        }
        let address = mount.option(b"addr").or_else(|| mount.option(b"ip"));
        let address = address.and_then(|it| std::str::from_utf8(it).ok()?.parse::<IpAddr>().ok());
        Ok(SharePath::new(&server, names.into_iter(), error)?.connected_to(address))
    }

    /// Returns the names of the folder of the share that is mounted. None if the table leaves two possibilities.
    ///
    /// A mount of `//server/share/folder` shows the folder in its source. Its root is `/` if the mount begins at the
    /// folder, and `/folder` if it begins at the share. In the second case, the source is that of the first mount of the
    /// same share.
    fn folder<'a>(&'a self, mount: &'a Mount) -> Option<Vec<&'a [u8]>> {
        let root: Vec<&[u8]> = names_of(&mount.root).collect();
        let prefix: Vec<&[u8]> = match mount.option(b"prefixpath") {
            Some(prefix) => names_of(prefix).collect(),
            None => names_of(&mount.source).skip(2).collect(),
        };
        if prefix.is_empty() {
            return Some(root);
        }
        let others =
            || self.0.iter().filter(|other| other.device == mount.device && other.kind == mount.kind);
        let roots = || others().map(|other| names_of(&other.root).collect::<Vec<_>>());
        let begins_at_share = roots().any(|root| root.starts_with(&prefix));
        let begins_at_folder = roots().any(|root| root.is_empty());
        match (begins_at_share, begins_at_folder) {
            (true, _) => Some(root),
            (false, true) => Some([prefix, root].concat()),
            (false, false) => None,
        }
    }
}

impl Mount {
    /// Whether a program that touches a file there may wait for another computer, or mount something.
    pub(crate) fn is_remote(&self) -> bool {
        const REMOTE: [&str; 12] = [
            "cifs", "smb3", "smbfs", "nfs", "nfs4", "autofs", "9p", "afs", "ceph", "fuse", "ncpfs", "webdav",
        ];
        REMOTE.contains(&self.kind.as_str()) || self.kind.starts_with("fuse.")
    }

    /// Whether it is the folder of gvfs of this user. Every user can mount a file system of FUSE with any source, but the
    /// kernel writes who did.
    #[cfg(unix)]
    pub(crate) fn is_gvfs_of(&self, user: u32) -> bool {
        let mounted_by = self.option(b"user_id").and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
        self.kind.starts_with("fuse.gvfs") && mounted_by == Some(user)
    }

    fn option(&self, name: &[u8]) -> Option<&[u8]> {
        self.options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix(b"="))
    }
}

/// Whether `path` is `point`, or lies below it.
fn is_in(point: &[u8], path: &[u8]) -> bool {
    point == b"/" || path.strip_prefix(point).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// Returns the names between slashes of either kind.
fn names_of(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| matches!(byte, b'/' | b'\\')).filter(|name| !name.is_empty())
}

fn text(bytes: &[u8], error: &dyn Fn(PathError) -> Error) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| error(PathError::NotText))
}

/// Reads `36 25 0:30 / /mnt/data rw,noatime shared:1 - cifs //fs1/data rw,unc=\134\134fs1\134data`.
fn of_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (id, parent) = (number()?, number()?);
    let device = fields.next()?.to_vec();
    let (root, point) = (unescaped(fields.next()?), unescaped(fields.next()?));
    let own = fields.next()?;
    // The optional fields end with a dash.
    fields.find(|field| *field == b"-")?;
    let kind = String::from_utf8_lossy(fields.next()?).into_owned();
    let source = unescaped(fields.next()?);
    let all = fields.next().unwrap_or_default().split(|byte| *byte == b',');
    let options = all.chain(own.split(|byte| *byte == b',')).map(unescaped).collect();
    let is_absolute = point.first() == Some(&b'/');
    is_absolute.then_some(Mount { id, parent, device, root, point, kind, source, options })
}

/// Replaces `\040` by the byte with this octal code, as the kernel writes spaces, tabs, line feeds and backslashes.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let code = after.get(..3).filter(|_| byte == b'\\').and_then(octal);
        bytes.push(code.unwrap_or(byte));
        if code.is_some() {
            rest = after.get(3..).unwrap_or_default();
        }
    }
    bytes
}

fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|c| c.is_ascii_digit()))?;
    u8::from_str_radix(digits, 8).ok()
}

/// Returns the source, the point and the kind of file system of a line of macOS' `mount`.
fn of_mac_line(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>, String)> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (rest, options) = line.strip_suffix(')')?.rsplit_once(" (")?;
    let (source, point) = rest.split_once(" on /")?;
    let kind = options.split(',').next()?.trim().to_owned();
    Some((source.into(), format!("/{point}").into(), kind))
}

/// Reads the source `//[domain;][user[:]@]server[:port]/share` of macOS, with escapes such as `%20`.
fn of_smbfs(mount: &Mount, below: &[u8], error: &dyn Fn(PathError) -> Error) -> Result<SharePath, Error> {
    let source = text(&mount.source, error)?;
    let source = source.trim_start_matches('/');
    let (authority, share) = source.split_once('/').ok_or_else(|| error(PathError::Source))?;
    // The user of the mount may not be an administrator of the server.
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let server = decode(server).ok_or_else(|| error(PathError::Escape))?;
    let share = share.split('/').map(|name| decode(name).ok_or_else(|| error(PathError::Escape)));
    let below = names_of(below).map(|name| text(name, error));
    let names = share.chain(below).collect::<Result<Vec<_>, _>>()?;
    SharePath::new(&server, names.into_iter(), error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Mounts in the form of the kernel's table: two shares, a folder of a share, a bind mount, hidden mounts.
    const MOUNTINFO: &str = r"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
25 22 0:23 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
90 22 0:51 / /mnt/data rw,relatime shared:210 - cifs //fs1/data rw,vers=3.1.1,cache=strict,username=bob,uid=0,gid=0,addr=10.0.0.5,file_mode=0755,soft,nounix,mapposix,rsize=4194304
91 22 0:52 / /mnt/my\040share\134x rw,relatime - cifs //fs2.lab.test/my\040share rw,vers=3.0,addr=10.0.0.6
92 22 0:53 / /mnt/sub rw,relatime - smb3 //fs1/data/years/2026 rw,vers=3.1.1,addr=10.0.0.5
93 22 0:51 /team /mnt/bound rw,relatime shared:210 - cifs //fs1/data rw,addr=10.0.0.5
94 22 0:54 / /mnt/port rw - cifs \134\134fs3\134data rw,unc=\134\134fs3\134data,port=4450,ip=fd00::3
95 22 0:55 / /mnt/hidden rw - cifs //fs1/hidden rw
96 95 0:56 / /mnt/hidden rw - tmpfs tmpfs rw
97 22 0:57 / /srv/a/b rw - cifs //fs1/deep rw
98 22 0:58 / /srv/a rw - tmpfs tmpfs rw
99 98 0:59 / /srv/a/c rw - cifs //fs1/visible rw
100 22 0:60 / /mnt/v6 rw - cifs //fd00::3/data rw,port=4450
101 90 0:61 / /mnt/data/usb rw - ext4 /dev/sdb1 rw
";

    fn found(table: &str, path: &str) -> Option<(String, String)> {
        let table = MountTable::of_mountinfo(table.as_bytes());
        let mount = table.holding(path.as_bytes())?;
        let path = table.share_path(mount, path.as_bytes())?.unwrap();
        Some((path.server().to_owned(), path.unc()))
    }

    /// A failure here would ask another server than the one that has the file, or look for another file.
    #[test]
    fn a_path_in_a_mount_leads_to_its_share() {
        for (path, server, unc) in [
            ("/mnt/data", "fs1", r"\\fs1\data"),
            ("/mnt/data/a b/x.txt", "fs1", r"\\fs1\data\a b\x.txt"),
            ("/mnt/data/Inc./x:1.txt", "fs1", "\\\\fs1\\data\\Inc\u{f029}\\x\u{f022}1.txt"),
            ("/mnt/data/x::$DATA", "fs1", "\\\\fs1\\data\\x\u{f022}\u{f022}$DATA"),
            (r"/mnt/my share\x/y", "fs2.lab.test", r"\\fs2.lab.test\my share\y"),
            ("/mnt/sub/x", "fs1", r"\\fs1\data\years\2026\x"),
            ("/mnt/bound/x", "fs1", r"\\fs1\data\team\x"),
            ("/mnt/port/x", "fs3:4450", r"\\fs3\data\x"),
            ("/srv/a/c/x", "fs1", r"\\fs1\visible\x"),
            ("/mnt/v6/x", "[fd00::3]:4450", r"\\fd00::3\data\x"),
        ] {
            assert_eq!(found(MOUNTINFO, path), Some((server.into(), unc.into())), "{path}");
        }
    }

    /// A failure here would ask a server about a file that is on another mount.
    #[test]
    fn a_mount_that_another_one_hides_does_not_count() {
        for path in
            ["/mnt/hidden/x", "/srv/a/b/x", "/mnt/data/usb/x", "/mnt/database", "/mnt", "/", "/srv/ab"]
        {
            assert_eq!(found(MOUNTINFO, path), None, "{path}");
        }
    }

    /// A failure here would take a folder twice, or leave it out, when two mounts share a file system.
    #[test]
    fn the_folder_of_a_mount_is_certain_or_refused() {
        let line = |id: u32, root: &str, point: &str| {
            format!("{id} 1 0:51 {root} {point} rw - cifs //fs1/data/sub rw,addr=10.0.0.5\n")
        };
        let shared = line(2, "/sub", "/mnt/a") + &line(3, "/other", "/mnt/b");
        assert_eq!(found(&shared, "/mnt/a/x").unwrap().1, r"\\fs1\data\sub\x");
        assert_eq!(found(&shared, "/mnt/b/x").unwrap().1, r"\\fs1\data\other\x");
        let bound = line(2, "/", "/mnt/a") + &line(3, "/team", "/mnt/b");
        assert_eq!(found(&bound, "/mnt/b/x").unwrap().1, r"\\fs1\data\sub\team\x");
        let table = MountTable::of_mountinfo(line(3, "/other", "/mnt/b").as_bytes());
        let mount = table.holding(b"/mnt/b/x").unwrap();
        let refused = table.share_path(mount, b"/mnt/b/x").unwrap().unwrap_err();
        assert!(matches!(refused, Error::Path { reason: PathError::Prefix, .. }), "{refused}");
        let option = "2 1 0:51 / /mnt/a rw - cifs //fs1/data rw,prefixpath=sub/deep\n";
        assert_eq!(found(option, "/mnt/a/x").unwrap().1, r"\\fs1\data\sub\deep\x");
    }

    /// A failure here would lose the address of a server whose name nobody can resolve.
    #[test]
    fn the_address_of_a_mount_is_kept() {
        let table = MountTable::of_mountinfo(MOUNTINFO.as_bytes());
        let address = |path: &[u8]| {
            table.share_path(table.holding(path)?, path)?.ok()?.mounted_from().map(|it| it.to_string())
        };
        assert_eq!(address(b"/mnt/data/x").as_deref(), Some("10.0.0.5"));
        assert_eq!(address(b"/mnt/port/x").as_deref(), Some("fd00::3"));
        assert_eq!(address(b"/srv/a/c/x"), None);
    }

    /// A failure here would wait for a dead server when it looks at a path.
    #[test]
    fn remote_mounts_are_known() {
        let table = MountTable::of_mountinfo(MOUNTINFO.as_bytes());
        let is_remote = |path: &[u8]| table.holding(path).is_some_and(Mount::is_remote);
        assert!(is_remote(b"/mnt/data/x") && is_remote(b"/mnt/sub") && !is_remote(b"/mnt/data/usb"));
        assert!(!is_remote(b"/mnt/hidden/x") && !is_remote(b"/etc/passwd"));
    }

    /// A failure here would make a Mac's user type the server of a mounted share.
    #[test]
    fn a_table_of_macos_is_read() {
        let text = "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//bob@fs1.lab.test/my%20share on /Volumes/my share (smbfs, nodev, nosuid, mounted by bob)
//LAB;bob@10.0.0.5:4450/data on /Volumes/data (on fs1) (smbfs, nodev, nosuid, mounted by bob)
";
        let table = MountTable::of_mac(text.as_bytes());
        let found = |path: &[u8]| {
            let path = table.share_path(table.holding(path)?, path)?.unwrap();
            Some((path.server().to_owned(), path.unc()))
        };
        let expected = |server: &str, unc: &str| Some((server.to_owned(), unc.to_owned()));
        let spaces = expected("fs1.lab.test", r"\\fs1.lab.test\my share\a b");
        assert_eq!(found(b"/Volumes/my share/a b"), spaces);
        assert_eq!(found(b"/Volumes/data (on fs1)/x"), expected("10.0.0.5:4450", r"\\10.0.0.5\data\x"));
        assert_eq!(found(b"/Users/bob/x"), None);
    }

    proptest! {
        /// A failure here would let a strange mount table stop the command.
        #[test]
        fn any_table_is_read(
            table in proptest::collection::vec(r"[0-9]{1,3} [0-9]{1,3} [0-9:]{1,4} [/a\\0-7]{1,6} /[ab/\\0-7]{0,6} rw (x )?- (cifs|ext4) [/a\\0-7]{0,9} [a-z=,\\0-7]{0,9}", 0..8),
            path in "/[ab/]{0,6}",
        ) {
            for table in [MountTable::of_mountinfo(table.join("\n").as_bytes()), MountTable::of_mac(table.join("\n").as_bytes())] {
                if let Some(mount) = table.holding(path.as_bytes()) {
                    prop_assert!(is_in(&mount.point, path.as_bytes()));
                    let _ = table.share_path(mount, path.as_bytes());
                }
            }
        }
    }
}
