//! [`KeytabEntry`] and [`read_keytab`]: which principals a keytab has keys of. The keys themselves stay in the file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// The two versions of the file format. The first one writes numbers in the byte order of its computer.
const VERSION_1: [u8; 2] = [5, 1];
const VERSION_2: [u8; 2] = [5, 2];
/// The largest keytab that is read, in bytes. One key has about a hundred.
const LARGEST: u64 = 1 << 20;

/// The key of a principal, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeytabEntry {
    /// The principal, such as `cifs/fs1.lab.test@LAB.TEST`.
    pub principal: String,
    /// The version of the key, of which the keytab can hold several.
    pub version: u32,
    /// The number of the encryption type: 18 is AES with 256 bits, 23 is RC4.
    pub encryption: u16,
}

impl KeytabEntry {
    /// Returns the service and the host of a service's principal, such as `cifs` and `fs1.lab.test`.
    #[must_use]
    pub fn service(&self) -> Option<(&str, &str)> {
        let (name, _) = self.principal.rsplit_once('@')?;
        name.split_once('/')
    }
}

/// Reads which keys a keytab file has ([the format of MIT Kerberos], version 2, which Heimdal and Active Directory's tools
/// write, too).
///
/// [the format of MIT Kerberos]: https://web.mit.edu/kerberos/krb5-latest/doc/formats/keytab_file_format.html
///
/// # Errors
/// The error of the operating system; [`io::ErrorKind::InvalidData`] if the file is no keytab.
pub fn read_keytab(path: &Path) -> io::Result<Vec<KeytabEntry>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // The full capacity from the start: growing would leave copies of the keys in memory.
    let capacity = usize::try_from(file.metadata()?.len().min(LARGEST)).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(LARGEST).read_to_end(&mut bytes)?;
    parse(&bytes).map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))
}

/// Parses the contents of a keytab file.
fn parse(bytes: &[u8]) -> Result<Vec<KeytabEntry>, &'static str> {
    let mut rest = match bytes.split_first_chunk() {
        Some((&VERSION_2, rest)) => rest,
        Some((&VERSION_1, _)) => return Err("the file is a keytab of the old format 1"),
        _ => return Err("the file is not a keytab"),
    };
    let mut entries = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = i32::from_be_bytes(*length);
        // A negative length is that of a deleted entry. Zero ends the file before its last bytes.
        let Some(size) = usize::try_from(length.unsigned_abs()).ok().filter(|size| *size > 0) else { break };
        let (entry, after) = after.split_at_checked(size).ok_or("the keytab is cut off")?;
        if length > 0 {
            entries.push(parse_entry(entry).ok_or("the keytab is damaged")?);
        }
        rest = after;
    }
    Ok(entries)
}

fn parse_entry(bytes: &[u8]) -> Option<KeytabEntry> {
    let mut reader = Reader(bytes);
    let count = reader.u16()?;
    let realm = reader.text()?;
    let components = (0..count).map(|_| reader.text()).collect::<Option<Vec<_>>>()?;
    let (_name_type, _written) = (reader.u32()?, reader.u32()?);
    let short_version = reader.array::<1>()?;
    let encryption = reader.u16()?;
    reader.counted()?;
    // Newer files have the version again in 32 bits; zero means that it is absent.
    let version = reader.u32().filter(|version| *version != 0);
    Some(KeytabEntry {
        principal: format!("{}@{realm}", components.join("/")),
        version: version.unwrap_or_else(|| short_version.map(u32::from)[0]),
        encryption,
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        let (bytes, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        self.counted().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(bytes: &[u8]) -> Vec<u8> {
        [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
    }

    /// An entry of a service with this version in 8 bits, and the one in 32 bits where there is one.
    fn entry(host: &str, short: u8, long: Option<u32>) -> Vec<u8> {
        let mut bytes = vec![0, 2];
        for text in ["LAB.TEST", "cifs", host] {
            bytes.extend(counted(text.as_bytes()));
        }
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, short, 0, 18]);
        bytes.extend(counted(&[7; 32]));
        bytes.extend(long.into_iter().flat_map(u32::to_be_bytes));
        bytes
    }

    fn file(entries: &[(i32, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = VERSION_2.to_vec();
        for (sign, entry) in entries {
            bytes.extend((sign * i32::try_from(entry.len()).unwrap()).to_be_bytes());
            bytes.extend(entry);
        }
        bytes
    }

    /// A failure here would tell an administrator that a keytab lacks the key of a service that it has, or the reverse.
    #[test]
    fn entries_have_principals_and_versions() {
        let bytes = file(&[
            (1, entry("fs1.lab.test", 3, None)),
            (-1, entry("deleted.lab.test", 3, None)),
            (1, entry("fs2.lab.test", 1, Some(257))),
        ]);
        let entries = parse(&bytes).unwrap();
        let shown: Vec<_> = entries.iter().map(|it| (it.principal.as_str(), it.version)).collect();
        assert_eq!(shown, [("cifs/fs1.lab.test@LAB.TEST", 3), ("cifs/fs2.lab.test@LAB.TEST", 257)]);
        assert_eq!(entries[0].service(), Some(("cifs", "fs1.lab.test")));
        assert_eq!(entries[0].encryption, 18);
        let user = KeytabEntry { principal: "alice@LAB.TEST".to_owned(), version: 1, encryption: 18 };
        assert_eq!(user.service(), None);
    }

    /// A failure here would panic on a damaged file, or read past its end.
    #[test]
    fn damaged_files_are_refused() {
        assert_eq!(parse(b""), Err("the file is not a keytab"));
        assert_eq!(parse(b"[libdefaults]"), Err("the file is not a keytab"));
        assert!(parse(&[VERSION_1, [0, 0]].concat()).is_err());
        assert_eq!(parse(&VERSION_2), Ok(Vec::new()));
        let whole = file(&[(1, entry("fs1.lab.test", 3, None))]);
        let long = whole.len() - 4;
        for end in 7..whole.len() {
            assert_eq!(parse(&whole[..end]), Err("the keytab is cut off"), "{end} of {long}");
        }
        let cut = entry("fs1.lab.test", 3, None);
        for end in 1..cut.len() {
            assert_eq!(parse(&file(&[(1, cut[..end].to_vec())])), Err("the keytab is damaged"), "{end}");
        }
        assert!(parse(&[&VERSION_2[..], &[0x80, 0, 0, 0]].concat()).is_err());
    }
}
