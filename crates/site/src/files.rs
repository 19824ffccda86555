//! The files of the site ([`File`]), compressed when they were built.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// A file of the site.
#[derive(Debug)]
pub struct File {
    /// The path, such as `NetSessionDel.html`.
    pub path: &'static str,
    /// A digest of the content.
    pub digest: &'static str,
    /// The content, compressed with gzip.
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Returns every file.
pub fn files() -> &'static [File] {
    FILES
}

/// Returns the file at a path of the site, which is never a path of the disk.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

impl File {
    /// Returns the content.
    pub fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        // What the build script compressed can be read; a test reads them all.
        let _ = GzDecoder::new(self.gzip).read_to_end(&mut content);
        content
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
    use super::files;

    /// A failure here would serve an empty page, or one that browsers save instead of showing.
    #[test]
    fn every_file_can_be_read_and_shown() {
        assert!(files().len() > 20);
        for file in files() {
            assert!(!file.content().is_empty(), "{}", file.path);
            assert_ne!(file.media_type(), "application/octet-stream", "{}", file.path);
        }
    }
}
