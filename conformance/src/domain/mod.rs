//! [`Domain`]: an Active Directory domain of Samba's, in network namespaces of its own.
//!
//! The domain LAB.TEST (LAB) has the domain controller `dc1`, the member file server `fs1`, and the computer `client`, on
//! which the programs of the tests run. Each is a [`Machine`]; nothing of them reaches the host, and all of it is gone when
//! the tests end, even if they are killed. Preparing the domain takes most of a minute, so its state is kept under the
//! target folder: the next start takes some seconds.
//!
//! | account | what it is |
//! | --- | --- |
//! | `alice`, `bob`, `dave` | plain users |
//! | `adm1` | in Domain Admins |
//! | `op1` | in Administrators of the controller only |
//! | `guarded` | in Domain Admins and Protected Users |
//! | `carol` | in Domain Admins; her logon name is `carol.jones@corp.example` |
//! | `retired`, `leaver`, `novice` | disabled; expired; must change the password |
//! | `svc-files` | the service `cifs/client.lab.test` |
//!
//! The password of each is [`PASSWORD`]. Both servers have a share `data`.

mod capture;
pub(crate) mod machine;
mod state;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::{Context, Result, bail, ensure};

pub use capture::{Capture, Packet, Recording};
pub use machine::Machine;

use crate::guard::Guard;
use crate::netsession::{Netsession, Outcome};
use crate::samba::PASSWORD;
use crate::serve::Serve;
use crate::smbclient::Held;
use crate::wait_until;

/// The domain controller, as an argument of netsession.
pub const CONTROLLER: &str = "dc1.lab.test";
/// The member server, as an argument of netsession.
pub const MEMBER: &str = "fs1.lab.test";
/// An alias of the member server in DNS (CNAME).
pub const ALIAS: &str = "files.lab.test";
/// A name of the member server that the domain does not know as a service.
pub const UNKNOWN_NAME: &str = "bare.lab.test";
/// The member server's address.
pub const MEMBER_ADDRESS: &str = "10.77.1.20";
/// The client's name, under which it can be a server.
pub const CLIENT: &str = "client.lab.test";
/// The client's address.
pub const CLIENT_ADDRESS: &str = "10.77.1.1";
/// The controller's address.
pub const CONTROLLER_ADDRESS: &str = "10.77.1.10";
/// An address on the network whose computer never answers.
pub const SILENT_ADDRESS: &str = "10.77.1.66";

/// Runs a program until the standard input ends: a signal would reach nsenter only.
const UNTIL_END_OF_INPUT: &str = "exec 3<&0; setsid \"$@\" & cat <&3 >/dev/null; kill -INT -$!; wait $!";

/// A running domain.
#[derive(Debug)]
pub struct Domain {
    // Dropped in this order: the machines before their folder.
    controller: Machine,
    member: Machine,
    client: Machine,
    guard: Guard,
    files: AtomicUsize,
}

/// The lock of the shared domain: tests that only use it share it; a test that changes a server has it alone.
static LOCK: RwLock<()> = RwLock::new(());

/// The domain of this test program, or why there is none.
static SHARED: OnceLock<Result<Option<Domain>, String>> = OnceLock::new();

/// A test's use of the shared domain.
#[derive(Debug)]
pub struct Use<Lock> {
    domain: &'static Domain,
    _lock: Lock,
}

impl<Lock> std::ops::Deref for Use<Lock> {
    type Target = Domain;

    fn deref(&self) -> &Domain {
        self.domain
    }
}

