//! The tests of the functions, with texts of 32-bit characters.
#![allow(clippy::duplicate_mod)]
#![cfg(unix)]

extern crate netapi32_wchar32 as netapi32;

#[cfg(test)]
#[path = "../../netapi32/tests/connection_enum.rs"]
mod connection_enum;
#[cfg(test)]
#[path = "../../netapi32/tests/disks.rs"]
mod disks;
#[cfg(test)]
#[path = "../../netapi32/tests/files.rs"]
mod files;
#[cfg(test)]
#[path = "../../netapi32/tests/not_offered.rs"]
mod not_offered;
#[cfg(test)]
#[path = "../../netapi32/tests/server.rs"]
mod server;
#[cfg(test)]
#[path = "../../netapi32/tests/server_enum.rs"]
mod server_enum;
#[cfg(test)]
#[path = "../../netapi32/tests/session_del.rs"]
mod session_del;
#[cfg(test)]
#[path = "../../netapi32/tests/session_enum.rs"]
mod session_enum;
#[cfg(test)]
#[path = "../../netapi32/tests/session_get_info.rs"]
mod session_get_info;
#[cfg(test)]
#[path = "../../netapi32/tests/shares.rs"]
mod shares;
#[cfg(test)]
#[path = "../../netapi32/tests/statistics.rs"]
mod statistics;
#[cfg(test)]
#[path = "../../netapi32/tests/transports.rs"]
mod transports;
#[cfg(test)]
#[path = "../../netapi32/tests/uses.rs"]
mod uses;
#[cfg(test)]
#[path = "../../netapi32/tests/wksta.rs"]
mod wksta;
