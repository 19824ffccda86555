//! [`SharePath`]: names as clients send them, and as they are on disk ([MS-FSCC] 2.1.5).
//!
//! The server sends characters that Unix allows in a file name, and the protocol does not, as U+F001 to U+F029, as
//! clients on macOS and Linux do. So a client can list, open and delete every file.

use netsession_wire::NtStatus;

use super::stream_name::StreamName;
use super::streams;

/// The longest component in UTF-16 units ([MS-FSCC] 2.1.5.2).
const COMPONENT_LIMIT: usize = 255;
/// The longest path in UTF-16 units ([MS-FSCC] 2.1.5).
const PATH_LIMIT: usize = 32_760;

/// The characters that a component on the wire cannot contain, each with its substitute.
const MAPPED: [(char, char); 8] = [
    ('"', '\u{f020}'),
    ('*', '\u{f021}'),
    (':', '\u{f022}'),
    ('<', '\u{f023}'),
    ('>', '\u{f024}'),
    ('?', '\u{f025}'),
    ('\\', '\u{f026}'),
    ('|', '\u{f027}'),
];
const SPACE_AT_END: char = '\u{f028}';
const DOT_AT_END: char = '\u{f029}';

/// A path below a share's root: components in the form they have on disk. Empty for the root itself.
///
/// No component is empty, is `.` or `..`, or contains a `/` or a NUL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct SharePath {
    components: Vec<String>,
}

impl SharePath {
    /// Parses the name of a CREATE request: `dir\file.txt`, empty for the root.
    ///
    /// `file::$DATA` is the file itself.
    ///
    /// # Errors
    /// As [`SharePath::parse_with_stream`]; `STATUS_OBJECT_NAME_INVALID` for a named stream.
    pub(crate) fn parse(wire: &str) -> Result<Self, NtStatus> {
        match Self::parse_with_stream(wire)? {
            (path, None) => Ok(path),
            (_, Some(_)) => Err(NtStatus::OBJECT_NAME_INVALID),
        }
    }

    /// Parses the name of a CREATE request, which can name a stream: `dir\file.txt:name`.
    ///
    /// # Errors
    /// - `STATUS_INVALID_PARAMETER`: the name begins with a separator ([MS-SMB2] 3.3.5.9).
    /// - `STATUS_OBJECT_PATH_SYNTAX_BAD`: `..` leads out of the share.
    /// - `STATUS_OBJECT_NAME_INVALID`: an empty or too long component, a forbidden character, or on Windows a device name.
    /// - `STATUS_ACCESS_DENIED`: the folder in which the server keeps named streams.
    pub(crate) fn parse_with_stream(wire: &str) -> Result<(Self, Option<StreamName>), NtStatus> {
        if wire.starts_with(['\\', '/']) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if wire.encode_utf16().count() > PATH_LIMIT {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        let (path, stream) = StreamName::split(wire)?;
        let path = path.strip_suffix('\\').unwrap_or(path);
        if path.is_empty() {
            return Ok((Self::default(), stream));
        }
        Ok((Self { components: resolved(path)? }, stream))
    }

    /// Returns the components as they are on disk.
    #[must_use]
    pub(crate) fn components(&self) -> &[String] {
        &self.components
    }

    /// Returns whether this is the share's root.
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.components.is_empty()
    }

    /// Returns the components of the folder, and the last component; `None` for the root.
    #[must_use]
    pub(crate) fn split_last(&self) -> Option<(&[String], &str)> {
        self.components.split_last().map(|(leaf, folder)| (folder, leaf.as_str()))
    }

    /// Returns the path as clients see it: `dir\file.txt`.
    #[must_use]
    pub(crate) fn to_wire(&self) -> String {
        let names: Vec<_> = self.components.iter().map(|name| to_wire(name)).collect();
        names.join("\\")
    }
}

impl FromIterator<String> for SharePath {
    /// Builds a path from names as they are on disk.
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self { components: names.into_iter().collect() }
    }
}

