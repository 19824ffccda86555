//! The files of the site ([`File`]), built when the first of them is needed.

use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use netsession_pages::{Repository, build};
use sha2::{Digest as _, Sha256};

/// A file of the site.
#[derive(Debug)]
pub struct File {
    /// The path, such as `NetSessionDel.html`.
    pub path: String,
    /// A digest of the content.
    pub digest: String,
    content: Bytes,
    gzip: OnceLock<Bytes>,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "everything that it reads is compiled in, and a test builds it")]
    let files = build(&Repository::of_workspace()).expect("the pages that are compiled in can be built");
    files.into_iter().map(|(path, content)| File::new(path, content)).collect()
});

/// Returns every file.
pub fn files() -> &'static [File] {
    &FILES
}

/// Returns the file at a path of the site, which is never a path of the disk.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

impl File {
    fn new(path: String, content: Vec<u8>) -> Self {
        let digest = Sha256::digest(&content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path, digest, content: content.into(), gzip: OnceLock::new() }
    }

    /// Returns the content.
    pub fn content(&self) -> Bytes {
        self.content.clone()
    }

    /// Returns the content, compressed with gzip.
    pub fn gzip(&self) -> Bytes {
        let compress = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            // Writing to memory does not fail; a test reads every file.
            let _ = encoder.write_all(&self.content);
            encoder.finish().unwrap_or_default().into()
        };
        self.gzip.get_or_init(compress).clone()
    }

    /// Returns the media type.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "atom" => "application/atom+xml; charset=utf-8",
            "json" => "application/json",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::files;

    /// A failure here would serve an empty page, or one that browsers save instead of showing.
    #[test]
    fn every_file_can_be_read_and_shown() {
        assert!(files().len() > 20);
        for file in files() {
            let mut content = Vec::new();
            GzDecoder::new(file.gzip().as_ref()).read_to_end(&mut content).unwrap();
            assert_eq!(content, file.content(), "{}", file.path);
            assert!(!content.is_empty(), "{}", file.path);
            assert_ne!(file.media_type(), "application/octet-stream", "{}", file.path);
        }
    }
}
