//! Ending sessions: made into a plan, shown, sent, and looked at again.

mod outcome;
mod plan;
mod send;
#[cfg(test)]
mod tests;
mod verify;

pub use outcome::{EndPlan, EndReport, Outcome, SpareReason, Spared};
pub(crate) use plan::plan;
pub(crate) use send::end;
