use netsession_wire::name::upper_case;

/// Returns the user without domain or realm, in upper case, to compare two spellings of one user.
///
/// ```
/// use netsession_config::bare_user;
///
/// assert_eq!(bare_user(r"LAB\bob"), "BOB");
/// assert_eq!(bare_user("Bob@lab.example"), "BOB");
/// ```
#[must_use]
pub fn bare_user(user: &str) -> String {
    let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    upper_case(name.split('@').next().unwrap_or_default().trim())
}

/// Whether a password follows the user after `%`, as some programs accept it. Other people could read it there.
///
/// ```
/// use netsession_config::has_password;
///
/// assert!(has_password("bob%secret") && !has_password("bob"));
/// ```
#[must_use]
pub fn has_password(login: &str) -> bool {
    login.contains('%')
}

#[cfg(test)]
mod tests {
    use super::bare_user;

    /// A failure here would take two spellings of one user for two users, or use the password of one user for another.
    #[test]
    fn a_bare_user_has_no_domain_and_no_case() {
        for (one, other) in [("\u{212a}im", "kim"), ("al\u{131}ce", "alice"), ("\u{17f}am", "sam")] {
            assert_ne!(bare_user(one), bare_user(other));
        }
        assert!([r"LAB\Bob", "bob@lab.test", " BOB"].into_iter().all(|user| bare_user(user) == "BOB"));
    }
}
