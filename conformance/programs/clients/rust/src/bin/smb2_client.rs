//! The crate `smb2`, which connects again by itself.

use std::env::var;
use std::error::Error;
use std::time::Duration;

use smb2::{ClientConfig, SmbClient, Tree};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

async fn names(client: &mut SmbClient, share: &mut Tree) -> Result<Vec<String>> {
    let entries = client.list_directory(share, "").await?;
    Ok(entries.into_iter().map(|entry| entry.name).collect())
}

#[tokio::main]
async fn main() -> Result<()> {
    let config = ClientConfig {
        addr: format!("{}:{}", var("SERVER")?, var("PORT")?),
        timeout: Duration::from_secs(20),
        username: "alice".to_owned(),
        password: var("SECRET")?,
        auto_reconnect: true,
        ..Default::default()
    };
    let mut client = SmbClient::connect(config).await?;
    let mut share = client.connect_share("data").await?;
    client.write_file_pipelined(&share, "copied.bin", &std::fs::read("local.bin")?).await?;
    std::fs::write("back.bin", client.read_file_pipelined(&mut share, "copied.bin").await?)?;
    println!("{}\nready", names(&mut client, &mut share).await?.join("\n"));
    std::io::stdin().read_line(&mut String::new())?;
    names(&mut client, &mut share).await?;
    println!("back");
    Ok(())
}
