//! Lists the sessions at a server: `NETSESSION_PASSWORD=... list SERVER [DOMAIN\]USER`.
#![allow(missing_docs, reason = "an example")]

use netsession::{ConnectOptions, Login, Secret, Server, ServerTarget};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let target: ServerTarget = arguments.next().unwrap_or_default().parse()?;
    let user = arguments.next().ok_or("usage: list SERVER USER")?;
    let login = Login::new(&user, Secret::password(std::env::var("NETSESSION_PASSWORD")?))?;

    let mut server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
    for session in server.sessions().await? {
        println!("{} {} {:?} {:?}", session.client, session.user, session.connected, session.own);
    }
    server.close().await?;
    Ok(())
}
