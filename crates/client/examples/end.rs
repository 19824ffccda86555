//! Ends a user's sessions at a server, and spares this connection's own session:
//! `NETSESSION_PASSWORD=... end SERVER [DOMAIN\]USER USER-TO-END [CLIENT]`.
#![allow(missing_docs, reason = "an example")]

use netsession::{ConnectOptions, EndOptions, EndReport, Login, Secret, Selector, Server, ServerTarget};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: end SERVER USER USER-TO-END [CLIENT]";
    let target: ServerTarget = arguments.next().ok_or(usage)?.parse()?;
    let login = arguments.next().ok_or(usage)?;
    let login = Login::new(&login, Secret::password(std::env::var("NETSESSION_PASSWORD")?))?;
    let user = Some(arguments.next().ok_or(usage)?.parse()?);
    let client = arguments.next().map(|client| client.parse()).transpose()?;
    let mut selector = Selector::new(client, user).ok_or(usage)?;

    let options = ConnectOptions::default();
    selector.resolve(&options).await?;
    let mut server = Server::connect(&target, &login, &options).await?;
    let plan = server.plan_end(&selector, &EndOptions::default()).await?;
    for spared in plan.preview().spared() {
        println!("spared: {} {} ({:?})", spared.session.client, spared.session.user, spared.reason);
    }
    let report = plan.end().await;
    let EndReport { ended, also_ended, returned, remaining, .. } = &report;
    for (what, outcomes) in
        [("ended", ended), ("also ended", also_ended), ("returned", returned), ("remaining", remaining)]
    {
        for outcome in outcomes {
            println!("{what}: {} {} ({:?})", outcome.session.client, outcome.session.user, outcome.status);
        }
    }
    println!("status: {:?}", report.status);
    if let Some(error) = report.error {
        println!("{error}");
    }
    server.close().await?;
    Ok(())
}
