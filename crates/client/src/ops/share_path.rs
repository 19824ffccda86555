//! [`local`] turns the path of a file as users know it, `\\server\share\folder\file`, into its path at the server.

use super::share_enum;
use crate::calls::Connector;
use crate::link::Link;
use crate::{ConnectionQualifier, Error, Share, Win32Error, name};

const CALL: &str = netsession_srvs::share_enum::Request::NAME;

/// Returns the server's own path for `path`. It looks up the share of `\\server\share\...` and ignores the server's
/// name. It returns every other path unchanged.
pub(super) async fn local<C: Connector>(link: &mut Link<C>, path: &str) -> Result<String, Error> {
    let Some((share, rest)) = split(path) else {
        return Ok(path.to_owned());
    };
    let shares = share_enum::shares(link).await?;
    let found = shares.iter().find(|known| name::same(&known.name, share));
    let found = found.ok_or_else(|| link.no_share(share))?;
    // Only administrators see the path of a share.
    local_path(found, rest).ok_or_else(|| link.answered(CALL, Win32Error::ERROR_ACCESS_DENIED))
}

/// Refuses a share that the server does not have.
pub(super) async fn must_exist<C: Connector>(
    link: &mut Link<C>,
    share: &ConnectionQualifier,
) -> Result<(), Error> {
    let ConnectionQualifier::Share(share) = share else { return Ok(()) };
    let shares = share_enum::shares(link).await?;
    match shares.iter().any(|known| name::same(&known.name, share)) {
        true => Ok(()),
        false => Err(link.no_share(share)),
    }
}

/// Splits `\\server\share\rest` into the share and the rest, with slashes of either kind.
fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(r"\\").or_else(|| path.strip_prefix("//"))?;
    let (_, rest) = rest.split_once(['\\', '/'])?;
    let (share, rest) = rest.split_once(['\\', '/']).unwrap_or((rest, ""));
    (!share.is_empty()).then_some((share, rest))
}

/// Returns the server's own path of what is in a share, unless the server does not show the folder of the share.
fn local_path(share: &Share, rest: &str) -> Option<String> {
    let root = share.path.as_deref()?;
    Some(format!(r"{}\{rest}", root.trim_end_matches('\\')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShareType;

    fn share(name: &str, path: Option<&str>) -> Share {
        Share {
            name: name.into(),
            share_type: ShareType(0),
            comment: String::new(),
            path: path.map(Into::into),
            connections: None,
            max_connections: None,
        }
    }

    /// A failure here would look for a file in another share, or change the server's own path.
    #[test]
    fn the_share_is_found_in_a_path() {
        assert_eq!(split(r"\\fs1\data\a\b.txt"), Some(("data", r"a\b.txt")));
        assert_eq!(split("//fs1/data/a/b.txt"), Some(("data", "a/b.txt")));
        assert_eq!(split(r"\\fs1\data"), Some(("data", "")));
        for own in [r"C:\data\a", r"\data\a", "/srv/data", "data", r"\\fs1", r"\\fs1\", "", r"\\"] {
            assert_eq!(split(own), None, "{own}");
        }
    }

    /// A failure here would close files of another folder.
    #[test]
    fn the_path_of_the_share_comes_first() {
        let data = share("Data", Some(r"D:\srv\data"));
        assert_eq!(local_path(&data, r"a\b.txt").unwrap(), r"D:\srv\data\a\b.txt");
        assert_eq!(local_path(&data, "").unwrap(), r"D:\srv\data\");
        assert_eq!(local_path(&share("C$", Some(r"C:\")), "x").unwrap(), r"C:\x");
        assert_eq!(local_path(&share("secret", None), "x"), None);
    }
}
