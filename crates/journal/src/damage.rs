//! [`Damage`]: what is wrong with a journal.

use std::cmp::Ordering;
use std::fmt;

use crate::Timestamp;
use crate::chain::Head;

/// What is wrong with a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The row was changed after it was recorded.
    Changed {
        /// The number of the row.
        seq: u64,
    },
    /// The row was removed.
    Removed {
        /// The number of the row.
        seq: u64,
    },
    /// The last rows were removed.
    LastRemoved {
        /// The number of the first missing row.
        seq: u64,
        /// The number of the last row, as the head names it.
        head: u64,
    },
    /// The first rows were removed, and no record says so.
    FirstRemoved {
        /// The number of the first row that is left.
        seq: u64,
    },
    /// The row was added by somebody else.
    Added {
        /// The number of the row.
        seq: u64,
    },
    /// The head of the chain was changed.
    Head,
    /// Every row fits to the one before it, and the key beside the journal has signed none of them: somebody has replaced the key, or
    /// written the whole journal.
    OtherKey,
    /// The index hides the row from a search, or finds it by a wrong time.
    Index {
        /// The number of the row.
        seq: u64,
    },
    /// The row is not the one that was noted elsewhere.
    Replaced {
        /// The number of the row.
        seq: u64,
    },
    /// The row that was noted elsewhere was removed with the old rows, and cannot be compared.
    Pruned {
        /// The number of the row.
        seq: u64,
        /// When the newest removal was, by its record.
        at: Timestamp,
        /// Who removed the rows, by that record.
        by: String,
    },
}

impl Damage {
    /// Compares the number of the last row that is there with the head.
    pub(crate) fn of_last(last: u64, head: Head) -> Option<Self> {
        match last.cmp(&head.seq) {
            Ordering::Less => Some(Self::LastRemoved { seq: last.saturating_add(1), head: head.seq }),
            Ordering::Equal => None,
            Ordering::Greater => Some(Self::Added { seq: last }),
        }
    }

    /// Returns the number of the first broken row, if one is known.
    #[must_use]
    pub const fn row(&self) -> Option<u64> {
        match self {
            Self::Changed { seq }
            | Self::Removed { seq }
            | Self::LastRemoved { seq, .. }
            | Self::FirstRemoved { seq }
            | Self::Added { seq }
            | Self::Index { seq }
            | Self::Replaced { seq }
            | Self::Pruned { seq, .. } => Some(*seq),
            Self::Head | Self::OtherKey => None,
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq } => write!(f, "row {seq} was changed"),
            Self::Removed { seq } => write!(f, "row {seq} was removed"),
            Self::LastRemoved { seq, head } if seq == head => write!(f, "the last row, {seq}, was removed"),
            Self::LastRemoved { seq, head } => write!(f, "the last rows, {seq} to {head}, were removed"),
            Self::FirstRemoved { seq } => {
                write!(f, "the rows before row {seq} were removed without a record")
            }
            Self::Added { seq } => write!(f, "row {seq} was added by another program"),
            Self::Head => write!(f, "the head of the chain was changed"),
            Self::OtherKey => f.write_str(
                "the key beside the journal is not the one that signed it: put the right key back, or else somebody has written every row",
            ),
            Self::Index { seq } => write!(f, "the index of row {seq} was changed"),
            Self::Replaced { seq } => write!(f, "row {seq} is not the expected one"),
            Self::Pruned { seq, at, by } => {
                write!(
                    f,
                    "row {seq}, which is expected, is not there: {by} removed the old rows at {at} (journal prune)"
                )
            }
        }
    }
}
