//! A folder as a disk share: names, and what stands behind them, never outside the folder.

pub mod locks;
pub mod name;
pub mod pattern;
pub mod root;
