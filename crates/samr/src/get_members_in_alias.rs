//! SamrGetMembersInAlias ([MS-SAMR] 3.1.5.8.6) lists the members of an alias: accounts and groups, also of other domains.

use netsession_rpc::ndr::{Alignment, Counted, Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{Handle, Sid};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the alias.
    pub alias: Handle,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The members.
    pub members: Counted<Member>,
    /// The return value.
    pub status: NtStatus,
}

/// SAMPR_SID_INFORMATION ([MS-SAMR] 2.2.7.6): a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// The SID.
    pub sid: Option<Sid>,
}

netsession_rpc::operation! { crate::Samr: SamrGetMembersInAlias = 33, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.alias.parameter(ndr, "AliasHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.counted(&mut self.members, Alignment::Pointer, "Count", |member, ndr| {
                ndr.unique(&mut member.sid, "SidPointer", |sid, ndr| sid.parameter(ndr, "SidPointer"))
            })
        })?;
        ndr.u32(&mut self.status.0, "status")
    }
}
