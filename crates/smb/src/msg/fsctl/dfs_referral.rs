//! DFS referrals ([MS-DFSC] 2.2): the input and the output of FSCTL_DFS_GET_REFERRALS.

use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::len16;

/// The input of FSCTL_DFS_GET_REFERRALS: the path to resolve ([MS-DFSC] 2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DfsReferralRequest {
    /// The highest version of a referral that the client reads.
    pub max_level: u16,
    /// The path with one leading backslash: `\server\share\folder`.
    pub path: String,
}

bitflags::bitflags! {
    /// The flags of a referral response ([MS-DFSC] 2.2.4).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct DfsReferralFlags: u32 {
        /// All targets can answer referral requests.
        const REFERRAL_SERVERS = 1;
        /// All targets hold the files themselves.
        const STORAGE_SERVERS = 2;
        /// A client returns to a better target when it is available again.
        const TARGET_FAILBACK = 4;
    }
}

/// The output of FSCTL_DFS_GET_REFERRALS ([MS-DFSC] 2.2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DfsReferralResponse {
    /// The bytes of the requested path that the referral replaces. Two bytes are one UTF-16 unit.
    pub path_consumed: u16,
    /// What the targets can do.
    pub flags: DfsReferralFlags,
    /// The version of all entries, from 1 to 4.
    pub version: u16,
    /// The entries.
    pub entries: DfsReferralEntries,
}

/// The entries of a referral response ([MS-DFSC] 2.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DfsReferralEntries {
    /// The targets of a root or a link, the preferred one first.
    Targets {
        /// The path of the root or link, as the first entry names it; empty in version 1.
        path: String,
        /// The targets.
        targets: Vec<DfsTarget>,
    },
    /// The names of domains, or of a domain and its controllers (NameListReferral, versions 3 and 4).
    Names(Vec<DfsNames>),
}

/// A target of a DFS root or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DfsTarget {
    /// Whether it is a target of a root.
    pub is_root: bool,
    /// Whether it is the first target of a set of equally good ones (version 4).
    pub is_boundary: bool,
    /// How many seconds the referral holds; 0 in version 1.
    pub time_to_live: u32,
    /// The path of the target: `\server\share\folder`.
    pub address: String,
}

/// A domain and its controllers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DfsNames {
    /// Whether it is the first of a set (version 4).
    pub is_boundary: bool,
    /// How many seconds the names hold.
    pub time_to_live: u32,
    /// The name of the domain.
    pub special: String,
    /// The names of its controllers; empty in a list of domains.
    pub expanded: Vec<String>,
}

const WHAT: &str = "DFS referral";
/// The length of the header.
const HEADER: usize = 8;
/// ReferralEntryFlags: the entry lists names.
const NAME_LIST: u16 = 2;
/// ReferralEntryFlags: the first target of a set (version 4).
const BOUNDARY: u16 = 4;
/// ServerType of a root target.
const ROOT: u16 = 1;

/// Returns the length of an entry without strings.
const fn fixed_size(version: u16) -> usize {
    match version {
        1 => 8,
        2 => 22,
        _ => 34,
    }
}

impl Structure for DfsReferralRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(self.max_level);
        string(writer, &self.path);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let max_level = reader.u16("MaxReferralLevel")?;
        Ok(Self { max_level, path: string_in(reader.rest(), 0, "RequestFileName")?.0 })
    }
}

