//! [`Streams`] is empty: on Windows the standard streams are handles of their own, and no socket takes their numbers.

use std::marker::PhantomData;

/// Nothing.
#[derive(Debug, Default)]
pub(crate) struct Streams;

/// Nothing.
#[derive(Debug)]
pub(crate) struct Occupied<'a>(PhantomData<&'a Streams>);

impl Streams {
    /// Returns nothing. Windows has no fork.
    pub(crate) const fn inherited(&self) -> Self {
        Self
    }

    /// Does nothing.
    pub(crate) const fn occupy(&self) -> Occupied<'_> {
        Occupied(PhantomData)
    }
}
