//! Reading and writing at an offset, as on Unix.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::windows::fs::FileExt as _;

/// Reads and writes at an offset. Unlike on Unix, the file's own position changes, which the server never uses.
pub trait FileExt {
    /// Reads at most so many bytes.
    ///
    /// # Errors
    /// The error of the system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize>;

    /// Fills the buffer.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEof`], and errors of the system.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()>;

    /// Writes at most these bytes.
    ///
    /// # Errors
    /// The error of the system.
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize>;
}

impl FileExt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        self.seek_read(buffer, offset)
    }

    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> Result<()> {
        while !buffer.is_empty() {
            match self.seek_read(buffer, offset)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => {
                    buffer = buffer.split_at_mut_checked(count).ok_or(Error::from(ErrorKind::InvalidData))?.1;
                    offset = advanced(offset, count)?;
                }
            }
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        self.seek_write(bytes, offset)
    }
}

fn advanced(offset: u64, count: usize) -> Result<u64> {
    let next = u64::try_from(count).ok().and_then(|count| offset.checked_add(count));
    next.ok_or(Error::from(ErrorKind::InvalidInput))
}