impl Structure for DfsReferralResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        // Offsets count from the response's own start.
        let mut own = Writer::new();
        own.u16(self.path_consumed);
        let count = match &self.entries {
            DfsReferralEntries::Targets { targets, .. } => targets.len(),
            DfsReferralEntries::Names(names) => names.len(),
        };
        own.u16(len16(count, "DFS referrals")?);
        own.u32(self.flags.bits());
        match &self.entries {
            DfsReferralEntries::Targets { targets, .. } if self.version == 1 => {
                targets.iter().try_for_each(|target| encode_v1(&mut own, target))?;
            }
            DfsReferralEntries::Targets { path, targets } => {
                encode_targets(&mut own, self.version, path, targets)?;
            }
            DfsReferralEntries::Names(names) => encode_names(&mut own, self.version, names)?,
        }
        writer.bytes(own.as_slice());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let whole = reader.rest();
        let header = &mut Reader::new(whole);
        let path_consumed = header.u16("PathConsumed")?;
        let count = header.u16("NumberOfReferrals")?;
        let flags = DfsReferralFlags::from_bits_retain(header.u32("ReferralHeaderFlags")?);
        let mut decoder = Decoder { whole, written: HEADER };
        let mut entries = Vec::new();
        let mut at = HEADER;
        for _ in 0..count {
            let entry = decoder.entry(at)?;
            at = at.saturating_add(entry.size);
            entries.push(entry);
        }
        let version = entries.first().map_or(4, |entry| entry.version);
        let is_list = entries.first().is_some_and(|entry| entry.has(NAME_LIST));
        if entries.iter().any(|entry| entry.version != version || entry.has(NAME_LIST) != is_list) {
            return Err(DecodeError::invalid(WHAT));
        }
        let entries = match is_list {
            true => DfsReferralEntries::Names(decoder.names(&entries)?),
            false => decoder.targets(&entries)?,
        };
        Ok(Self { path_consumed, flags, version, entries })
    }
}

/// The fixed part of an entry.
struct Entry {
    at: usize,
    version: u16,
    size: usize,
    server_type: u16,
    flags: u16,
    time_to_live: u32,
    /// The three numbers at the end: offsets, or an offset, a count and an offset.
    last: [u16; 3],
}

impl Entry {
    const fn has(&self, flag: u16) -> bool {
        self.version >= 3 && self.flags & flag != 0
    }

    const fn is_boundary(&self) -> bool {
        self.version == 4 && self.flags & BOUNDARY != 0
    }

    fn offset(&self, index: usize) -> usize {
        self.at.saturating_add(self.last.get(index).copied().unwrap_or_default().into())
    }
}

/// Reads the entries, and limits what it copies: several entries may point to the same string.
struct Decoder<'a> {
    whole: &'a [u8],
    /// The length of the response with every string written separately.
    written: usize,
}

