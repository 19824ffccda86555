//! The structures of a server's limits, and those that change one value of a server.
#![allow(non_camel_case_types)]

use netsession::raw::{ServerInfo, ServerLimits};

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// The limits of a server, level 502, for administrators.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_502 {
    /// The most open files in one session.
    pub sv502_sessopens: u32,
    /// The sessions for each client.
    pub sv502_sessvcs: u32,
    /// The most searches at the same time.
    pub sv502_opensearch: u32,
    /// The octets in each of the server's buffers.
    pub sv502_sizreqbuf: u32,
    /// Work items at the start.
    pub sv502_initworkitems: u32,
    /// The most work items.
    pub sv502_maxworkitems: u32,
    /// Work items for raw transfers.
    pub sv502_rawworkitems: u32,
    /// Stack locations in an I/O request packet.
    pub sv502_irpstacksize: u32,
    /// The octets of a raw transfer.
    pub sv502_maxrawbuflen: u32,
    /// Users on one connection.
    pub sv502_sessusers: u32,
    /// Connections to shares in one session.
    pub sv502_sessconns: u32,
    /// The most pageable memory, in octets.
    pub sv502_maxpagedmemoryusage: u32,
    /// The most memory that is not pageable, in octets.
    pub sv502_maxnonpagedmemoryusage: u32,
    /// Not 0 if soft compatibility is on.
    pub sv502_enablesoftcompat: i32,
    /// Not 0 if the server disconnects a client when its hours are over.
    pub sv502_enableforcedlogoff: i32,
    /// Not 0 if the server is a reliable source of time.
    pub sv502_timesource: i32,
    /// Not 0 if the server accepts calls of older clients.
    pub sv502_acceptdownlevelapis: i32,
    /// Not 0 if the server announces itself to LAN Manager clients.
    pub sv502_lmannounce: i32,
}

/// A server, level 1005: the comment.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1005 {
    /// The new comment.
    pub sv1005_comment: *mut WCHAR,
}

/// A server, level 1010.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1010 {
    /// Minutes after which the server disconnects an idle session; -1: never.
    pub sv1010_disc: i32,
}

/// A server, level 1016.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1016 {
    /// Not 0 if the network's lists hide the server.
    pub sv1016_hidden: i32,
}

/// A server, level 1017.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1017 {
    /// Seconds between two announcements.
    pub sv1017_announce: u32,
}

/// A server, level 1018.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1018 {
    /// The variation of that interval, in milliseconds.
    pub sv1018_anndelta: u32,
}

/// A server, level 1107.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_1107 {
    /// The most users who can log on at once.
    pub sv1107_users: u32,
}

impl Record for SERVER_INFO_502 {
    type Info = ServerInfo;

    fn of(info: &ServerInfo, _: &mut Tail<'_>) -> Self {
        let limits = info.limits.unwrap_or_default();
        let flag = |value: u32| i32::from(value != 0);
        Self {
            sv502_sessopens: limits.sessopens,
            sv502_sessvcs: limits.sessvcs,
            sv502_opensearch: limits.opensearch,
            sv502_sizreqbuf: limits.sizreqbuf,
            sv502_initworkitems: limits.initworkitems,
            sv502_maxworkitems: limits.maxworkitems,
            sv502_rawworkitems: limits.rawworkitems,
            sv502_irpstacksize: limits.irpstacksize,
            sv502_maxrawbuflen: limits.maxrawbuflen,
            sv502_sessusers: limits.sessusers,
            sv502_sessconns: limits.sessconns,
            sv502_maxpagedmemoryusage: limits.maxpagedmemoryusage,
            sv502_maxnonpagedmemoryusage: limits.maxnonpagedmemoryusage,
            sv502_enablesoftcompat: flag(limits.enablesoftcompat),
            sv502_enableforcedlogoff: flag(limits.enableforcedlogoff),
            sv502_timesource: flag(limits.timesource),
            sv502_acceptdownlevelapis: flag(limits.acceptdownlevelapis),
            sv502_lmannounce: flag(limits.lmannounce),
        }
    }
}

impl From<SERVER_INFO_502> for ServerLimits {
    fn from(given: SERVER_INFO_502) -> Self {
        let flag = |value: i32| u32::from(value != 0);
        Self {
            sessopens: given.sv502_sessopens,
            sessvcs: given.sv502_sessvcs,
            opensearch: given.sv502_opensearch,
            sizreqbuf: given.sv502_sizreqbuf,
            initworkitems: given.sv502_initworkitems,
            maxworkitems: given.sv502_maxworkitems,
            rawworkitems: given.sv502_rawworkitems,
            irpstacksize: given.sv502_irpstacksize,
            maxrawbuflen: given.sv502_maxrawbuflen,
            sessusers: given.sv502_sessusers,
            sessconns: given.sv502_sessconns,
            maxpagedmemoryusage: given.sv502_maxpagedmemoryusage,
            maxnonpagedmemoryusage: given.sv502_maxnonpagedmemoryusage,
            enablesoftcompat: flag(given.sv502_enablesoftcompat),
            enableforcedlogoff: flag(given.sv502_enableforcedlogoff),
            timesource: flag(given.sv502_timesource),
            acceptdownlevelapis: flag(given.sv502_acceptdownlevelapis),
            lmannounce: flag(given.sv502_lmannounce),
        }
    }
}
