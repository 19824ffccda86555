use std::collections::HashMap;

use netsession_smb::auth::ntlm::{NtHash, upper_case};

/// A user who may log on.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name, in the spelling that lists show.
    pub name: String,
    /// The NT hash, with which the server compares the password.
    pub hash: NtHash,
    /// Whether it may list and end the sessions of others.
    pub admin: bool,
    /// Whether the user can log on from this computer only. The password must then be random and long: wrong passwords cause
    /// no delay, since other users of this computer could otherwise lock this user out with them.
    pub loopback_only: bool,
}

impl Account {
    /// Returns an account with this password, which is no administrator.
    #[must_use]
    pub fn with_password(name: impl Into<String>, password: &str) -> Self {
        Self::new(name.into(), NtHash::of_password(password))
    }

    /// Returns an account by the NT hash of its password (MD4 of its UTF-16 form), which is no administrator.
    #[must_use]
    pub fn with_nt_hash(name: impl Into<String>, hash: [u8; 16]) -> Self {
        Self::new(name.into(), NtHash::new(hash))
    }

    const fn new(name: String, hash: NtHash) -> Self {
        Self { name, hash, admin: false, loopback_only: false }
    }
}

/// The accounts of a server. Names compare without regard to case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts {
    by_name: HashMap<String, Account>,
}

impl Accounts {
    /// Adds an account; it replaces one of the same name.
    pub(crate) fn add(&mut self, account: Account) {
        self.by_name.insert(upper_case(&account.name), account);
    }

    /// Returns the account of this name. The domain of a logon does not count: this server is its own only domain.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&Account> {
        self.by_name.get(&upper_case(name))
    }
}
