//! [`is_in_ticket_file`]: whether a ticket cache that is a file mentions a service. No interface of GSSAPI tells whether a
//! first step will ask a KDC.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::Service;

/// The most bytes of a cache that are read. A ticket has a few thousand.
const LARGEST: u64 = 4 << 20;

/// Returns whether the user's ticket cache is a file, or a folder of files, that mentions the service: then a logon probably
/// needs no KDC.
///
/// The answer is a guess. The ticket may have expired, and a cache of another kind, or of a name that only `krb5.conf` tells,
/// counts as none. The files' secrets are neither kept nor returned.
#[must_use]
pub fn is_in_ticket_file(service: &Service) -> bool {
    let needle = encoded(service);
    let files = files(env::var_os("KRB5CCNAME").map(PathBuf::from));
    files.iter().any(|file| mentions(file, &needle).unwrap_or(false))
}

/// Returns the two components of the service's principal as a cache has them: each with its length in four bytes.
fn encoded(service: &Service) -> Vec<u8> {
    let component = |text: &str| {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&length[..], text.to_lowercase().as_bytes()].concat()
    };
    [component(&service.service), component(&service.host)].concat()
}

/// Returns the files of a cache of this name.
fn files(name: Option<PathBuf>) -> Vec<PathBuf> {
    let Some(name) = name.or_else(default_file) else { return Vec::new() };
    let Some(text) = name.to_str() else { return vec![name] };
    match text.split_once(':') {
        Some(("FILE", path)) => vec![path.into()],
        // One file of a collection, `DIR::/folder/tkt1`, or all of them.
        Some(("DIR", path)) => match path.strip_prefix(':') {
            Some(file) => vec![file.into()],
            None => fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect(),
        },
        None => vec![name],
        Some(_) => Vec::new(),
    }
}

/// The cache of a user whom neither the environment nor `krb5.conf` gives another one.
#[cfg(target_os = "linux")]
fn default_file() -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let user = fs::metadata("/proc/self").ok()?.uid();
    Some(format!("/tmp/krb5cc_{user}").into())
}

#[cfg(not(target_os = "linux"))]
const fn default_file() -> Option<PathBuf> {
    None
}

fn mentions(file: &Path, needle: &[u8]) -> std::io::Result<bool> {
    let file = File::open(file)?;
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let capacity = usize::try_from(file.metadata()?.len().min(LARGEST)).unwrap_or_default();
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(capacity));
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes.windows(needle.len()).any(|window| window == needle))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A failure here would make a server whose ticket is there wait for a domain controller that is silent, or let another
    /// server of a similar name ask it once more.
    #[test]
    fn a_cache_mentions_the_service_by_its_whole_name() {
        let folder = env::temp_dir().join(format!("netsession-tickets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("tkt1");
        fs::write(&file, b"\x05\x04..\0\0\0\x04cifs\0\0\0\x0cfs1.lab.test\0\0\0\x08krbtgt..").unwrap();
        let is_in = |name: String, service: &str, host: &str| {
            let needle = encoded(&Service::new(service, host));
            files(Some(name.into())).iter().any(|file| mentions(file, &needle).unwrap_or(false))
        };
        let (file, dir) = (file.display().to_string(), folder.display().to_string());
        for name in [file.clone(), format!("FILE:{file}"), format!("DIR:{dir}"), format!("DIR::{file}")] {
            assert!(is_in(name.clone(), "cifs", "FS1.lab.test."), "{name}");
            for (service, host) in [("cifs", "s1.lab.test"), ("cifs", "fs1"), ("host", "fs1.lab.test")] {
                assert!(!is_in(name.clone(), service, host), "{name} {service}/{host}");
            }
        }
        for name in [format!("KEYRING:{file}"), "KCM:0".to_owned(), format!("{file}x"), dir] {
            assert!(!is_in(name.clone(), "cifs", "fs1.lab.test"), "{name}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
