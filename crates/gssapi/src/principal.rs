//! [`User::to_principal`]: a user's full name, which needs the library's default realm.

use crate::{Library, User};

impl User {
    /// Returns the name by which `kinit` and the ticket cache know this user, such as `adm1@LAB.TEST`.
    #[must_use]
    pub fn to_principal(&self, library: &'static Library) -> String {
        let principal = self.principal();
        match library.default_realm().filter(|_| !principal.contains('@')) {
            Some(realm) => format!("{principal}@{realm}"),
            None => principal,
        }
    }
}
