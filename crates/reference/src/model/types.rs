//! [`Type`]: the types of parameters and fields, written as `u32`, `wstr`, `u8**` or `u8[256]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type: a base behind a number of pointers, or an array of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// The base.
    pub base: Base,
    /// The number of pointers that lead to the base.
    pub pointers: u8,
    /// The length, for an array in a structure.
    pub length: Option<u32>,
}

/// The base of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// A byte, or a buffer of any structure.
    U8,
    /// DWORD.
    U32,
    /// LONG.
    I32,
    /// BOOL: 32 bits, zero is false.
    Bool32,
    /// A pointer-sized number, `DWORD_PTR`.
    Usize,
    /// A pointer to UTF-16 text that ends with a zero.
    Wide,
    /// Memory of no type; only behind a pointer.
    Void,
}

const NAMES: [(Base, &str); 7] = [
    (Base::U8, "u8"),
    (Base::U32, "u32"),
    (Base::I32, "i32"),
    (Base::Bool32, "bool32"),
    (Base::Usize, "usize"),
    (Base::Wide, "wstr"),
    (Base::Void, "void"),
];

impl Type {
    /// The base itself.
    pub const fn plain(base: Base) -> Self {
        Self { base, pointers: 0, length: None }
    }

    /// Returns this number of pointers to the base.
    pub const fn pointer(base: Base, pointers: u8) -> Self {
        Self { base, pointers, length: None }
    }

    /// Returns whether this is text.
    pub fn is_text(self) -> bool {
        self == Self::plain(Base::Wide)
    }

    /// Returns size and alignment in bytes, for pointers of `pointer` bytes.
    pub fn size(self, pointer: usize) -> (usize, usize) {
        let one = match self.base {
            _ if self.pointers > 0 => pointer,
            Base::U8 | Base::Void => 1,
            Base::U32 | Base::I32 | Base::Bool32 => 4,
            Base::Usize | Base::Wide => pointer,
        };
        let length = self.length.and_then(|length| usize::try_from(length).ok()).unwrap_or(1);
        (one * length, one)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(base, _)| *base == self.base).map_or("", |(_, name)| name);
        write!(f, "{name}{}", "*".repeat(self.pointers.into()))?;
        self.length.map_or(Ok(()), |length| write!(f, "[{length}]"))
    }
}

impl FromStr for Type {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text} is no type of the model");
        let (rest, length) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((rest, length)) => (rest, Some(length.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        let name = rest.trim_end_matches('*');
        let pointers = u8::try_from(rest.len() - name.len()).map_err(|_| unknown())?;
        let base = NAMES.iter().find(|(_, known)| *known == name).map(|(base, _)| *base);
        Ok(Self { base: base.ok_or_else(unknown)?, pointers, length })
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Base, Type};

    /// A failure here would make a written model unreadable.
    #[test]
    fn what_is_written_is_read() -> Result<(), String> {
        for text in ["u32", "wstr", "u8**", "void*", "usize*", "u8[256]"] {
            assert_eq!(text.parse::<Type>()?.to_string(), text);
        }
        assert_eq!("void**".parse::<Type>()?, Type::pointer(Base::Void, 2));
        assert!("u128".parse::<Type>().is_err() && "u8[".parse::<Type>().is_err());
        Ok(())
    }
}
