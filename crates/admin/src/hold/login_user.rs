//! [`hold_logs_on_as()`]: whether a hold logs on by an account, so that the hold ends nothing while the account is disabled.

use std::net::{SocketAddr, ToSocketAddrs as _};

use netsession::ServerAddress;
use netsession_config::{AuthFile, Config};
use netsession_journal::{FoundAccount, HoldOrder};
use netsession_wire::name::is_same_name;

use super::left_out::split;
use crate::NamedServer;

/// Whether a hold logs on by this account at one of its servers. It runs no password command and asks nobody.
#[must_use]
pub fn hold_logs_on_as(order: &HoldOrder, account: &FoundAccount) -> bool {
    let Ok(config) = Config::read() else { return false };
    order.servers.iter().chain(&order.accounts_on).any(|name| {
        let Ok(server) = NamedServer::parse(name).map(|server| server.resolved(&config)) else {
            return false;
        };
        let users = users_at(order, &server, &config);
        users.iter().any(|user| is_user_of(user, account)) && is_at(order, &server, account)
    })
}

/// Returns the users as which a hold logs on at a server or at the nodes of a cluster; none if only a person knows.
fn users_at(order: &HoldOrder, server: &NamedServer, config: &Config) -> Vec<String> {
    if order.login.user.is_some() {
        return order.login.user.iter().cloned().collect();
    }
    if let Some(file) = &order.login.authentication_file {
        return AuthFile::read(file).ok().and_then(|file| file.qualified_user()).into_iter().collect();
    }
    let of_server = |server: &NamedServer| {
        let named = server.named();
        let own = || config.own_login(named.host(), named.port()).map(str::to_owned);
        server.settings(config).login.or_else(own)
    };
    // The table of a node has the login of a cluster.
    std::iter::once(server).chain(server.nodes()).filter_map(of_server).collect()
}

/// Whether a server can have the account: any server, if it is an account of a domain. It can ask the name service.
fn is_at(order: &HoldOrder, server: &NamedServer, account: &FoundAccount) -> bool {
    let text = |address: &ServerAddress| format!("{}:{}", address.host().to_lowercase(), address.port());
    let place = order.servers.iter().position(|name| name == server.name());
    let known = place.and_then(|place| order.places.get(place)).into_iter();
    let nodes = order.nodes.get(server.name()).into_iter().flatten();
    let now = server.nodes().iter().map(|node| text(node.address()));
    let at: Vec<String> = known.chain(nodes).cloned().chain(now).chain([text(server.address())]).collect();
    account.places.is_empty()
        || account.server.to_lowercase() == server.name().to_lowercase()
        || at.iter().any(|place| account.places.contains(place))
        || at.iter().any(|place| addresses(place).iter().any(|address| account.places.contains(address)))
}

/// Returns the addresses of a place, as those of an account; none of a cluster.
fn addresses(place: &str) -> Vec<String> {
    let Some((host, port)) = split(place) else { return Vec::new() };
    let found = (host.trim_matches(['[', ']']), port).to_socket_addrs();
    let text = |one: SocketAddr| format!("{}:{}", one.ip().to_canonical(), one.port());
    found.map(|found| found.map(text).collect()).unwrap_or_default()
}

/// Whether a user such as `adm1`, `LAB\adm1` or `adm1@lab.test` can be the account `LAB\adm1`.
pub(super) fn is_user_of(user: &str, account: &FoundAccount) -> bool {
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

    /// A failure here would end another hold without a word: it acts at the nodes of a cluster, or spells the server otherwise.
    #[test]
    fn a_server_is_compared_by_its_nodes_and_addresses() {
        let account = FoundAccount {
            server: "s1".to_owned(),
            name: r"FS1\adm1".to_owned(),
            sid: "S-1-5-21-1-2-3-1104".to_owned(),
            control: 0x10,
            is_disabled: false,
            places: vec!["127.0.0.1:48401".to_owned()],
        };
        let order = |name: &str, nodes: &[(&str, &str)]| HoldOrder {
            servers: vec![name.to_owned()],
            nodes: nodes.iter().map(|(name, node)| ((*name).to_owned(), vec![(*node).to_owned()])).collect(),
            ..HoldOrder::of(netsession_journal::Actor::of_process("test"))
        };
        let is_there = |order: &HoldOrder, name: &str| {
            let named = NamedServer::parse(name).unwrap().resolved(&Config::default());
            is_at(order, &named, &account)
        };
        assert!(is_there(&order("ha", &[("ha", "127.0.0.1:48401")]), "ha"), "a node");
        assert!(!is_there(&order("ha", &[("ha", "127.0.0.1:48402")]), "ha"), "another port");
        assert!(is_there(&order("localhost:48401", &[]), "localhost:48401"), "another spelling");
        assert!(!is_there(&order("localhost:48402", &[]), "localhost:48402"));
    }

    /// A failure here would end another hold without a word: the configuration has the login of a cluster at its nodes.
    #[test]
    fn a_cluster_is_logged_on_to_by_the_login_of_its_nodes() {
        let text = "[cluster.ha]\nnodes = ['10.0.0.5', '10.0.0.6']\n[server.'10.0.0.6']\nlogin = 'adm1'";
        let config = Config::parse(text).unwrap();
        let order = HoldOrder::of(netsession_journal::Actor::of_process("test"));
        let cluster = NamedServer::parse("ha").unwrap().resolved(&config);
        assert_eq!(users_at(&order, &cluster, &config), ["adm1"]);
        let other = NamedServer::parse("fs1").unwrap().resolved(&config);
        assert!(users_at(&order, &other, &config).is_empty());
    }

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
