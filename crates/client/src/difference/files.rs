use std::collections::HashMap;
use std::hash::Hash;

use super::{Builder, Difference, Row};
use crate::{OpenFile, name};

/// Returns what changed between two listings of a server's open files.
///
/// A file is the same if its id, its path and its user are the same: servers reuse ids. A file that the same user
/// opened again at the same path under another id has returned. A file has changed if its permissions, its locks or its
/// client differ.
///
/// ```
/// use netsession::file_difference;
///
/// let difference = file_difference(&[], &[]);
/// assert!(difference.is_empty());
/// ```
#[must_use]
pub fn file_difference<'a>(before: &'a [OpenFile], after: &'a [OpenFile]) -> Difference<&'a OpenFile> {
    let mut builder = Builder::new();
    let before: Vec<_> = before.iter().enumerate().collect();
    let after: Vec<_> = after.iter().enumerate().collect();
    let identity = |file: &OpenFile| (file.id, file.path.clone(), folded(&file.user));
    let (gone, came) = pair_up(before, after, identity, |before, after| builder.add_kept(before, after));
    let place = |file: &OpenFile| (folded(&file.path), folded(&file.user));
    let (gone, came) = pair_up(gone, came, place, |before, after| builder.add_returned(before, after));
    builder.gone = gone;
    builder.came = came;
    builder.finish(is_changed)
}

/// Pairs rows of the same key, and returns the rows that have no partner.
fn pair_up<'a, K: Eq + Hash>(
    mut before: Vec<Row<'a, OpenFile>>,
    mut after: Vec<Row<'a, OpenFile>>,
    key: impl Fn(&OpenFile) -> K,
    mut found: impl FnMut(Row<'a, OpenFile>, Row<'a, OpenFile>),
) -> (Vec<Row<'a, OpenFile>>, Vec<Row<'a, OpenFile>>) {
    // If a server lists a key twice, the rows pair by their details, in any order of the listing.
    let details = |(_, file): &Row<'a, OpenFile>| (file.permissions.0, file.locks, file.client.clone());
    before.sort_by_cached_key(details);
    after.sort_by_cached_key(details);
    let mut partners: HashMap<K, Vec<Row<'a, OpenFile>>> = HashMap::new();
    for row in before.into_iter().rev() {
        partners.entry(key(row.1)).or_default().push(row);
    }
    after.retain(|row| match partners.get_mut(&key(row.1)).and_then(Vec::pop) {
        Some(partner) => {
            found(partner, *row);
            false
        }
        None => true,
    });
    (partners.into_values().flatten().collect(), after)
}

fn folded(name: &str) -> String {
    name::folded(name).collect()
}

fn is_changed(before: &OpenFile, after: &OpenFile) -> bool {
    (before.permissions, before.locks, &before.client) != (after.permissions, after.locks, &after.client)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{FileId, Permissions};

    fn file((id, path, user, locks): (u32, u8, u8, u32)) -> OpenFile {
        OpenFile {
            id: FileId(id),
            path: format!(r"C:\data\{path}.txt"),
            user: format!("user{user}"),
            client: None,
            permissions: Permissions(1),
            locks,
        }
    }

    /// A failure here would take a reused id for the same file, or a reopened file for a stranger's.
    #[test]
    fn the_id_alone_does_not_make_the_same_file() {
        let before = [file((1, 1, 1, 0)), file((2, 2, 1, 0)), file((3, 3, 1, 0))];
        let after = [file((1, 9, 1, 0)), file((7, 2, 1, 0)), file((3, 3, 1, 2))];
        let difference = file_difference(&before, &after);
        assert_eq!((difference.gone, difference.came), (vec![&before[0]], vec![&after[0]]));
        assert_eq!((difference.returned[0].before, difference.returned[0].after), (&before[1], &after[1]));
        assert_eq!(difference.changed[0].after, &after[2]);
    }

    fn files() -> impl Strategy<Value = Vec<OpenFile>> {
        proptest::collection::vec((0..3_u32, 0..3_u8, 0..2_u8, 0..2_u32).prop_map(file), 0..12)
    }

    proptest! {
        /// A failure here would lose a file or count one twice.
        #[test]
        fn every_file_is_in_exactly_one_list(before in files(), after in files()) {
            let difference = file_difference(&before, &after);
            let both = difference.returned.len() + difference.kept().count();
            prop_assert_eq!(before.len(), both + difference.gone.len());
            prop_assert_eq!(after.len(), both + difference.came.len());
            for row in difference.kept() {
                prop_assert_eq!((row.before.id, &row.before.path), (row.after.id, &row.after.path));
            }
        }

        /// A failure here would report changes in a listing that only has another order.
        #[test]
        fn the_order_does_not_count(before in files(), turn in 0..12_usize) {
            let mut after = before.clone();
            if !after.is_empty() {
                let middle = turn % after.len();
                after.rotate_left(middle);
            }
            prop_assert!(file_difference(&before, &after).is_empty());
        }
    }
}
