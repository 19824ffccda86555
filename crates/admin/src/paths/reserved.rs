//! [`Mapping`]: how a mount of Linux writes characters that SMB does not allow in a name. The server has the name with the other characters.

/// Characters that SMB reserves.
const RESERVED: [char; 7] = ['"', '*', ':', '<', '>', '?', '|'];

/// How a mount maps reserved characters to the private use area of Unicode (mount.cifs(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapping {
    /// It does not.
    None,
    /// `mapposix`, as Services for Macintosh did. A dot or a space at the end of a name is reserved, too.
    Mac,
    /// `mapchars`, as Services for Unix did. A quotation mark stays.
    Unix,
}

impl Mapping {
    /// Reads the options of a mount.
    pub(super) fn of_options(options: &[Vec<u8>]) -> Self {
        let has = |name: &[u8]| options.iter().any(|option| option == name);
        match () {
            () if has(b"mapposix") => Self::Mac,
            () if has(b"mapchars") => Self::Unix,
            () => Self::None,
        }
    }

    /// Returns the name that the server has for this name in the mount.
    pub(super) fn at_server(self, name: &str) -> String {
        let last = name.char_indices().last().map(|(at, _)| at);
        name.char_indices()
            .map(|(at, c)| match self {
                Self::None => c,
                Self::Mac => of_mac(c, Some(at) == last),
                Self::Unix if c != '"' && RESERVED.contains(&c) => private(u32::from(c)).unwrap_or(c),
                Self::Unix => c,
            })
            .collect()
    }
}

fn of_mac(c: char, is_last: bool) -> char {
    let code = match c {
        '\u{1}'..='\u{1f}' => u32::from(c),
        '"' => 0x20,
        '*' => 0x21,
        ':' => 0x22,
        '<' => 0x23,
        '>' => 0x24,
        '?' => 0x25,
        '|' => 0x27,
        ' ' if is_last => 0x28,
        '.' if is_last => 0x29,
        _ => return c,
    };
    private(code).unwrap_or(c)
}

fn private(code: u32) -> Option<char> {
    char::from_u32(0xf000_u32.checked_add(code)?)
}

#[cfg(test)]
mod tests {
    use super::Mapping;

    /// A failure here would look for a name that the server does not have, and report that nobody holds the file.
    #[test]
    fn reserved_characters_are_mapped_as_the_mount_does() {
        let mac = |name: &str| Mapping::Mac.at_server(name);
        assert_eq!(mac("a: b?.txt"), "a\u{f022} b\u{f025}.txt");
        assert_eq!(mac("\"*<>|\t"), "\u{f020}\u{f021}\u{f023}\u{f024}\u{f027}\u{f009}");
        assert_eq!(
            (mac("Inc."), mac("v1.2 "), mac("...")),
            ("Inc\u{f029}".into(), "v1.2\u{f028}".into(), "..\u{f029}".into())
        );
        assert_eq!(
            Mapping::Unix.at_server("\"a:*?|<>."),
            "\"a\u{f03a}\u{f02a}\u{f03f}\u{f07c}\u{f03c}\u{f03e}."
        );
        assert_eq!(Mapping::None.at_server("a:b"), "a:b");
        let of = |options: &[&str]| {
            Mapping::of_options(&options.iter().map(|one| one.as_bytes().to_vec()).collect::<Vec<_>>())
        };
        assert_eq!(
            [of(&["rw", "mapposix"]), of(&["mapchars"]), of(&["rw"])],
            [Mapping::Mac, Mapping::Unix, Mapping::None]
        );
    }
}
