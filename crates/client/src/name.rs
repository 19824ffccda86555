//! Functions that compare the names of users and computers.

pub(crate) use netsession_wire::name::is_same_name as same;
use netsession_wire::name::upper_case_char;

/// Returns a name in the case in which netsession compares names, as Windows does.
pub(crate) fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().map(upper_case_char)
}

/// Returns a name that is not empty: None and the empty text both mean "any" in the calls of [MS-SRVS].
pub(crate) fn non_empty(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}

/// Splits `DOMAIN\name` into the domain and the name.
pub(crate) fn split(user: &str) -> (Option<&str>, &str) {
    user.split_once('\\').map_or((None, user), |(domain, name)| (Some(domain), name))
}

/// Splits `DOMAIN\name` or `name@REALM` into the domain or realm and the name.
pub(crate) fn split_account(user: &str) -> (Option<&str>, &str) {
    match (split(user), user.rsplit_once('@')) {
        ((None, _), Some((name, realm))) => (Some(realm), name),
        (found, _) => found,
    }
}

/// Whether the user is a computer account: its name ends in `$`, as in `LAB\FS1$` or `fs1$@LAB.TEST`.
pub(crate) fn is_computer(user: &str) -> bool {
    split_account(user).1.ends_with('$')
}

/// Whether a host name consists of numbers only. The system would take it for an address in the old notation, and
/// connect to another computer: `10.1` is 10.0.0.1, and so is `0x0a000001`.
pub(crate) fn is_numbers(host: &str) -> bool {
    let is_number = |label: &str| match label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")) {
        Some(digits) => digits.chars().all(|c| c.is_ascii_hexdigit()),
        None => label.chars().all(|c| c.is_ascii_digit()),
    };
    host.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would connect to another computer after a typing error, or refuse a host name.
    #[test]
    fn numbers_are_not_a_host_name() {
        for host in ["10.1", "10.0.0.256", "10.0.0.5.", "167772161", "0x0a000001", "0XA.1", "0x"] {
            assert!(is_numbers(host), "{host}");
        }
        for host in ["fs1", "1fs", "10.0.0.5.example", "0xfs", "beef", "3com.example"] {
            assert!(!is_numbers(host), "{host}");
        }
    }

    /// A failure here would end the sessions of a user with a similar name, by a name or by a pattern.
    #[test]
    fn names_that_full_case_folding_confuses_differ() {
        for (one, other) in
            [("alıce", "alice"), ("ſam", "sam"), ("\u{212a}im", "kim"), ("ß", "SS"), ("ﬁ", "FI")]
        {
            assert!(!same(one, other) && !folded(one).eq(folded(other)), "{one} {other}");
        }
        assert!(same("Zoë", "ZOË") && folded("Zoë").eq(folded("ZOË")));
    }
}
