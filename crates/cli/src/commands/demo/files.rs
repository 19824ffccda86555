//! Functions that create, read, write and compare large files.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use crate::failure::Failure;

/// The size of a buffer, in bytes.
const PIECE: usize = 1 << 20;

/// Creates a file of random bytes.
pub(super) fn create(path: &Path, size: u64) -> io::Result<()> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let mut state = u64::from_le_bytes(seed) | 1;
    let mut file = BufWriter::with_capacity(PIECE, File::create_new(path)?);
    for _ in 0..size / 8 {
        // xorshift64: the bytes only need to differ everywhere.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()
}

/// Checks that two files have the same bytes.
pub(super) fn check_same(one: &Path, other: &Path) -> Result<(), Failure> {
    match is_same(one, other) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed("the copy differs from the file")),
        Err(error) => Err(Failure::failed(format!("cannot compare the copy: {error}"))),
    }
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let open = |path| File::open(path).map(BufReader::new);
    let (mut one, mut other) = (open(one)?, open(other)?);
    let (mut piece, mut expected) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let length = one.read(&mut piece)?;
        let (Some(piece), Some(expected)) = (piece.get(..length), expected.get_mut(..length)) else {
            return Ok(false);
        };
        other.read_exact(expected)?;
        if piece != expected {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
    }
}

/// Reads a file piece by piece.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    /// The number of bytes so far.
    pub(super) done: u64,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path)
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
        Ok(Self { file, done: 0 })
    }

    /// Returns at most `most` bytes, and none at the end.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut data = vec![0; most];
        let length = self.file.read(&mut data)?;
        data.truncate(length);
        self.done = self.done.saturating_add(u64::try_from(length).unwrap_or_default());
        Ok(data)
    }
}

/// Writes a file piece by piece.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    /// The number of bytes so far.
    pub(super) done: u64,
}

impl Writer {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create_new(path)?, done: 0 })
    }

    pub(super) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.file.write_all(data)?;
        self.done = self.done.saturating_add(u64::try_from(data.len()).unwrap_or_default());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let the demonstration report a damaged copy as complete.
    #[test]
    fn files_are_compared_to_the_last_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        create(&path("a"), 3 << 20).unwrap();
        std::fs::copy(path("a"), path("b")).unwrap();
        assert!(is_same(&path("a"), &path("b")).unwrap());
        let mut bytes = std::fs::read(path("a")).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(path("b"), &bytes).unwrap();
        assert!(!is_same(&path("a"), &path("b")).unwrap());
        std::fs::write(path("b"), &bytes[1..]).unwrap();
        assert!(!is_same(&path("a"), &path("b")).unwrap());
    }
}
