//! [`resolve()`] finds the addresses of the clients that a hold names, also of a name that no name service knows any more.

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

/// Returns the selector of a hold for each server. The addresses of the order count for a name that is not known now.
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
        let mut is_told = false;
        for (mut found, clients) in found.into_iter().zip(&mut clients) {
            if is_name(&found) && found.addresses().is_empty() && !known.is_empty() {
                if !std::mem::replace(&mut is_told, true) {
                    tell(HoldEvent::NameGone { client: &found.to_string(), addresses: known });
                }
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

const fn is_name(client: &ClientPattern) -> bool {
    matches!(client, ClientPattern::Host { .. } | ClientPattern::Name { .. })
}

fn set_addresses(client: &mut ClientPattern, known: &[std::net::IpAddr]) {
    if let ClientPattern::Host { addresses, .. } | ClientPattern::Name { addresses, .. } = client {
        *addresses = known.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsession_journal::{Actor, HoldLogin, Timestamp};

    /// A failure here would let an infected client in after a restart of the agent, because somebody removed its name from DNS.
    #[tokio::test]
    async fn a_name_that_is_gone_keeps_its_addresses() {
        let login = netsession::Login::new("adm1", netsession::Secret::password("x")).unwrap();
        let servers =
            [Target::new("fs1", "fs1".parse().unwrap(), login, netsession::ConnectOptions::default())];
        let order = |client: &str, addresses: Vec<ClientAddresses>| HoldOrder {
            at: Timestamp::now(),
            actor: Actor::of_process("test"),
            named: Vec::new(),
            servers: Vec::new(),
            clients: vec![client.to_owned()],
            users: Vec::new(),
            places: Vec::new(),
            addresses,
            accounts_on: Vec::new(),
            is_everybody_confirmed: false,
            login: HoldLogin::default(),
            seconds: 1,
            reason: None,
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
        // An address that changed counts alone: another computer can have the old one.
        let moved = resolve(&order("localhost", of("localhost")), &servers, &tell).await.unwrap().unwrap();
        assert!(moved[0].clients()[0].addresses().iter().all(std::net::IpAddr::is_loopback));
        assert_eq!(told.borrow().len(), 2);
    }
}
