//! What changed between two listings of one server, as functions without I/O.
//!
//! [`session_difference`], [`file_difference`], [`share_difference`] and [`connection_difference`] compare two listings; a [`Snapshot`] is a listing with its time.

mod files;
mod keyed;
mod sessions;

use std::time::Instant;

pub use files::file_difference;
pub use keyed::{connection_difference, share_difference};
pub use sessions::session_difference;
pub(crate) use sessions::session_difference_after;

use crate::{Connection, OpenFile, Session, Share};

/// What changed from one listing to the next.
///
/// Every row of the first listing is in exactly one of `gone`, `returned`, `changed` and `unchanged`; every row of the
/// second one is in exactly one of `came`, `returned`, `changed` and `unchanged`. Each list keeps the order of the
/// second listing, `gone` that of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference<T> {
    /// Rows that only the second listing has.
    pub came: Vec<T>,
    /// Rows that only the first listing has.
    pub gone: Vec<T>,
    /// Rows that ended and began again between the listings: the client opened a new session of the same user, or the
    /// user opened the same file again.
    pub returned: Vec<BeforeAfter<T>>,
    /// Rows that both listings have, with other details.
    pub changed: Vec<BeforeAfter<T>>,
    /// Rows that both listings have, with the same details. Ages do not count, because they always grow.
    pub unchanged: Vec<BeforeAfter<T>>,
}

/// A row of the first listing and its counterpart in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BeforeAfter<T> {
    /// The row in the first listing.
    pub before: T,
    /// The row in the second listing.
    pub after: T,
}

impl<T> Difference<T> {
    /// The rows that both listings have.
    pub fn kept(&self) -> impl Iterator<Item = &BeforeAfter<T>> {
        self.changed.iter().chain(&self.unchanged)
    }

    /// Whether the listings differ in nothing but ages.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.came.is_empty() && self.gone.is_empty() && self.returned.is_empty() && self.changed.is_empty()
    }
}

/// A listing and the time when it was taken.
///
/// ```
/// use std::time::{Duration, Instant};
/// use netsession::{Session, Snapshot};
///
/// let began = Instant::now();
/// let before = Snapshot::new(vec![Session::new("10.0.0.5", "bob")], began);
/// let after = Snapshot::new(vec![Session::new("10.0.0.6", "alice")], began + Duration::from_secs(1));
/// let difference = before.difference(&after);
/// assert_eq!(difference.came[0].user, "alice");
/// assert_eq!(difference.gone[0].user, "bob");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    rows: Vec<T>,
    taken: Instant,
}

impl<T> Snapshot<T> {
    /// Stores the rows of a listing that was taken at `taken`.
    #[must_use]
    pub const fn new(rows: Vec<T>, taken: Instant) -> Self {
        Self { rows, taken }
    }

    /// The rows, in the server's order.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// When the listing was taken.
    #[must_use]
    pub const fn taken(&self) -> Instant {
        self.taken
    }
}

impl Snapshot<Session> {
    /// Returns what changed from this listing to a newer one. See [`session_difference`].
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Difference<&'a Session> {
        session_difference(&self.rows, &newer.rows, newer.taken.saturating_duration_since(self.taken))
    }
}

impl Snapshot<OpenFile> {
    /// Returns what changed from this listing to a newer one. See [`file_difference`].
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Difference<&'a OpenFile> {
        file_difference(&self.rows, &newer.rows)
    }
}

impl Snapshot<Share> {
    /// Returns what changed from this listing to a newer one. See [`share_difference`].
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Difference<&'a Share> {
        share_difference(&self.rows, &newer.rows)
    }
}

impl Snapshot<Connection> {
    /// Returns what changed from this listing to a newer one. See [`connection_difference`].
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Difference<&'a Connection> {
        connection_difference(&self.rows, &newer.rows)
    }
}

/// Collects a difference from rows with their places in the listings.
struct Builder<'a, T> {
    came: Vec<(usize, &'a T)>,
    gone: Vec<(usize, &'a T)>,
    returned: Vec<(usize, BeforeAfter<&'a T>)>,
    kept: Vec<(usize, BeforeAfter<&'a T>)>,
}

/// A row and its place in its listing.
type Row<'a, T> = (usize, &'a T);

impl<'a, T> Builder<'a, T> {
    const fn new() -> Self {
        Self { came: Vec::new(), gone: Vec::new(), returned: Vec::new(), kept: Vec::new() }
    }

    fn add_kept(&mut self, (_, before): Row<'a, T>, (place, after): Row<'a, T>) {
        self.kept.push((place, BeforeAfter { before, after }));
    }

    fn add_returned(&mut self, (_, before): Row<'a, T>, (place, after): Row<'a, T>) {
        self.returned.push((place, BeforeAfter { before, after }));
    }

    /// Sorts every list in the order of its listing, and separates changed rows from unchanged ones.
    fn finish(self, is_changed: impl Fn(&T, &T) -> bool) -> Difference<&'a T> {
        let kept = in_order(self.kept).into_iter();
        let (changed, unchanged) = kept.partition(|row| is_changed(row.before, row.after));
        Difference {
            came: in_order(self.came),
            gone: in_order(self.gone),
            returned: in_order(self.returned),
            changed,
            unchanged,
        }
    }
}

fn in_order<T>(mut rows: Vec<(usize, T)>) -> Vec<T> {
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}
