use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use netsession_smb::auth::ntlm::NtHash;
use netsession_wire::name::{is_same_name, upper_case};

use crate::kerberos::{Keytab, Principals};

/// A user who may log on.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name, in the spelling that lists show.
    pub name: String,
    /// The NT hash, with which the server compares the password.
    pub hash: NtHash,
    /// Whether the user may list and end the sessions of others.
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

    /// Returns whether this is the account of that name, without regard to case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        is_same_name(&self.name, name)
    }

    const fn new(name: String, hash: NtHash) -> Self {
        Self { name, hash, admin: false, loopback_only: false }
    }
}

/// A user who has logged on, or may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The name for listings: in the spelling of the account, or of the principal.
    pub(crate) name: String,
    pub(crate) is_admin: bool,
}

impl From<&Account> for User {
    fn from(account: &Account) -> Self {
        Self { name: account.name.clone(), is_admin: account.admin }
    }
}

/// A user who has proved an identity, and wants to log on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logon<'a> {
    /// The user, in the spelling that lists show.
    pub user: &'a str,
    /// Whether the user may list and end the sessions of others.
    pub is_admin: bool,
    /// The client's address.
    pub client: IpAddr,
}

impl<'a> Logon<'a> {
    /// Returns the logon of a user, for the tests of a program that keeps users out.
    #[must_use]
    pub const fn new(user: &'a str, is_admin: bool, client: IpAddr) -> Self {
        Self { user, is_admin, client }
    }
}

/// A function that keeps users out.
#[derive(Clone)]
pub(crate) struct Refuses(pub(crate) Arc<dyn Fn(&Logon<'_>) -> bool + Send + Sync>);

impl fmt::Debug for Refuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refuses")
    }
}

/// The users of a server by name.
type Described = BTreeMap<String, Description>;
/// The password of a user who has one, and whether the user is an administrator.
type Description = (Option<NtHash>, bool);

/// The users of a server, and how they can log on. Names compare without regard to case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts {
    by_name: HashMap<String, Account>,
    /// The keys that verify tickets; without them nobody can log on with Kerberos.
    pub(crate) keytab: Option<Keytab>,
    pub(crate) principals: Principals,
    /// Whether only accounts that are `loopback_only` can log on with NTLM.
    pub(crate) is_ntlm_off: bool,
    /// Keeps users out who have proved their identity.
    pub(crate) refuses: Option<Refuses>,
}

impl Accounts {
    /// Adds an account; it replaces one of the same name.
    pub(crate) fn add(&mut self, account: Account) {
        self.by_name.insert(upper_case(&account.name), account);
    }

    /// Returns the account of this name. It ignores the domain of a logon: this server is its own only domain.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&Account> {
        self.by_name.get(&upper_case(name))
    }

    /// Whether a user who has proved an identity must stay out. The accounts of this computer alone never do.
    pub(crate) fn refuse(&self, user: &User, client: IpAddr) -> bool {
        let Some(refuses) = &self.refuses else { return false };
        let is_own = self.get(&user.name).is_some_and(|account| account.loopback_only);
        !is_own
            && (refuses.0)(&Logon {
                user: &user.name,
                is_admin: user.is_admin,
                client: client.to_canonical(),
            })
    }

    /// Returns the names of the accounts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.values().map(|account| account.name.as_str())
    }

    /// Returns the names of the users who are new in comparison with `before`, of those who have another password or other
    /// rights, and of those who are gone. Accounts of this computer alone do not count.
    pub(crate) fn compared_with(&self, before: &Self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (old, new) = (before.described(), self.described());
        let missing = |here: &Described, there: &Described| {
            here.iter().filter(|(name, _)| !there.contains_key(*name)).map(|(name, _)| name.clone()).collect()
        };
        let differs =
            |(name, what): &(&String, &Description)| old.get(*name).is_some_and(|before| before != *what);
        let changed = new.iter().filter(differs).map(|(name, _)| name.clone()).collect();
        (missing(&new, &old), changed, missing(&old, &new))
    }

    /// Returns the password and the rights of each user.
    fn described(&self) -> Described {
        let accounts = self.by_name.values().filter(|account| !account.loopback_only);
        let accounts =
            accounts.map(|account| (account.name.clone(), (Some(account.hash.clone()), account.admin)));
        let principals = self.principals.iter();
        accounts.chain(principals.map(|(name, is_admin)| (name, (None, is_admin)))).collect()
    }

    /// Returns the account of this name, if the user can log on with NTLM from this computer (`is_near`) or another one.
    #[must_use]
    pub(crate) fn by_password(&self, name: &str, is_near: bool) -> Option<&Account> {
        let can = |account: &&Account| if account.loopback_only { is_near } else { !self.is_ntlm_off };
        self.get(name).filter(can)
    }

    /// Returns the user with this principal, whose ticket is verified.
    #[must_use]
    pub(crate) fn by_ticket(&self, principal: &str) -> Option<User> {
        let (name, is_admin) = self.principals.find(principal)?;
        Some(User { name, is_admin })
    }

    /// Whether a server offers NTLM to a client on this computer (`is_near`) or another one. If users can log on with Kerberos
    /// alone, no client should send a response to its password.
    #[must_use]
    pub(crate) fn offers_ntlm(&self, is_near: bool) -> bool {
        let is_only_way = self.keytab.is_none() && !self.is_ntlm_off;
        is_only_way
            || self.by_name.values().any(|account| match account.loopback_only {
                true => is_near,
                false => !self.is_ntlm_off,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give a user the rights or the password of another one with a similar name.
    #[test]
    fn accounts_with_similar_names_stay_apart() {
        let mut accounts = Accounts::default();
        for name in ["alice", "alıce", "sam", "ſam", "kim", "\u{212a}im"] {
            accounts.add(Account::with_password(name, "x"));
        }
        for (name, found) in [("ALICE", "alice"), ("alıce", "alıce"), ("SAM", "sam"), ("Kim", "kim")] {
            assert_eq!(accounts.get(name).unwrap().name, found);
            assert!(accounts.get(name).unwrap().is_named(name));
        }
        assert!(accounts.get("ALİCE").is_none());
    }
}
