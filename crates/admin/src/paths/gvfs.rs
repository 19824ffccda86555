//! [`share_path`]: the share behind a path of GNOME's virtual file system.

use super::SharePath;
use super::share_path::decode;
use crate::Error;
use crate::error::PathError;

/// Returns the path on the share for `/run/user/1000/gvfs/smb-share:server=fs1,share=data/folder/file`. None for a path
/// of another form.
pub(crate) fn share_path(path: &str) -> Option<Result<SharePath, Error>> {
    let mut names = path.split('/').skip_while(|name| *name != "gvfs" && *name != ".gvfs").skip(1);
    let mount = names.next()?;
    let error = |reason| Error::Path { path: path.to_owned(), reason };
    let Some(values) = mount.strip_prefix("smb-share:") else {
        // A list of servers or shares, without a file.
        let is_list = mount.starts_with("smb-server:") || mount.starts_with("smb-network:");
        return is_list.then(|| Err(error(PathError::NoShare)));
    };
    Some(of_values(values, names, &error))
}

fn of_values<'a>(
    values: &str,
    names: impl Iterator<Item = &'a str>,
    error: &dyn Fn(PathError) -> Error,
) -> Result<SharePath, Error> {
    let (mut server, mut share, mut port) = (None, None, None);
    for value in values.split(',') {
        let (key, value) = value.split_once('=').ok_or_else(|| error(PathError::Source))?;
        let value = decode(value).ok_or_else(|| error(PathError::Escape))?;
        match key {
            "server" => server = Some(value),
            "share" => share = Some(value),
            "port" => port = Some(value),
            // The user of the mount may not be an administrator of the server.
            _ => {}
        }
    }
    let server = server.ok_or_else(|| error(PathError::Source))?;
    let share = share.ok_or_else(|| error(PathError::NoShare))?;
    let server = match port {
        Some(port) if server.contains(':') => format!("[{server}]:{port}"),
        Some(port) => format!("{server}:{port}"),
        None => server,
    };
    let names = std::iter::once(share).chain(names.map(str::to_owned));
    SharePath::new(&server, names, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would make a person who sees the file in a file manager type its server and share.
    #[test]
    fn a_path_of_gvfs_leads_to_its_share() {
        for (path, server, unc) in [
            ("/run/user/1000/gvfs/smb-share:server=fs1,share=data/a b/x.txt", "fs1", r"\\fs1\data\a b\x.txt"),
            (
                "/run/user/0/gvfs/smb-share:domain=LAB,port=4450,server=fs1.lab.test,share=my%20share,user=bob",
                "fs1.lab.test:4450",
                r"\\fs1.lab.test\my share",
            ),
            (
                "/home/bob/.gvfs/smb-share:server=fd00%3A%3A3,share=a%2Cb%3Dc/x",
                "fd00::3",
                r"\\fd00::3\a,b=c\x",
            ),
        ] {
            let path = share_path(path).unwrap().unwrap();
            assert_eq!((path.server(), path.unc().as_str()), (server, unc));
            assert_eq!(path.user(), None);
        }
    }

    /// A failure here would take a malformed or foreign path for a share.
    #[test]
    fn other_paths_are_left_or_refused() {
        for path in
            ["/run/user/1000/gvfs", "/run/user/1000/gvfs/sftp:host=fs1/x", "/srv/smb-share:server=a,share=b"]
        {
            assert!(share_path(path).is_none(), "{path}");
        }
        for path in [
            "/run/user/1/gvfs/smb-server:server=fs1/x",
            "/run/user/1/gvfs/smb-share:server=fs1/x",
            "/run/user/1/gvfs/smb-share:share=data/x",
            "/run/user/1/gvfs/smb-share:",
            "/run/user/1/gvfs/smb-share:server=%zz,share=data",
            "/run/user/1/gvfs/smb-share:server=fs1,share=a%2Fb",
            "/run/user/1/gvfs/smb-share:server=fs1,share=data/..",
        ] {
            assert!(share_path(path).unwrap().is_err(), "{path}");
        }
    }
}
