//! [`resolve()`] finds the addresses of the clients that a hold names: those that the names had when the hold was made.

use std::collections::BTreeSet;
use std::net::IpAddr;

use netsession::{ClientPattern, Selector, SessionFilter};
use netsession_journal::{ClientAddresses, HoldOrder};

use super::{HoldEvent, hold_selector};
use crate::{Error, Target, resolve_selectors};

/// Returns the addresses of the clients that these selectors name by a host name, for the order of a hold.
#[must_use]
pub fn hold_addresses(selectors: &[Selector]) -> Vec<ClientAddresses> {
    let mut found: Vec<ClientAddresses> = Vec::new();
    for client in selectors.iter().flat_map(Selector::clients).filter(|client| is_name(client)) {
        let (name, addresses) = (client.to_string(), client.addresses());
        match found.iter_mut().find(|known| known.client == name) {
            Some(known) => {
                let new: Vec<_> =
                    addresses.iter().filter(|one| !known.addresses.contains(one)).copied().collect();
                known.addresses.extend(new);
            }
            None if addresses.is_empty() => {}
            None => found.push(ClientAddresses { client: name, addresses: addresses.to_vec() }),
        }
    }
    found
}

/// Returns the selector of a hold for each server. The addresses of the order count, whatever its names mean now: the person has seen
/// these, and the held computer can set its own name in DNS.
pub(super) async fn resolve(
    order: &HoldOrder,
    servers: &[Target],
    tell: impl Fn(HoldEvent<'_>),
) -> Result<Option<Vec<Selector>>, Error> {
    let Ok(Some(selector)) = hold_selector(&order.clients, &order.users) else { return Ok(None) };
    let users = selector.users().to_vec();
    let mut clients: Vec<Vec<ClientPattern>> = vec![Vec::new(); servers.len()];
    for client in selector.clients() {
        let resolved = resolve_selectors(&Selector::Client(client.clone()), servers).await;
        let known = order.addresses_of(&client.to_string());
        let found = match &resolved {
            Ok(selectors) => selectors.iter().filter_map(|one| one.clients().first().cloned()).collect(),
            Err(_) if known.is_empty() => Vec::new(),
            Err(_) => vec![client.clone(); servers.len()],
        };
        if found.len() != servers.len() {
            resolved?;
        }
        if is_name(client) && !known.is_empty() {
            tell_change(&client.to_string(), known, &found, &tell);
        }
        for (mut found, clients) in found.into_iter().zip(&mut clients) {
            if is_name(&found) && !known.is_empty() {
                set_addresses(&mut found, known);
            }
            clients.push(found);
        }
    }
    let of = |clients| {
        Selector::filter(SessionFilter { clients, users: users.clone(), ..SessionFilter::default() })
    };
    Ok(clients.into_iter().map(of).collect())
}

/// Tells whether a name has other addresses than it had, or none.
fn tell_change(client: &str, known: &[IpAddr], found: &[ClientPattern], tell: impl Fn(HoldEvent<'_>)) {
    let now: BTreeSet<IpAddr> =
        found.iter().flat_map(ClientPattern::addresses).map(IpAddr::to_canonical).collect();
    let new: Vec<IpAddr> =
        now.iter().filter(|one| !known.iter().any(|known| known.to_canonical() == **one)).copied().collect();
    if now.is_empty() {
        tell(HoldEvent::NameGone { client, addresses: known });
    } else if !new.is_empty() {
        tell(HoldEvent::NameMoved { client, addresses: known, now: &new });
    }
}

const fn is_name(client: &ClientPattern) -> bool {
    matches!(client, ClientPattern::Host { .. } | ClientPattern::Name { .. })
}

fn set_addresses(client: &mut ClientPattern, known: &[IpAddr]) {
    if let ClientPattern::Host { addresses, .. } | ClientPattern::Name { addresses, .. } = client {
        *addresses = known.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsession_journal::Actor;

    /// A failure here would let an infected client in after a restart of the agent, or end the sessions of another computer, because
    /// somebody removed or changed its name in DNS.
    #[tokio::test]
    async fn a_name_that_is_gone_or_moved_keeps_its_addresses() {
        let login = netsession::Login::new("adm1", netsession::Secret::password("x")).unwrap();
        let servers =
            [Target::new("fs1", "fs1".parse().unwrap(), login, netsession::ConnectOptions::default())];
        let order = |client: &str, addresses: Vec<ClientAddresses>| HoldOrder {
            clients: vec![client.to_owned()],
            addresses,
            seconds: 1,
            ..HoldOrder::of(Actor::of_process("test"))
        };
        let of = |client: &str| {
            vec![ClientAddresses { client: client.to_owned(), addresses: vec![[10, 0, 0, 7].into()] }]
        };
        let told = std::cell::RefCell::new(Vec::new());
        let tell = |event: HoldEvent<'_>| told.borrow_mut().push(format!("{event:?}"));
        for client in ["gone.invalid", r"\\gone.invalid"] {
            let known = order(client, of("gone.invalid"));
            let resolved = resolve(&known, &servers, &tell).await.unwrap().unwrap();
            assert_eq!(hold_addresses(&resolved), of("gone.invalid"), "{client}");
        }
        assert_eq!(told.borrow().len(), 2);
        assert!(resolve(&order("gone.invalid", Vec::new()), &servers, &tell).await.is_err());
        // Nobody has seen the address that the name has now, and the held computer keeps its own one.
        let moved = resolve(&order("localhost", of("localhost")), &servers, &tell).await.unwrap().unwrap();
        assert_eq!(moved[0].clients()[0].addresses(), [IpAddr::from([10, 0, 0, 7])]);
        let last = told.borrow().last().cloned().unwrap();
        assert!(
            told.borrow().len() == 3 && last.contains("NameMoved") && last.contains("127.0.0.1"),
            "{last}"
        );
        let same = vec![ClientAddresses {
            client: "localhost".to_owned(),
            addresses: vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()],
        }];
        resolve(&order("localhost", same), &servers, &tell).await.unwrap().unwrap();
        assert_eq!(told.borrow().len(), 3, "nothing has changed");
    }
}
