//! The reference of the netapi32 functions for sessions, files, shares, connections, servers and buffers.
//!
//! [`Model::get`] is everything that is known: declarations and layouts extracted from the curated Windows metadata,
//! and prose of our own. From it [`signature()`] writes a declaration in any [`Language`], ready to paste. The command
//! `netsession signature` and the reference pages print these same bytes.
#![forbid(unsafe_code)]

pub mod editor;
pub mod languages;
pub mod model;
mod search;

pub use languages::{Checked, Language, Options, signature};
pub use model::{Model, code_names};
pub use search::{Found, Kind};
