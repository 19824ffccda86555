//! The library without async: each call of [`Server`] returns when it is done.

mod close_plan;
mod end_plan;
mod raw;
mod runtime;
mod server;

pub use close_plan::ClosePlan;
pub use end_plan::{EndPlan, OwnedEndPlan};
pub use raw::Raw;
pub use runtime::wait_for;
pub use server::Server;
