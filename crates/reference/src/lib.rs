//! The reference of the netapi32 functions for sessions, files, shares, connections, servers and buffers.
//!
//! [`Model::get`] returns the whole model: declarations and layouts from the curated Windows metadata, and our own prose.
//! [`signature()`] writes a declaration of the model in any [`Language`], ready to paste. The command `netsession
//! signature` and the reference pages print the same bytes.
//!
//! ```
//! use netsession_reference::{Language, Model, Options, signature};
//!
//! let function = Model::get().function("NetSessionDel").ok_or("not in the model")?;
//! let declaration = signature(function, Language::CSharp, &Options::default());
//! assert!(declaration.contains("static extern uint NetSessionDel("));
//! # Ok::<(), &str>(())
//! ```
#![forbid(unsafe_code)]

pub mod editor;
pub mod languages;
pub mod model;
mod search;

pub use languages::{Checked, Language, Options, signature};
pub use model::{Model, code_names};
pub use search::{Found, Kind, edits};
