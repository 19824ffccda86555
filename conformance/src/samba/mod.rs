//! [`Samba`]: a private Samba server for one test.
//!
//! Each server has a folder, a port and users of its own. Samba reads the users from a passwd file in the folder, through
//! libnss_wrapper; libuid_wrapper makes it believe that it can switch to them. So the tests create no account on the machine
//! and need no root, and any number of servers run side by side.

mod accounts;
mod config;
mod nmbd;
mod status;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

pub use config::{ADMIN, OPERATOR, OTHER_SCRIPT, PASSWORD, USERS};
pub use nmbd::Nmbd;
pub use status::{OpenFile, Session, Status};

use crate::guard::Guard;
use crate::proxy::{Direction, Proxy};
use crate::smbclient::{Held, Plan, Put, Smbclient};
use crate::wait_until;

/// A running smbd. Dropping it ends smbd with its child processes, and removes the folder.
#[derive(Debug)]
pub struct Samba {
    smbd: Child,
    address: SocketAddr,
    guard: Guard,
}

impl Samba {
    /// Starts a server with the settings of `samba/config.rs` and nothing else.
    ///
    /// # Errors
    /// Samba is not installed, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with `extra` lines in the `[global]` section of its smb.conf, such as `smb encrypt = required`.
    ///
    /// # Errors
    /// Samba is not installed, or does not start with these lines.
    pub fn start_with(extra: &[&str]) -> Result<Self> {
        let mut last = None;
        for _ in 0..3 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            match Self::start_at((Ipv4Addr::LOCALHOST, port).into(), extra) {
                Ok(samba) => return Ok(samba),
                // Another process can take the port before smbd listens on it.
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no attempt")?)
    }

    /// Starts a server at this address, such as port 445 of 127.0.0.2 in a network of the test's own.
    ///
    /// # Errors
    /// As [`Samba::start_with`], or another process has the port.
    pub fn start_at(address: SocketAddr, extra: &[&str]) -> Result<Self> {
        Self::start_by(address, extra, add_users)
    }

    /// Starts another server from the same image as this one: it has the same name, SID and accounts as this one has now.
    ///
    /// # Errors
    /// As [`Samba::start`].
    pub fn start_clone(&self) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        Self::start_by((Ipv4Addr::LOCALHOST, port).into(), &[], |folder| {
            for name in ["private/secrets.tdb", "private/passdb.tdb", "state/group_mapping.tdb"] {
                fs::copy(self.folder().join(name), folder.join(name)).context(name)?;
            }
            Ok(())
        })
    }

    fn start_by(
        address: SocketAddr,
        extra: &[&str],
        add_users: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let port = address.port();
        let interfaces = format!("interfaces = {}/8", address.ip());
        let mut lines = if address.ip() == Ipv4Addr::LOCALHOST { vec![] } else { vec![interfaces.as_str()] };
        lines.extend(extra);
        let extra = lines.as_slice();
        let guard = Guard::new("netsession-samba-")?;
        let folder = guard.folder();
        config::write(folder, port, extra)?;
        add_users(folder)?;
        let ready = folder.join("ready");
        let notices = UnixDatagram::bind(&ready)?;
        notices.set_read_timeout(Some(Duration::from_millis(100)))?;
        let mut smbd = tool(folder, "smbd")
            .args(["--foreground", "--no-process-group"])
            .env("NOTIFY_SOCKET", &ready)
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("log/stdout"))?)
            .stderr(fs::File::create(folder.join("log/stderr"))?)
            .spawn()
            .context("starting smbd")?;
        // smbd reports that it is ready a moment before it listens.
        let ready = wait_ready(&notices, &mut smbd).and_then(|()| wait_listening(address, &mut smbd));
        if let Err(error) = ready {
            let _ = smbd.kill();
            let _ = smbd.wait();
            return Err(error.context(log_of(folder)));
        }
        Ok(Self { smbd, address, guard })
    }

    /// Returns its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server as an argument of netsession: `127.0.0.1:PORT`.
    #[must_use]
    pub fn name(&self) -> String {
        self.address().to_string()
    }

    /// The folder of the server, for files that a test needs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.guard.folder()
    }

    /// Returns the folder of its share `data`.
    #[must_use]
    pub fn share(&self) -> PathBuf {
        self.folder().join("share")
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> String {
        log_of(self.folder())
    }

    /// Returns the sessions and open files that Samba's own `smbstatus` lists.
    ///
    /// # Errors
    /// smbstatus fails, or its output is malformed.
    pub fn status(&self) -> Result<Status> {
        let output = tool(self.folder(), "smbstatus").arg("--json").stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "smbstatus: {}", String::from_utf8_lossy(&output.stderr));
        Status::read(&output.stdout)
    }

    /// Returns the logged-on sessions as (client, user), sorted.
    ///
    /// # Errors
    /// As [`Samba::status`].
    pub fn who(&self) -> Result<Vec<(String, String)>> {
        Ok(self.status()?.who())
    }

    /// Waits until [`Samba::who`] is this list of (client, user), in any order.
    ///
    /// # Errors
    /// As [`Samba::status`], or the list does not match in time.
    pub fn wait_for(&self, expected: &[(&str, &str)]) -> Result<()> {
        let mut expected: Vec<(String, String)> =
            expected.iter().map(|(client, user)| ((*client).to_owned(), (*user).to_owned())).collect();
        expected.sort();
        wait_until(&format!("smbstatus to list {expected:?}"), || Ok((self.who()? == expected).then_some(())))
    }

    /// Returns an smbclient of `user` for this server, from 127.0.0.1.
    #[must_use]
    pub fn client(&self, user: &str) -> Smbclient {
        Smbclient::new(self.address(), user)
    }

    /// Starts a session of `user` from 127.0.0.1, which smbclient holds.
    ///
    /// # Errors
    /// smbclient cannot log on.
    pub fn hold(&self, user: &str) -> Result<Held> {
        self.client(user).hold()
    }

    /// Starts a session of `user` from the client 127.0.0.`last`.
    ///
    /// # Errors
    /// smbclient cannot log on, or the proxy does not start.
    pub fn hold_from(&self, user: &str, last: u8) -> Result<Held> {
        self.client(user).through(Proxy::from(last).to(self.address())?).hold()
    }

    /// Starts a copy of `size` bytes to `name` by `user` from 127.0.0.`last`. It pauses in the middle until
    /// [`Put::resume`].
    ///
    /// # Errors
    /// As [`Samba::hold_from`].
    pub fn put_from(&self, user: &str, last: u8, name: &str, size: u64) -> Result<Put> {
        let source = self.folder().join(format!("source-{name}"));
        let command = format!("put {} {name}", source.display());
        let (server, target) = (self.address(), self.share().join(name));
        let way = Direction::ToServer;
        Plan { server, user, last, arguments: &[], command, way, source, size, target }.start()
    }

    /// Stops smbd where it stands, until the result is dropped: its port accepts connections, and answers nothing. The
    /// sessions that exist go on.
    ///
    /// # Errors
    /// No signal can be sent.
    pub fn freeze(&self) -> Result<Frozen> {
        let frozen = Frozen { smbd: self.smbd.id() };
        ensure!(frozen.signal("STOP"), "smbd cannot be stopped");
        Ok(frozen)
    }

    /// Kills smbd, as a crash does: smbd notifies no client.
    ///
    /// # Errors
    /// smbd cannot be killed.
    pub fn crash(&mut self) -> Result<()> {
        self.smbd.kill()?;
        self.smbd.wait()?;
        Ok(())
    }
}