impl Decoder<'_> {
    fn entry(&mut self, at: usize) -> Result<Entry, DecodeError> {
        let rest = self.whole.get(at..).ok_or(DecodeError::invalid(WHAT))?;
        let reader = &mut Reader::new(rest);
        let version = reader.u16("VersionNumber")?;
        let size = usize::from(reader.u16("Size")?);
        let (server_type, flags) = (reader.u16("ServerType")?, reader.u16("ReferralEntryFlags")?);
        let mut entry = Entry { at, version, size, server_type, flags, time_to_live: 0, last: [0; 3] };
        match version {
            1 => {}
            2 => reader.skip(4, "Proximity")?,
            3 | 4 => {}
            _ => return Err(DecodeError::invalid("VersionNumber")),
        }
        if version > 1 {
            entry.time_to_live = reader.u32("TimeToLive")?;
            for number in &mut entry.last {
                *number = reader.u16(WHAT)?;
            }
        }
        // Only the padding at the end of an entry may be missing.
        if size < reader.position() || size > rest.len() {
            return Err(DecodeError::invalid("Size"));
        }
        self.add(fixed_size(version))?;
        Ok(entry)
    }

    fn targets(&mut self, entries: &[Entry]) -> Result<DfsReferralEntries, DecodeError> {
        let mut targets = Vec::new();
        for entry in entries {
            let address = match entry.version {
                1 => {
                    let end = entry.at.saturating_add(entry.size);
                    let own = self.whole.get(..end).ok_or(DecodeError::invalid("Size"))?;
                    self.string(own, entry.at.saturating_add(8), "ShareName")?.0
                }
                _ => self.string(self.whole, entry.offset(2), "NetworkAddress")?.0,
            };
            targets.push(DfsTarget {
                is_root: entry.server_type == ROOT,
                is_boundary: entry.is_boundary(),
                time_to_live: entry.time_to_live,
                address,
            });
        }
        let path = match entries.first().filter(|entry| entry.version > 1) {
            Some(first) => self.string(self.whole, first.offset(0), "DFSPath")?.0,
            None => String::new(),
        };
        Ok(DfsReferralEntries::Targets { path, targets })
    }

    fn names(&mut self, entries: &[Entry]) -> Result<Vec<DfsNames>, DecodeError> {
        let mut names = Vec::new();
        for entry in entries {
            let special = self.string(self.whole, entry.offset(0), "SpecialName")?.0;
            let [_, count, _] = entry.last;
            let mut at = entry.offset(2);
            let mut expanded = Vec::new();
            for _ in 0..count {
                let (name, end) = self.string(self.whole, at, "ExpandedName")?;
                expanded.push(name);
                at = end;
            }
            let (is_boundary, time_to_live) = (entry.is_boundary(), entry.time_to_live);
            names.push(DfsNames { is_boundary, time_to_live, special, expanded });
        }
        Ok(names)
    }

    /// Reads a string, and returns it with the offset after its terminator.
    fn string(
        &mut self,
        bytes: &[u8],
        at: usize,
        what: &'static str,
    ) -> Result<(String, usize), DecodeError> {
        let (text, end) = string_in(bytes, at, what)?;
        self.add(end.saturating_sub(at))?;
        Ok((text, end))
    }

    /// Counts bytes of the written response, whose offsets have 16 bits.
    fn add(&mut self, bytes: usize) -> Result<(), DecodeError> {
        const LIMIT: usize = u16::MAX as usize;
        self.written = self.written.saturating_add(bytes);
        // What several entries share makes the written response longer: at most twice, and a path.
        let most = self.whole.len().saturating_mul(3).min(LIMIT);
        if self.written > most {
            let (value, limit) = (self.written.try_into().unwrap_or(u64::MAX), most.try_into().unwrap_or(0));
            return Err(DecodeError::TooLarge { what: WHAT, value, limit });
        }
        Ok(())
    }
}

/// Returns the terminated string at `at`, and the offset after its terminator.
fn string_in(bytes: &[u8], at: usize, what: &'static str) -> Result<(String, usize), DecodeError> {
    let rest = bytes.get(at..).ok_or(DecodeError::invalid(what))?;
    let (units, _) = rest.as_chunks::<2>();
    let length = units.iter().position(|unit| *unit == [0, 0]).ok_or(DecodeError::invalid(what))?;
    let length = length.saturating_mul(2);
    let text = utf16::decode(rest.get(..length).unwrap_or_default(), what)?;
    Ok((text, at.saturating_add(length).saturating_add(2)))
}

/// Writes a string with its terminator.
fn string(writer: &mut Writer, text: &str) {
    writer.bytes(&utf16::encode(text));
    writer.u16(0);
}

/// Writes a number at `place`: the distance of the next byte from the entry at `entry`.
fn fill_offset(writer: &mut Writer, entry: usize, place: usize) -> Result<(), EncodeError> {
    let offset = len16(writer.position().saturating_sub(entry), "DFS referral strings")?;
    writer.fill_u16(place, offset);
    Ok(())
}

fn encode_v1(writer: &mut Writer, target: &DfsTarget) -> Result<(), EncodeError> {
    let start = writer.position();
    writer.u16(1);
    let size = writer.position();
    writer.u16(0);
    writer.u16(u16::from(target.is_root));
    writer.u16(0);
    string(writer, &target.address);
    fill_offset(writer, start, size)
}

