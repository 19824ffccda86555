//! [`Cluster`]: a Samba cluster (CTDB) of three nodes, in network namespaces of its own.
//!
//! The nodes `n1`, `n2` and `n3` are one server, CLUSTER, with the share `data`; the programs of the tests run on the computer
//! `client`. Each is a [`Machine`]; nothing of them reaches the host. The users are `alice`, `bob` and `carol`, and the
//! administrator `adm1`. The password of each is [`PASSWORD`].
//!
//! CTDB gives a node up after 5 seconds of silence here. With its own settings that takes 25 to 30 seconds.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::domain::Machine;
use crate::domain::machine;
use crate::guard::Guard;
use crate::netsession::{Netsession, Outcome};
use crate::samba::PASSWORD;
use crate::smbclient::Held;
use crate::terminal::Terminal;

const CLIENT_ADDRESS: &str = "10.77.3.1";

/// The names of the nodes, and their addresses.
const NODES: [(&str, &str); 3] = [("n1", "10.77.3.11"), ("n2", "10.77.3.12"), ("n3", "10.77.3.13")];

/// The configuration file of netsession on the client: the cluster `nas`, whose second node is an alias.
const CONFIG: &str = "[cluster.nas]\nnodes = ['10.77.3.11', 'n2', '10.77.3.13']\nlogin = 'adm1'\n[server.n2]\n\
                      address = '10.77.3.12'\n[group.all]\nservers = ['nas']\n";

/// The longest wait for the nodes to become healthy, or to give one up.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: the machines before their folder.
    nodes: [Machine; 3],
    client: Machine,
    guard: Guard,
}

/// The cluster of this test program, or why there is none.
static SHARED: OnceLock<Result<Option<Cluster>, String>> = OnceLock::new();

/// One test uses the cluster at a time, because a frozen node stops all of it.
static LOCK: Mutex<()> = Mutex::new(());

/// A test's use of the cluster.
#[derive(Debug)]
pub struct Use {
    cluster: &'static Cluster,
    _lock: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Use {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        self.cluster
    }
}

impl Cluster {
    /// Returns the cluster that all tests of this program share, and starts it for the first of them. No other test uses it at
    /// the same time. Returns `None`, after a line that says so, where this process may not make namespaces.
    ///
    /// # Errors
    /// A program of the cluster is not installed, or the cluster did not start.
    pub fn shared() -> Result<Option<Use>> {
        let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = SHARED.get_or_init(|| {
            if !machine::allowed() {
                return Ok(None);
            }
            Self::start().map(Some).map_err(|error| format!("{error:#}"))
        });
        match shared {
            Ok(Some(cluster)) => {
                cluster.wait_until_healthy()?;
                Ok(Some(Use { cluster, _lock: lock }))
            }
            Ok(None) => {
                eprintln!("left out: this process may not make network namespaces");
                Ok(None)
            }
            Err(error) => bail!("the cluster did not start: {error}"),
        }
    }

    fn start() -> Result<Self> {
        let guard = Guard::new("netsession-cluster-")?;
        let folder = guard.folder();
        let client = Machine::start("client", CLIENT_ADDRESS, folder)?;
        client.sh(&format!(
            "ip link add br0 type bridge; ip addr add {CLIENT_ADDRESS}/24 dev br0; ip link set br0 up
            mkdir -p /etc/samba; printf '[global]\\nworkgroup = LAB\\n' >/etc/samba/smb.conf"
        ))?;
        client.script("umask 077; printf '%s' \"$1\" >/etc/netsession.toml", &[CONFIG])?;
        let shared = folder.join("shared");
        client.script("mkdir -p \"$1/data\"; chmod 777 \"$1/data\"", &[text(&shared)?])?;
        let node = |(name, address)| {
            let node = Machine::start(name, address, folder)?;
            client.connect(&node, address)?;
            Ok::<_, anyhow::Error>(node)
        };
        let [one, two, three] = NODES.map(node);
        let nodes = [one?, two?, three?];
        let mut arguments = vec![text(&shared)?];
        arguments.extend(NODES.map(|(_, address)| address));
        for node in &nodes {
            node.script(include_str!("cluster/node.sh"), &arguments)?;
        }
        let cluster = Self { nodes, client, guard };
        cluster.wait_until_healthy()?;
        cluster.finish()?;
        Ok(cluster)
    }

    /// Makes the accounts, which live in the cluster's own databases, and starts smbd on each node.
    fn finish(&self) -> Result<()> {
        let [first, ..] = &self.nodes;
        first.script(
            "for user in alice bob carol adm1; do printf '%s\\n%s\\n' \"$1\" \"$1\" | smbpasswd -s -a $user; done
            net groupmap add sid=S-1-5-32-544 unixgroup=clusteradmins type=builtin ntgroup=Administrators
            net groupmap add rid=512 unixgroup=clusterowners type=domain ntgroup='Domain Admins'",
            &[PASSWORD],
        )?;
        for node in &self.nodes {
            node.sh("ctdb setvar KeepaliveInterval 1; ctdb setvar KeepaliveLimit 5; smbd --daemon")?;
        }
        for index in 0..NODES.len() {
            let mut last = None;
            crate::wait_until("smbd to answer", || match self.hold(index, "alice") {
                Ok(_) => Ok(Some(())),
                Err(error) => {
                    last = Some(error);
                    Ok(None)
                }
            })
            .with_context(|| format!("{last:#?}"))?;
        }
        Ok(())
    }

