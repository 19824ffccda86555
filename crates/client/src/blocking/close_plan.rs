use tokio::runtime::Runtime;

use super::server::Server;
use crate::{ClosePreview, CloseReport, Error, FileSelection};

/// A plan that borrows its server: the blocking form of [`crate::ClosePlan`].
///
/// ```
/// use netsession::{Error, FileId, FileSelection, blocking};
///
/// fn close_one(server: &mut blocking::Server, id: FileId) -> Result<bool, Error> {
///     let plan = server.plan_close(&FileSelection::Ids(vec![id]))?;
///     for file in plan.preview().to_close() {
///         println!("closes {} of {}", file.path, file.user);
///     }
///     Ok(plan.close().closed().count() == 1)
/// }
/// ```
#[must_use = "a plan closes nothing until it is carried out"]
#[derive(Debug)]
pub struct ClosePlan<'a> {
    plan: crate::ClosePlan<&'a mut crate::Server>,
    runtime: &'a Runtime,
}

impl Server {
    /// The blocking form of [`crate::Server::plan_close`].
    ///
    /// # Errors
    /// Those of [`crate::Server::plan_close`].
    pub fn plan_close(&mut self, selection: &FileSelection) -> Result<ClosePlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_close(selection))?;
        Ok(ClosePlan::new(plan, &self.runtime))
    }
}

impl<'a> ClosePlan<'a> {
    pub(super) const fn new(plan: crate::ClosePlan<&'a mut crate::Server>, runtime: &'a Runtime) -> Self {
        Self { plan, runtime }
    }

    /// The blocking form of [`crate::ClosePlan::preview`].
    pub const fn preview(&self) -> &ClosePreview {
        self.plan.preview()
    }

    /// The blocking form of [`crate::ClosePlan::close`].
    pub fn close(self) -> CloseReport {
        self.runtime.block_on(self.plan.close())
    }
}
