//! Context handles, which name something that the server keeps between two calls.

use netsession_rpc::ndr::{Ndr, NdrError};

/// SHARE_DEL_HANDLE ([MS-SRVS] 2.2.1.3), a context handle of RPC (C706 14.2.16.6). The default value is the null handle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ShareDelHandle {
    /// 0.
    pub attributes: u32,
    /// A number that only the server understands.
    pub uuid: [u8; 16],
}

impl ShareDelHandle {
    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.attributes, "ContextHandle")?;
        self.uuid.iter_mut().try_for_each(|octet| ndr.u8(octet, "ContextHandle"))
    }
}
