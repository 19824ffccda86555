//! [`Text`] keeps names without an allocation for each of them. [`Gathering`] collects the next names of a folder, and
//! [`SortedNames`] keeps them.

use netsession_smb::server::{Block, OutOfMemory};

/// The bytes that a name costs beside its text: its length.
pub(super) const BESIDE: usize = size_of::<u16>();
/// The first length of the memory for names.
const FIRST: usize = 4 << 10;

/// Names while the server reads a folder: the first ones in order, as far as they have room.
#[derive(Debug)]
pub(super) struct Gathering {
    text: Text,
    /// Where the names begin.
    places: Vec<u32>,
    /// The bytes that the names may take.
    window: usize,
    /// The first name that had no room.
    bound: Option<Box<str>>,
}

impl Gathering {
    /// Begins to collect names that may take `window` bytes together. A single name may take more.
    pub(super) fn new(window: usize) -> Self {
        Self { text: Text::default(), places: Vec::new(), window, bound: None }
    }

    /// Adds a name.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(super) fn add(&mut self, name: &str) -> Result<(), OutOfMemory> {
        if self.bound.as_deref().is_some_and(|bound| name >= bound) {
            return Ok(());
        }
        self.places.extend(self.text.push(name)?);
        if self.text.filled > self.window.saturating_mul(2) && self.places.len() > 1 {
            self.text = self.sorted()?;
            self.places = self.text.places();
        }
        Ok(())
    }

    /// Returns the names in their order, as far as they have room, and remembers the first one that has none.
    fn sorted(&mut self) -> Result<Text, OutOfMemory> {
        let name = |place: &u32| self.text.at(*place);
        self.places.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        let mut length = 0_usize;
        let fits = |place: &&u32| {
            let more = length.saturating_add(name(place).len()).saturating_add(BESIDE);
            let fits = more <= self.window || length == 0;
            length = if fits { more } else { length };
            fits
        };
        let count = self.places.iter().take_while(fits).count();
        let mut sorted = Text { block: Block::zeroed(length)?, filled: 0 };
        for place in self.places.iter().take(count) {
            sorted.push(name(place))?;
        }
        if let Some(place) = self.places.get(count) {
            self.bound = Some(name(place).into());
        }
        Ok(sorted)
    }

    /// Returns the names in their order, and whether there were more than have room.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(super) fn finish(mut self) -> Result<(SortedNames, bool), OutOfMemory> {
        let names = SortedNames { text: self.sorted()?, next: 0 };
        Ok((names, self.bound.is_some()))
    }
}

/// Names in their order.
#[derive(Debug)]
pub(super) struct SortedNames {
    text: Text,
    /// Where the next name begins.
    next: u32,
}

impl SortedNames {
    /// Returns the bytes that the names take.
    pub(super) const fn bytes(&self) -> usize {
        self.text.filled
    }

    /// Returns the next name; `None` at the end.
    pub(super) fn first(&self) -> Option<&str> {
        self.text.has(self.next).then(|| self.text.at(self.next))
    }

    /// Passes the next name.
    pub(super) fn pass(&mut self) {
        self.next = self.text.after(self.next);
    }
}

/// Names, each behind its length.
#[derive(Debug, Default)]
pub(super) struct Text {
    block: Block,
    filled: usize,
}

impl Text {
    /// Appends a name, and returns where it begins: `None` if it has no place.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(super) fn push(&mut self, name: &str) -> Result<Option<u32>, OutOfMemory> {
        let middle = self.filled.saturating_add(BESIDE);
        let end = middle.saturating_add(name.len());
        if end > self.block.len() {
            self.block.grow(self.block.len().saturating_mul(2).max(end).max(FIRST))?;
        }
        Ok(self.put(name, middle, end))
    }

    /// Puts a name between `middle` and `end`, behind its length.
    fn put(&mut self, name: &str, middle: usize, end: usize) -> Option<u32> {
        let place = u32::try_from(self.filled).ok()?;
        let length = u16::try_from(name.len()).ok()?;
        self.block.get_mut(self.filled..middle)?.copy_from_slice(&length.to_le_bytes());
        self.block.get_mut(middle..end)?.copy_from_slice(name.as_bytes());
        self.filled = end;
        Some(place)
    }

    /// Returns whether a name begins at `place`.
    fn has(&self, place: u32) -> bool {
        usize::try_from(place).is_ok_and(|place| place < self.filled)
    }

    /// Returns the name that begins at `place`.
    pub(super) fn at(&self, place: u32) -> &str {
        let rest = usize::try_from(place).ok().and_then(|place| self.block.get(place..self.filled));
        let Some((length, rest)) = rest.and_then(|rest| rest.split_first_chunk()) else { return "" };
        let name = rest.get(..usize::from(u16::from_le_bytes(*length))).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Returns where the name after the one at `place` begins.
    fn after(&self, place: u32) -> u32 {
        let length = self.at(place).len().saturating_add(BESIDE);
        place.saturating_add(u32::try_from(length).unwrap_or(u32::MAX))
    }

    fn places(&self) -> Vec<u32> {
        let next = |place: &u32| Some(self.after(*place));
        std::iter::successors(Some(0), next).take_while(|place| self.has(*place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names that a window of so many bytes leaves, and whether it leaves out any.
    fn kept(names: &[String], window: usize) -> (Vec<String>, bool) {
        let mut gathering = Gathering::new(window);
        names.iter().for_each(|name| gathering.add(name).unwrap());
        let (mut sorted, has_more) = gathering.finish().unwrap();
        let next = || {
            let name = sorted.first().map(str::to_owned);
            sorted.pass();
            name
        };
        (std::iter::from_fn(next).collect(), has_more)
    }

    /// A failure here would make a listing skip files, or return them in another order after it has lost its names.
    #[test]
    fn the_first_names_are_kept_in_order() {
        // 7 and 1000 have no common factor, so that this is every number once.
        let names: Vec<_> = (0..1000).map(|number| format!("ä{:03}", number * 7 % 1000)).collect();
        let expected: Vec<_> = (0..1000).map(|number| format!("ä{number:03}")).collect();
        assert_eq!(kept(&names, usize::MAX), (expected.clone(), false));
        for count in [1, 2, 99, 999, 1000] {
            let (found, has_more) = kept(&names, count * (5 + BESIDE));
            assert_eq!((found.as_slice(), has_more), (&expected[..count], count < 1000), "{count}");
        }
        assert_eq!(kept(&names, 0), (expected[..1].to_vec(), true));
        assert_eq!(kept(&[], 0), (Vec::new(), false));
    }
}
