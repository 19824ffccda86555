//! The names of clients, users and paths in requests.

use std::net::IpAddr;

use netsession_wire::name::is_same_name;
use netsession_wire::{Win32Error, wide};

use crate::state::Session;

/// Returns the name, or `None` if it is null or empty.
///
/// # Errors
/// Returns `ERROR_INVALID_PARAMETER` for a name that is too long.
pub(super) fn checked_name(name: Option<&str>) -> Result<Option<&str>, Win32Error> {
    match name {
        None | Some("") => Ok(None),
        Some(name) if wide::len(name) > netsession_srvs::MAX_NAME_LENGTH => {
            Err(Win32Error::ERROR_INVALID_PARAMETER)
        }
        name => Ok(name),
    }
}

/// Returns whether `\\NAME` is the address of a session's client. The name that a client chooses for itself does not
/// count, because it can choose any name. An IPv6 address may have brackets.
pub(super) fn same_client(unc: &str, session: &Session) -> bool {
    let name = unc.strip_prefix(r"\\").unwrap_or(unc);
    let plain = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    plain.parse().is_ok_and(|address: IpAddr| address.to_canonical() == session.client())
}

/// Returns whether a path is `base` or below it, component by component and ignoring case.
pub(super) fn within(base: &str, path: &str) -> bool {
    let mut parts = path.split('\\');
    base.trim_end_matches('\\')
        .split('\\')
        .all(|name| parts.next().is_some_and(|part| is_same_name(name, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would list files outside of a folder, or leave out files inside it.
    #[test]
    fn a_base_path_is_whole_components() {
        for base in [r"C:\srv", r"c:\SRV\", r"C:\srv\data", r"C:\srv\data\é.txt"] {
            assert!(within(base, r"C:\srv\data\É.txt"), "{base}");
        }
        for base in [r"C:\sr", r"srv", r"C:\srv\data\É.txt\x", r"\srv"] {
            assert!(!within(base, r"C:\srv\data\É.txt"), "{base}");
        }
    }

    /// A failure here would accept a name that is too long, or refuse one that is not.
    #[test]
    fn a_name_has_1023_characters_at_most() {
        let (longest, longer) = ("é".repeat(1_023), "é".repeat(1_024));
        assert_eq!(checked_name(Some(&longest)), Ok(Some(longest.as_str())));
        assert_eq!(checked_name(Some(&longer)), Err(Win32Error::ERROR_INVALID_PARAMETER));
        assert_eq!((checked_name(Some("")), checked_name(None)), (Ok(None), Ok(None)));
    }
}
