use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

/// A context handle of the server, such as of an open domain (C706, 14.2.16.6). The default is the null handle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Handle {
    attributes: u32,
    uuid: [u8; 16],
}

impl Handle {
    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>, what: &'static str) -> Result<(), NdrError> {
        ndr.structure(Alignment::Long, |ndr| {
            ndr.u32(&mut self.attributes, what)?;
            ndr.fixed(&mut self.uuid, what)
        })
    }
}
