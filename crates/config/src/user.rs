/// The user without domain or realm, in one case, to tell whether two spellings mean the same user.
#[must_use]
pub fn bare_user(user: &str) -> String {
    let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    name.split('@').next().unwrap_or_default().trim().to_lowercase()
}

/// Whether a password follows the user after `%`, as some programs take it: it is in sight there, and refused here.
#[must_use]
pub fn has_password(login: &str) -> bool {
    login.contains('%')
}

#[cfg(test)]
mod tests {
    use super::bare_user;

    /// If this fails, one user written in two ways counts as two.
    #[test]
    fn a_user_without_its_domain() {
        assert!([r"LAB\Bob", "bob@lab.test", " BOB"].into_iter().all(|user| bare_user(user) == "bob"));
    }
}
