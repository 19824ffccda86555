//! A server from its settings: [`Server::builder`].

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use netsession_smb::auth::ntlm::ServerConfig;
use netsession_smb::server::{Encryption, Settings};
use netsession_wire::Guid;
use tokio::task::JoinHandle;

use crate::fs::root::Root;
use crate::net::{Limits, Listener, Stop, interfaces};
use crate::state::{Account, Accounts, Environment, Event, Identity, Share, State};

/// What a server is to be.
#[derive(Debug)]
#[must_use]
pub struct Builder {
    name: String,
    comment: String,
    listen: Vec<SocketAddr>,
    accounts: Accounts,
    folders: Vec<Folder>,
    signing_required: bool,
    encryption: Encryption,
    multi_channel: bool,
    limits: Limits,
}

/// A folder that is to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The name of the share.
    pub name: String,
    /// What lists show beside it.
    pub comment: String,
    /// The folder.
    pub path: PathBuf,
    /// Nothing in it can be changed.
    pub read_only: bool,
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot listen on an address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A folder cannot be shared.
    #[error("cannot share {}: {source}", .path.display())]
    Share {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name is not one for a share.
    #[error(
        "`{0}` cannot be the name of a share: 1 to 80 characters, none of \"/\\[]:|<>+=;,*? or control characters"
    )]
    ShareName(String),
    /// Two shares have the same name.
    #[error("two shares have the name {0}")]
    SameName(String),
    /// The system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// The sockets cannot be used.
    #[error("cannot serve: {0}")]
    Socket(io::Error),
}

/// A server whose addresses are taken, and which answers nobody yet.
#[derive(Debug)]
pub struct Bound {
    builder: Builder,
    sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

/// A running server. Dropped, it goes on until the runtime ends; [`Server::stop`] stops it.
#[derive(Debug)]
pub struct Server {
    state: Arc<State>,
    addresses: Vec<SocketAddr>,
    stop: Stop,
    listeners: Vec<JoinHandle<()>>,
}

impl Server {
    /// A server with no user and no share, that listens nowhere, and requires signing.
    pub fn builder() -> Builder {
        Builder {
            name: "NETSESSION".to_owned(),
            comment: String::new(),
            listen: Vec::new(),
            accounts: Accounts::default(),
            folders: Vec::new(),
            signing_required: true,
            encryption: Encryption::Offered,
            multi_channel: false,
            limits: Limits::default(),
        }
    }

    /// Where it listens, in the order that was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its tables: who is connected and what they have open, to read and to act on.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Stops it: when this returns, every connection is closed and every session gone.
    pub async fn stop(self) {
        self.stop.stop();
        for listener in self.listeners {
            // A listener that panicked is stopped as well.
            let _ = listener.await;
        }
    }
}

impl Builder {
    /// Its NetBIOS name.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_uppercase();
        self
    }

    /// What administrators see beside the name.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// Listens on this address too; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen.push(address);
        self
    }

    /// Lets somebody log on; an account of the same name is replaced.
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.add(account);
        self
    }

    /// Shares a folder.
    pub fn folder(mut self, folder: Folder) -> Self {
        self.folders.push(folder);
        self
    }

    /// Whether unsigned requests are refused.
    pub const fn signing_required(mut self, required: bool) -> Self {
        self.signing_required = required;
        self
    }

    /// Whether messages are encrypted.
    pub const fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Whether a client may use one session over several connections, on any of the addresses (3.x). Who knows
    /// of it signs by AES-CMAC then, which is slower than AES-GMAC.
    pub const fn multi_channel(mut self, allowed: bool) -> Self {
        self.multi_channel = allowed;
        self
    }

    /// How much clients may take.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes the addresses. This is what may need privileges; they can be given up before [`Bound::start`].
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub fn bind(self) -> Result<Bound, StartError> {
        let mut sockets = Vec::with_capacity(self.listen.len());
        let mut addresses = Vec::with_capacity(self.listen.len());
        for &address in &self.listen {
            let bound = || -> io::Result<_> {
                let socket = TcpListener::bind(address)?;
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                Ok((socket, address))
            };
            let (socket, address) = bound().map_err(|source| StartError::Listen { address, source })?;
            sockets.push(socket);
            addresses.push(address);
        }
        Ok(Bound { builder: self, sockets, addresses })
    }

    /// [`Builder::bind`] and [`Bound::start`] in one.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(self) -> Result<Server, StartError> {
        self.bind()?.start(|_| {})
    }
}

