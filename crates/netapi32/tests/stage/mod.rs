//! The common parts of the tests of the C functions: [`Stage`] is a server in this process, and [`wide`] makes texts
//! for C.
// A character has 16 bits, or 32 in the tests of the other build.
#![allow(dead_code, unreachable_pub, unused_imports, clippy::useless_conversion)]

mod answer;
mod copy;
mod driver;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use netapi32::{WCHAR, netsession_set_login};
use netsession_server::{Account, Builder, Event, Folder, Server};
use netsession_smb::auth::ntlm::NtHash;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub use answer::Answer;
pub use copy::Copy;
pub use driver::{Drive, abuse, allocator, driver, end, host, include, library, lines, memory, secrets};

/// A long one: the beginning of a freed block is overwritten, which must not hide the rest from a search.
pub const PASSWORD: &str = "secret 1, which nothing else has in memory";
pub const ADMIN: &str = "admin";

/// A running server with the share `data` and the users `admin`, `alice`, `b`, `bob` and `Zoë`.
pub struct Stage {
    server: Option<Server>,
    runtime: Runtime,
    folder: TempDir,
    logons: Arc<AtomicU32>,
}

impl Stage {
    /// Starts the server on a free port, and sets the administrator's login for it.
    pub fn start() -> Self {
        let stage = Self::start_on((Ipv4Addr::LOCALHOST, 0).into());
        assert_eq!(set_login(Some(&stage.name()), Some(ADMIN), Some(PASSWORD)), 0);
        stage
    }

    /// Starts the server on this address, and sets no login.
    pub fn start_on(address: SocketAddr) -> Self {
        let folder = TempDir::with_prefix("netsession-netapi32-").unwrap();
        let data = Folder::new("data", folder.path()).comment("Data");
        let users = [ADMIN, "alice", "b", "bob", "Zoë"];
        let account = |builder: Builder, name: &str| {
            let (hash, admin) = (NtHash::of_password(PASSWORD), name == ADMIN);
            builder.account(Account { name: name.to_owned(), hash, admin, loopback_only: false })
        };
        let builder = users.iter().fold(
            Server::builder().name("STAGE").comment("netsession").folder(data).allow_shares_in(folder.path()),
            |b, user| account(b, user),
        );
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let logons = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&logons);
        let server = {
            let _inside = runtime.enter();
            builder
                .listen(address)
                .on_event(move |event| {
                    if matches!(event, Event::SessionStarted(session) if session.user() == ADMIN) {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                })
                .start()
                .unwrap()
        };
        Self { logons, server: Some(server), runtime, folder }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().addresses()[0]
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn name(&self) -> String {
        self.address().to_string()
    }

    /// Returns the same with backslashes, as a text for C.
    pub fn unc(&self) -> Vec<WCHAR> {
        wide(&format!(r"\\{}", self.name()))
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Returns the path of the share `data`, as clients see it.
    pub fn share_path(&self) -> String {
        format!("C:{}", self.folder.path().display().to_string().replace('/', r"\"))
    }

    /// Adds a session of `user` from `client`, without a connection.
    pub fn add_session(&self, client: &str, user: &str) {
        let client: IpAddr = client.parse().unwrap();
        assert!(netsession_server::testing::add_session(self.server(), client, user));
    }

    /// Returns the client and the user of every session except the administrator's, sorted.
    pub fn who(&self) -> Vec<(String, String)> {
        let sessions = self.server().sessions();
        let mut who: Vec<_> = sessions
            .iter()
            .map(|session| (session.client().to_string(), session.user().to_owned()))
            .filter(|(_, user)| user != ADMIN)
            .collect();
        who.sort();
        who
    }

    /// Waits until the pool no longer counts a connection as just used.
    pub fn pause(&self) {
        std::thread::sleep(Duration::from_millis(1_100));
    }

    /// Returns how often the administrator logged on.
    pub fn logons(&self) -> u32 {
        self.logons.load(Ordering::Relaxed)
    }

    /// Waits until these are the only sessions except the administrator's, because a server does not notice a closed
    /// connection at once.
    pub fn wait_for(&self, expected: &[(&str, &str)]) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let who = self.who();
            if who.iter().map(|(client, user)| (client.as_str(), user.as_str())).eq(expected.iter().copied())
            {
                return;
            }
            assert!(Instant::now() < deadline, "{who:?} instead of {expected:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts a session of `user` from 127.0.0.1 that writes the file `USER.bin` to the share.
    pub fn copy(&self, user: &str) -> Copy {
        Copy::start(self, user)
    }

    /// Stops the server.
    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns a text with a terminating zero.
pub fn wide(text: &str) -> Vec<WCHAR> {
    text.encode_utf16().chain([0]).map(WCHAR::from).collect()
}

/// Returns a pointer to a text; NULL for `None`.
pub fn pointer(text: Option<&Vec<WCHAR>>) -> *const WCHAR {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// Returns the text at a pointer in a result.
pub fn narrow(pointer: *const WCHAR) -> String {
    assert!(!pointer.is_null(), "an unknown text is empty, not NULL");
    let mut units = Vec::new();
    for index in 0.. {
        // SAFETY: texts in results end in zero.
        match unsafe { pointer.add(index).read() } {
            0 => break,
            unit => units.push(u16::try_from(unit).unwrap()),
        }
    }
    String::from_utf16(&units).unwrap()
}

/// Calls `netsession_set_login`.
pub fn set_login(server: Option<&str>, login: Option<&str>, password: Option<&str>) -> u32 {
    let [server, login, password] = [server, login, password].map(|text| text.map(wide));
    let pointers = [&server, &login, &password].map(|text| pointer(text.as_ref()));
    // SAFETY: each is NULL or ends in zero.
    unsafe { netsession_set_login(pointers[0], pointers[1], pointers[2]) }
}

/// Returns the code that the last function stored in errno.
pub fn errno() -> u32 {
    std::io::Error::last_os_error().raw_os_error().unwrap().unsigned_abs()
}
