//! The settings of a server, and how it starts: [`Builder`] and [`Bound`].

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use netsession_smb::auth::ntlm::ServerConfig;
use netsession_smb::msg::Dialect;
use netsession_smb::server::{Encryption, Settings};
use netsession_wire::Guid;
use netsession_wire::name::{is_same_name, upper_case};

use crate::error::StartError;
use crate::folder::Folder;
use crate::fs::root::Root;
use crate::kerberos::{Keytab, Principal};
use crate::net::{Limits, Listener, Stop, Workers, close_lost, end_idle, interfaces, listen};
use crate::server::Server;
use crate::state::{
    Account, Accounts, Common, Environment, Event, Identity, Logon, Refuses, Rules, Share, State,
};

/// The settings of a server that is not running yet; [`Server::builder`] returns one.
///
/// ```
/// use netsession_server::{Account, Encryption, Folder, Server};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let shared = tempfile::tempdir()?;
/// let mut admin = Account::with_password("root", "another long password");
/// admin.admin = true;
/// let server = Server::builder()
///     .name("fileserver")
///     .listen(([127, 0, 0, 1], 0).into())
///     .account(admin)
///     .folder(Folder::new("data", shared.path()).read_only(true))
///     .encryption(Encryption::Required)
///     .start()?;
/// assert_eq!(server.shares().len(), 2, "data and IPC$");
/// server.stop().await;
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    name: String,
    comment: String,
    listen: Vec<SocketAddr>,
    sockets: Vec<TcpListener>,
    accounts: Accounts,
    folders: Vec<Folder>,
    open_to_shares: Vec<PathBuf>,
    subscribers: Vec<Subscriber>,
    signing_required: bool,
    encryption: Encryption,
    dialects: RangeInclusive<Dialect>,
    multi_channel: bool,
    limits: Limits,
}

/// A function that is called for each event.
struct Subscriber(Box<dyn Fn(&Event) + Send + Sync>);

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscriber")
    }
}

/// A server that has bound its addresses and does not accept connections yet; [`Builder::bind`] returns one.
///
/// Binding a port below 1024 may need privileges that the server should not keep: give them up between [`Builder::bind`]
/// and [`Bound::start`].
///
/// ```
/// use netsession_server::{Folder, Server};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let shared = tempfile::tempdir()?;
/// let bound = Server::builder()
///     .listen(([127, 0, 0, 1], 0).into())
///     .folder(Folder::new("data", shared.path()))
///     .bind()?;
/// assert_ne!(bound.addresses()[0].port(), 0);
/// // Here a program started by root becomes another user.
/// let runtime = tokio::runtime::Runtime::new()?;
/// runtime.block_on(async {
///     let server = bound.start()?;
///     server.stop().await;
///     Ok(())
/// })
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Bound {
    builder: Builder,
    sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// Returns a builder without accounts, shares and addresses. Its server requires signing.
    pub fn builder() -> Builder {
        Builder {
            name: "NETSESSION".to_owned(),
            comment: String::new(),
            listen: Vec::new(),
            sockets: Vec::new(),
            accounts: Accounts::default(),
            folders: Vec::new(),
            open_to_shares: Vec::new(),
            subscribers: Vec::new(),
            signing_required: true,
            encryption: Encryption::Offered,
            dialects: Dialect::SMB_2_1..=Dialect::SMB_3_1_1,
            multi_channel: false,
            limits: Limits::default(),
        }
    }
}

impl Builder {
    /// Sets the server's NetBIOS name, in capitals; the default is `NETSESSION`.
    pub fn name(mut self, name: &str) -> Self {
        self.name = upper_case(name);
        self
    }

