use std::collections::HashMap;

use netsession_smb::auth::ntlm::{NtHash, upper_case};

/// Somebody who may log on.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name, in the spelling that lists show.
    pub name: String,
    /// What the password is compared with.
    pub hash: NtHash,
    /// Whether it may list and end the sessions of others.
    pub admin: bool,
    /// Whether it can log on from this computer only. Its password must then be random and long: wrong ones cost no
    /// time, or other users of this computer could keep its own user out by giving them.
    pub loopback_only: bool,
}

impl Account {
    /// Somebody with a password, who is no administrator.
    #[must_use]
    pub fn with_password(name: impl Into<String>, password: &str) -> Self {
        Self::new(name.into(), NtHash::of_password(password))
    }

    /// Somebody by the NT hash of the password (MD4 of its UTF-16 form), who is no administrator.
    #[must_use]
    pub fn with_nt_hash(name: impl Into<String>, hash: [u8; 16]) -> Self {
        Self::new(name.into(), NtHash::new(hash))
    }

    const fn new(name: String, hash: NtHash) -> Self {
        Self { name, hash, admin: false, loopback_only: false }
    }
}

/// Everybody who may log on. Names compare without regard to case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts {
    by_name: HashMap<String, Account>,
}

impl Accounts {
    /// Adds an account; one of the same name is replaced.
    pub(crate) fn add(&mut self, account: Account) {
        self.by_name.insert(upper_case(&account.name), account);
    }

    /// The account of a name, whatever domain is put before it: this server is its own only domain.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&Account> {
        self.by_name.get(&upper_case(name))
    }
}