/// Converts a path from the wire to components, and resolves `.` and `..` as Windows does ([MS-SMB2] 3.3.5.9, note 303): by the
/// text alone, so that no link is followed on the way.
fn resolved(path: &str) -> Result<Vec<String>, NtStatus> {
    let mut components = Vec::new();
    for wire in path.split('\\') {
        match wire {
            "." => {}
            ".." => _ = components.pop().ok_or(NtStatus::OBJECT_PATH_SYNTAX_BAD)?,
            name => components.push(component(name)?),
        }
    }
    Ok(components)
}

/// Converts a component from the wire to its form on disk.
fn component(wire: &str) -> Result<String, NtStatus> {
    let forbidden = |c: char| c < ' ' || "\"/:|<>*?\\".contains(c);
    let length = wire.encode_utf16().count();
    let wrong = length == 0 || length > COMPONENT_LIMIT || wire.contains(forbidden);
    // Elsewhere these are ordinary names, as of `aux.c` in a source tree.
    if wrong || cfg!(windows) && (is_device(wire) || wire.ends_with(['.', ' '])) {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let disk = from_wire(wire);
    // A substitute must not reach what the plain character cannot.
    let smuggled = disk == "." || disk == ".." || disk.contains(['/', '\0']) || disk.len() > COMPONENT_LIMIT;
    match smuggled {
        true => Err(NtStatus::OBJECT_NAME_INVALID),
        false if streams::is_reserved(&disk) => Err(NtStatus::ACCESS_DENIED),
        false => Ok(disk),
    }
}

/// Returns whether Windows takes the name for a device, with any extension: `NUL`, `com1.txt`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    let upper = stem.to_ascii_uppercase();
    match upper.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        _ => match upper.strip_prefix("COM").or_else(|| upper.strip_prefix("LPT")) {
            Some(digit) => {
                matches!(digit, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
            }
            None => false,
        },
    }
}

/// Replaces the substitutes in a component by the plain characters. On Windows these cannot be in a name, and could lead elsewhere:
/// there the substitutes are on the disk.
pub(crate) fn from_wire(wire: &str) -> String {
    if cfg!(windows) {
        return wire.to_owned();
    }
    let plain = |c: char| match c {
        '\u{f001}'..='\u{f01f}' => char::from_u32(u32::from(c) - 0xf000).unwrap_or(c),
        SPACE_AT_END => ' ',
        DOT_AT_END => '.',
        _ => MAPPED.iter().find(|(_, mapped)| *mapped == c).map_or(c, |(plain, _)| *plain),
    };
    wire.chars().map(plain).collect()
}

