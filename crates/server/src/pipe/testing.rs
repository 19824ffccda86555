//! A server with sessions for the tests of the pipes, in one thread and with a clock that the test moves.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use netsession_smb::auth::Claim;
use netsession_smb::auth::ntlm::{NtHash, ServerConfig};
use netsession_smb::fscc::{AccessMask, FileAttributes, FileTime};
use netsession_smb::msg::{CreateDisposition, CreateOptions, Dialect, SessionId, ShareAccess};
use netsession_smb::server::{LoggedOn, Settings};
use netsession_wire::Guid;
use tempfile::TempDir;

use super::call::Caller;
use crate::fs::{Request, SharePath};
use crate::named_pipe::Pipe;
use crate::state::{
    Account, Accounts, Attachment, Channel, ChannelSequence, Common, Content, Environment, Identity, Inbox,
    LockSequences, Object, Open, Session, Share, State,
};

/// The server, with the shares `IPC$` and `data`.
pub(super) struct Stage {
    pub(super) state: Arc<State>,
    pub(super) folder: TempDir,
    clock: Arc<AtomicI64>,
    /// Seconds since the start of the server.
    uptime: Arc<AtomicU64>,
}

/// An open pipe and its session.
pub(super) struct PipeClient {
    pub(super) session: Arc<Session>,
    pub(super) open: Arc<Open>,
}

/// 2025-03-01 00:00:00 UTC, a Saturday.
const START: i64 = 133_852_608_000_000_000;

impl Stage {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = ServerConfig {
            netbios_computer: "FS1".into(),
            netbios_domain: "FS1".into(),
            dns_computer: "fs1".into(),
            dns_domain: String::new(),
            require_mic: false,
        };
        let settings = Arc::new(Settings::new(Guid([7; 16]), names));
        let identity = Identity::new("FS1".into(), "the files".into(), settings);
        let clock = Arc::new(AtomicI64::new(START));
        let (time, random) = (Arc::clone(&clock), AtomicU32::new(0));
        let uptime = Arc::new(AtomicU64::new(0));
        let passed = Arc::clone(&uptime);
        let environment = Environment::new(
            move || FileTime(time.load(Ordering::Relaxed)),
            move |bytes: &mut [u8]| {
                let next = random.fetch_add(1, Ordering::Relaxed).to_le_bytes();
                bytes.iter_mut().zip(next.iter().cycle()).for_each(|(byte, next)| *byte = *next);
            },
        )
        .with_uptime(move || Duration::from_secs(passed.load(Ordering::Relaxed)));
        let root = crate::fs::root::Root::open(folder.path()).unwrap();
        let common = Common::default();
        let data = Share::disk(&common, "data".into(), "Data".into(), root, false);
        let shares = vec![Share::pipes(), data];
        let state = State::new(identity, environment, Accounts::default(), shares, common);
        Self { state, folder, clock, uptime }
    }

    /// Lets administrators share the folder of `data`, and folders below it.
    pub(super) fn open_to_shares(&self) {
        let root = crate::fs::root::Root::open(&self.folder.path().canonicalize().unwrap()).unwrap();
        self.state.open_to_shares.set(vec![root]).unwrap();
    }

    /// Lets time pass.
    pub(super) fn wait(&self, seconds: u32) {
        self.uptime.fetch_add(seconds.into(), Ordering::Relaxed);
        self.set_clock_by(seconds.into());
    }

    /// Sets the clock, while no time passes.
    pub(super) fn set_clock_by(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 10_000_000, Ordering::Relaxed);
    }

    /// Logs a user on. The user `admin` is an administrator.
    pub(super) fn log_on(&self, user: &str, client: &str) -> Arc<Session> {
        let claim = Claim { workstation: "PC".into(), ..Claim::of_user(user) };
        let logon = LoggedOn {
            session: self.state.new_session_id(),
            claim,
            previous: SessionId(0),
            dialect: Dialect::SMB_3_1_1,
            signed: true,
            encrypted: false,
            again: false,
        };
        let hash = NtHash::of_password("password");
        let account = Account { name: user.into(), hash, admin: user == "admin", loopback_only: false };
        let peer = SocketAddr::new(client.parse().unwrap(), 50_000);
        let inbox = Arc::new(Inbox::new(|| {}));
        self.state.set_up(&logon, None, &(&account).into(), Channel { peer, inbox })
    }

    /// Opens a file of the share `data` through a new tree connection, and creates the file if it is missing.
    pub(super) fn open(&self, session: &Arc<Session>, path: &str, access: AccessMask) -> Arc<Open> {
        let share = self.state.share("DATA").unwrap();
        let Content::Disk(disk) = &share.content else { panic!("data is a folder") };
        let created = disk.create(&Request {
            stream: None,
            path: &SharePath::parse(path).unwrap(),
            access,
            share: ShareAccess::all(),
            disposition: CreateDisposition::OPEN_IF,
            options: CreateOptions::empty(),
            attributes: FileAttributes::NORMAL,
            allocation: 0,
            extended: &[],
            lease: None,
            breaks: crate::fs::Breaks::AndWaits,
            effort: crate::fs::Effort::UNLIMITED,
        });
        self.enter(session, &share, Object::File(created.unwrap().open))
    }

    /// Logs a user on and opens a pipe.
    pub(super) fn pipe(&self, user: &str, client: &str) -> PipeClient {
        let session = self.log_on(user, client);
        let pipe = super::open("srvsvc", &self.state, user).unwrap();
        let open = self.enter(&session, &self.state.share("ipc$").unwrap(), Object::Pipe(pipe));
        PipeClient { session, open }
    }

    fn enter(&self, session: &Arc<Session>, share: &Arc<Share>, object: Object) -> Arc<Open> {
        let budgets = &self.state.budgets;
        let place = budgets.trees.part(&session.user);
        let tree = session.connect(share, self.state.environment.moment(), place).unwrap();
        let open = Arc::new(Open {
            number: self.state.new_open_number(),
            user: session.user.clone(),
            client: session.client(),
            is_new: false,
            share: Arc::clone(&tree.share),
            tree: tree.id.0.into(),
            attachment: Attachment::new(session.id, &session.channels),
            durable: None,
            instance: None,
            is_used: AtomicBool::new(false),
            object,
            since: self.state.environment.now(),
            closed: AtomicBool::new(false),
            sequence: ChannelSequence::new(0),
            lock_sequences: LockSequences::default(),
            watch: OnceLock::new(),
            _place: None,
            traffic: Default::default(),
            lock_part: Mutex::new(budgets.locks.part(&session.user)),
        });
        assert!(session.opened(&open));
        open
    }

    /// Returns the caller of an operation.
    pub(super) fn caller<'a>(&'a self, client: &'a PipeClient) -> Caller<'a> {
        Caller::new(&self.state, &client.session, client.pipe())
    }

    /// Returns the users of all sessions.
    pub(super) fn users(&self) -> Vec<String> {
        self.state.sessions().iter().map(|session| session.user.clone()).collect()
    }
}

impl PipeClient {
    pub(super) fn pipe(&self) -> &Pipe {
        let Object::Pipe(pipe) = &self.open.object else { panic!("not a pipe") };
        pipe
    }
}
