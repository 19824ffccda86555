//! The structures of the statistics of a server and of a computer's SMB client.
#![allow(non_camel_case_types)]

use netsession::raw::{StatServer, StatWorkstation};

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

/// Declares STAT_WORKSTATION_0: each member as lmstats.h and as the library spells it.
macro_rules! workstation {
    ({ $($wide:ident $wide_source:ident,)* } { $($member:ident $source:ident,)* }) => {
        /// How much the SMB client of a computer was used. A computer returns 0 for what it does not count.
        #[repr(C)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(non_snake_case, missing_docs, reason = "the header documents the members")]
        pub struct STAT_WORKSTATION_0 {
            $(pub $wide: i64,)*
            $(pub $member: u32,)*
        }

        impl Record for STAT_WORKSTATION_0 {
            type Info = StatWorkstation;

            fn of(info: &StatWorkstation, _: &mut Tail<'_>) -> Self {
                Self { $($wide: info.$wide_source,)* $($member: info.$source,)* }
            }
        }
    };
}

workstation! {
    {
        StatisticsStartTime statistics_start_time,
        BytesReceived bytes_received,
        SmbsReceived smbs_received,
        PagingReadBytesRequested paging_read_bytes_requested,
        NonPagingReadBytesRequested non_paging_read_bytes_requested,
        CacheReadBytesRequested cache_read_bytes_requested,
        NetworkReadBytesRequested network_read_bytes_requested,
        BytesTransmitted bytes_transmitted,
        SmbsTransmitted smbs_transmitted,
        PagingWriteBytesRequested paging_write_bytes_requested,
        NonPagingWriteBytesRequested non_paging_write_bytes_requested,
        CacheWriteBytesRequested cache_write_bytes_requested,
        NetworkWriteBytesRequested network_write_bytes_requested,
    }
    {
        InitiallyFailedOperations initially_failed_operations,
        FailedCompletionOperations failed_completion_operations,
        ReadOperations read_operations,
        RandomReadOperations random_read_operations,
        ReadSmbs read_smbs,
        LargeReadSmbs large_read_smbs,
        SmallReadSmbs small_read_smbs,
        WriteOperations write_operations,
        RandomWriteOperations random_write_operations,
        WriteSmbs write_smbs,
        LargeWriteSmbs large_write_smbs,
        SmallWriteSmbs small_write_smbs,
        RawReadsDenied raw_reads_denied,
        RawWritesDenied raw_writes_denied,
        NetworkErrors network_errors,
        Sessions sessions,
        FailedSessions failed_sessions,
        Reconnects reconnects,
        CoreConnects core_connects,
        Lanman20Connects lanman20_connects,
        Lanman21Connects lanman21_connects,
        LanmanNtConnects lanman_nt_connects,
        ServerDisconnects server_disconnects,
        HungSessions hung_sessions,
        UseCount use_count,
        FailedUseCount failed_use_count,
        CurrentCommands current_commands,
    }
}
