use tokio::runtime::Runtime;

use super::server::Server;
use crate::{EndOptions, EndPreview, EndReport, Error, Selector};

/// A plan that borrows its server: the blocking form of [`crate::EndPlan`].
///
/// ```
/// use netsession::{EndOptions, Error, Selector, blocking};
///
/// fn end_everybody(server: &mut blocking::Server) -> Result<usize, Error> {
///     let plan = server.plan_end(&Selector::All, &EndOptions::default())?;
///     println!("ends {} sessions", plan.preview().to_end().len());
///     Ok(plan.end().ended.len())
/// }
/// ```
///
/// No other server can carry it out:
///
/// ```compile_fail,E0599
/// # fn example(plan: netsession::blocking::EndPlan<'_>, mut other: netsession::blocking::Server) {
/// other.end(plan);
/// # }
/// ```
#[must_use = "a plan ends nothing until it is carried out"]
#[derive(Debug)]
pub struct EndPlan<'a> {
    plan: crate::EndPlan<&'a mut crate::Server>,
    runtime: &'a Runtime,
}

impl Server {
    /// The blocking form of [`crate::Server::plan_end`].
    ///
    /// # Errors
    /// Those of [`crate::Server::plan_end`].
    pub fn plan_end(&mut self, selector: &Selector, options: &EndOptions) -> Result<EndPlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_end(selector, options))?;
        Ok(EndPlan::new(plan, &self.runtime))
    }

    /// The blocking form of [`crate::Server::into_plan_end`].
    ///
    /// # Errors
    /// Those of [`crate::Server::into_plan_end`].
    pub fn into_plan_end(self, selector: &Selector, options: &EndOptions) -> Result<OwnedEndPlan, Error> {
        let Self { server, runtime } = self;
        let plan = runtime.block_on(server.into_plan_end(selector, options))?;
        Ok(OwnedEndPlan::new(plan, runtime))
    }
}

impl<'a> EndPlan<'a> {
    pub(super) const fn new(plan: crate::EndPlan<&'a mut crate::Server>, runtime: &'a Runtime) -> Self {
        Self { plan, runtime }
    }

    /// The blocking form of [`crate::EndPlan::preview`].
    pub const fn preview(&self) -> &EndPreview {
        self.plan.preview()
    }

    /// The blocking form of [`crate::EndPlan::options`].
    pub const fn options(&self) -> &EndOptions {
        self.plan.options()
    }

    /// The blocking form of [`crate::EndPlan::end`].
    pub fn end(self) -> EndReport {
        self.runtime.block_on(self.plan.end())
    }
}

/// A plan that owns its server: the blocking form of [`crate::EndPlan`].
#[must_use = "a plan ends nothing until it is carried out"]
#[derive(Debug)]
pub struct OwnedEndPlan {
    plan: crate::EndPlan<crate::Server>,
    runtime: Runtime,
}

impl OwnedEndPlan {
    pub(super) const fn new(plan: crate::EndPlan<crate::Server>, runtime: Runtime) -> Self {
        Self { plan, runtime }
    }

    /// The blocking form of [`crate::EndPlan::preview`].
    pub const fn preview(&self) -> &EndPreview {
        self.plan.preview()
    }

    /// The blocking form of [`crate::EndPlan::options`].
    pub const fn options(&self) -> &EndOptions {
        self.plan.options()
    }

    /// The blocking form of [`crate::EndPlan::end`]. It returns the server, too.
    pub fn end(self) -> (EndReport, Server) {
        let (report, server) = self.runtime.block_on(self.plan.end());
        (report, Server { server, runtime: self.runtime })
    }

    /// The blocking form of [`crate::EndPlan::into_server`].
    #[must_use]
    pub fn into_server(self) -> Server {
        Server { server: self.plan.into_server(), runtime: self.runtime }
    }
}
