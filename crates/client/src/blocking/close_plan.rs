use tokio::runtime::Runtime;

use super::server::Server;
use crate::{ClosePreview, CloseReport, Error, FileSelection};

/// A plan that borrows its server: [`crate::ClosePlan`] without async.
#[must_use = "a plan closes nothing until it is carried out"]
#[derive(Debug)]
pub struct ClosePlan<'a> {
    plan: crate::ClosePlan<&'a mut crate::Server>,
    runtime: &'a Runtime,
}

impl Server {
    /// As [`crate::Server::plan_close`].
    ///
    /// # Errors
    /// As there.
    pub fn plan_close(&mut self, selection: &FileSelection) -> Result<ClosePlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_close(selection))?;
        Ok(ClosePlan::new(plan, &self.runtime))
    }
}

impl<'a> ClosePlan<'a> {
    pub(super) const fn new(plan: crate::ClosePlan<&'a mut crate::Server>, runtime: &'a Runtime) -> Self {
        Self { plan, runtime }
    }

    /// As [`crate::ClosePlan::preview`].
    pub const fn preview(&self) -> &ClosePreview {
        self.plan.preview()
    }

    /// As [`crate::ClosePlan::close`].
    pub fn close(self) -> CloseReport {
        self.runtime.block_on(self.plan.close())
    }
}
