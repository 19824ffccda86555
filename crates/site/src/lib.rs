//! The reference's pages, built into the program, and the HTTP server that shows them.
//!
//! [`file()`] gives a page, [`search()`] finds pages, and [`serve`] answers browsers and scripts. Nothing is read from the
//! disk, and nothing else than the answers is sent anywhere.
#![forbid(unsafe_code)]

mod answer;
mod api;
mod files;
mod response;
mod search;
mod server;

pub use files::{File, file, files};
pub use search::{Entry, search};
pub use server::serve;