    /// Sets the comment that NetServerGetInfo returns. An administrator can change it while the server runs (NetServerSetInfo).
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// Adds an address to listen on; port 0 selects a free port.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen.push(address);
        self
    }

    /// Adds a listening socket that the program has from elsewhere, such as from systemd.
    pub fn socket(mut self, socket: TcpListener) -> Self {
        self.sockets.push(socket);
        self
    }

    /// Adds an account; it replaces one of the same name, which compares without regard to case.
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.add(account);
        self
    }

    /// Accepts tickets of Kerberos for the services of this keytab, from the users of [`Builder::principal`]. The default is
    /// to accept none.
    ///
    /// ```no_run
    /// use netsession_server::{Keytab, Server};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Server::builder()
    ///     .keytab(Keytab::open("/etc/netsession.keytab")?)
    ///     .principal("*@LAB.TEST".parse()?)
    ///     .ntlm(false);
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    pub fn keytab(mut self, keytab: Keytab) -> Self {
        self.accounts.keytab = Some(keytab);
        self
    }

    /// Lets a user of a Kerberos realm log on, or all of its users. It replaces one of the same name. Without
    /// [`Builder::keytab`] none of them can.
    pub fn principal(mut self, principal: Principal) -> Self {
        self.accounts.principals.add(principal);
        self
    }

    /// Sets whether accounts can log on with NTLM; the default is `true`. Accounts that are `loopback_only` always can: their
    /// messages do not leave this computer.
    pub const fn ntlm(mut self, allowed: bool) -> Self {
        self.accounts.is_ntlm_off = !allowed;
        self
    }

    /// Keeps users out for whom `refuses` returns true, after they have proved their identity and before they have a session:
    /// the client gets STATUS_ACCOUNT_RESTRICTION. Accounts that are `loopback_only` always get in. The function is called on
    /// the thread of the connection: it must not block for long.
    ///
    /// ```
    /// let builder = netsession_server::Server::builder().refuse_logons(|logon| logon.user == "bob");
    /// # let _ = builder;
    /// ```
    pub fn refuse_logons(mut self, refuses: impl Fn(&Logon<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.accounts.refuses = Some(Refuses(Arc::new(refuses)));
        self
    }

    /// Lets administrators share folders in this one and below, and stop sharing them, while the server runs (NetShareAdd and
    /// NetShareDel). Without such a folder the server refuses both.
    pub fn allow_shares_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.open_to_shares.push(folder.into());
        self
    }

    /// Adds a folder to share.
    pub fn folder(mut self, folder: Folder) -> Self {
        self.folders.push(folder);
        self
    }

    /// Calls `subscriber` for each event, on the thread where the event happens: it must not block.
    ///
    /// ```
    /// use netsession_server::{Event, Server};
    ///
    /// let builder = Server::builder().on_event(|event| match event {
    ///     Event::SessionStarted(session) => println!("{} connected", session.user()),
    ///     Event::SessionEnded(session, reason) => println!("{} disconnected: {reason:?}", session.user()),
    ///     _ => {}
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_event(mut self, subscriber: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.subscribers.push(Subscriber(Box::new(subscriber)));
        self
    }

    /// Sets whether the server refuses unsigned requests; the default is `true`.
    pub const fn signing_required(mut self, required: bool) -> Self {
        self.signing_required = required;
        self
    }

    /// Sets whether messages are encrypted; the default is [`Encryption::Offered`].
    pub const fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Sets the dialects that the server speaks; the default is 2.1 to 3.1.1.
    ///
    /// Of the dialects, only 3.0 and later encrypt. Clients of 2.0.2 are older devices and some programs in Python; the server
    /// verifies their signatures as those of 2.1.
    ///
    /// ```
    /// use netsession_server::{Dialect, Server};
    ///
    /// let builder = Server::builder().dialects(Dialect::SMB_2_0_2..=Dialect::SMB_3_1_1);
    /// # let _ = builder;
    /// ```
    pub const fn dialects(mut self, dialects: RangeInclusive<Dialect>) -> Self {
        self.dialects = dialects;
        self
    }

    /// Sets whether a client may use one session over several connections, on any of the addresses (SMB 3.x); the default
    /// is `false`. A client that uses this signs with AES-CMAC, which is slower than AES-GMAC.
    pub const fn multi_channel(mut self, allowed: bool) -> Self {
        self.multi_channel = allowed;
        self
    }

    /// Sets how much the clients may take.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Binds the addresses. Only this step may need privileges; they can be given up before [`Bound::start`].
    ///
    /// # Errors
    /// - [`StartError::Listen`]: the system refuses an address.
    /// - [`StartError::Socket`]: a socket of [`Builder::socket`] does not listen on an address.
    pub fn bind(mut self) -> Result<Bound, StartError> {
        let mut sockets = std::mem::take(&mut self.sockets);
        let mut addresses = Vec::with_capacity(self.listen.len().saturating_add(sockets.len()));
        for socket in &sockets {
            socket.set_nonblocking(true).map_err(StartError::Socket)?;
            addresses.push(socket.local_addr().map_err(StartError::Socket)?);
        }
        for &address in &self.listen {
            let bound = listen(address, &self.listen);
            let (socket, address) = bound.map_err(|source| StartError::Listen { address, source })?;
            sockets.push(socket);
            addresses.push(address);
        }
        Ok(Bound { builder: self, sockets, addresses })
    }

    /// Binds the addresses and starts the server on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError::Listen`], and those of [`Bound::start`].
    ///
    /// # Panics
    /// As [`Bound::start`].
    pub fn start(self) -> Result<Server, StartError> {
        self.bind()?.start()
    }
}

