//! NetrServerStatisticsGet ([MS-SRVS] 3.1.4.20) returns how much the server was used.
//!
//! Statuses: `ERROR_INVALID_LEVEL` for a level other than 0; `ERROR_INVALID_PARAMETER` for options; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// Not used.
    pub service: Option<String>,
    /// 0.
    pub level: u32,
    /// 0.
    pub options: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The statistics; null unless the status is success.
    pub info_struct: Option<StatServer>,
    /// The return value.
    pub status: Win32Error,
}

/// STAT_SERVER_0 ([MS-SRVS] 2.2.4.39). A server writes 0 for what it does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatServer {
    /// When counting began, in seconds since 1970.
    pub start: u32,
    /// The number of opened files and pipes.
    pub fopens: u32,
    /// The number of opened devices.
    pub devopens: u32,
    /// The number of print jobs.
    pub jobsqueued: u32,
    /// The number of sessions that began.
    pub sopens: u32,
    /// The number of sessions that were disconnected.
    pub stimedout: u32,
    /// The number of sessions that failed.
    pub serrorout: u32,
    /// The number of wrong passwords.
    pub pwerrors: u32,
    /// The number of refused permissions.
    pub permerrors: u32,
    /// The number of errors of the system.
    pub syserrors: u32,
    /// The sent octets, the low half first.
    pub bytessent: [u32; 2],
    /// The received octets, the low half first.
    pub bytesrcvd: [u32; 2],
    /// The average time of a response, in milliseconds.
    pub avresponse: u32,
    /// How often the server lacked a buffer for a request.
    pub reqbufneed: u32,
    /// How often the server lacked a large buffer.
    pub bigbufneed: u32,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerStatisticsGet = 24, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.service, "Service")?;
        ndr.u32(&mut self.level, "Level")?;
        ndr.u32(&mut self.options, "Options")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.info_struct, "InfoStruct", |info, ndr| {
            ndr.structure(Alignment::Long, |ndr| info.members(ndr))
        })?;
        ndr.u32(&mut self.status.0, "status")
    }
}

impl StatServer {
    fn members(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let ([sent_low, sent_high], [received_low, received_high]) =
            (&mut self.bytessent, &mut self.bytesrcvd);
        for (value, what) in [
            (&mut self.start, "sts0_start"),
            (&mut self.fopens, "sts0_fopens"),
            (&mut self.devopens, "sts0_devopens"),
            (&mut self.jobsqueued, "sts0_jobsqueued"),
            (&mut self.sopens, "sts0_sopens"),
            (&mut self.stimedout, "sts0_stimedout"),
            (&mut self.serrorout, "sts0_serrorout"),
            (&mut self.pwerrors, "sts0_pwerrors"),
            (&mut self.permerrors, "sts0_permerrors"),
            (&mut self.syserrors, "sts0_syserrors"),
            (sent_low, "sts0_bytessent_low"),
            (sent_high, "sts0_bytessent_high"),
            (received_low, "sts0_bytesrcvd_low"),
            (received_high, "sts0_bytesrcvd_high"),
            (&mut self.avresponse, "sts0_avresponse"),
            (&mut self.reqbufneed, "sts0_reqbufneed"),
            (&mut self.bigbufneed, "sts0_bigbufneed"),
        ] {
            ndr.u32(value, what)?;
        }
        Ok(())
    }
}