/// A frozen smbd, which continues when this is dropped.
#[derive(Debug)]
pub struct Frozen {
    smbd: u32,
}

impl Frozen {
    fn signal(&self, signal: &str) -> bool {
        let status = Command::new("kill").args([&format!("-{signal}"), &self.smbd.to_string()]).status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        let _ = self.smbd.kill();
        let _ = self.smbd.wait();
    }
}

/// Returns one of Samba's programs, with the settings of the server in `folder` and without those of the machine.
fn tool(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(sbin(program));
    // smbpasswd has another option for the file.
    command
        .arg(if program == "smbpasswd" { "-c" } else { "--configfile" })
        .arg(folder.join("smb.conf"))
        .env("LD_PRELOAD", "libnss_wrapper.so:libuid_wrapper.so")
        .env("NSS_WRAPPER_PASSWD", folder.join("passwd"))
        .env("NSS_WRAPPER_GROUP", folder.join("group"))
        .env("UID_WRAPPER", "1")
        .env("UID_WRAPPER_ROOT", "1")
        .current_dir(folder);
    command
}

/// Debian keeps smbd in /usr/sbin, which is not in an ordinary user's search path.
fn sbin(program: &str) -> PathBuf {
    let path = Path::new("/usr/sbin").join(program);
    if path.exists() { path } else { program.into() }
}

fn add_users(folder: &Path) -> Result<()> {
    for user in USERS {
        set_password(folder, &["-s", "-a", user.name], PASSWORD)?;
    }
    let groups = [
        ["sid=S-1-5-32-544", "unixgroup=ns-administrators", "type=builtin", "ntgroup=Administrators"],
        ["rid=512", "unixgroup=ns-domain-admins", "type=domain", "ntgroup=Domain Admins"],
    ];
    for group in groups {
        let output = tool(folder, "net").args(["groupmap", "add"]).args(group).output()?;
        ensure!(output.status.success(), "net groupmap: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Runs smbpasswd, which reads the new password twice.
fn set_password(folder: &Path, arguments: &[&str], password: &str) -> Result<()> {
    let mut setting = tool(folder, "smbpasswd")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting smbpasswd")?;
    if let Some(mut input) = setting.stdin.take() {
        write!(input, "{password}\n{password}\n")?;
    }
    let output = setting.wait_with_output()?;
    ensure!(output.status.success(), "smbpasswd: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Waits until smbd listens.
fn wait_listening(address: SocketAddr, smbd: &mut Child) -> Result<()> {
    wait_until("smbd to listen", || {
        if let Some(status) = smbd.try_wait()? {
            bail!("smbd stopped before it listened: {status}");
        }
        Ok(TcpStream::connect(address).ok().map(drop))
    })
}

fn wait_ready(notices: &UnixDatagram, smbd: &mut Child) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(20);
    let start = Instant::now();
    let mut buffer = [0; 4096];
    while start.elapsed() < LIMIT {
        if let Ok(length) = notices.recv(&mut buffer) {
            let notice = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
            if notice.lines().any(|line| line == "READY=1") {
                return Ok(());
            }
        }
        if let Some(status) = smbd.try_wait()? {
            bail!("smbd stopped before it listened: {status}");
        }
    }
    bail!("smbd did not listen within {LIMIT:?}")
}

fn log_of(folder: &Path) -> String {
    let mut log = String::new();
    for entry in fs::read_dir(folder.join("log")).into_iter().flatten().flatten() {
        if let Ok(mut file) = fs::File::open(entry.path()) {
            let _ = file.read_to_string(&mut log);
        }
    }
    log
}
