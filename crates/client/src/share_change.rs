//! Adding, changing and removing a share of one server: decide from a listing, show the preview, send, verify.

mod carry_out;
mod plan;
mod report;

pub(crate) use carry_out::carry_out;
pub use plan::{ConnectionLimit, ShareChange, ShareObstacle, SharePreview};
pub(crate) use plan::{Decision, decide};
pub use report::{ShareReport, ShareResult};
