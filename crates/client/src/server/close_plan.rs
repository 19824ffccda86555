use std::borrow::BorrowMut;

use super::Server;
use crate::{ClosePreview, CloseReport, Error, FileSelection, close};

/// A decision about the open files of one server. [`ClosePlan::close`] carries it out.
///
/// [`Server::plan_close`] makes a plan that borrows the server, [`Server::into_plan_close`] one that owns it. A plan
/// holds its server, so no other server can carry it out:
///
/// ```compile_fail,E0599
/// # async fn example(plan: netsession::ClosePlan<netsession::Server>, mut other: netsession::Server) {
/// other.close_files(plan).await;
/// # }
/// ```
///
/// You cannot fill a plan by hand:
///
/// ```compile_fail,E0451
/// # fn example(server: netsession::Server, plan: netsession::ClosePlan<netsession::Server>) {
/// let filled = netsession::ClosePlan { server, ..plan };
/// # }
/// ```
#[must_use = "a plan closes nothing until it is carried out"]
#[derive(Debug)]
pub struct ClosePlan<S: BorrowMut<Server>> {
    server: S,
    decision: close::Decision,
}

impl Server {
    /// Lists the open files and plans to close those that `selection` selects. Only [`ClosePlan::close`] closes them.
    ///
    /// ```
    /// use netsession::{ConnectOptions, FileId, FileSelection, Login, Secret, Server};
    ///
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut admin = netsession_server::Account::with_password("adm1", "secret");
    /// # admin.admin = true;
    /// # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into()).account(admin);
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let embedded = builder.start()?;
    /// # let target = embedded.addresses()[0].into();
    /// # let login = Login::new("adm1", Secret::password("secret"))?;
    /// # let mut server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
    /// let plan = server.plan_close(&FileSelection::Ids(vec![FileId(0xdead_beef)])).await?;
    /// for file in plan.preview().to_close() {
    ///     println!("closes {} of {}", file.path, file.user);
    /// }
    /// assert_eq!(plan.preview().not_open(), [FileId(0xdead_beef)]);
    /// let report = plan.close().await;
    /// assert_eq!(report.closed().count(), 0);
    /// # server.close().await?;
    /// # embedded.stop().await;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Server::files`].
    pub async fn plan_close(&mut self, selection: &FileSelection) -> Result<ClosePlan<&mut Self>, Error> {
        let decision = close::decide(&mut self.link, selection).await?;
        Ok(ClosePlan::new(self, decision))
    }

    /// Does the same for a program that plans at several servers at once: the plan owns its server, and
    /// [`ClosePlan::close`] and [`ClosePlan::into_server`] return it.
    ///
    /// # Errors
    /// Those of [`Server::files`]. It has logged off from the server then, as [`Server::close`] does.
    pub async fn into_plan_close(mut self, selection: &FileSelection) -> Result<ClosePlan<Self>, Error> {
        let decision = close::decide(&mut self.link, selection).await;
        let (server, decision) = self.keep_for(decision).await?;
        Ok(ClosePlan::new(server, decision))
    }
}

impl<S: BorrowMut<Server>> ClosePlan<S> {
    pub(super) const fn new(server: S, decision: close::Decision) -> Self {
        Self { server, decision }
    }

    /// Returns what the plan will do, to show to a person before [`close`](ClosePlan::close).
    pub const fn preview(&self) -> &ClosePreview {
        self.decision.preview()
    }

    /// Returns the server of the plan.
    pub fn server(&self) -> &Server {
        self.server.borrow()
    }

    /// Returns the server of the plan, to ask it for more: a plan that finds nothing open can have a mistyped path.
    pub fn server_mut(&mut self) -> &mut Server {
        self.server.borrow_mut()
    }

    async fn carry_out(self) -> (CloseReport, S) {
        let Self { mut server, decision } = self;
        let report = close::carry_out(&mut server.borrow_mut().link, decision).await;
        (report, server)
    }
}

impl ClosePlan<&mut Server> {
    /// Closes the files and reports the outcome of each. Errors are part of the report.
    ///
    /// It lists the files again when its listing is older than a second, also between two requests, and after each
    /// reconnection. It does not close a file whose id belongs to another file at that time, and never repeats a request
    /// without an answer. Afterwards it lists the open files until the closed ones are gone, or for 2 seconds.
    ///
    /// If you drop this future, the server may still carry out the requests that it has received.
    pub async fn close(self) -> CloseReport {
        self.carry_out().await.0
    }
}

impl ClosePlan<Server> {
    /// Closes the files as the borrowing plan does, and returns the server, too.
    pub async fn close(self) -> (CloseReport, Server) {
        self.carry_out().await
    }

    /// Drops the plan without closing anything, and returns the server.
    #[must_use]
    pub fn into_server(self) -> Server {
        self.server
    }
}
