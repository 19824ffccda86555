//! [`Embedded`]: the embedded server in the process of the test. Foreign clients connect to it, and a test compares what
//! they show with its tables.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use netsession_server::{Account, Builder, Folder, Server};
use netsession_smb::auth::ntlm::NtHash;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::proxy::{Direction, Proxy};
use crate::samba::{ADMIN, PASSWORD};
use crate::smbclient::{Held, Plan, Put, Smbclient};

/// A running server with the share `data` and the users `admin`, `alice`, `bob` and `carol`. Dropping it stops it and
/// removes its folder.
#[derive(Debug)]
pub struct Embedded {
    server: Option<Server>,
    runtime: Runtime,
    folder: TempDir,
    /// The files of the clients.
    elsewhere: TempDir,
}

impl Embedded {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(|builder| builder)
    }

    /// Starts a server with other settings.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub fn start_with(settings: impl FnOnce(Builder) -> Builder) -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-embedded-")?;
        let data = Folder::new("data", folder.path()).comment("Data");
        let mut builder = Server::builder()
            .name("EMBEDDED")
            .comment("netsession")
            .folder(data)
            .allow_shares_in(folder.path());
        for name in [ADMIN, "alice", "bob", "carol"] {
            let hash = NtHash::of_password(PASSWORD);
            let (name, admin) = (name.to_owned(), name == ADMIN);
            builder = builder.account(Account { name, hash, admin, loopback_only: false });
        }
        let builder = settings(builder.listen((Ipv4Addr::LOCALHOST, 0).into()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let server = {
            let _inside = runtime.enter();
            builder.start()?
        };
        let elsewhere = TempDir::with_prefix("netsession-clients-")?;
        Ok(Self { server: Some(server), runtime, folder, elsewhere })
    }

    /// Returns the address on which it listens.
    ///
    /// # Errors
    /// It does not listen.
    pub fn address(&self) -> Result<SocketAddr> {
        let address = self.server.as_ref().and_then(|server| server.addresses().first());
        address.copied().context("the server listens nowhere")
    }

    /// Returns all addresses on which it listens.
    ///
    /// # Errors
    /// The server was stopped.
    pub fn addresses(&self) -> Result<&[SocketAddr]> {
        Ok(self.server.as_ref().context("the server was stopped")?.addresses())
    }

    /// The server's name on netsession's command line: `127.0.0.1:PORT`.
    ///
    /// # Errors
    /// As [`Embedded::address`].
    pub fn name(&self) -> Result<String> {
        Ok(self.address()?.to_string())
    }

    /// Returns the folder of its share `data`.
    #[must_use]
    pub fn share(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of `data` as the server lists it: `C:\tmp\...`.
    #[must_use]
    pub fn share_path(&self) -> String {
        format!("C:{}", self.share().display().to_string().replace('/', r"\"))
    }

    /// The running server, for its sessions and opens.
    ///
    /// # Errors
    /// The server was stopped.
    pub fn server(&self) -> Result<&Server> {
        self.server.as_ref().context("the server was stopped")
    }

    /// Returns the sessions as (client, user), sorted.
    ///
    /// # Errors
    /// As [`Embedded::server`].
    pub fn who(&self) -> Result<Vec<(String, String)>> {
        let sessions = self.server()?.sessions();
        let mut who: Vec<_> = sessions
            .iter()
            .map(|session| (session.client().to_string(), session.user().to_owned()))
            .collect();
        who.sort();
        Ok(who)
    }

    /// Starts a session of `user` from the client 127.0.0.`last`.
    ///
    /// # Errors
    /// smbclient cannot log on, or the proxy does not start.
    pub fn hold_from(&self, user: &str, last: u8) -> Result<Held> {
        let proxy = Proxy::from(last).to(self.address()?)?;
        Smbclient::new(self.address()?, user).through(proxy).hold()
    }

    /// Starts a copy of `size` bytes by `user` from 127.0.0.`last`, to the share or from it as `way` says. It pauses in
    /// the middle until [`Put::resume`]. `arguments` are for smbclient.
    ///
    /// # Errors
    /// smbclient cannot log on, or does not reach the middle.
    pub fn copy_from(
        &self,
        user: &str,
        last: u8,
        way: Direction,
        size: u64,
        arguments: &[&str],
    ) -> Result<Put> {
        let name = format!("{user}{last}.bin");
        let (shared, local) = (self.share().join(&name), self.elsewhere.path().join(&name));
        let (verb, source, target) = match way {
            Direction::ToServer => ("put", local.clone(), shared),
            Direction::ToClient => ("get", shared, local.clone()),
        };
        let (first, second) = match way {
            Direction::ToServer => (local.display().to_string(), name),
            Direction::ToClient => (name, local.display().to_string()),
        };
        let (server, command) = (self.address()?, format!("{verb} {first} {second}"));
        Plan { server, user, last, arguments, command, way, source, size, target }.start()
    }

    /// Makes a file in the share, and returns its path there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.share().join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}