/// Writes the fixed part of an entry, and returns where it begins and where its three last numbers are.
fn encode_fixed(
    writer: &mut Writer,
    version: u16,
    server_type: u16,
    flags: u16,
    time_to_live: u32,
) -> Result<[usize; 4], EncodeError> {
    let (start, size) = (writer.position(), fixed_size(version));
    writer.u16(version);
    writer.u16(len16(size, WHAT)?);
    writer.u16(server_type);
    writer.u16(flags);
    if version == 2 {
        writer.u32(0);
    }
    writer.u32(time_to_live);
    let first = writer.position();
    writer.zeros(size.saturating_sub(first.saturating_sub(start)));
    Ok([start, first, first.saturating_add(2), first.saturating_add(4)])
}

const fn boundary(version: u16, is_boundary: bool) -> u16 {
    if version == 4 && is_boundary { BOUNDARY } else { 0 }
}

fn encode_targets(
    writer: &mut Writer,
    version: u16,
    path: &str,
    targets: &[DfsTarget],
) -> Result<(), EncodeError> {
    let mut places = Vec::with_capacity(targets.len());
    for target in targets {
        let flags = boundary(version, target.is_boundary);
        places.push(encode_fixed(writer, version, u16::from(target.is_root), flags, target.time_to_live)?);
    }
    // All entries share the path.
    for [start, dfs_path, alternate, _] in &places {
        fill_offset(writer, *start, *dfs_path)?;
        fill_offset(writer, *start, *alternate)?;
    }
    if !targets.is_empty() {
        string(writer, path);
    }
    for ([start, _, _, address], target) in places.iter().zip(targets) {
        fill_offset(writer, *start, *address)?;
        string(writer, &target.address);
    }
    Ok(())
}

