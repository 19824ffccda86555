//! The names of clients, users and paths in requests.

use std::net::IpAddr;

use netsession_smb::auth::Proof;
use netsession_wire::name::is_same_name;
use netsession_wire::{Win32Error, wide};

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

/// Returns whether `\\NAME` is the address of a client. The name that a client chooses for itself does not count, because it can
/// choose any name. An IPv6 address may have brackets.
pub(super) fn same_client(unc: &str, client: IpAddr) -> bool {
    let name = unc.strip_prefix(r"\\").unwrap_or(unc);
    let plain = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    plain.parse().is_ok_and(|address: IpAddr| address.to_canonical() == client)
}

/// Returns whether `name` is this user, who has proved the identity in this way. A user of Kerberos, listed as `alice@LAB.TEST`, is also `LAB\alice`, as the
/// domain's other servers list that user.
pub(super) fn same_user(name: &str, user: &str, proof: Proof) -> bool {
    is_same_name(name, user) || proof == Proof::Ticket && is_user_of_domain(name, user)
}

/// Whether `DOMAIN\name` is a principal. The short name of a domain is the first part of its realm.
fn is_user_of_domain(name: &str, principal: &str) -> bool {
    let (Some((domain, name)), Some((user, realm))) = (name.split_once('\\'), principal.rsplit_once('@'))
    else {
        return false;
    };
    let label = realm.split('.').next().unwrap_or_default();
    is_same_name(name, user) && (is_same_name(domain, label) || is_same_name(domain, realm))
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

    /// A failure here would end the sessions of another user, or not find a user in the spelling of the domain's other servers.
    #[test]
    fn a_principal_is_found_by_its_domain() {
        for name in [r"LAB\alice", r"lab\ALICE", r"lab.test\alice"] {
            assert!(is_user_of_domain(name, "alice@LAB.TEST"), "{name}");
        }
        for name in
            [r"CORP\alice", r"LAB\bob", "alice", r"\alice", r"LAB\", r"TEST\alice", r"LAB\alice@LAB.TEST"]
        {
            assert!(!is_user_of_domain(name, "alice@LAB.TEST"), "{name}");
        }
        assert!(!is_user_of_domain(r"LAB\alice", "alice"));
    }

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
