//! The crate `smb`, which sends an SMB1 NEGOTIATE request first.

use std::env::var;
use std::error::Error;
use std::sync::Arc;

use futures_util::StreamExt as _;
use smb::connection::AuthMethodsConfig;
use smb::{
    Client, ClientConfig, ConnectionConfig, Directory, FileAccessMask, FileCreateArgs,
    FileDirectoryInformation, ReadAt as _, UncPath, WriteAt as _,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

async fn connect(share: &UncPath) -> Result<Client> {
    let auth_methods = AuthMethodsConfig { ntlm: true, kerberos: false };
    let connection =
        ConnectionConfig { port: Some(var("PORT")?.parse()?), auth_methods, ..Default::default() };
    let client = Client::new(ClientConfig { connection, ..Default::default() });
    client.share_connect(share, "alice", var("SECRET")?).await?;
    Ok(client)
}

async fn names(client: &Client, share: &UncPath) -> Result<Vec<String>> {
    let access = FileAccessMask::new().with_generic_read(true);
    let folder = client.create_file(share, &FileCreateArgs::make_open_existing(access)).await?.unwrap_dir();
    let folder = Arc::new(folder);
    let mut names = Vec::new();
    let mut entries = Directory::query::<FileDirectoryInformation>(&folder, "*").await?;
    while let Some(entry) = entries.next().await {
        names.push(entry?.file_name.to_string());
    }
    drop(entries);
    folder.close().await?;
    Ok(names)
}

async fn write(client: &Client, path: &UncPath, bytes: &[u8]) -> Result<()> {
    let new = FileCreateArgs::make_create_new(Default::default(), Default::default());
    let file = client.create_file(path, &new).await?.unwrap_file();
    let mut offset = 0;
    while offset < bytes.len() {
        offset += file.write_at(&bytes[offset..], offset as u64).await?;
    }
    Ok(file.close().await?)
}

async fn read(client: &Client, path: &UncPath) -> Result<Vec<u8>> {
    let access = FileAccessMask::new().with_generic_read(true);
    let file = client.create_file(path, &FileCreateArgs::make_open_existing(access)).await?.unwrap_file();
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        let length = file.read_at(&mut part, bytes.len() as u64).await?;
        if length == 0 {
            break;
        }
        bytes.extend_from_slice(&part[..length]);
    }
    file.close().await?;
    Ok(bytes)
}

#[tokio::main]
async fn main() -> Result<()> {
    let share = UncPath::new(&var("SERVER")?)?.with_share("data")?;
    let copied = share.clone().with_path("copied.bin");
    let client = connect(&share).await?;
    write(&client, &copied, &std::fs::read("local.bin")?).await?;
    std::fs::write("back.bin", read(&client, &copied).await?)?;
    println!("{}\nready", names(&client, &share).await?.join("\n"));
    std::io::stdin().read_line(&mut String::new())?;
    if names(&client, &share).await.is_err() {
        // The crate itself does not connect again.
        names(&connect(&share).await?, &share).await?;
    }
    println!("back");
    Ok(())
}
