//! A folder as a disk share: [`Disk`] opens files and folders by [`SharePath`], never outside the folder.

mod create;
mod data;
pub(crate) mod disk;
mod effort;
mod folder_names;
pub(crate) mod info;
mod listing;
pub(crate) mod locks;
pub(crate) mod name;
mod new_name;
pub(crate) mod node;
mod open;
pub(crate) mod pattern;
mod rename;
mod reserve;
pub(crate) mod root;
mod searches;
mod sharing;
mod sparse;
mod status;
#[cfg(test)]
mod tests;
mod volume;

pub(crate) use create::Request;
pub(crate) use disk::{Action, Disk, Event};
pub(crate) use effort::Effort;
pub(crate) use info::{FileInfo, Kind};
pub(crate) use listing::{Entry, Listing};
pub(crate) use name::SharePath;
pub(crate) use node::{Breaks, OplockKind};
pub(crate) use open::{Basic, Open};
pub(crate) use searches::Searches;
pub(crate) use volume::Volume;
