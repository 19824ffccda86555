//! [`World`]: a server and its clock. [`Peer`]: a client and its link to the server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use crate::connection::{Close, Connection};
use crate::fs::root::Root;
use crate::state::{
    Account, Accounts, Common, Content, EndReason, Environment, Identity, Inbox, Share, State,
};
use netsession_smb::auth::Inputs;
use netsession_smb::auth::ntlm::{self, Credentials, NtHash, ServerConfig};
use netsession_smb::client::{Chain, Client, Config, Entropy, Error, Event, Request, RequestId};
use netsession_smb::fscc::FileTime;
use netsession_smb::msg::fsctl::{InterfaceCapabilities, NetworkInterface};
use netsession_smb::msg::{SessionId, TreeId};
use netsession_smb::server::{Output, Settings};
use netsession_wire::Guid;

/// Whether an announced watch sees every later change.
pub(crate) const WATCHES_AT_ONCE: bool = true;

const START: i64 = 134_000_000_000_000_000;

/// The address that the server reports for further connections.
pub(crate) const INTERFACE: NetworkInterface = NetworkInterface {
    if_index: 2,
    capabilities: InterfaceCapabilities::empty(),
    link_speed: 10_000_000_000,
    address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))),
};

/// A server with the user alice and the administrator root, whose password is `secret`, and the share `data`.
pub(crate) struct World {
    pub(crate) state: Arc<State>,
    clock: Arc<AtomicI64>,
    /// Nanoseconds since the start of the server.
    uptime: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// Returns a server with other settings.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_accounts(change, |_| ())
    }

    /// Returns a server with other settings, and with other users.
    pub(crate) fn with_accounts(
        change: impl FnOnce(&mut Settings),
        change_accounts: impl FnOnce(&mut Accounts),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(START));
        let now = Arc::clone(&clock);
        let uptime = Arc::new(AtomicU64::new(0));
        let passed = Arc::clone(&uptime);
        let draws = AtomicU8::new(0);
        let random = move |bytes: &mut [u8]| bytes.fill(draws.fetch_add(1, Ordering::Relaxed));
        let names = ServerConfig {
            netbios_computer: "WORLD".into(),
            netbios_domain: "WORLD".into(),
            dns_computer: "world".into(),
            dns_domain: String::new(),
            require_mic: true,
        };
        let mut settings = Settings::new(Guid([7; 16]), names);
        change(&mut settings);
        let identity = Identity::new("WORLD".into(), String::new(), settings.into());
        let environment = Environment::new(move || FileTime(now.load(Ordering::Relaxed)), random)
            .with_interfaces(|| vec![INTERFACE])
            .with_uptime(move || Duration::from_nanos(passed.load(Ordering::Relaxed)));
        let mut accounts = Accounts::default();
        for (name, admin) in [("alice", false), ("root", true)] {
            let hash = NtHash::of_password("secret");
            accounts.add(Account { name: name.into(), hash, admin, loopback_only: false });
        }
        change_accounts(&mut accounts);
        let root = Root::open(folder.path()).unwrap();
        let common = Common::default();
        let data = Share::disk(&common, "data".into(), String::new(), root, false);
        let shares = vec![Share::pipes(), data];
        let state = State::new(identity, environment, accounts, shares, common);
        Self { state, clock, uptime, _folder: folder }
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.uptime.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
        self.set_clock_by(i64::try_from(by.as_nanos() / 100).unwrap());
    }

    /// Sets the clock forward or back, in steps of 100 nanoseconds, while no time passes.
    pub(crate) fn set_clock_by(&self, by: i64) {
        let now = self.clock.load(Ordering::Relaxed).saturating_add(by).max(1);
        self.clock.store(now, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, id: SessionId) -> bool {
        self.state.end(id, EndReason::EndedBy(None))
    }

    pub(crate) fn open_files(&self) -> usize {
        let shares = self.state.shares();
        let files = shares.iter().map(|share| match &share.content {
            Content::Disk(disk) => disk.open_files(),
            Content::Pipes => 0,
        });
        files.sum()
    }

    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.state.session_count(), 0);
        assert_eq!((self.state.opens().len(), self.open_files()), (0, 0));
        assert!(self.state.shares().iter().all(|share| share.connection_count() == 0));
    }
}

/// How the link cuts what it carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// As it was sent.
    Whole,
    /// Into pieces of this many bytes.
    Every(usize),
}

/// A client and its connection.
pub(crate) struct Peer {
    client: Client,
    connection: Option<Connection>,
    /// Bytes that have reached the server and are not a whole frame yet.
    arrived: Vec<u8>,
    pub(crate) cut: Cut,
    /// Bytes that the link has carried in both directions.
    pub(crate) moved: usize,
    /// The link breaks after this number of bytes.
    pub(crate) lost_after: Option<usize>,
}

/// Runs the steps of a login with the time of the start and fixed random bytes.
fn run_login_steps(client: &mut Client) -> Result<(), Error> {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(1);
        Ok(())
    };
    client.run_login_steps(&mut Inputs::new(START.unsigned_abs(), &mut random))
}

