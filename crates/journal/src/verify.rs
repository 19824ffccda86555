//! [`Verified`]: whether the journal has every row that was recorded, unchanged.

use crate::chain::{Head, RowHash};
use crate::store::{Columns, Row, Store};
use crate::{Damage, Entry, Error, Pruned};

/// How many rows to read at once.
const BATCH: u32 = 1_000;

/// What [`Journal::verify`](crate::Journal::verify) found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The number of rows.
    pub rows: u64,
    /// The last row.
    pub head: Head,
    /// The first damage, if there is one.
    pub damage: Option<Damage>,
}

/// Reads every row, and compares it with the chain, its signature, the index and the rows that were noted elsewhere.
pub(crate) fn verify(store: &mut dyn Store, expected: &[Head]) -> Result<Verified, Error> {
    store.check_structure()?;
    let (head, damage) = store.head()?;
    let mut walk = Walk::start(store)?;
    let mut first = None;
    'rows: loop {
        let rows = store.rows(walk.next, BATCH)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if let Some(damage) = walk.row(store, &row, head, expected)? {
                first = Some(damage);
                break 'rows;
            }
        }
    }
    let first = match first {
        Some(Damage::Changed { .. }) if damage == Some(Damage::Head) && is_of_another_key(store)? => {
            Some(Damage::OtherKey)
        }
        first => first,
    };
    let first = first.or_else(|| walk.end(head, expected)).or(damage).or_else(|| walk.removed(expected));
    Ok(Verified { rows: walk.rows, head, damage: first })
}

/// Whether the rows at both ends of the journal are as their hashes say, and none of these has the signature of this key.
fn is_of_another_key(store: &mut dyn Store) -> Result<bool, Error> {
    let (head, _) = store.head()?;
    let mut rows = store.rows(0, BATCH)?;
    rows.extend(store.rows(head.seq.saturating_sub(u64::from(BATCH)), BATCH)?);
    let is_chained = |pair: &[Row]| match pair {
        [one, next] if one.seq.checked_add(1) == Some(next.seq) => {
            RowHash::of_row(one.hash, next.seq, &next.body) == next.hash
        }
        _ => true,
    };
    Ok(rows.iter().all(|row| !store.is_signed(row)) && rows.windows(2).all(is_chained))
}

/// The walk along the chain.
struct Walk {
    /// The number of the row that must come now.
    next: u64,
    before: RowHash,
    rows: u64,
    /// The damage at the beginning.
    start: Option<Damage>,
    /// The removal of the rows before the first one.
    pruned: Option<Pruned>,
}

impl Walk {
    /// Begins at the first row, or where the newest record of a removal says.
    fn start(store: &mut dyn Store) -> Result<Self, Error> {
        let first = store.rows(0, 1)?.pop().map(|row| row.seq);
        let mut walk = Self { next: 1, before: RowHash::default(), rows: 0, start: None, pruned: None };
        let Some(first) = first.filter(|first| *first > 1) else { return Ok(walk) };
        let pruned = store.last_pruned()?.and_then(|row| match serde_json::from_str(&row.body) {
            Ok(Entry::Pruned(pruned)) if pruned.first_kept <= first => Some(pruned),
            _ => None,
        });
        match pruned.and_then(|pruned| Some((pruned.last_removed_hash.parse().ok()?, pruned))) {
            Some((before, pruned)) => {
                (walk.next, walk.before, walk.pruned) = (pruned.first_kept, before, Some(pruned));
            }
            None => walk.start = Some(Damage::FirstRemoved { seq: first }),
        }
        Ok(walk)
    }

    /// Judges the expected rows before the first one: nothing shows any longer whether they were in this journal.
    fn removed(&self, expected: &[Head]) -> Option<Damage> {
        expected.iter().find_map(|noted| match &self.pruned {
            // A journal without rows has the number 0.
            _ if noted.seq == 0 => (noted.hash != RowHash::default()).then_some(Damage::Replaced { seq: 0 }),
            Some(pruned) if noted.seq < pruned.first_kept => {
                Some(Damage::Pruned { seq: noted.seq, at: pruned.at, by: pruned.actor.shown() })
            }
            _ => None,
        })
    }

    fn row(
        &mut self,
        store: &mut dyn Store,
        row: &Row,
        head: Head,
        expected: &[Head],
    ) -> Result<Option<Damage>, Error> {
        let seq = row.seq;
        if let Some(damage) = self.start.take() {
            return Ok(Some(damage));
        }
        if seq > self.next {
            return Ok(Some(match self.next > head.seq {
                true => Damage::Added { seq },
                false => Damage::Removed { seq: self.next },
            }));
        }
        if seq > head.seq {
            return Ok(Some(Damage::Added { seq }));
        }
        let hash = RowHash::of_row(self.before, seq, &row.body);
        if hash != row.hash || !store.is_signed(row) {
            return Ok(Some(Damage::Changed { seq }));
        }
        if expected.iter().any(|noted| noted.seq == seq && noted.hash != hash) {
            return Ok(Some(Damage::Replaced { seq }));
        }
        // A later version may write rows that this one cannot read.
        if let Ok(entry) = serde_json::from_str::<Entry>(&row.body)
            && !matches!(entry, Entry::Other)
        {
            let columns = Columns::of(seq, &entry);
            let terms: Vec<_> = entry.terms().into_iter().collect();
            if columns != row.columns || store.missing_terms(columns.change, &terms)? {
                return Ok(Some(Damage::Index { seq }));
            }
        }
        (self.before, self.next, self.rows) = (hash, seq.saturating_add(1), self.rows.saturating_add(1));
        Ok(None)
    }

    /// Judges the end of the chain.
    fn end(&self, head: Head, expected: &[Head]) -> Option<Damage> {
        if let Some(damage) = &self.start {
            return Some(damage.clone());
        }
        let noted = expected.iter().map(|noted| noted.seq).max().unwrap_or_default();
        let last = head.seq.max(noted);
        if self.next <= last {
            return Some(Damage::LastRemoved { seq: self.next, head: last });
        }
        (self.before != head.hash).then_some(Damage::Head)
    }
}
