//! Whether a hold, or an account, is the one that this process logs on with. A server can have another account of the same name:
//! `FS1\adm1` is not `LAB\adm1`. Only the server's list says for sure as whom it logged this process on.

use netsession::{ClientPattern, Login, Own, Selector, Session, UserPattern};
use netsession_wire::name::is_same_name;

/// Whether a hold names the login itself, and no client exactly. It would keep nobody out, because a hold spares the account that it
/// logs on with. The domain does not count here: Samba lists its own users without one, so that a hold spares `FS1\adm1`, too.
///
/// ```
/// use netsession::{Login, Secret};
/// use netsession_admin::{hold_names_login, hold_selector};
///
/// let names = |clients: &[&str], users: &[&str], login: &str| {
///     let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
///     let login = Login::new(login, Secret::password("secret")).unwrap();
///     hold_names_login(&hold_selector(&texts(clients), &texts(users)).unwrap().unwrap(), &login)
/// };
/// assert!(names(&[], &["bob", "ADM1"], r"LAB\adm1") && names(&["10.0.0.0/8"], &["adm1"], "adm1"));
/// assert!(names(&[], &[r"FS1\adm1"], r"LAB\adm1") && names(&[], &["adm1@LAB.TEST"], "adm1"));
/// assert!(!names(&["10.0.0.5"], &["adm1"], "adm1") && !names(&[], &["adm*"], "adm1"));
/// assert!(!names(&["10.0.0.5"], &[], "adm1"));
/// ```
#[must_use]
pub fn hold_names_login(selector: &Selector, login: &Login) -> bool {
    let is_named =
        |pattern: &UserPattern| !pattern.is_pattern() && is_same_account(&pattern.to_string(), &login.user);
    selector.users().iter().any(is_named) && !selector.clients().iter().any(ClientPattern::is_exact)
}

/// Returns the user of another domain that a hold names, and whom a server can list by the same name as the login: Samba lists its own users
/// without a domain.
///
/// ```
/// use netsession::{Login, Secret};
/// use netsession_admin::{hold_namesake, hold_selector};
///
/// let namesake = |user: &str, login: &str| {
///     let login = Login::new(login, Secret::password("secret")).unwrap();
///     hold_namesake(&hold_selector(&[], &[user.to_owned()]).unwrap().unwrap(), &login)
/// };
/// assert_eq!(namesake(r"FS1\adm1", r"LAB\adm1").as_deref(), Some(r"FS1\adm1"));
/// assert!(namesake(r"lab.test\adm1", r"LAB\adm1").is_none() && namesake(r"FS1\adm1", "adm1").is_none());
/// ```
#[must_use]
pub fn hold_namesake(selector: &Selector, login: &Login) -> Option<String> {
    let login = login.to_string();
    let mut users = selector.users().iter().map(ToString::to_string);
    users.find(|user| is_same_account(user, &login) && is_other_domain(user, &login))
}

/// Whether an account is the one as which the server has logged this process on. `known_as` are other names of the login; their domains
/// do not count, because a server can take an unknown domain for itself.
pub(super) fn is_own(account: &str, known_as: &[&str], listed: &[Session]) -> bool {
    let own: Vec<&Session> = listed.iter().filter(|session| session.own != Own::No).collect();
    let mut names = own.iter().map(|session| session.user.as_str()).chain(known_as.iter().copied());
    if !names.any(|name| is_same_account(account, name)) {
        return false;
    }
    // This process is one of these, so that it is another one if all of them are.
    let is_another = |session: &&Session| {
        is_same_account(account, &session.user) && is_other_domain(account, &session.user)
    };
    own.is_empty() || !own.iter().all(is_another)
}

fn is_same_account(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    !one.is_empty() && is_same_name(one, other)
}

/// Whether both users have a domain, and not the same one. `lab.test` can be the domain `LAB`.
fn is_other_domain(one: &str, other: &str) -> bool {
    let label = |user| domain(user).and_then(|domain: &str| domain.split('.').next());
    matches!((label(one), label(other)), (Some(one), Some(other)) if !is_same_name(one, other))
}

/// Returns the name of the account in `LAB\bob`, `bob@LAB.TEST` and `bob`.
fn bare(user: &str) -> &str {
    let account = user.rsplit('\\').next().unwrap_or(user);
    account.split('@').next().unwrap_or(account)
}

/// Returns the domain in `LAB\bob` and `bob@LAB.TEST`.
fn domain(user: &str) -> Option<&str> {
    let domain = user.rsplit_once('\\').map(|(domain, _)| domain);
    domain.or_else(|| user.split_once('@').map(|(_, realm)| realm)).filter(|domain| !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(user: &str, own: Own) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        session.own = own;
        session
    }

    /// A failure here would disable the account with which netsession logs on, or spare an attacker with an account of the same name in another domain.
    #[test]
    fn an_account_of_another_domain_is_another_one_only_if_the_list_says_so() {
        let lab = [session(r"LAB\adm1", Own::Yes), session(r"FS1\adm1", Own::No)];
        let other = |account: &str, listed: &[Session]| !is_own(account, &["adm1"], listed);
        assert!(other(r"FS1\adm1", &lab) && other(r"LAB\bob", &lab));
        assert!(!other(r"LAB\ADM1", &lab) && !other(r"lab.test\adm1", &lab) && !other("adm1", &lab));
        // Two connections of this process.
        assert!(other(
            r"FS1\adm1",
            &[session(r"LAB\adm1", Own::Unknown), session(r"LAB\adm1", Own::Unknown)]
        ));
        // Nothing says which one is this process.
        let unsure = [session(r"LAB\adm1", Own::Unknown), session(r"FS1\adm1", Own::Unknown)];
        for listed in [&unsure[..], &[], &[session("adm1", Own::Yes)], &[session(r"FS1\root", Own::Yes)]] {
            assert!(!other(r"FS1\adm1", listed), "{listed:?}");
        }
        // Samba knows this login under another name.
        assert!(!other(r"FS1\root", &[session(r"FS1\root", Own::Yes)]));
    }
}