/// Why a client could not continue.
pub(crate) type Lost = String;

impl Peer {
    pub(crate) fn new(world: &World) -> Self {
        Self::with(world, Config::new("world"))
    }

    /// Creates a client with this configuration.
    pub(crate) fn with(world: &World, config: Config) -> Self {
        Self::in_client(world, config, Guid([1; 16]))
    }

    /// Creates a client with this configuration and identifier.
    pub(crate) fn in_client(world: &World, config: Config, client_guid: Guid) -> Self {
        let entropy = Entropy { client_guid, salt: [2; 32], nonce_seed: [3; 12] };
        let client = Client::new(config, entropy).unwrap();
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        let connection = Connection::new(&world.state, peer, Arc::new(Inbox::new(|| ())));
        let (arrived, moved) = (Vec::new(), 0);
        Self { client, connection: Some(connection), arrived, cut: Cut::Whole, moved, lost_after: None }
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        self.client.session()
    }

    pub(crate) fn log_in(&mut self) -> Result<Vec<Event>, Lost> {
        self.log_in_as("alice")
    }

    pub(crate) fn log_in_as(&mut self, user: &str) -> Result<Vec<Event>, Lost> {
        let credentials = Credentials::with_password(user, "", "secret");
        let mechanism = ntlm::Client::new(credentials, "cifs/world", "").unwrap();
        self.client.log_in(vec![Box::new(mechanism)]).map_err(|error| error.to_string())?;
        self.run()
    }

    /// Sends requests, and runs until neither side has anything to send.
    pub(crate) fn ask(&mut self, chain: Chain) -> Result<(Vec<RequestId>, Vec<Event>), Lost> {
        let ids = self.client.send(chain).map_err(|error| error.to_string())?;
        Ok((ids, self.run()?))
    }

    /// Sends a request that waits for something; in one thread this is the same as `ask`.
    pub(crate) fn ask_for_later(&mut self, chain: Chain) -> Result<(Vec<RequestId>, Vec<Event>), Lost> {
        self.ask(chain)
    }

    pub(crate) fn ask_one<'a, R: Request<'a>>(
        &mut self,
        tree: TreeId,
        request: &R,
    ) -> Result<Vec<Event>, Lost> {
        Ok(self.ask(Chain::new(tree, request).unwrap())?.1)
    }

    /// Makes the server process the signals of other connections.
    pub(crate) fn attend(&mut self) -> Result<(), Lost> {
        let mut output = Output::new();
        let connection = self.connection.as_mut().ok_or("the link is broken")?;
        connection.attend(&mut output).map_err(|fatal| fatal.to_string())?;
        self.deliver(output.as_slice())
    }

    /// Returns when the server closes the connection.
    pub(crate) fn close(&self) -> Option<Close> {
        self.connection.as_ref().and_then(Connection::close)
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.next_event()).collect()
    }

    /// Returns the events that are due; in one thread they have arrived already.
    pub(crate) fn awaited(&mut self) -> Result<Vec<Event>, Lost> {
        Ok(self.events())
    }

    fn run(&mut self) -> Result<Vec<Event>, Lost> {
        while let Some(message) = self.client.transmit() {
            for piece in self.pieces(&message) {
                self.carry(&piece)?;
                self.arrived.extend(&piece);
                self.serve()?;
            }
        }
        Ok(self.events())
    }

    /// Passes every whole frame to the server.
    fn serve(&mut self) -> Result<(), Lost> {
        while let Some(header) = self.arrived.first_chunk::<4>() {
            let end = 4 + usize::try_from(u32::from_be_bytes(*header)).unwrap();
            if self.arrived.len() < end {
                return Ok(());
            }
            let mut frame: Vec<u8> = self.arrived.drain(..end).skip(4).collect();
            let mut output = Output::new();
            let connection = self.connection.as_mut().ok_or("the link is broken")?;
            let received = connection.receive(&mut frame, &mut output);
            received.map_err(|fatal| format!("the server gives up: {fatal}"))?;
            self.deliver(output.as_slice())?;
        }
        Ok(())
    }

    fn deliver(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        for piece in self.pieces(bytes) {
            self.carry(&piece)?;
            let received = self.client.receive(&piece).and_then(|()| run_login_steps(&mut self.client));
            received.map_err(|error| format!("the client gives up: {error}"))?;
        }
        Ok(())
    }

    fn pieces(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let size = match self.cut {
            Cut::Whole => bytes.len().max(1),
            Cut::Every(size) => size,
        };
        bytes.chunks(size).map(<[u8]>::to_vec).collect()
    }

    /// Counts the carried bytes. When the link breaks, the server loses its connection.
    fn carry(&mut self, piece: &[u8]) -> Result<(), Lost> {
        self.moved += piece.len();
        if self.lost_after.is_some_and(|limit| self.moved > limit) {
            self.connection = None;
            return Err("the link is broken".into());
        }
        Ok(())
    }
}
