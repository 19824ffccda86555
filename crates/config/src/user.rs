/// Returns the user without domain or realm, in lower case, to compare two spellings of one user.
#[must_use]
pub fn bare_user(user: &str) -> String {
    let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    name.split('@').next().unwrap_or_default().trim().to_lowercase()
}

/// Whether a password follows the user after `%`, as some programs accept it. Other people could read it there.
#[must_use]
pub fn has_password(login: &str) -> bool {
    login.contains('%')
}

#[cfg(test)]
mod tests {
    use super::bare_user;

    /// A failure here would count two spellings of one user as two users.
    #[test]
    fn a_user_without_its_domain() {
        assert!([r"LAB\Bob", "bob@lab.test", " BOB"].into_iter().all(|user| bare_user(user) == "bob"));
    }
}
