//! What Finder shows of a file: its information and the size of its resource fork, from two named streams.

use super::FileExt as _;
use std::fs::File;

use netsession_smb::fscc::AppleEntry;
use rustix::fs::{Mode, OFlags};

use super::info::FileInfo;
use super::name::{self, SharePath};
use super::open::Open;
use super::stream_name::StreamName;

/// The stream with Finder's information, as AFP has it: 60 bytes.
const INFO: &str = "AFP_AfpInfo";
/// Where the 32 bytes of Finder's information begin in it.
const INFO_AT: usize = 16;
/// The stream that is the resource fork.
const RESOURCE: &str = "AFP_Resource";

impl Open {
    /// Returns what Finder shows of a file in this folder, whose name is as clients see it.
    pub(crate) fn finder_entry(&self, name: &str, info: &FileInfo) -> AppleEntry {
        let (resource_fork, finder_info) = match info.has_streams {
            true => self.finder_streams(name).unwrap_or_default(),
            false => Default::default(),
        };
        AppleEntry { max_access: self.disk().maximal_access_of(info), resource_fork, finder_info }
    }

    /// Returns the size of the resource fork, and Finder's information in its short form.
    fn finder_streams(&self, name: &str) -> Option<(u64, [u8; 16])> {
        let folder = self.path();
        let path: SharePath = match name {
            "." | ".." => folder,
            name => folder.components().iter().cloned().chain([name::from_wire(name)]).collect(),
        };
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.disk().root.open_beneath(&path, flags, Mode::empty()).ok()?;
        let streams = self.disk().streams_of(&path, &file).ok()??;
        let open = |stream: &str| {
            let name = StreamName::parse(&format!(":{stream}")).ok()?;
            Some(File::from(streams.open(&name.on_disk(), OFlags::RDONLY).ok()?))
        };
        let resource = open(RESOURCE).and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
        let mut whole = [0; INFO_AT + 32];
        let read = open(INFO).is_some_and(|file| file.read_exact_at(&mut whole, 0).is_ok());
        Some((resource, if read { short_form(&whole) } else { [0; 16] }))
    }
}

/// Returns the type and the creator, the flags, the extended flags, and when the file was added to its folder.
fn short_form(whole: &[u8; INFO_AT + 32]) -> [u8; 16] {
    let mut short = [0; 16];
    let part = |range: std::ops::Range<usize>| whole.get(INFO_AT..).and_then(|info| info.get(range));
    let parts = [part(0..8), part(8..10), part(24..26), part(20..24)];
    let bytes = parts.into_iter().flatten().flatten();
    short.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show the icon of another program, or an invisible file.
    #[test]
    fn the_short_form_has_its_parts_in_order() {
        let mut whole = [0; 48];
        whole[16..24].copy_from_slice(b"TEXTttxt");
        whole[24..26].copy_from_slice(&[0x40, 1]);
        whole[36..40].copy_from_slice(&[1, 2, 3, 4]);
        whole[40..42].copy_from_slice(&[5, 6]);
        assert_eq!(short_form(&whole), *b"TEXTttxt\x40\x01\x05\x06\x01\x02\x03\x04");
    }
}