impl Domain {
    /// Returns the domain that all tests of this program share, and starts it for the first of them. Returns `None`, after a
    /// line that says so, where this process may not make namespaces.
    ///
    /// # Errors
    /// A program of the domain is not installed, or the domain did not start.
    pub fn shared() -> Result<Option<Use<RwLockReadGuard<'static, ()>>>> {
        let lock = LOCK.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Self::the_shared()?.map(|domain| Use { domain, _lock: lock }))
    }

    /// As [`Domain::shared`], for a test that changes a server: no other test runs at the same time.
    ///
    /// # Errors
    /// As [`Domain::shared`].
    pub fn alone() -> Result<Option<Use<RwLockWriteGuard<'static, ()>>>> {
        let lock = LOCK.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Self::the_shared()?.map(|domain| Use { domain, _lock: lock }))
    }

    fn the_shared() -> Result<Option<&'static Self>> {
        let shared = SHARED.get_or_init(|| {
            if !machine::allowed() {
                return Ok(None);
            }
            Self::start().map(Some).map_err(|error| format!("{error:#}"))
        });
        match shared {
            Ok(Some(domain)) => Ok(Some(domain)),
            Ok(None) => {
                eprintln!("left out: this process may not make network namespaces");
                Ok(None)
            }
            Err(error) => bail!("the domain did not start: {error}"),
        }
    }

    /// Starts a domain. A failure is retried, because joining the member fails now and then.
    ///
    /// # Errors
    /// As [`Domain::shared`].
    pub fn start() -> Result<Self> {
        retried(Self::try_start)
    }

    fn try_start() -> Result<Self> {
        let guard = Guard::new("netsession-domain-")?;
        let folder = guard.folder();
        let client = Machine::start("client", CLIENT_ADDRESS, folder)?;
        client.sh(&format!(
            "ip link add br0 type bridge; ip addr add 10.77.1.1/24 dev br0; ip link set br0 up
            echo '{MEMBER_ADDRESS} {UNKNOWN_NAME}' >>/etc/hosts
            mkdir -p /etc/samba; printf '[global]\\nworkgroup = LAB\\nrealm = LAB.TEST\\n' >/etc/samba/smb.conf"
        ))?;
        let controller = Machine::start("dc1", CONTROLLER_ADDRESS, folder)?;
        client.connect(&controller, CONTROLLER_ADDRESS)?;
        let member = Machine::start("fs1", MEMBER_ADDRESS, folder)?;
        client.connect(&member, MEMBER_ADDRESS)?;
        // The bridge takes the hardware address of a port that joins, and forgets its neighbours then.
        client.sh(&format!(
            "ip neigh replace {SILENT_ADDRESS} lladdr 02:00:00:00:00:66 nud permanent dev br0"
        ))?;
        // The client is no member, so that DNS does not know it.
        member.sh(&format!("echo '{CLIENT_ADDRESS} {CLIENT}' >>/etc/hosts"))?;
        let domain = Self { controller, member, client, guard, files: AtomicUsize::new(0) };
        state::prepare(&domain)?;
        Ok(domain)
    }

    /// The domain controller.
    #[must_use]
    pub fn controller(&self) -> &Machine {
        &self.controller
    }

    /// The member file server.
    #[must_use]
    pub fn member(&self) -> &Machine {
        &self.member
    }

    /// The computer on which the programs of the tests run.
    #[must_use]
    pub fn client(&self) -> &Machine {
        &self.client
    }

    /// A folder for the files of the tests, which each machine sees under the same name.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.guard.folder()
    }

    /// Returns the name of a new file.
    #[must_use]
    pub fn new_file(&self, kind: &str) -> PathBuf {
        self.folder().join(format!("{kind}-{}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    /// Runs the command under test on the client.
    ///
    /// # Errors
    /// It does not start, or panics.
    pub fn netsession(&self, run: Netsession) -> Result<Outcome> {
        let (command, _home) = run.into_parts();
        let outcome = self.client.run(&command)?;
        ensure!(!outcome.stderr.contains("panicked"), "netsession panicked: {}", outcome.stderr);
        Ok(outcome)
    }

    /// Starts `netsession serve` on the client, on a free port of all of its addresses, with these arguments. It ends when the
    /// result is dropped.
    ///
    /// # Errors
    /// It does not start.
    pub fn serve(&self, run: Netsession) -> Result<Serve> {
        self.serve_under(&[], run)
    }

    /// As [`Domain::serve`], under another program such as `faketime +10m`.
    ///
    /// # Errors
    /// As [`Domain::serve`].
    pub fn serve_under(&self, prefix: &[&str], run: Netsession) -> Result<Serve> {
        let (command, home) = run.into_parts();
        let mut script = Command::new("sh");
        script.args(["-c", UNTIL_END_OF_INPUT, "sh"]).args(prefix);
        script.arg(command.get_program()).args(command.get_args());
        script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut wrapped = self.client.wrap(&script);
        wrapped.stdin(Stdio::piped());
        let runtime = home.path().to_owned();
        Serve::of(wrapped, &runtime, home)
    }

    /// Gets a ticket for `user` by password, in a new cache of the kind FILE.
    ///
    /// # Errors
    /// kinit fails.
    pub fn ticket(&self, user: &str) -> Result<String> {
        self.ticket_with(user, &[], &[])
    }

    /// As [`Domain::ticket`], with more arguments and variables for kinit.
    ///
    /// # Errors
    /// kinit fails.
    pub fn ticket_with(&self, user: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<String> {
        let cache = format!("FILE:{}", self.new_file("cache").display());
        self.kinit(&cache, user, arguments, variables)?;
        Ok(cache)
    }

    /// Gets a ticket for `user` by password, in the cache of this name.
    ///
    /// # Errors
    /// kinit fails.
    pub fn kinit(
        &self,
        cache: &str,
        user: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<()> {
        let mut kinit = Command::new("kinit");
        // With `-c`, kinit would overwrite the ticket of another user in a collection of caches.
        kinit.env("KRB5CCNAME", cache).args(arguments).arg(user).envs(variables.iter().copied());
        let outcome = self.client.run_with_input(&kinit, self.password_input()?)?;
        ensure!(outcome.code == Some(0), "kinit {user}: {}{}", outcome.stdout, outcome.stderr);
        Ok(())
    }

    /// The password of all accounts as a standard input.
    fn password_input(&self) -> Result<Stdio> {
        let path = self.new_file("password");
        std::fs::write(&path, format!("{PASSWORD}\n"))?;
        Ok(std::fs::File::open(path)?.into())
    }

    /// Writes the keys of an account or a service into a new file, and returns its name.
    ///
    /// # Errors
    /// The controller does not know `principal`.
    pub fn keytab(&self, principal: &str) -> Result<PathBuf> {
        let path = self.new_file("keytab");
        let mut export = Command::new("samba-tool");
        export.args(["domain", "exportkeytab"]).arg(&path).arg(format!("--principal={principal}"));
        let outcome = self.controller.run(&export)?;
        ensure!(outcome.code == Some(0) && path.exists(), "exportkeytab {principal}: {outcome:?}");
        Ok(path)
    }

    /// Writes a krb5.conf for one run (`KRB5_CONFIG`): the domain's, with these lines in `[libdefaults]` and these further
    /// sections.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn krb5_conf(&self, defaults: &[&str], sections: &str) -> Result<PathBuf> {
        let path = self.new_file("krb5.conf");
        let mut text = self.client.sh("cat /etc/krb5.conf")?;
        for line in defaults {
            text += &format!("  {line}\n");
        }
        std::fs::write(&path, text + sections)?;
        Ok(path)
    }

    /// A session of the ticket's user on the share `data` of `server`, held by smbclient.
    ///
    /// # Errors
    /// smbclient cannot log on.
    pub fn hold(&self, server: &str, cache: &str) -> Result<Held> {
        self.hold_with(server, cache, &[])
    }

    /// As [`Domain::hold`], with more arguments for smbclient, such as `--port=4450`.
    ///
    /// # Errors
    /// smbclient cannot log on; the error has its message.
    pub fn hold_with(&self, server: &str, cache: &str, arguments: &[&str]) -> Result<Held> {
        self.hold_share(&format!("//{server}/data"), cache, arguments)
    }

    /// As [`Domain::hold_with`], on a share such as `//dc1.lab.test/netlogon`.
    ///
    /// # Errors
    /// smbclient cannot log on; the error has its message.
    pub fn hold_share(&self, share: &str, cache: &str, arguments: &[&str]) -> Result<Held> {
        let mut smbclient = Command::new("smbclient");
        smbclient
            .args(["--stderr", "--no-pass", "--use-kerberos=required"])
            .args(arguments)
            .arg(share)
            .env("KRB5CCNAME", cache);
        Held::of(self.client.wrap(&smbclient), None)
    }

    /// A session of the member's computer account on the share `data` of `server`, held by smbclient on the member.
    ///
    /// # Errors
    /// smbclient cannot log on; the error has its message.
    pub fn hold_by_member(&self, server: &str) -> Result<Held> {
        let mut smbclient = Command::new("smbclient");
        smbclient.args(["--stderr", "--machine-pass", "--use-kerberos=required"]);
        smbclient.arg(format!("//{server}/data"));
        Held::of(self.member.wrap(&smbclient), None)
    }

    /// How many wrong passwords the controller has counted for an account since its last logon.
    ///
    /// # Errors
    /// The controller does not say.
    pub fn wrong_passwords(&self, user: &str) -> Result<u32> {
        let text = self.controller.script("samba-tool user show \"$1\" --attributes=badPwdCount", &[user])?;
        // Only an account that ever had one has the attribute.
        let count = text.lines().find_map(|line| line.strip_prefix("badPwdCount: ")).unwrap_or("0");
        count.parse().with_context(|| format!("samba-tool user show: {text}"))
    }

    /// Captures what the client sends and receives, until [`Capture::stop`].
    ///
    /// # Errors
    /// tcpdump does not start.
    pub fn capture(&self) -> Result<Capture> {
        Capture::start(&self.client, &self.new_file("capture"))
    }

    /// Changes the settings of both servers, until the result is dropped: these lines join the section `[global]`.
    ///
    /// # Errors
    /// A server does not take the settings.
    pub fn configure_servers(&self, lines: &[&str]) -> Result<Changed<'_>> {
        let changed = Changed { domain: self, restore: Self::set_both };
        self.set_both(&settings(lines))?;
        Ok(changed)
    }

    /// As [`Domain::configure_servers`], for settings of the member's file server alone, which takes less time.
    ///
    /// # Errors
    /// As [`Domain::configure_servers`].
    pub fn configure_member(&self, lines: &[&str]) -> Result<Changed<'_>> {
        let changed = Changed { domain: self, restore: Self::set_member };
        self.set_member(&settings(lines))?;
        Ok(changed)
    }

    fn set_member(&self, text: &str) -> Result<()> {
        let script = "printf '%s' \"$1\" >/etc/samba/extra.conf
            while pkill smbd; do sleep 0.1; done; smbd --daemon";
        self.member.script(script, &[text])?;
        self.wait_for_server(MEMBER, &self.ticket("alice")?)
    }

    /// Some services of the controller never read their settings again, so both servers restart.
    fn set_both(&self, text: &str) -> Result<()> {
        for machine in [&self.controller, &self.member] {
            machine.script("printf '%s' \"$1\" >/etc/samba/extra.conf", &[text])?;
        }
        state::stop(self)?;
        state::start(self)
    }

    /// Stops the controller's KDC, DNS and directory where they stand, until the result is dropped.
    ///
    /// # Errors
    /// No signal can be sent.
    pub fn freeze_controller(&self) -> Result<Frozen<'_>> {
        self.freeze("-s $(pgrep -o samba)")
    }

    /// Stops the controller's KDC alone, until the result is dropped: NTLM goes on.
    ///
    /// # Errors
    /// No signal can be sent.
    pub fn freeze_kdc(&self) -> Result<Frozen<'_>> {
        self.freeze("-f 'samba: task[[]kdc'")
    }

    fn freeze(&self, processes: &'static str) -> Result<Frozen<'_>> {
        self.controller.sh(&format!("pkill -STOP {processes}"))?;
        Ok(Frozen { machine: &self.controller, processes })
    }

    /// Waits until `user`'s ticket lists the share of `server`.
    fn wait_for_server(&self, server: &str, cache: &str) -> Result<()> {
        let mut last = None;
        let accepted =
            wait_until(&format!("{server} to accept a ticket"), || match self.hold(server, cache) {
                Ok(_) => Ok(Some(())),
                Err(error) => {
                    last = Some(error);
                    Ok(None)
                }
            });
        accepted.with_context(|| format!("{last:#?}"))
    }
}

