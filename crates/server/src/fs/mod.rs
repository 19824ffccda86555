//! A folder as a disk share: [`Disk`] opens files and folders by [`SharePath`], never outside the folder.

mod attributes;
mod caching_client;
mod create;
mod create_stream;
mod data;
pub(crate) mod disk;
mod duplicate;
mod effort;
mod file_name;
mod files;
mod finder;
mod folder;
mod folder_names;
mod grant;
mod handle_caching;
pub(crate) mod info;
mod lease;
mod leases;
mod listing;
pub(crate) mod locks;
pub(crate) mod name;
mod names;
mod new_name;
pub(crate) mod node;
mod open;
mod open_attributes;
mod open_key;
mod oplock;
mod oplocks;
pub(crate) mod pattern;
mod place;
mod rename;
mod reserve;
pub(crate) mod root;
mod searches;
mod sharing;
mod sparse;
mod status;
mod stream_name;
mod stream_places;
mod streams;
#[cfg(test)]
mod tests;
mod times;
mod volume;
mod write_time;

#[cfg(windows)]
use rustix::FileExt;
#[cfg(unix)]
use std::os::unix::fs::FileExt;

pub(crate) use caching_client::{Break, CachingClient, PATIENCE};
pub(crate) use create::Request;
pub(crate) use disk::Disk;
pub(crate) use duplicate::Duplicate;
pub(crate) use effort::Effort;
pub(crate) use files::Files;
pub(crate) use folder::{Action, Event};
#[cfg(any(test, feature = "testing"))]
pub(crate) use info::FileKey;
pub(crate) use info::{FileInfo, Kind};
pub(crate) use lease::LeaseId;
pub(crate) use leases::{LeaseClaim, Leases};
pub(crate) use listing::{Entry, Listing};
pub(crate) use name::SharePath;
pub(crate) use open::{Basic, Open};
pub(crate) use open_attributes::{Part as AttributePart, Wanted as WantedAttributes};
pub(crate) use oplock::{Breaks, OplockKind};
pub(crate) use searches::Searches;
pub(crate) use stream_name::StreamName;
pub(crate) use volume::Volume;
