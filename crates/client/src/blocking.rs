//! The library without async: each method of [`Server`] blocks until the server has answered.

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
