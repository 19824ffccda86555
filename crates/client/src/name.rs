//! How names of users and computers compare.

/// The same name, without regard to case.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || folded(one).eq(folded(other))
}

/// A name's characters with their case folded, one by one, as servers do.
pub(crate) fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// The domain and the name of `DOMAIN\name`, or no domain and the name.
pub(crate) fn split(user: &str) -> (Option<&str>, &str) {
    user.split_once('\\').map_or((None, user), |(domain, name)| (Some(domain), name))
}

/// Whether the user is a computer's account: its name ends in `$`.
pub(crate) fn is_computer(user: &str) -> bool {
    user.ends_with('$')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, users written in another case are taken for others, or others for them.
    #[test]
    fn case_does_not_count_and_everything_else_does() {
        assert!(same("Bob", "bOB") && same("ZOË", "zoë") && same("Straße", "STRASSE"));
        assert!(!same("bob", "bob ") && !same("bob", "bobb") && !same("", "bob"));
    }
}
