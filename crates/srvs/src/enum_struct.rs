use netsession_rpc::ndr::{Alignment, Counted, Ndr, NdrError};
use netsession_wire::DecodeError;

use crate::{Info, Level};

/// The level of an enumeration and the entries at that level: in a request without entries, in a response with them
/// (CONNECT_ENUM_STRUCT, FILE_ENUM_STRUCT, SESSION_ENUM_STRUCT and SHARE_ENUM_STRUCT of [MS-SRVS] 2.2.4, with
/// their unions and containers).
///
/// An unknown level has no content, on the wire and in this structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumStruct<I: Info> {
    /// The level of the entries.
    pub level: I::Level,
    /// The entries; `None` for a null pointer in place of the container.
    pub container: Option<Counted<I>>,
}

impl<I: Info> EnumStruct<I> {
    /// Returns what a client sends: an empty container of `level`.
    #[must_use]
    pub const fn asking(level: I::Level) -> Self {
        Self { level, container: Some(Counted::NULL) }
    }

    /// Returns what a server sends: `entries` at `level`.
    #[must_use]
    pub fn with(level: I::Level, entries: Vec<I>) -> Self {
        Self { level, container: Some(entries.into()) }
    }

    /// Returns the entries; none if a pointer to them is null.
    #[must_use]
    pub fn entries(&self) -> &[I] {
        self.container.as_ref().map_or(&[], Counted::as_slice)
    }

    /// Returns the entries; none if a pointer to them is null.
    #[must_use]
    pub fn into_entries(self) -> Vec<I> {
        self.container.unwrap_or_default().into_vec()
    }

    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.structure(Alignment::Pointer, |ndr| {
            let mut number = self.level.number();
            ndr.u32(&mut number, "Level")?;
            self.level = I::Level::from_number(number);
            let mut discriminant = number;
            ndr.union(&mut discriminant, Alignment::Pointer, "Level", |discriminant, ndr| {
                if discriminant != number {
                    return Err(DecodeError::invalid("Level").into());
                }
                self.arm(ndr)
            })
        })
    }

    fn arm(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let level = self.level;
        if !I::ENUM_LEVELS.contains(&level) {
            self.container = None;
            return Ok(());
        }
        ndr.unique(&mut self.container, "container", |container, ndr| {
            ndr.structure(Alignment::Pointer, |ndr| {
                ndr.counted(container, I::alignment(level), "EntriesRead", |entry, ndr| {
                    entry.members(level, ndr)
                })
            })
        })
    }
}

impl<I: Info> Default for EnumStruct<I> {
    fn default() -> Self {
        Self { level: I::Level::default(), container: None }
    }
}
