//! NetrServerDiskEnum ([MS-SRVS] 3.1.4.23) lists the drives of the server.
//!
//! Statuses: `ERROR_INVALID_LEVEL` for a level other than 0; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Counted, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::MAX_PREFERRED_LENGTH;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// 0.
    pub level: u32,
    /// No drives.
    pub disks: Counted<String>,
    /// The most octets of the entries in the response.
    pub prefered_maximum_length: u32,
    /// The place to continue from.
    pub resume_handle: Option<u32>,
}

impl Request {
    /// Returns the first request for all drives in one response.
    #[must_use]
    pub fn asking() -> Self {
        Self {
            disks: Counted::NULL,
            prefered_maximum_length: MAX_PREFERRED_LENGTH,
            resume_handle: Some(0),
            ..Self::default()
        }
    }
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The drives, such as `C:`. The last one can be an empty text.
    pub disks: Counted<String>,
    /// The number of drives from the place where this response begins.
    pub total_entries: u32,
    /// The place to continue from.
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerDiskEnum = 23, Request -> Response { status: Win32Error }
}

/// DISK_ENUM_CONTAINER and DISK_INFO ([MS-SRVS] 2.2.4.91 and 2.2.4.92).
fn container(disks: &mut Counted<String>, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
    ndr.structure(Alignment::Pointer, |ndr| {
        ndr.counted_varying(disks, Alignment::Pointer, "Buffer", |disk, ndr| ndr.varying_string(disk, "Disk"))
    })
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.u32(&mut self.level, "Level")?;
        container(&mut self.disks, ndr)?;
        ndr.u32(&mut self.prefered_maximum_length, "PreferedMaximumLength")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        container(&mut self.disks, ndr)?;
        ndr.u32(&mut self.total_entries, "TotalEntries")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{Syntax, decode, encode};

    use super::*;

    /// A failure here would lay the drives out otherwise than C706 14.3.3.4 and 14.3.4.2 say: the count three times, and for
    /// each text its offset and its count.
    #[test]
    fn drives_are_laid_out_as_specified() {
        let response = Response {
            disks: Counted::from(vec!["C:".to_owned(), String::new()]),
            total_entries: 2,
            resume_handle: Some(0),
            status: Win32Error::NERR_SUCCESS,
        };
        let number = |number: u32| number.to_le_bytes().to_vec();
        let c = [b'C', 0, b':', 0, 0, 0, 0, 0].to_vec();
        let expected = [
            number(2),
            number(0x2_0000),
            number(2),
            number(0),
            number(2),
            number(0),
            number(3),
            c,
            number(0),
            number(1),
            vec![0, 0, 0, 0],
            number(2),
            number(0x2_0004),
            number(0),
            number(0),
        ];
        assert_eq!(encode(response.clone(), Syntax::Ndr32).unwrap(), expected.concat());
        for syntax in Syntax::ALL {
            let stub = encode(response.clone(), syntax).unwrap();
            assert_eq!(decode::<Response>(&stub, syntax).unwrap(), response);
            let asking = encode(Request::asking(), syntax).unwrap();
            assert_eq!(decode::<Request>(&asking, syntax).unwrap(), Request::asking());
            for end in 0..stub.len() {
                assert!(decode::<Response>(&stub[..end], syntax).is_err(), "{end}");
            }
        }
    }
}
