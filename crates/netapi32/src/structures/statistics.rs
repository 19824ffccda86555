//! The structure of a server's statistics.
#![allow(non_camel_case_types)]

use netsession::raw::StatServer;

use super::{Record, Tail};

/// How much a server was used. A server returns 0 for what it does not count.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct STAT_SERVER_0 {
    /// When counting began, in seconds since 1970.
    pub sts0_start: u32,
    /// The number of opened files and pipes.
    pub sts0_fopens: u32,
    /// The number of opened devices.
    pub sts0_devopens: u32,
    /// The number of print jobs.
    pub sts0_jobsqueued: u32,
    /// The number of sessions that began.
    pub sts0_sopens: u32,
    /// The number of sessions that were disconnected.
    pub sts0_stimedout: u32,
    /// The number of sessions that failed.
    pub sts0_serrorout: u32,
    /// The number of wrong passwords.
    pub sts0_pwerrors: u32,
    /// The number of refused permissions.
    pub sts0_permerrors: u32,
    /// The number of errors of the system.
    pub sts0_syserrors: u32,
    /// The sent octets, the low half.
    pub sts0_bytessent_low: u32,
    /// The sent octets, the high half.
    pub sts0_bytessent_high: u32,
    /// The received octets, the low half.
    pub sts0_bytesrcvd_low: u32,
    /// The received octets, the high half.
    pub sts0_bytesrcvd_high: u32,
    /// The average time of a response, in milliseconds.
    pub sts0_avresponse: u32,
    /// How often the server lacked a buffer for a request.
    pub sts0_reqbufneed: u32,
    /// How often the server lacked a large buffer.
    pub sts0_bigbufneed: u32,
}

impl Record for STAT_SERVER_0 {
    type Info = StatServer;

    fn of(info: &StatServer, _: &mut Tail<'_>) -> Self {
        let ([sent_low, sent_high], [received_low, received_high]) = (info.bytessent, info.bytesrcvd);
        Self {
            sts0_start: info.start,
            sts0_fopens: info.fopens,
            sts0_devopens: info.devopens,
            sts0_jobsqueued: info.jobsqueued,
            sts0_sopens: info.sopens,
            sts0_stimedout: info.stimedout,
            sts0_serrorout: info.serrorout,
            sts0_pwerrors: info.pwerrors,
            sts0_permerrors: info.permerrors,
            sts0_syserrors: info.syserrors,
            sts0_bytessent_low: sent_low,
            sts0_bytessent_high: sent_high,
            sts0_bytesrcvd_low: received_low,
            sts0_bytesrcvd_high: received_high,
            sts0_avresponse: info.avresponse,
            sts0_reqbufneed: info.reqbufneed,
            sts0_bigbufneed: info.bigbufneed,
        }
    }
}
