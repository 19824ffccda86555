//! SamrEnumerateDomainsInSamServer ([MS-SAMR] 3.1.5.2.1) lists the domains of the server: that of its accounts, and Builtin.
//!
//! Statuses: `STATUS_MORE_ENTRIES`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Counted, CountedText, Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::Handle;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the server.
    pub server: Handle,
    /// The place to continue from: 0 at first, then that of the last response.
    pub context: u32,
    /// The most octets of the response.
    pub preferred_maximum_length: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The place to continue from.
    pub context: u32,
    /// The domains; None unless the status is success.
    pub buffer: Option<Counted<Domain>>,
    /// The number of domains.
    pub count: u32,
    /// The return value.
    pub status: NtStatus,
}

/// SAMPR_RID_ENUMERATION ([MS-SAMR] 2.2.7.9): a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Domain {
    /// A number without a meaning for domains.
    pub relative_id: u32,
    /// The name.
    pub name: CountedText,
}

netsession_rpc::operation! {
    crate::Samr: SamrEnumerateDomainsInSamServer = 6, Request -> Response { status: NtStatus }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.server.parameter(ndr, "ServerHandle")?;
        ndr.u32(&mut self.context, "EnumerationContext")?;
        ndr.u32(&mut self.preferred_maximum_length, "PreferedMaximumLength")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.context, "EnumerationContext")?;
        ndr.unique(&mut self.buffer, "Buffer", |buffer, ndr| {
            ndr.structure(Alignment::Pointer, |ndr| {
                ndr.counted(buffer, Alignment::Pointer, "EntriesRead", |domain, ndr| {
                    ndr.u32(&mut domain.relative_id, "RelativeId")?;
                    ndr.counted_text(&mut domain.name, "Name")
                })
            })
        })?;
        ndr.u32(&mut self.count, "CountReturned")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
