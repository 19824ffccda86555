use std::collections::HashMap;
use std::hash::Hash;

use super::{Builder, Difference, Row};
use crate::{Connection, Share, name};

/// Returns what changed between two listings of a server's shares. A share is the same if its name is the same.
///
/// ```
/// assert!(netsession::share_difference(&[], &[]).is_empty());
/// ```
#[must_use]
pub fn share_difference<'a>(before: &'a [Share], after: &'a [Share]) -> Difference<&'a Share> {
    keyed(before, after, |share| folded(&share.name), |before, after| before != after)
}

/// Returns what changed between two listings of a server's connections.
///
/// A connection is the same if its id, its share, its client and its user are the same. It has changed if its opens or
/// the type of its share differ.
///
/// ```
/// assert!(netsession::connection_difference(&[], &[]).is_empty());
/// ```
#[must_use]
pub fn connection_difference<'a>(
    before: &'a [Connection],
    after: &'a [Connection],
) -> Difference<&'a Connection> {
    let text = |text: &Option<String>| text.as_deref().map(folded);
    let key = |one: &Connection| (one.id, text(&one.share), text(&one.client), text(&one.user));
    let details = |one: &Connection| (one.opens, one.share_type);
    keyed(before, after, key, |before, after| details(before) != details(after))
}

/// Pairs the rows of the same key. If a listing has a key several times, the rows pair in the order of the listings.
fn keyed<'a, T, K: Eq + Hash>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> K,
    is_changed: impl Fn(&T, &T) -> bool,
) -> Difference<&'a T> {
    let mut partners: HashMap<K, Vec<Row<'a, T>>> = HashMap::new();
    for row in before.iter().enumerate().rev() {
        partners.entry(key(row.1)).or_default().push(row);
    }
    let mut builder = Builder::new();
    for row in after.iter().enumerate() {
        match partners.get_mut(&key(row.1)).and_then(Vec::pop) {
            Some(partner) => builder.add_kept(partner, row),
            None => builder.came.push(row),
        }
    }
    builder.gone = partners.into_values().flatten().collect();
    builder.finish(is_changed)
}

fn folded(name: &str) -> String {
    name::folded(name).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ShareType;

    fn connection(id: u32, opens: u32, seconds: u64) -> Connection {
        Connection {
            share: Some("data".to_owned()),
            client: Some("10.0.0.5".to_owned()),
            user: Some("bob".to_owned()),
            id: Some(id),
            opens: Some(opens),
            connected: Some(Duration::from_secs(seconds)),
            share_type: None,
        }
    }

    /// A failure here would report every connection as changed each second, or miss one that came.
    #[test]
    fn connections_pair_by_id_and_names_and_their_age_does_not_count() {
        let before = [connection(1, 0, 10), connection(2, 0, 10), connection(3, 0, 10)];
        let after = [connection(2, 5, 12), connection(1, 0, 12), connection(4, 0, 1)];
        let difference = connection_difference(&before, &after);
        assert_eq!((difference.came, difference.gone), (vec![&after[2]], vec![&before[2]]));
        assert_eq!(difference.changed.iter().map(|row| row.after.id).collect::<Vec<_>>(), [Some(2)]);
        assert_eq!(difference.unchanged.len(), 1);
    }

    /// A failure here would lose a row that a server lists twice.
    #[test]
    fn a_repeated_row_has_one_partner() {
        let difference = [connection(1, 0, 1), connection(1, 0, 1)];
        let [both, one] = [&difference[..], &difference[..1]];
        assert_eq!(connection_difference(both, one).gone.len(), 1);
        assert_eq!(connection_difference(one, both).came.len(), 1);
    }

    /// A failure here would report a share that only has another case, or hide a changed comment.
    #[test]
    fn shares_pair_by_name() {
        let share = |name: &str, comment: &str| Share {
            name: name.to_owned(),
            share_type: ShareType(0),
            comment: comment.to_owned(),
            path: None,
            connections: None,
            max_connections: None,
        };
        let (before, after) = ([share("DATA", "old"), share("x", "")], [share("data", "new")]);
        let difference = share_difference(&before, &after);
        assert_eq!((difference.changed.len(), difference.gone), (1, vec![&before[1]]));
    }
}
