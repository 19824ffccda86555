//! [`StreamName`]: the name of a named stream, as in `file:name:$DATA` ([MS-FSCC] 2.1.5.3).

use netsession_wire::NtStatus;
use netsession_wire::name::is_same_name;

/// The longest name in UTF-16 units.
const LONGEST: usize = 255;
/// What the name of a stream's file begins with, so that no stream is `.` or `..`.
const MARK: &str = "=";
/// The longest name in bytes: the name of its file has the mark, too.
const LONGEST_ON_DISK: usize = 254;

/// The name of a stream: not empty, without `/`, `\`, `:` and NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamName(String);

impl StreamName {
    /// Splits the name of a CREATE request into the path and the stream; `None` is the data of the file itself.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_INVALID`: the stream is of another type than `$DATA`, or cannot have this name.
    pub(super) fn split(wire: &str) -> Result<(&str, Option<Self>), NtStatus> {
        let Some((path, stream)) = wire.split_once(':') else { return Ok((wire, None)) };
        let (name, is_data) = match stream.split_once(':') {
            Some((name, kind)) => (name, kind.eq_ignore_ascii_case("$DATA")),
            None => (stream, !stream.is_empty()),
        };
        if !is_data || name.is_empty() && path.is_empty() {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        match name {
            "" => Ok((path, None)),
            name => Ok((path, Some(Self::new(name)?))),
        }
    }

    /// Parses the new name of a stream: `:name` or `:name:$DATA`.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_INVALID`, and `STATUS_INVALID_PARAMETER` for a name that is not that of a stream alone.
    pub(crate) fn parse(wire: &str) -> Result<Self, NtStatus> {
        match Self::split(wire)? {
            ("", Some(name)) => Ok(name),
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }

    fn new(name: &str) -> Result<Self, NtStatus> {
        let fits = name.len() <= LONGEST_ON_DISK && name.encode_utf16().count() <= LONGEST;
        match fits && !name.contains(['/', '\\', ':', '\0']) {
            true => Ok(Self(name.to_owned())),
            false => Err(NtStatus::OBJECT_NAME_INVALID),
        }
    }

    /// Returns the name of the file that holds the stream.
    pub(super) fn on_disk(&self) -> String {
        format!("{MARK}{}", self.0)
    }

    /// Returns the name of the stream that a file holds.
    pub(super) fn from_disk(name: &str) -> Option<Self> {
        Self::new(name.strip_prefix(MARK).filter(|name| !name.is_empty())?).ok()
    }

    /// Returns whether both are the same name, which compares without regard to case.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        is_same_name(&self.0, &other.0)
    }

    /// Returns the name as clients send it.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(wire: &str) -> Result<(&str, Option<String>), NtStatus> {
        StreamName::split(wire).map(|(path, stream)| (path, stream.map(|name| name.0)))
    }

    /// A failure here would open the data of a file in place of its stream, or another stream.
    #[test]
    fn streams_are_split_from_their_paths() {
        let named = |path, name: &str| Ok((path, Some(name.to_owned())));
        assert_eq!(split(r"d\f"), Ok((r"d\f", None)));
        assert_eq!(split("f::$data"), Ok(("f", None)));
        assert_eq!(split("f:AFP_AfpInfo"), named("f", "AFP_AfpInfo"));
        assert_eq!(split("f:AFP_AfpInfo:$DATA"), named("f", "AFP_AfpInfo"));
        assert_eq!(split(":x:$Data"), named("", "x"));
        assert_eq!(split("f:.."), named("f", ".."));
        for bad in [
            "f:",
            "::$DATA",
            ":",
            "f:a:",
            "f:a:$INDEX_ALLOCATION",
            "f::",
            "f:a:b:c",
            r"f:a\b",
            "f:a/b",
            "f:\0",
        ] {
            assert_eq!(split(bad), Err(NtStatus::OBJECT_NAME_INVALID), "{bad:?}");
        }
        assert_eq!(split(&format!("f:{}", "x".repeat(255))), Err(NtStatus::OBJECT_NAME_INVALID));
    }

    proptest::proptest! {
        /// A failure here would let the name of a stream lead to another file.
        #[test]
        fn no_stream_is_another_path(name in ".{0,6}|(\\.|=|:|\u{e9}){0,4}") {
            if let Ok((_, Some(stream))) = StreamName::split(&format!("f:{name}")) {
                let disk = stream.on_disk();
                proptest::prop_assert!(!disk.contains(['/', '\0']) && disk != "." && disk != "..");
                proptest::prop_assert_eq!(StreamName::from_disk(&disk), Some(stream));
            }
        }
    }
}
