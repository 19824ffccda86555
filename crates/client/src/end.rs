//! Ending sessions at one server: decide from a listing, show the preview, send, verify.

mod carry_out;
mod census;
mod open_files;
mod plan;
mod preview;
mod report;
#[cfg(test)]
mod tests;
mod unit;
mod unsent;
mod verify;

pub(crate) use carry_out::carry_out;
pub use open_files::AffectedFile;
pub(crate) use open_files::open_files;
pub(crate) use plan::Decision;
pub use preview::{EndPreview, PlannedFate, SpareReason, Spared};
pub use report::{EndReport, Outcome};
pub use unsent::Unsent;
