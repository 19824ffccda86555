//! [`resolve_selectors`] looks up the client's host name in a selector, with the options of each server.

use netsession::{NetBios, Selector};

use crate::{Error, Target};

/// Looks up the client that `selector` names, once for each kind of name service in the options of the targets. Returns
/// a selector for each target, in order.
///
/// # Errors
/// [`netsession::Error::Resolve`] if one of the lookups does not find the name.
///
/// # Panics
/// Outside of a tokio runtime with net and time enabled.
///
/// ```
/// use netsession::{ConnectOptions, Login, Secret, Selector};
/// use netsession_admin::{Target, resolve_selectors};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let login = Login::new("adm1", Secret::password("secret"))?;
/// let targets = [Target::new("fs1", "fs1".parse()?, login, ConnectOptions::default())];
/// let selector = Selector::Client("10.0.0.5".parse()?);
/// let selectors = resolve_selectors(&selector, &targets).await?;
/// assert_eq!(selectors, [selector], "an address needs no lookup");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })
/// # .unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn resolve_selectors(selector: &Selector, targets: &[Target]) -> Result<Vec<Selector>, Error> {
    let mut known: Vec<(NetBios, Selector)> = Vec::new();
    let mut selectors = Vec::with_capacity(targets.len());
    for target in targets {
        let way = target.options().netbios;
        let resolved = match known.iter().find(|(known, _)| *known == way) {
            Some((_, resolved)) => resolved.clone(),
            None => {
                let mut resolved = selector.clone();
                resolved.resolve(target.options()).await?;
                known.push((way, resolved.clone()));
                resolved
            }
        };
        selectors.push(resolved);
    }
    Ok(selectors)
}

#[cfg(test)]
mod tests {
    use netsession::{ConnectOptions, Login, Secret, ServerNames, Session};

    use super::*;

    fn target(name: &str, netbios: NetBios) -> Target {
        let login = Login::new("adm1", Secret::password("x")).unwrap();
        let options = ConnectOptions { netbios, ..ConnectOptions::default() };
        Target::new(name, name.parse().unwrap(), login, options)
    }

    fn by_client(name: &str) -> Selector {
        Selector::Client(name.parse().unwrap())
    }

    /// A failure here would end no session at the second server, or would end the sessions of another client.
    #[tokio::test]
    async fn each_target_gets_the_clients_addresses() {
        let targets =
            [target("fs1", NetBios::Off), target("fs2", NetBios::Broadcast), target("fs3", NetBios::Off)];
        let selectors = resolve_selectors(&by_client("localhost"), &targets).await.unwrap();
        assert_eq!(selectors.len(), 3);
        let matches = |selector: &Selector, client| {
            selector.matches(&Session::new(client, "bob"), &ServerNames::default())
        };
        for selector in &selectors {
            assert!(matches(selector, "127.0.0.1") && !matches(selector, "127.0.0.2"), "{selector:?}");
        }
        assert!(!matches(&by_client("localhost"), "127.0.0.1"), "it was looked up here");
    }

    /// A failure here would leave an infected client connected because its name is misspelled, and report no error.
    #[tokio::test]
    async fn a_name_that_nobody_knows_is_an_error() {
        let targets = [target("fs1", NetBios::Off)];
        let error = resolve_selectors(&by_client("no-such-host.invalid"), &targets).await.unwrap_err();
        assert!(matches!(error, Error::Server(netsession::Error::Resolve { .. })), "{error}");
    }

    /// A failure here would change a selector that names no host, or would ask a name service about it.
    #[tokio::test]
    async fn a_selector_without_a_host_name_is_unchanged() {
        let targets = [target("fs1", NetBios::Off), target("fs2", NetBios::Broadcast)];
        for selector in [Selector::All, by_client("10.0.0.5"), by_client("10.1.0.0/16")] {
            let selectors = resolve_selectors(&selector, &targets).await.unwrap();
            assert_eq!(selectors, [selector.clone(), selector]);
        }
        assert_eq!(resolve_selectors(&Selector::All, &[]).await.unwrap(), []);
    }
}
