//! A folder as a disk share: names, and what stands behind them, never outside the folder.

pub mod disk;
pub mod info;
mod listing;
pub mod locks;
pub mod name;
pub mod node;
mod open;
pub mod pattern;
mod rename;
pub mod root;
mod sharing;
mod sparse;
mod status;
#[cfg(test)]
mod tests;
mod volume;

pub use disk::{Action, Created, Disk, Event, Request};
pub use info::{FileInfo, FileKey, Kind};
pub use listing::{Entry, Kept, Listing};
pub use name::SharePath;
pub use node::{Breaks, OpenKey, OplockKind, Tell};
pub use open::{Basic, Open};
pub use sharing::Sharing;
pub use status::status;
pub use volume::Volume;
