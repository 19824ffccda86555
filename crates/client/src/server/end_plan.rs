use std::borrow::BorrowMut;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Server;
use crate::ops::session_enum;
use crate::{AffectedFile, EndOptions, EndPreview, EndReport, Error, Selector, Session, Step, end};

/// A decision about the sessions of one server. [`EndPlan::end`] carries it out.
///
/// [`Server::plan_end`] makes a plan that borrows the server, [`Server::into_plan_end`] one that owns it. A plan holds
/// its server and its options, so you cannot carry it out at another server or with other options:
///
/// ```compile_fail,E0061
/// # async fn example(plan: netsession::EndPlan<netsession::Server>, mut other: netsession::Server) {
/// plan.end(&mut other).await;
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn example(plan: netsession::EndPlan<netsession::Server>, mut other: netsession::Server) {
/// other.end(plan).await;
/// # }
/// ```
///
/// You cannot fill a plan by hand, copy one, or make one from a preview:
///
/// ```compile_fail,E0451
/// # fn example(server: netsession::Server, plan: netsession::EndPlan<netsession::Server>) {
/// let filled = netsession::EndPlan { server, ..plan };
/// # }
/// ```
///
/// ```compile_fail,E0277
/// let plan: netsession::EndPlan<netsession::Server> = Default::default();
/// ```
///
/// ```compile_fail,E0599
/// # fn example(plan: netsession::EndPlan<netsession::Server>) {
/// let copy = plan.clone();
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn example(preview: netsession::EndPreview) {
/// preview.end();
/// # }
/// ```
///
/// One server carries out one plan at a time:
///
/// ```compile_fail,E0499
/// # use netsession::{EndOptions, Error, Selector, Server};
/// # async fn example(server: &mut Server) -> Result<(), Error> {
/// let first = server.plan_end(&Selector::All, &EndOptions::default()).await?;
/// let second = server.plan_end(&Selector::All, &EndOptions::default()).await?;
/// first.end().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a plan ends nothing until it is carried out"]
#[derive(Debug)]
pub struct EndPlan<S: BorrowMut<Server>> {
    server: S,
    decision: end::Decision,
}

impl Server {
    /// Lists the sessions and plans to end those that `selector` selects. Only [`EndPlan::end`] ends them.
    ///
    /// Call [`Selector::resolve`] before, so that a host name also matches its addresses.
    ///
    /// ```
    /// use netsession::{EndOptions, Error, Selector, Server};
    ///
    /// async fn end_all_of(server: &mut Server, user: &str) -> Result<usize, Box<dyn std::error::Error>> {
    ///     let plan = server.plan_end(&Selector::User(user.parse()?), &EndOptions::default()).await?;
    ///     for session in plan.preview().to_end() {
    ///         println!("ends: {} from {}", session.user, session.client);
    ///     }
    ///     let report = plan.end().await;
    ///     Ok(report.ended.len())
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`Server::selected_sessions`].
    pub async fn plan_end(
        &mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<EndPlan<&mut Self>, Error> {
        let decision = self.decide_end(selector, options).await?;
        Ok(EndPlan::new(self, decision))
    }

    /// Lists once, and returns the plan of the first of these selectors by which a session would end, with the selector's place
    /// among them. The result is None if no session would end. A filter with a share matches nothing here.
    ///
    /// A program that ends the sessions of many selectors again and again so asks the server once for all of them.
    ///
    /// It waits for the listing for `limit` at most. After that the connection sends no more requests; another one may be served.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after `limit`, [`Error::NotReported`], and the other errors of [`Server::sessions`].
    pub async fn plan_first_end<'s>(
        &mut self,
        selectors: impl IntoIterator<Item = (&'s Selector, &'s EndOptions)>,
        limit: Duration,
    ) -> Result<Option<(usize, EndPlan<&mut Self>)>, Error> {
        let listed = match timeout(limit, session_enum::sessions(&mut self.link)).await {
            Ok(listed) => listed?,
            Err(_) => {
                let server = self.link.facts().server.clone();
                return Err(Error::TimedOut { server, step: Step::Call("NetrSessionEnum"), after: limit });
            }
        };
        let (facts, ends_whole_connections) = (self.link.facts(), self.link.learned.ends_whole_connections);
        let mut found = None;
        for (place, (selector, options)) in selectors.into_iter().enumerate() {
            if !listed.iter().any(|session| selector.matches_including_computers(session, &facts.names)) {
                continue;
            }
            selector
                .check(&listed)
                .map_err(|what| Error::NotReported { server: facts.server.clone(), what })?;
            let decision =
                end::Decision::make(selector, options, listed.clone(), facts, ends_whole_connections);
            if !decision.preview().to_end().is_empty() {
                found = Some((place, decision));
                break;
            }
        }
        Ok(found.map(|(place, decision)| (place, EndPlan::new(self, decision))))
    }

    /// Does the same as [`plan_end`](Server::plan_end) for a program that plans at several servers at once: the plan owns its server, and
    /// [`EndPlan::end`] and [`EndPlan::into_server`] return it.
    ///
    /// # Errors
    /// Those of [`Server::selected_sessions`]. It has logged off from the server then, as [`Server::close`] does.
    pub async fn into_plan_end(
        mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<EndPlan<Self>, Error> {
        let decision = self.decide_end(selector, options).await;
        let (server, decision) = self.keep_for(decision).await?;
        Ok(EndPlan::new(server, decision))
    }

    async fn decide_end(
        &mut self,
        selector: &Selector,
        options: &EndOptions,
    ) -> Result<end::Decision, Error> {
        let asked_at = Instant::now();
        let (selector, listed) = session_enum::candidates(&mut self.link, selector).await?;
        let (facts, ends_whole_connections) = (self.link.facts(), self.link.learned.ends_whole_connections);
        let decision = end::Decision::make(&selector, options, listed, facts, ends_whole_connections);
        Ok(decision.asked_at(asked_at))
    }
}

impl<S: BorrowMut<Server>> EndPlan<S> {
    pub(super) const fn new(server: S, decision: end::Decision) -> Self {
        Self { server, decision }
    }

    /// Returns what the plan will do, to show to a person before [`end`](EndPlan::end).
    pub const fn preview(&self) -> &EndPreview {
        self.decision.preview()
    }

    /// Returns the server of the plan.
    pub fn server(&self) -> &Server {
        self.server.borrow()
    }

    /// Returns every session that the server listed for the plan, and when. Another server that lists the same ones at the same
    /// time can be a node of the same cluster.
    pub fn listing(&self) -> (&[Session], std::time::Instant) {
        self.decision.listing()
    }

    /// Returns the options of the plan, which [`end`](EndPlan::end) uses, too.
    pub const fn options(&self) -> &EndOptions {
        self.decision.options()
    }

    /// Lists the files that are open in the sessions to end, so that a person sees what is lost. It includes files that may be
    /// open in other sessions of the same user ([`AffectedFile::may_stay_open`]), because most servers do not report it.
    ///
    /// The server lists every open file for it, which can take long: set a time limit of your own. If you drop the future,
    /// the plan stays valid.
    ///
    /// # Errors
    /// Those of [`Server::files`], which not everybody may call who may end sessions.
    pub async fn open_files(&mut self) -> Result<Vec<AffectedFile>, Error> {
        end::open_files(&mut self.server.borrow_mut().link, &self.decision).await
    }

    async fn carry_out(self) -> (EndReport, S) {
        let Self { mut server, decision } = self;
        let report = end::carry_out(&mut server.borrow_mut().link, decision).await;
        (report, server)
    }
}

impl EndPlan<&mut Server> {
    /// Ends the sessions and reports the outcome of each. Errors are part of the report.
    ///
    /// A plan that is older than a second, or than its connection, lists the sessions again. It never ends a pair of
    /// client and user, or an id, that the preview did not show, nor one that may be the session of a new connection. It
    /// sends each pair or id once, and never repeats a request without an answer. Afterwards it lists the sessions until the
    /// ended ones are gone, or for [`EndOptions::verify_timeout`].
    ///
    /// If you drop this future, the server may still carry out the requests that it has received.
    pub async fn end(self) -> EndReport {
        self.carry_out().await.0
    }
}

impl EndPlan<Server> {
    /// Ends the sessions as the borrowing plan does, and returns the server, too.
    pub async fn end(self) -> (EndReport, Server) {
        self.carry_out().await
    }

    /// Drops the plan without ending anything, and returns the server.
    #[must_use]
    pub fn into_server(self) -> Server {
        self.server
    }
}
