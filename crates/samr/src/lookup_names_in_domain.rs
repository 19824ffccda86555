//! SamrLookupNamesInDomain ([MS-SAMR] 3.1.5.11.2) returns the RIDs of names in a domain, and what they are.
//!
//! Statuses: `STATUS_SOME_NOT_MAPPED`; `STATUS_NONE_MAPPED`.

use netsession_rpc::ndr::{Alignment, Counted, CountedText, Message, Ndr, NdrError};
use netsession_wire::{DecodeError, NtStatus};

use crate::Handle;

/// The most names of a request, which is also the declared size of the array.
pub const MAX_NAMES: u32 = 1000;

netsession_wire::open_enum! {
    /// What a name is: SID_NAME_USE ([MS-SAMR] 2.2.2.3).
    pub struct NameUse(u32) {
        /// An account, of a user or of a computer.
        USER = 1,
        /// A group.
        GROUP = 2,
        /// An alias, a group of the server.
        ALIAS = 4,
        /// Nothing of that name exists.
        UNKNOWN = 8,
    }
}

impl Default for NameUse {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the domain.
    pub domain: Handle,
    /// The names.
    pub names: Vec<CountedText>,
}

/// The response: an element for each name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The RIDs.
    pub relative_ids: Counted<u32>,
    /// What the names are.
    pub uses: Counted<NameUse>,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! {
    crate::Samr: SamrLookupNamesInDomain = 17, Request -> Response { status: NtStatus }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        const WHAT: &str = "Names";
        self.domain.parameter(ndr, "DomainHandle")?;
        let mut count = u32::try_from(self.names.len()).map_err(|_| NdrError::TooLong { what: WHAT })?;
        ndr.u32(&mut count, "Count")?;
        ndr.varying(&mut self.names, MAX_NAMES, Alignment::Pointer, WHAT, |name, ndr| {
            ndr.counted_text(name, WHAT)
        })?;
        match usize::try_from(count) == Ok(self.names.len()) {
            true => Ok(()),
            false => Err(DecodeError::invalid("Count").into()),
        }
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let ids = &mut self.relative_ids;
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.counted(ids, Alignment::Long, "RelativeIds", |id, ndr| ndr.u32(id, "RelativeIds"))
        })?;
        let uses = &mut self.uses;
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.counted(uses, Alignment::Long, "Use", |name_use, ndr| ndr.u32(&mut name_use.0, "Use"))
        })?;
        ndr.u32(&mut self.status.0, "status")
    }
}
