//! SamrGetMembersInGroup ([MS-SAMR] 3.1.5.8.3) lists the members of a group: accounts and groups of the same domain.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::{DecodeError, NtStatus};

use crate::Handle;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the group.
    pub group: Handle,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The members; None unless the status is success.
    pub members: Option<Members>,
    /// The return value.
    pub status: NtStatus,
}

/// SAMPR_GET_MEMBERS_BUFFER ([MS-SAMR] 2.2.7.14): two arrays with one count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// The RIDs; None for a null pointer.
    pub rids: Option<Vec<u32>>,
    /// The attributes of each membership; None for a null pointer.
    pub attributes: Option<Vec<u32>>,
}

impl Members {
    /// Returns the members of these RIDs, with the same attributes each.
    #[must_use]
    pub fn new(rids: Vec<u32>, attributes: u32) -> Self {
        let attributes = vec![attributes; rids.len()];
        Self { rids: Some(rids), attributes: Some(attributes) }
    }

    fn length(array: Option<&Vec<u32>>) -> Result<u32, NdrError> {
        u32::try_from(array.map_or(0, Vec::len)).map_err(|_| NdrError::TooLong { what: "Members" })
    }

    fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let mut count = Self::length(self.rids.as_ref())?;
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.u32(&mut count, "MemberCount")?;
            for (array, what) in [(&mut self.rids, "Members"), (&mut self.attributes, "Attributes")] {
                ndr.unique(array, what, |elements, ndr| {
                    ndr.conformant(elements, Alignment::Long, what, |element, ndr| ndr.u32(element, what))
                })?;
            }
            Ok(())
        })?;
        let lengths = (Self::length(self.rids.as_ref())?, Self::length(self.attributes.as_ref())?);
        match lengths == (count, count) {
            true => Ok(()),
            false => Err(DecodeError::invalid("MemberCount").into()),
        }
    }
}

netsession_rpc::operation! {
    crate::Samr: SamrGetMembersInGroup = 25, Request -> Response { status: NtStatus }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.group.parameter(ndr, "GroupHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.members, "Members", |members, ndr| members.parameter(ndr))?;
        ndr.u32(&mut self.status.0, "status")
    }
}
