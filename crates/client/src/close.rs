//! Closing open files at one server: decide from a listing, show the preview, send, verify.

mod carry_out;
mod listed;
mod plan;
mod reopened;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use carry_out::carry_out;
pub use plan::{ClosePreview, FileSelection};
pub(crate) use plan::{Decision, decide};
pub use report::{CloseOutcome, CloseReport, CloseResult};