/// Runs `attempt` up to three times, until it succeeds. Returns its last error.
fn retried<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut last = None;
    for _ in 0..3 {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(error) => last = Some(error),
        }
    }
    Err(last.context("no attempt")?)
}

fn settings(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// Changed settings of the servers, which are restored when this is dropped.
#[derive(Debug)]
pub struct Changed<'a> {
    domain: &'a Domain,
    restore: fn(&Domain, &str) -> Result<()>,
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        let _ = (self.restore)(self.domain, "");
    }
}

/// Frozen processes of a machine, which continue when this is dropped.
#[derive(Debug)]
pub struct Frozen<'a> {
    machine: &'a Machine,
    processes: &'static str,
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        let _ = self.machine.sh(&format!("pkill -CONT {}", self.processes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would fail every test of the domain for a fault of a moment, or hide one that stays.
    #[test]
    fn a_start_is_tried_three_times() {
        let mut tries = 0;
        let third = retried(|| {
            tries += 1;
            if tries < 3 { bail!("fault {tries}") } else { Ok(tries) }
        });
        assert_eq!(third.unwrap(), 3);
        let mut tries = 0;
        let error = retried(|| -> Result<()> {
            tries += 1;
            bail!("fault {tries}")
        });
        assert_eq!(format!("{:#}", error.unwrap_err()), "fault 3");
    }
}
