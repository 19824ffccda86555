//! The program in the README.

use netsession::{ConnectOptions, EndOptions, Login, Secret, Selector, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let login = Login::new("LAB\\adm1", Secret::password(std::env::var("PASSWORD")?))?;
    let mut server = Server::connect(&"fs1".parse()?, &login, &ConnectOptions::default()).await?;
    for session in server.sessions().await? {
        println!("{} from {}", session.user, session.client);
    }
    let plan = server.plan_end(&Selector::User("bob".parse()?), &EndOptions::default()).await?;
    for session in plan.preview().to_end() {
        println!("ending the session of {} from {}", session.user, session.client);
    }
    let report = plan.end().await;
    println!("{} ended, {} remain", report.ended.len(), report.remaining.len());
    Ok(())
}