/// Returns a name on disk as clients see it.
#[must_use]
pub(crate) fn to_wire(disk: &str) -> String {
    let mapped = |c: char| match c {
        '\u{01}'..='\u{1f}' => char::from_u32(u32::from(c) + 0xf000).unwrap_or(c),
        _ => MAPPED.iter().find(|(plain, _)| *plain == c).map_or(c, |(_, mapped)| *mapped),
    };
    let mut wire: String = disk.chars().map(mapped).collect();
    let end = match wire.pop() {
        Some(' ') => Some(SPACE_AT_END),
        Some('.') if disk != "." && disk != ".." => Some(DOT_AT_END),
        other => other,
    };
    wire.extend(end);
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(wire: &str) -> Result<Vec<String>, NtStatus> {
        SharePath::parse(wire).map(|path| path.components)
    }

    /// A failure here would refuse clients files that exist.
    #[test]
    fn ordinary_paths_are_read() {
        assert_eq!(parsed("").unwrap(), Vec::<String>::new());
        assert_eq!(parsed("a").unwrap(), ["a"]);
        assert_eq!(parsed("dir\\日本 語.txt").unwrap(), ["dir", "日本 語.txt"]);
        assert_eq!(parsed("dir\\").unwrap(), ["dir"]);
        assert_eq!(parsed("a.txt::$data").unwrap(), ["a.txt"]);
        assert_eq!(parsed("console\\com10\\null").unwrap(), ["console", "com10", "null"]);
    }

    /// A failure here would refuse a program that sends paths as it has put them together, or open another file for it.
    #[test]
    fn dot_directories_are_resolved_by_the_text() {
        assert_eq!(parsed("a\\..\\b").unwrap(), ["b"]);
        assert_eq!(parsed("d\\a\\..").unwrap(), ["d"]);
        assert_eq!(parsed(".\\d\\.\\a\\.").unwrap(), ["d", "a"]);
        for root in [".", "a\\..", "a\\b\\..\\.."] {
            assert_eq!(parsed(root).unwrap(), Vec::<String>::new(), "{root}");
        }
        for outside in ["..", ".\\..", "a\\..\\..", "a\\..\\..\\a"] {
            assert_eq!(parsed(outside), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD), "{outside}");
        }
        assert_eq!(parsed("a*\\..\\b"), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(parsed("a\\\\..\\b"), Err(NtStatus::OBJECT_NAME_INVALID));
    }

    /// A failure here would let a name lead out of the share, to a device or to a stream.
    #[test]
    #[cfg_attr(windows, ignore = "the server maps no characters of names on Windows")]
    fn names_that_lead_elsewhere_are_refused() {
        assert_eq!(parsed("..\\etc"), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        assert_eq!(parsed("a\\..\\..\\b"), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        assert_eq!(parsed("\\a"), Err(NtStatus::INVALID_PARAMETER));
        for bad in ["a\\\\b", "a/b", "a\0b", "a\nb", "a*", "a?b", "a<b"] {
            assert_eq!(parsed(bad), Err(NtStatus::OBJECT_NAME_INVALID), "{bad:?}");
        }
        for stream in ["a:b", "a:b:$DATA", ":b", "::$DATA", "a::$INDEX_ALLOCATION", "a\\b:c\\d"] {
            assert_eq!(parsed(stream), Err(NtStatus::OBJECT_NAME_INVALID), "{stream:?}");
        }
        for smuggled in ["\u{f029}", "\u{f029}\u{f029}", ".\u{f029}"] {
            assert_eq!(parsed(smuggled), Err(NtStatus::OBJECT_NAME_INVALID), "{smuggled:?}");
        }
        assert_eq!(parsed(&"x".repeat(256)), Err(NtStatus::OBJECT_NAME_INVALID));
    }

    /// A failure here would list files of a source tree that no client can open or delete, or open a device on Windows.
    #[test]
    fn names_of_devices_are_names_of_files_except_on_windows() {
        for name in ["NUL", "aux.c", "com1.txt", "lpt9"] {
            assert_eq!(parsed(name).is_ok(), !cfg!(windows), "{name}");
        }
        assert!(is_device("aux.c") && is_device("COM¹") && !is_device("com10") && !is_device("console"));
    }

    /// A failure here would list a file that no client can open, because Windows forbids its name.
    #[test]
    #[cfg_attr(windows, ignore = "the server maps no characters of names on Windows")]
    fn every_name_on_disk_can_be_sent_and_comes_back() {
        for disk in ["a:b", "what?", "tab\there", "back\\slash", "dot.", "space ", "<>|\"*", "plain"] {
            let wire = to_wire(disk);
            assert_eq!(parsed(&wire).unwrap(), [disk], "{wire:?}");
        }
    }

    proptest::proptest! {
        /// A failure here would let a name lead out of the share.
        #[test]
        fn no_component_is_ever_dangerous(wire in "(\\.|\\\\|[\u{f001}-\u{f029}]|:|/|a|\u{e9}){0,12}") {
            if let Ok(names) = parsed(&wire) {
                for name in names {
                    proptest::prop_assert!(!name.is_empty() && name != "." && name != "..");
                    proptest::prop_assert!(!name.contains(['/', '\0']));
                }
            }
        }
    }
}