fn encode_names(writer: &mut Writer, version: u16, names: &[DfsNames]) -> Result<(), EncodeError> {
    let mut places = Vec::with_capacity(names.len());
    for one in names {
        let flags = NAME_LIST | boundary(version, one.is_boundary);
        places.push(encode_fixed(writer, version, 0, flags, one.time_to_live)?);
    }
    for ([start, special, count, expanded], one) in places.iter().zip(names) {
        fill_offset(writer, *start, *special)?;
        string(writer, &one.special);
        writer.fill_u16(*count, len16(one.expanded.len(), "ExpandedName")?);
        fill_offset(writer, *start, *expanded)?;
        one.expanded.iter().for_each(|name| string(writer, name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{keeps, withstands};
    use crate::oracle;

    fn target(address: &str) -> DfsTarget {
        DfsTarget { is_root: false, is_boundary: false, time_to_live: 600, address: address.into() }
    }

    fn referral(version: u16, targets: Vec<DfsTarget>) -> DfsReferralResponse {
        let path = if version == 1 { "" } else { r"\lab\dfs\link" };
        DfsReferralResponse {
            path_consumed: 26,
            flags: DfsReferralFlags::STORAGE_SERVERS,
            version,
            entries: DfsReferralEntries::Targets { path: path.into(), targets },
        }
    }

    /// A failure here would send a person to another server than the one that a referral names, or crash on a hostile
    /// response.
    #[test]
    fn referrals_of_every_version_survive() {
        for version in 1..=4 {
            let mut targets = vec![target(r"\fs1\data"), target(r"\fs2.lab.test\data\sub")];
            for target in &mut targets {
                target.is_root = true;
                target.is_boundary = version == 4;
                target.time_to_live = if version == 1 { 0 } else { 600 };
            }
            keeps(&referral(version, targets));
        }
        keeps(&referral(4, vec![target(r"\fs1\data")]));
        let nothing = DfsReferralEntries::Targets { path: String::new(), targets: Vec::new() };
        keeps(&DfsReferralResponse { entries: nothing, ..referral(4, Vec::new()) });
        keeps(&DfsReferralRequest { max_level: 4, path: r"\lab\dfs\link\a b".into() });
    }

    /// A failure here would not find the controllers of a domain.
    #[test]
    fn lists_of_names_survive() {
        let names = |special: &str, expanded: &[&str]| DfsNames {
            is_boundary: false,
            time_to_live: 600,
            special: special.into(),
            expanded: expanded.iter().map(|name| (*name).to_owned()).collect(),
        };
        let lists = [
            vec![names(r"\LAB", &[]), names(r"\lab.test", &[])],
            vec![names("lab.test", &[r"\dc1", r"\dc2"])],
        ];
        for list in lists {
            let entries = DfsReferralEntries::Names(list);
            keeps(&DfsReferralResponse { version: 3, entries, ..referral(3, Vec::new()) });
        }
    }

    /// A response as [MS-DFSC] 2.2.4 and 2.2.5.3 lay it out: two entries that share their paths, and strings after them.
    #[test]
    fn a_response_with_shared_strings_is_read() {
        let mut bytes = vec![20, 0, 2, 0, 2, 0, 0, 0];
        let strings = [r"\lab\dfs\l", r"\fs1\data", r"\fs2\data"].map(|text| {
            let mut text = utf16::encode(text);
            text.extend([0, 0]);
            text
        });
        for (index, target) in [(0_u8, 22_u8), (1, 42)] {
            let to_strings = 68 - 34 * index;
            bytes.extend([3, 0, 34, 0, 0, 0, 0, 0, 0x2c, 1, 0, 0]);
            bytes.extend([to_strings, 0, to_strings, 0, to_strings + target, 0]);
            bytes.extend([0; 16]);
        }
        bytes.extend(strings.concat());
        let read = DfsReferralResponse::from_bytes(&bytes).unwrap();
        let DfsReferralEntries::Targets { path, targets } = &read.entries else { panic!("{read:?}") };
        let addresses: Vec<&str> = targets.iter().map(|target| target.address.as_str()).collect();
        assert_eq!((path.as_str(), addresses), (r"\lab\dfs\l", vec![r"\fs1\data", r"\fs2\data"]));
        assert_eq!((read.path_consumed, read.version, targets[0].time_to_live), (20, 3, 300));
        withstands(&bytes, oracle::rewrite_structure::<DfsReferralResponse>);
    }

    /// A failure here would let a server of a few kilobytes make a client allocate megabytes, or loop for ever.
    #[test]
    fn a_response_that_repeats_a_long_string_is_refused() {
        let mut bytes = vec![0, 0, 200, 0, 0, 0, 0, 0];
        for index in 0..200_u16 {
            let to_string = (200 - index) * 22;
            bytes.extend([2, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            (0..3).for_each(|_| bytes.extend(to_string.to_le_bytes()));
        }
        bytes.extend([0x61, 0].repeat(2000));
        bytes.extend([0, 0]);
        let refused = DfsReferralResponse::from_bytes(&bytes);
        assert!(matches!(refused, Err(DecodeError::TooLarge { .. })), "{refused:?}");
        let endless =
            [0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(DfsReferralResponse::from_bytes(&endless), Err(DecodeError::invalid("Size")));
    }

    /// A failure here would act on a response whose entries contradict each other.
    #[test]
    fn a_malformed_response_is_refused() {
        let bytes =
            |version: u16| referral(version, vec![target(r"\a\b"), target(r"\c\d")]).to_bytes().unwrap();
        let broken = |at: usize, value: u8| {
            let mut bytes = bytes(3);
            bytes[at] = value;
            DfsReferralResponse::from_bytes(&bytes).is_err()
        };
        assert!(broken(8, 9), "an unknown version");
        assert!(broken(8 + 34, 4), "two versions");
        assert!(broken(8 + 34 + 6, 2), "a list of names after a target");
        assert!(broken(8 + 17, 0xff), "a string outside of the response");
        assert!(broken(10, 17), "an entry that is too short");
        let whole = bytes(3);
        let cut = whole.get(..whole.len() - 2).unwrap();
        assert!(DfsReferralResponse::from_bytes(cut).is_err(), "a string without its end");
    }
}
