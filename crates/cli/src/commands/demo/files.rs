//! Large files: made up, read, written, compared.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use crate::failure::Failure;

const PIECE: usize = 1 << 20;

/// Makes a file of random bytes.
pub(super) fn make(path: &Path, size: u64) -> io::Result<()> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let mut state = u64::from_le_bytes(seed) | 1;
    let mut file = BufWriter::with_capacity(PIECE, File::create_new(path)?);
    for _ in 0..size / 8 {
        // xorshift64: different everywhere is all that is asked of it.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()
}

/// Whether two files have the same bytes.
pub(super) fn same(one: &Path, other: &Path) -> Result<(), Failure> {
    match is_same(one, other) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed("the copy differs from the file")),
        Err(error) => Err(Failure::failed(format!("the copy cannot be compared: {error}"))),
    }
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let open = |path| File::open(path).map(BufReader::new);
    let (mut one, mut other) = (open(one)?, open(other)?);
    let (mut piece, mut against) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let length = one.read(&mut piece)?;
        let (Some(piece), Some(against)) = (piece.get(..length), against.get_mut(..length)) else {
            return Ok(false);
        };
        other.read_exact(against)?;
        if piece != against {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
    }
}

/// A file that is read piece by piece.
pub(super) struct Reader {
    file: File,
    pub(super) done: u64,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path)
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
        Ok(Self { file, done: 0 })
    }

    /// At most so many bytes; none at the end.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut data = vec![0; most];
        let length = self.file.read(&mut data)?;
        data.truncate(length);
        self.done = self.done.saturating_add(u64::try_from(length).unwrap_or_default());
        Ok(data)
    }
}

/// A file that is written piece by piece.
pub(super) struct Writer {
    file: File,
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

    /// If this fails, the demonstration says that a damaged copy is good.
    #[test]
    fn files_are_compared_to_the_last_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        make(&path("a"), 3 << 20).unwrap();
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
