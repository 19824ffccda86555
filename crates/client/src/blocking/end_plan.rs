use tokio::runtime::Runtime;

use super::server::Server;
use crate::{EndOptions, EndPreview, EndReport, Error, Selector};

/// A plan that borrows its server: [`crate::EndPlan`] without async.
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
/// It cannot be used at another server:
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
    /// As [`crate::Server::plan_end`].
    ///
    /// # Errors
    /// As there.
    pub fn plan_end(&mut self, selector: &Selector, options: &EndOptions) -> Result<EndPlan<'_>, Error> {
        let plan = self.runtime.block_on(self.server.plan_end(selector, options))?;
        Ok(EndPlan::new(plan, &self.runtime))
    }

    /// As [`crate::Server::into_plan_end`].
    ///
    /// # Errors
    /// As there.
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

    /// As [`crate::EndPlan::preview`].
    pub const fn preview(&self) -> &EndPreview {
        self.plan.preview()
    }

    /// As [`crate::EndPlan::options`].
    pub const fn options(&self) -> &EndOptions {
        self.plan.options()
    }

    /// As [`crate::EndPlan::end`].
    pub fn end(self) -> EndReport {
        self.runtime.block_on(self.plan.end())
    }
}

/// A plan that owns its server: [`crate::EndPlan`] without async.
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

    /// As [`crate::EndPlan::preview`].
    pub const fn preview(&self) -> &EndPreview {
        self.plan.preview()
    }

    /// As [`crate::EndPlan::options`].
    pub const fn options(&self) -> &EndOptions {
        self.plan.options()
    }

    /// As [`crate::EndPlan::end`]. It gives the server back.
    pub fn end(self) -> (EndReport, Server) {
        let (report, server) = self.runtime.block_on(self.plan.end());
        (report, Server { server, runtime: self.runtime })
    }

    /// As [`crate::EndPlan::into_server`].
    #[must_use]
    pub fn into_server(self) -> Server {
        Server { server: self.plan.into_server(), runtime: self.runtime }
    }
}