impl Bound {
    /// Returns the addresses that the server listens on: those of [`Builder::socket`], then those of [`Builder::listen`] in
    /// their order, with the actual port in place of port 0.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Adds an account, as [`Builder::account`] does.
    pub fn account(mut self, account: Account) -> Self {
        self.builder = self.builder.account(account);
        self
    }

    /// Keeps users out, as [`Builder::refuse_logons`] does.
    pub fn refuse_logons(mut self, refuses: impl Fn(&Logon<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.builder = self.builder.refuse_logons(refuses);
        self
    }

    /// Calls `subscriber` for each event, as [`Builder::on_event`] does.
    pub fn on_event(mut self, subscriber: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.builder = self.builder.on_event(subscriber);
        self
    }

    /// Opens the folders and accepts connections from now on, on the current tokio runtime.
    ///
    /// # Errors
    /// - [`StartError::InvalidShareName`] or [`StartError::DuplicateShareName`]: the name of a folder.
    /// - [`StartError::Share`]: the system cannot open a folder to share, or one of [`Builder::allow_shares_in`].
    /// - [`StartError::Keytab`]: the file of [`Builder::keytab`] cannot be read now.
    /// - [`StartError::AmbiguousAccount`]: the name of an account, on a server with a keytab.
    /// - [`StartError::Random`]: the system returns no random bytes.
    /// - [`StartError::Socket`]: the runtime cannot use a socket.
    ///
    /// # Panics
    /// Outside a tokio runtime, or on one whose I/O and time drivers are not enabled.
    pub fn start(self) -> Result<Server, StartError> {
        let Self { builder, sockets, addresses } = self;
        let (limits, folders) = (builder.limits, builder.folders.clone());
        let state = builder.into_state(&addresses)?;
        let stop = Stop::new();
        let workers = Workers::new();
        let listeners = sockets.into_iter().map(|socket| {
            let listener = Listener::new(socket, Arc::clone(&state), limits, Arc::clone(&workers))
                .map_err(StartError::Socket)?;
            let stop = stop.clone();
            Ok(tokio::spawn(async move { listener.run(&stop).await }))
        });
        let mut listeners = listeners.collect::<Result<Vec<_>, StartError>>()?;
        listeners.push(tokio::spawn(close_lost(Arc::clone(&state), stop.clone())));
        if let Some(limit) = limits.idle_session {
            listeners.push(tokio::spawn(end_idle(Arc::clone(&state), limit, stop.clone())));
        }
        Ok(Server::new(state, addresses, folders, stop, listeners))
    }
}

impl Builder {
    fn into_state(self, addresses: &[SocketAddr]) -> Result<Arc<State>, StartError> {
        check_accounts(&self.accounts)?;
        let settings = self.settings()?;
        let encrypts_shares = self.encrypts_shares();
        let mut shares = vec![Share::pipes().with_rules(Rules::of_server(encrypts_shares))];
        let common = Common::default();
        shares.extend(open_all(&common, &self.folders, encrypts_shares)?);
        let open = |path: PathBuf| {
            let opened = path.canonicalize().and_then(|path| Root::open(&path));
            opened.map_err(|source| StartError::Share { path, source })
        };
        let open_to_shares = self.open_to_shares.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let identity = Identity::new(self.name, self.comment, settings.into());
        // The system returned random bytes a moment ago. If it stops, the server must not continue with guessable keys.
        let random = |bytes: &mut [u8]| {
            if getrandom::fill(bytes).is_err() {
                std::process::abort();
            }
        };
        let addresses = addresses.to_vec();
        let environment =
            Environment::system(random).with_interfaces(move || interfaces::reachable(&addresses));
        let state = State::new(identity, environment, self.accounts, shares, common);
        _ = state.open_to_shares.set(open_to_shares);
        self.subscribers.into_iter().for_each(|Subscriber(subscriber)| state.subscribe(subscriber));
        Ok(state)
    }

