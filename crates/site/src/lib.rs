//! The pages of the manual and the reference, and the HTTP server that shows them.
//!
//! [`file()`] returns a page, [`search()`] finds pages, and [`serve`] responds to browsers and scripts. The server reads
//! nothing from the disk and opens no connection of its own.
//!
//! ```
//! let page = netsession_site::file("NetSessionDel.html").ok_or("no such page")?;
//! assert_eq!(page.media_type(), "text/html; charset=utf-8");
//! let found = netsession_site::search("2312");
//! assert_eq!(found.first().map(|entry| entry.title.as_str()), Some("NERR_ClientNameNotFound"));
//! # Ok::<(), &str>(())
//! ```
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
