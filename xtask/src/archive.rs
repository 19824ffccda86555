//! [`Archive`]: a ZIP file with the same bytes each time, for the same contents.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1 January 1980, the first day of a ZIP file.
const DATE: u16 = 0x21;
/// A file system of Unix, and the version that knows Deflate.
const UNIX: u16 = 3 << 8 | VERSION;
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;
/// Names are in UTF-8.
const UTF_8: u16 = 1 << 11;
/// The mode of each file, in the upper half.
const MODE: u32 = 0o100_644 << 16;

/// The files of a ZIP file, in the order of the calls.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    files: Vec<(String, Vec<u8>)>,
}

impl Archive {
    /// Adds a file. Its name has slashes.
    pub(crate) fn add(&mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.push((name.into(), content.into()));
    }

    /// Returns the names and the contents so far.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// Writes the ZIP file, and nothing else remains in its folder.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("a file without a folder")?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        Ok(fs::write(path, self.bytes()?)?)
    }

    /// Returns the ZIP file: section 4.3 of APPNOTE.TXT, without extensions.
    fn bytes(&self) -> Result<Vec<u8>> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in self.files() {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content)?;
            let packed = encoder.finish()?;
            let mut sum = Crc::new();
            sum.update(content);
            let mut common = Vec::new();
            for number in [VERSION, UTF_8, DEFLATED, 0, DATE] {
                common.extend(number.to_le_bytes());
            }
            for number in [sum.sum(), size(packed.len())?, size(content.len())?] {
                common.extend(number.to_le_bytes());
            }
            common.extend(u16::try_from(name.len())?.to_le_bytes());
            common.extend([0; 2]);
            let offset = size(bytes.len())?;
            directory.extend(b"PK\x01\x02");
            directory.extend(UNIX.to_le_bytes());
            directory.extend(&common);
            directory.extend([0; 6]);
            directory.extend(MODE.to_le_bytes());
            directory.extend(offset.to_le_bytes());
            directory.extend(name.as_bytes());
            bytes.extend(b"PK\x03\x04");
            bytes.extend(common);
            bytes.extend(name.as_bytes());
            bytes.extend(packed);
        }
        let (count, offset) = (u16::try_from(self.files.len())?, size(bytes.len())?);
        let length = size(directory.len())?;
        bytes.extend(directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([count, count].map(u16::to_le_bytes).concat());
        bytes.extend([length, offset].map(u32::to_le_bytes).concat());
        bytes.extend([0; 2]);
        Ok(bytes)
    }
}

fn size(length: usize) -> Result<u32> {
    u32::try_from(length).context("too large for a ZIP file")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::Archive;

    /// A failure here would make a package that pip and NuGet cannot unpack, or one that differs from build to build.
    #[test]
    fn another_program_unpacks_what_was_packed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("packed/all.zip");
        let mut archive = Archive::default();
        archive.add("empty", "");
        archive.add("a/Zoë.txt", "Zoë\n".repeat(1000));
        archive.write(&path).unwrap();
        let first = fs::read(&path).unwrap();
        assert!(first.len() < 500, "compressed");
        archive.write(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        let script = "import sys, zipfile\nfile = zipfile.ZipFile(sys.argv[1])\nassert file.testzip() is None\n\
            for info in file.infolist(): print(info.filename, oct(info.external_attr >> 16), len(file.read(info).decode()))\n";
        let output =
            Command::new("python3").env("PYTHONUTF8", "1").args(["-c", script]).arg(&path).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed, "empty 0o100644 0\na/Zoë.txt 0o100644 4000\n");
    }
}
