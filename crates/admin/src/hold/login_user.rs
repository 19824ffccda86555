//! [`hold_logs_on_as()`]: whether a hold logs on by an account, so that the hold ends nothing while the account is disabled.

use netsession_config::{AuthFile, Config};
use netsession_journal::{FoundAccount, HoldOrder};
use netsession_wire::name::is_same_name;

use crate::NamedServer;

/// Whether a hold logs on by this account at one of its servers. It runs no password command and asks nobody.
#[must_use]
pub fn hold_logs_on_as(order: &HoldOrder, account: &FoundAccount) -> bool {
    let Ok(config) = Config::read() else { return false };
    order.servers.iter().chain(&order.accounts_on).any(|name| {
        let Ok(server) = NamedServer::parse(name).map(|server| server.resolved(&config)) else {
            return false;
        };
        let user = user_at(order, &server, &config);
        is_at(order, &server, account) && user.is_some_and(|user| is_user_of(&user, account))
    })
}

/// Returns the user as which a hold logs on at a server; None if only a person knows.
fn user_at(order: &HoldOrder, server: &NamedServer, config: &Config) -> Option<String> {
    if order.login.user.is_some() {
        return order.login.user.clone();
    }
    if let Some(file) = &order.login.authentication_file {
        return AuthFile::read(file).ok()?.qualified_user();
    }
    let named = server.named();
    server.settings(config).login.or_else(|| config.own_login(named.host(), named.port()).map(str::to_owned))
}

/// Whether a server can have the account: any server, if it is an account of a domain.
fn is_at(order: &HoldOrder, server: &NamedServer, account: &FoundAccount) -> bool {
    let address = format!("{}:{}", server.address().host().to_lowercase(), server.address().port());
    let place = order.servers.iter().position(|name| name == server.name());
    let known = place.and_then(|place| order.places.get(place));
    account.places.is_empty()
        || account.server.to_lowercase() == server.name().to_lowercase()
        || account.places.contains(&address)
        || known.is_some_and(|known| account.places.contains(known))
}

/// Whether a user such as `adm1`, `LAB\adm1` or `adm1@lab.test` can be the account `LAB\adm1`.
fn is_user_of(user: &str, account: &FoundAccount) -> bool {
    let (domain, name) = account.name.split_once('\\').unwrap_or(("", &account.name));
    match user.split_once('\\') {
        // The DNS name of a domain says nothing about its short name.
        Some((of, user)) => (of.contains('.') || is_same_name(of, domain)) && is_same_name(user, name),
        None => is_same_name(user.split('@').next().unwrap_or(user), name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would end another hold without a word, or refuse to disable the account of another person.
    #[test]
    fn a_login_is_compared_with_the_account() {
        let account = FoundAccount {
            server: "dc1".to_owned(),
            name: r"LAB\adm1".to_owned(),
            sid: "S-1-5-21-1-2-3-1104".to_owned(),
            control: 0x10,
            is_disabled: false,
            places: Vec::new(),
        };
        for (user, expected) in [
            ("adm1", true),
            (r"lab\ADM1", true),
            (r"lab.test\adm1", true),
            ("adm1@lab.test", true),
            (r"FS1\adm1", false),
            ("adm10", false),
            (r"LAB\adm2", false),
        ] {
            assert_eq!(is_user_of(user, &account), expected, "{user}");
        }
    }
}
