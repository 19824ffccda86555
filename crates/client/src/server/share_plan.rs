use super::Server;
use crate::Error;
use crate::share_change::{self, ShareChange, SharePreview, ShareReport};

/// A decision about a share of one server, which it owns. [`SharePlan::carry_out`] requests the change.
///
/// [`Server::into_plan_share`] makes it.
#[must_use = "a plan changes nothing until it is carried out"]
#[derive(Debug)]
pub struct SharePlan {
    server: Server,
    decision: share_change::Decision,
}

impl Server {
    /// Lists the shares and plans a change to one of them. Only [`SharePlan::carry_out`] requests it.
    ///
    /// ```
    /// use netsession::{ConnectOptions, Login, Secret, Server, ShareChange, ShareObstacle, ShareResult};
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
    /// let server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
    /// let plan = server.into_plan_share(ShareChange::Remove { name: "old".into() }).await?;
    /// assert_eq!(plan.preview().obstacle, Some(ShareObstacle::NoSuchShare));
    /// let (report, server) = plan.carry_out().await;
    /// assert_eq!(report.result, ShareResult::NotSent);
    /// # server.close().await?;
    /// # embedded.stop().await;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Server::shares`]. It has logged off from the server then, as [`Server::close`] does.
    pub async fn into_plan_share(mut self, change: ShareChange) -> Result<SharePlan, Error> {
        let decision = share_change::decide(&mut self.link, change).await;
        let (server, decision) = self.keep_for(decision).await?;
        Ok(SharePlan { server, decision })
    }
}

impl SharePlan {
    /// Returns what the plan will do, to show to a person before [`carry_out`](SharePlan::carry_out).
    pub const fn preview(&self) -> &SharePreview {
        self.decision.preview()
    }

    /// Requests the change, verifies it, and returns the server, too. Errors are part of the report.
    ///
    /// If its listing is older than a second, or than its connection, it lists the shares again, and sends nothing if the
    /// share is another one at that time. It never repeats a request without an answer. Afterwards it lists the shares until
    /// the change shows, or for 2 seconds.
    ///
    /// If you drop this future, the server may still carry out a request that it has received.
    pub async fn carry_out(self) -> (ShareReport, Server) {
        let Self { mut server, decision } = self;
        let report = share_change::carry_out(&mut server.link, decision).await;
        (report, server)
    }

    /// Drops the plan without changing anything, and returns the server.
    #[must_use]
    pub fn into_server(self) -> Server {
        self.server
    }
}
