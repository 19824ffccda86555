//! `cargo xtask wheel`: packages the library for 32-bit characters with the Python package `netsession_netapi32`, as a wheel in
//! the folder `python` of the target folder.
//!
//! The format is that of PEP 427. Nothing but this file builds it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use netsession_reference::Model;
use sha2::{Digest as _, Sha256};

use crate::archive::Archive;
use crate::built::{Built, Profile};
use crate::packaged::{self, Options, Width};
use crate::{root, workspace};

const NAME: &str = "netsession_netapi32";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const SOURCES: [&str; 2] = ["__init__.py", "__main__.py"];

/// Builds for release unless a library is named, and makes the wheel.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let library = options.library(Width::Bits32, || Ok(Built::with(Profile::ReleaseLto)?.wchar32_library))?;
    println!("{}", package(&library)?.display());
    Ok(true)
}

/// Makes the wheel of a library, and returns its path.
pub(crate) fn package(library: &Path) -> Result<PathBuf> {
    let sources = root().join("packaging/python");
    let library = packaged::stripped(library)?;
    let (major, minor) = packaged::glibc(&library)?;
    let tag = format!("py3-none-manylinux_{major}_{minor}_{}", std::env::consts::ARCH);
    let mut wheel = Archive::default();
    for name in SOURCES {
        wheel.add(format!("{NAME}/{name}"), fs::read(sources.join(NAME).join(name))?);
    }
    wheel.add(format!("{NAME}/_codes.py"), codes());
    wheel.add(format!("{NAME}/libnetapi32-wchar32.so"), library);
    let about = format!("{NAME}-{VERSION}.dist-info");
    packaged::add_licences(&mut wheel, &format!("{about}/licenses"))?;
    let readme = fs::read_to_string(sources.join("README.md"))?;
    wheel.add(format!("{about}/METADATA"), metadata(&readme));
    let generator = format!("netsession {VERSION}");
    wheel.add(
        format!("{about}/WHEEL"),
        format!("Wheel-Version: 1.0\nGenerator: {generator}\nRoot-Is-Purelib: false\nTag: {tag}\n"),
    );
    let record = format!("{about}/RECORD");
    let lines = wheel.files().map(|(name, content)| {
        let digest = base64(Sha256::digest(content).as_slice());
        format!("{name},sha256={digest},{}\n", content.len())
    });
    let lines = lines.collect::<String>() + &format!("{record},,\n");
    wheel.add(record, lines);
    let path = workspace::target()?.join("python").join(format!("{NAME}-{VERSION}-{tag}.whl"));
    wheel.write(&path)?;
    Ok(path)
}

fn metadata(readme: &str) -> String {
    format!(
        "Metadata-Version: 2.1\nName: netsession-netapi32\nVersion: {VERSION}\n\
         Summary: Windows' netapi32 for ctypes on Linux: list and end SMB sessions\nLicense: MIT OR Apache-2.0\n\
         Requires-Python: >=3.8\nClassifier: Operating System :: POSIX :: Linux\n\
         Description-Content-Type: text/markdown\n\n{readme}"
    )
}

/// Returns the module with the meaning of each return code, in the order of the numbers.
fn codes() -> String {
    let mut codes: Vec<_> = Model::get().codes.iter().filter(|code| !code.meaning.is_empty()).collect();
    codes.sort_by_key(|code| (code.number, &code.name));
    codes.dedup_by_key(|code| code.number);
    let mut text = String::from(
        "\"\"\"The meanings of the codes that functions of netapi32 return.\"\"\"\n\nMEANINGS = {\n",
    );
    for code in codes {
        // The quotes and escapes of JSON are those of Python.
        text += &format!("    {}: {},\n", code.number, serde_json::Value::from(code.meaning.as_str()));
    }
    text + "}\n"
}

/// Encodes as RFC 4648 section 5, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |bits: u32| LETTERS.get((bits & 63) as usize).map_or('A', |letter| char::from(*letter));
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().chain([&0; 2]).take(3).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        text.extend([18, 12, 6, 0].iter().take(three.len() + 1).map(|shift| letter(bits >> shift)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, codes};

    /// A failure here would let pip refuse the wheel, because its files do not have the checksums of its list.
    #[test]
    fn base64_is_that_of_the_specification() {
        let encoded = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]);
        assert_eq!(base64(&[0xFB, 0xFF]), "-_8");
    }

    /// A failure here would leave a script without the reason of an error.
    #[test]
    fn every_return_code_has_a_meaning() {
        let text = codes();
        for number in [5, 87, 2312] {
            assert!(text.contains(&format!("\n    {number}: \"")), "{number}");
        }
    }
}