    fn settings(&self) -> Result<Settings, StartError> {
        let mut guid = [0; 16];
        getrandom::fill(&mut guid).map_err(StartError::Random)?;
        let names = ServerConfig {
            netbios_computer: self.name.clone(),
            netbios_domain: self.name.clone(),
            dns_computer: self.name.to_lowercase(),
            dns_domain: String::new(),
            // Of the known clients, only impacket sends no MIC.
            require_mic: false,
        };
        let mut settings = Settings::new(Guid(guid), names);
        settings.signing_required = self.signing_required;
        settings.encryption = match self.encrypts_shares() {
            // Some share lets clients in that cannot encrypt: the other shares refuse them.
            true => Encryption::Offered,
            false => self.encryption,
        };
        settings.dialects = self.dialects.clone();
        settings.multi_channel = self.multi_channel;
        Ok(settings)
    }

    /// Whether the shares require encryption one by one, because the server does and a folder does not.
    pub(crate) fn encrypts_shares(&self) -> bool {
        let is_waived = self.folders.iter().any(|folder| folder.encryption_required == Some(false));
        self.encryption == Encryption::Required && is_waived
    }

    /// The folders and the users, which a running server can change.
    pub(crate) fn into_parts(self) -> (Vec<Folder>, Accounts) {
        (self.folders, self.accounts)
    }
}

/// Checks that users by account and users by ticket cannot be confused, and that the keytab can be read.
pub(crate) fn check_accounts(accounts: &Accounts) -> Result<(), StartError> {
    let Some(keytab) = &accounts.keytab else { return Ok(()) };
    keytab.check()?;
    match accounts.names().find(|name| name.contains('@')) {
        Some(name) => Err(StartError::AmbiguousAccount(name.to_owned())),
        None => Ok(()),
    }
}

/// Opens the folders, each of which has a name of its own.
fn open_all(common: &Common, folders: &[Folder], server_encrypts: bool) -> Result<Vec<Share>, StartError> {
    check_names(folders)?;
    folders.iter().map(|folder| open(common, folder, server_encrypts)).collect()
}

/// Checks that each folder has a valid name of its own, which is not `IPC$`.
pub(crate) fn check_names(folders: &[Folder]) -> Result<(), StartError> {
    for (index, folder) in folders.iter().enumerate() {
        if !Folder::is_valid_name(&folder.name) {
            return Err(StartError::InvalidShareName(folder.name.clone()));
        }
        let mut before = folders.iter().take(index).map(|other| other.name.as_str()).chain(["IPC$"]);
        if before.any(|name| is_same_name(name, &folder.name)) {
            return Err(StartError::DuplicateShareName(folder.name.clone()));
        }
    }
    Ok(())
}

/// Opens a folder.
pub(crate) fn open(common: &Common, folder: &Folder, server_encrypts: bool) -> Result<Share, StartError> {
    let root =
        Root::open(&folder.path).map_err(|source| StartError::Share { path: folder.path.clone(), source })?;
    let share = Share::disk(common, folder.name.clone(), folder.comment.clone(), root, folder.read_only);
    Ok(share.with_rules(Rules::of(folder, server_encrypts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would start a share under a name that no client can send, or that two folders have.
    #[test]
    fn each_share_has_a_valid_name_of_its_own() {
        let named = |names: &[&str]| {
            let folders: Vec<_> = names.iter().map(|name| Folder::new(*name, std::env::temp_dir())).collect();
            open_all(&Common::default(), &folders, false)
        };
        assert_eq!(named(&["data", "Müll"]).unwrap().len(), 2);
        for wrong in ["", "a/b", r"a\b", "a:b", "a\u{7}", &"x".repeat(81)] {
            assert!(matches!(named(&[wrong]), Err(StartError::InvalidShareName(_))), "{wrong}");
        }
        for same in ["DATA", "ipc$"] {
            assert!(matches!(named(&["data", same]), Err(StartError::DuplicateShareName(_))), "{same}");
        }
    }

    /// A failure here would hide the cause of an error, or print it twice.
    #[test]
    #[cfg_attr(windows, ignore = "the message is that of Unix")]
    fn a_chain_of_causes_prints_each_cause_once() {
        let missing = Folder::new("data", "/no/such/folder");
        let error = open_all(&Common::default(), &[missing], false).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(error.to_string(), "cannot share /no/such/folder");
        assert!(cause.contains("No such file"), "{cause}");
    }
}