impl Bound {
    /// Where it listens, in the order that was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Lets somebody log on; an account of the same name is replaced.
    pub fn account(mut self, account: Account) -> Self {
        self.builder = self.builder.account(account);
        self
    }

    /// Opens the folders and answers clients from now on, within the current tokio runtime. `told` is called at
    /// each event, on the thread where it happens: it must not block.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(self, told: impl Fn(&Event) + Send + Sync + 'static) -> Result<Server, StartError> {
        let Self { builder, sockets, addresses } = self;
        let limits = builder.limits;
        let state = builder.state(&addresses)?;
        state.subscribe(told);
        let stop = Stop::new();
        let listeners = sockets.into_iter().map(|socket| {
            let listener = Listener::new(socket, Arc::clone(&state), limits).map_err(StartError::Socket)?;
            let stop = stop.clone();
            Ok(tokio::spawn(async move { listener.run(&stop).await }))
        });
        let listeners = listeners.collect::<Result<_, StartError>>()?;
        Ok(Server { state, addresses, stop, listeners })
    }
}

impl Builder {
    fn state(self, addresses: &[SocketAddr]) -> Result<Arc<State>, StartError> {
        let mut guid = [0; 16];
        getrandom::fill(&mut guid).map_err(StartError::Random)?;
        let names = ServerConfig {
            netbios_computer: self.name.clone(),
            netbios_domain: self.name.clone(),
            dns_computer: self.name.to_lowercase(),
            dns_domain: String::new(),
            // Of the known clients only impacket sends none.
            require_mic: false,
        };
        let mut settings = Settings::new(Guid(guid), names);
        settings.signing_required = self.signing_required;
        settings.encryption = self.encryption;
        settings.multi_channel = self.multi_channel;
        let mut shares = vec![Share::pipes()];
        for folder in self.folders {
            if !is_share_name(&folder.name) {
                return Err(StartError::ShareName(folder.name));
            }
            if shares.iter().any(|share| crate::fs::name::same(&share.name, &folder.name)) {
                return Err(StartError::SameName(folder.name));
            }
            let root =
                Root::open(&folder.path).map_err(|source| StartError::Share { path: folder.path, source })?;
            shares.push(Share::disk(folder.name, folder.comment, root, folder.read_only));
        }
        let identity = Identity { name: self.name, comment: self.comment, settings: settings.into() };
        // The system gave random bytes a moment ago; one that stops must not go on with guessable keys.
        let random = |bytes: &mut [u8]| {
            if getrandom::fill(bytes).is_err() {
                std::process::abort();
            }
        };
        let addresses = addresses.to_vec();
        let environment = Environment::system(random).with_interfaces(move || interfaces::of(&addresses));
        Ok(State::new(identity, environment, self.accounts, shares))
    }
}

/// Whether clients can name a share so ([MS-FSCC] 2.1.6).
#[must_use]
pub fn is_share_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || r#""/\[]:|<>+=;,*?"#.contains(c);
    (1..=80).contains(&name.encode_utf16().count()) && !name.contains(forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Folder {
        Folder { name: name.into(), comment: String::new(), path: std::env::temp_dir(), read_only: true }
    }

    /// If this fails, a share would be started under a name that no client can say, or that two folders have.
    #[test]
    fn shares_have_names_of_their_own() {
        let state = |names: &[&str]| {
            names.iter().fold(Server::builder(), |builder, name| builder.folder(folder(name))).state(&[])
        };
        assert_eq!(state(&["data", "Müll"]).unwrap().shares().len(), 3);
        for wrong in ["", "a/b", r"a\b", "a:b", "a\u{7}", &"x".repeat(81)] {
            assert!(matches!(state(&[wrong]), Err(StartError::ShareName(_))), "{wrong}");
        }
        for same in ["DATA", "ipc$"] {
            assert!(matches!(state(&["data", same]), Err(StartError::SameName(_))), "{same}");
        }
    }
}