    /// Waits until every node says that all nodes are healthy.
    fn wait_until_healthy(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let says = |node: &Machine| node.sh("ctdb -X status").unwrap_or_default();
            let is_healthy = |status: &str| status.matches("|0|0|0|0|0|0|0|").count() >= NODES.len();
            let statuses: Vec<String> = self.nodes.iter().map(says).collect();
            if statuses.iter().all(|status| is_healthy(status)) {
                return Ok(());
            }
            ensure!(start.elapsed() < START_LIMIT, "the nodes are not healthy: {statuses:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until the other nodes have given up a frozen node.
    ///
    /// # Errors
    /// They have not within 90 seconds.
    pub fn wait_until_given_up(&self, index: usize) -> Result<()> {
        let (name, address) = NODES.get(index).context("no such node")?;
        let is_disconnected = format!("|{index}|{address}|1|");
        let others = || self.nodes.iter().enumerate().filter(|(other, _)| *other != index);
        let start = Instant::now();
        loop {
            let statuses: Vec<String> =
                others().map(|(_, node)| node.sh("ctdb -X status").unwrap_or_default()).collect();
            if statuses.iter().all(|status| status.contains(&is_disconnected)) {
                return Ok(());
            }
            ensure!(start.elapsed() < START_LIMIT, "{name} is not given up: {statuses:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Runs the command under test on the client, with the configuration of the cluster `nas` and the administrator's password.
    ///
    /// # Errors
    /// It does not start, or panics.
    pub fn netsession(&self, arguments: &[&str]) -> Result<Outcome> {
        let (command, _home) = Self::command(arguments)?.into_parts();
        let outcome = self.client.run(&command)?;
        ensure!(!outcome.stderr.contains("panicked"), "netsession panicked: {}", outcome.stderr);
        Ok(outcome)
    }

    /// Starts the command under test on the client, on a terminal.
    ///
    /// # Errors
    /// It does not start.
    pub fn terminal(&self, arguments: &[&str]) -> Result<Terminal> {
        let (command, home) = Self::command(arguments)?.into_parts();
        Terminal::start_other(&self.client.wrap_for_terminal(&command), home)
    }

    fn command(arguments: &[&str]) -> Result<Netsession> {
        let run = Netsession::bare()?.env("NETSESSION_CONFIG", "/etc/netsession.toml");
        Ok(run.env("NETSESSION_PASSWORD", PASSWORD).env("NO_COLOR", "1").args(arguments))
    }

    /// A session of `user` at a node, held by smbclient.
    ///
    /// # Errors
    /// smbclient cannot log on.
    pub fn hold(&self, node: usize, user: &str) -> Result<Held> {
        let (_, address) = NODES.get(node).context("no such node")?;
        let mut smbclient = Command::new("smbclient");
        smbclient
            .args(["--stderr", "--configfile=/dev/null", "--user", user])
            .arg(format!("//{address}/data"));
        smbclient.env("PASSWD", PASSWORD);
        Held::of(self.client.wrap(&smbclient), None)
    }

    /// Makes the next process of a node have this id, or one soon after it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn set_next_process(&self, node: usize, id: u32) -> Result<()> {
        let node = self.nodes.get(node).context("no such node")?;
        node.script("printf '%s' \"$1\" >/proc/sys/kernel/ns_last_pid", &[&id.to_string()]).map(drop)
    }

    /// Writes a file of the share.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str) -> Result<()> {
        let path = self.guard.folder().join("shared/data").join(name);
        self.client.script("printf x >\"$1\"; chmod 666 \"$1\"", &[text(&path)?]).map(drop)
    }

    /// Stops a node's ctdbd where it stands, until the result is dropped. Its smbd goes on, and waits for it.
    ///
    /// # Errors
    /// No signal can be sent.
    pub fn freeze(&self, node: usize) -> Result<Frozen<'_>> {
        let node = self.nodes.get(node).context("no such node")?;
        signal(node, "STOP")?;
        Ok(Frozen { node })
    }
}

fn signal(node: &Machine, signal: &str) -> Result<()> {
    node.script("kill -\"$1\" \"$(cat /run/ctdb/ctdbd.pid)\"", &[signal]).map(drop)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the folder's name is not UTF-8")
}

/// A frozen node, which continues when this is dropped.
#[derive(Debug)]
pub struct Frozen<'a> {
    node: &'a Machine,
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        let _ = signal(self.node, "CONT");
    }
}
