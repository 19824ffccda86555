//! DCE/RPC over named pipes and NDR, with no I/O, both roles.
#![forbid(unsafe_code)]

pub mod ndr;
