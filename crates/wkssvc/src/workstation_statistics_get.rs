//! NetrWorkstationStatisticsGet ([MS-WKST] 3.2.4.11) returns how much the SMB client of the computer was used.
//!
//! Statuses: `ERROR_INVALID_LEVEL` for a level other than 0; `ERROR_INVALID_PARAMETER` for options; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// Not used.
    pub service_name: Option<String>,
    /// 0.
    pub level: u32,
    /// 0.
    pub options: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The statistics; null unless the status is success.
    pub buffer: Option<StatWorkstation>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Wkssvc: NetrWorkstationStatisticsGet = 13, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string_to_nul(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.service_name, "ServiceName")?;
        ndr.u32(&mut self.level, "Level")?;
        ndr.u32(&mut self.options, "Options")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.buffer, "Buffer", |statistics, ndr| {
            ndr.structure(Alignment::Hyper, |ndr| statistics.members(ndr))
        })?;
        ndr.u32(&mut self.status.0, "status")
    }
}

/// Declares the members of STAT_WORKSTATION_0, each with its name on the wire: those of 64 bits, then those of 32 bits.
macro_rules! members {
    (
        { $($(#[$wide_doc:meta])* $wide:ident $wide_name:ident,)* }
        { $($(#[$doc:meta])* $member:ident $name:ident,)* }
    ) => {
        /// STAT_WORKSTATION_0 ([MS-WKST] 2.2.5.11). A computer writes 0 for what it does not count.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct StatWorkstation {
            $($(#[$wide_doc])* pub $wide: i64,)*
            $($(#[$doc])* pub $member: u32,)*
        }

        impl StatWorkstation {
            fn members(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
                $(ndr.i64(&mut self.$wide, stringify!($wide_name))?;)*
                $(ndr.u32(&mut self.$member, stringify!($name))?;)*
                Ok(())
            }
        }
    };
}

members! {
    {
        /// When counting began, in seconds since 1970.
        statistics_start_time StatisticsStartTime,
        /// The octets that the client received.
        bytes_received BytesReceived,
        /// The SMB messages that it received.
        smbs_received SmbsReceived,
        /// The octets that it read to page memory in.
        paging_read_bytes_requested PagingReadBytesRequested,
        /// The octets that it read otherwise.
        non_paging_read_bytes_requested NonPagingReadBytesRequested,
        /// The octets that it read from its cache.
        cache_read_bytes_requested CacheReadBytesRequested,
        /// The octets that it read from servers.
        network_read_bytes_requested NetworkReadBytesRequested,
        /// The octets that it sent.
        bytes_transmitted BytesTransmitted,
        /// The SMB messages that it sent.
        smbs_transmitted SmbsTransmitted,
        /// The octets that it wrote to page memory out.
        paging_write_bytes_requested PagingWriteBytesRequested,
        /// The octets that it wrote otherwise.
        non_paging_write_bytes_requested NonPagingWriteBytesRequested,
        /// The octets that it wrote to its cache.
        cache_write_bytes_requested CacheWriteBytesRequested,
        /// The octets that it wrote to servers.
        network_write_bytes_requested NetworkWriteBytesRequested,
    }
    {
        /// The operations that failed to start.
        initially_failed_operations InitiallyFailedOperations,
        /// The operations that failed to complete.
        failed_completion_operations FailedCompletionOperations,
        /// The reads.
        read_operations ReadOperations,
        /// The reads at random places.
        random_read_operations RandomReadOperations,
        /// The read requests.
        read_smbs ReadSmbs,
        /// The read requests of more than twice the server's buffer.
        large_read_smbs LargeReadSmbs,
        /// The read requests of less than a quarter of the server's buffer.
        small_read_smbs SmallReadSmbs,
        /// The writes.
        write_operations WriteOperations,
        /// The writes at random places.
        random_write_operations RandomWriteOperations,
        /// The write requests.
        write_smbs WriteSmbs,
        /// The write requests of more than twice the server's buffer.
        large_write_smbs LargeWriteSmbs,
        /// The write requests of less than a quarter of the server's buffer.
        small_write_smbs SmallWriteSmbs,
        /// The raw reads that servers refused.
        raw_reads_denied RawReadsDenied,
        /// The raw writes that servers refused.
        raw_writes_denied RawWritesDenied,
        /// The errors of the network.
        network_errors NetworkErrors,
        /// The sessions that began.
        sessions Sessions,
        /// The sessions that failed to begin.
        failed_sessions FailedSessions,
        /// The connections that failed and were made again.
        reconnects Reconnects,
        /// The connections to servers of the core dialect.
        core_connects CoreConnects,
        /// The connections to servers of LAN Manager 2.0.
        lanman20_connects Lanman20Connects,
        /// The connections to servers of LAN Manager 2.1.
        lanman21_connects Lanman21Connects,
        /// The connections to servers of NT LAN Manager.
        lanman_nt_connects LanmanNtConnects,
        /// The connections that a server ended.
        server_disconnects ServerDisconnects,
        /// The sessions that timed out.
        hung_sessions HungSessions,
        /// The connections to shares.
        use_count UseCount,
        /// The connections to shares that failed.
        failed_use_count FailedUseCount,
        /// The outstanding requests.
        current_commands CurrentCommands,
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{Syntax, decode, encode};

    use super::*;

    /// A failure here would show a program one number for another, above all in the syntax that aligns 64-bit integers
    /// differently. The octets are those of Samba's marshalling.
    #[test]
    fn each_member_has_its_place() {
        let words =
            |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
        let wide: Vec<u32> = (1..=13).flat_map(|number| [number, 0]).collect();
        let narrow: Vec<u32> = (14..=40).collect();
        let narrow_stub = words(&[&[0x2_0000, 0], &wide[..], &narrow, &[0]].concat());
        let wide_stub = words(&[&[0x2_0000, 0], &wide[..], &narrow, &[0, 0]].concat());
        for (syntax, stub) in [(Syntax::Ndr32, narrow_stub), (Syntax::Ndr64, wide_stub)] {
            let response: Response = decode(&stub, syntax).unwrap();
            let buffer = response.buffer.unwrap();
            assert_eq!((buffer.statistics_start_time, buffer.network_write_bytes_requested), (1, 13));
            assert_eq!((buffer.initially_failed_operations, buffer.current_commands), (14, 40));
            assert_eq!(encode(response, syntax).unwrap(), stub, "{syntax:?}");
        }
    }
}
