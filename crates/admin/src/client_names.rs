//! The client's host name in a selector, looked up for each server in that server's own way.

use netsession::{NetBios, Selector};

use crate::{Error, Target};

/// Looks up the client that `selector` names, once for each way that the targets look up names, and returns a selector for
/// each target in order.
///
/// # Errors
/// [`netsession::Error::Resolve`] if one of the lookups does not find the name.
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
