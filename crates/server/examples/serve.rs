//! Shares a folder: `serve PORT FOLDER USER PASSWORD`; the user is an administrator. For trying things out only.

use std::path::Path;

use netsession_server::fs::root::Root;
use netsession_server::net::{Limits, Listener, Stop};
use netsession_server::state::{Account, Accounts, Environment, Identity, Share, State};
use netsession_smb::auth::ntlm::{NtHash, ServerConfig};
use netsession_smb::server::{Encryption, Settings};

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_env_filter("debug").init();
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("serve PORT FOLDER USER PASSWORD [signed|plain|encrypted]");
    let (port, folder, user, password) = (next()?, next()?, next()?, next()?);
    let mode = next().unwrap_or_default();
    let name = "SERVE".to_owned();
    let names = ServerConfig {
        netbios_computer: name.clone(),
        netbios_domain: name.clone(),
        dns_computer: "serve".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap_or_default();
    let mut guid = [0; 16];
    random(&mut guid);
    let mut settings = Settings::new(netsession_wire::Guid(guid), names);
    settings.signing_required = mode != "plain";
    settings.encryption = match mode.as_str() {
        "encrypted" => Encryption::Required,
        _ => Encryption::Offered,
    };
    let identity = Identity { name, comment: String::new(), settings: settings.into() };
    let mut accounts = Accounts::default();
    accounts.add(Account {
        name: user,
        hash: NtHash::of_password(&password),
        admin: true,
        loopback_only: false,
    });
    let root = Root::open(Path::new(&folder))?;
    let shares = vec![Share::pipes(), Share::disk("data".into(), String::new(), root, false)];
    let state = State::new(identity, Environment::system(random), accounts, shares);
    state.subscribe(|event| tracing::info!(?event));
    let address = ([127, 0, 0, 1], port.parse()?).into();
    let socket = std::net::TcpListener::bind::<std::net::SocketAddr>(address)?;
    socket.set_nonblocking(true)?;
    let listener = Listener::new(socket, state, Limits::default())?;
    listener.run(&Stop::new()).await;
    Ok(())
}
