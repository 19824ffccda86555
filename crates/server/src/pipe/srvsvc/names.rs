//! Names in requests.

use std::net::IpAddr;

use netsession_wire::Win32Error;

use crate::fs::name::is_same_name;
use crate::state::Session;

/// A name that says something: null and empty are nothing.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for one that is too long.
pub(super) fn given(name: Option<&str>) -> Result<Option<&str>, Win32Error> {
    match name {
        None | Some("") => Ok(None),
        Some(name) if name.encode_utf16().count() > netsession_srvs::MAX_NAME_LENGTH => {
            Err(Win32Error::ERROR_INVALID_PARAMETER)
        }
        name => Ok(name),
    }
}

/// Whether `\\NAME` is the client of a session, by its address. The name that a client gives
/// itself is nothing to end sessions by: anybody can give any. An IPv6 address can have its brackets.
pub(super) fn same_client(unc: &str, session: &Session) -> bool {
    let name = unc.strip_prefix(r"\\").unwrap_or(unc);
    let plain = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    plain.parse().is_ok_and(|address: IpAddr| address.to_canonical() == session.client())
}

/// Whether a path is `base` or below it, component by component and without regard to case.
pub(super) fn within(base: &str, path: &str) -> bool {
    let mut parts = path.split('\\');
    base.trim_end_matches('\\')
        .split('\\')
        .all(|name| parts.next().is_some_and(|part| is_same_name(name, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, files outside a folder would be listed as in it, or those in it missed.
    #[test]
    fn a_base_path_is_whole_components() {
        for base in [r"C:\srv", r"c:\SRV\", r"C:\srv\data", r"C:\srv\data\é.txt"] {
            assert!(within(base, r"C:\srv\data\É.txt"), "{base}");
        }
        for base in [r"C:\sr", r"srv", r"C:\srv\data\É.txt\x", r"\srv"] {
            assert!(!within(base, r"C:\srv\data\É.txt"), "{base}");
        }
    }

    /// If this fails, a name that is too long would be worked with, or one that is not be refused.
    #[test]
    fn a_name_has_1023_characters_at_most() {
        let (longest, longer) = ("é".repeat(1_023), "é".repeat(1_024));
        assert_eq!(given(Some(&longest)), Ok(Some(longest.as_str())));
        assert_eq!(given(Some(&longer)), Err(Win32Error::ERROR_INVALID_PARAMETER));
        assert_eq!((given(Some("")), given(None)), (Ok(None), Ok(None)));
    }
}
