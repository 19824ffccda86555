//! The program in the README.

use netsession_server::{Account, Folder, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder()
        .listen(([127, 0, 0, 1], 4450).into())
        .account(Account::with_password("alice", &std::env::var("PASSWORD")?))
        .folder(Folder::new("data", "/srv/data"))
        .start()?;
    println!("listening on {:?}", server.addresses());
    std::future::pending().await
}
