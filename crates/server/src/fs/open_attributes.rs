//! Extended attributes through an open file ([MS-FSA] 2.1.5.12.12, 2.1.5.15.6).

use netsession_smb::fscc::{AccessMask, EntryWriter, FileFullEaInformation};
use netsession_wire::NtStatus;

use super::attributes::{checked, names, set_all, value};
use super::folder::Action;
use super::open::Open;
use super::status::to_status;

/// Which attributes a client asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Those with these names; one that the file lacks is returned without a value.
    Named(&'a [Vec<u8>]),
    /// All from this one on, counted from 0.
    From(usize),
    /// Those that the last query on this open had no room for, or all.
    Next,
}

/// A part of a file's attributes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The list, as [MS-FSCC] has it.
    pub(crate) list: Vec<u8>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl Open {
    /// Returns as many whole attributes as `room` bytes hold, or a `single` one.
    ///
    /// # Errors
    /// `STATUS_NO_EAS_ON_FILE` if there is nothing to return, `STATUS_BUFFER_TOO_SMALL` if not even one has room.
    pub(crate) fn attributes(&self, wanted: Wanted<'_>, single: bool, room: usize) -> Result<Part, NtStatus> {
        self.require_any(AccessMask::READ_EA)?;
        let file = self.record()?;
        let known = names(file).map_err(to_status)?;
        let (names, first): (Vec<&str>, usize) = match wanted {
            Wanted::Named(list) => {
                let spelled = |name: &&str| known.iter().find(|known| known.eq_ignore_ascii_case(name));
                let named = list.iter().map(|name| checked(name)).collect::<Result<Vec<_>, _>>()?;
                (named.iter().map(|name| spelled(name).map_or(*name, String::as_str)).collect(), 0)
            }
            Wanted::From(first) => (known.iter().map(String::as_str).collect(), first),
            Wanted::Next => (known.iter().map(String::as_str).collect(), self.next_attribute()),
        };
        let mut list = EntryWriter::new(room);
        let mut next = first;
        for name in names.iter().skip(first) {
            let value = value(file, name).map_err(to_status)?.unwrap_or_default();
            let entry = FileFullEaInformation { need_ea: false, name: name.as_bytes().to_vec(), value };
            let is_full = single && !list.is_empty();
            if is_full || !list.push(&entry).map_err(|_| NtStatus::INTERNAL_ERROR)? {
                break;
            }
            next = next.saturating_add(1);
        }
        let has_more = next < names.len();
        if !matches!(wanted, Wanted::Named(_)) {
            self.set_next_attribute(if has_more { next } else { 0 });
        }
        match (list.is_empty(), has_more) {
            (true, false) => Err(NtStatus::NO_EAS_ON_FILE),
            (true, true) => Err(NtStatus::BUFFER_TOO_SMALL),
            (false, has_more) => Ok(Part { list: list.finish(), has_more }),
        }
    }

    /// Sets attributes, all of them or none; an empty value removes one.
    ///
    /// # Errors
    /// As [`set_all`].
    pub(crate) fn set_attributes(&self, wanted: &[FileFullEaInformation]) -> Result<(), NtStatus> {
        if !self.access().contains(AccessMask::WRITE_EA) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        set_all(self.record()?, wanted)?;
        self.disk().changed(&self.path(), Action::AttributesSet);
        Ok(())
    }
}
