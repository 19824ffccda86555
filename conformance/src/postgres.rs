//! [`Postgres`]: a private PostgreSQL server for one test, with the tables of a journal.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::guard::Guard;
use crate::{PASSWORD, wait_until};

/// PostgreSQL refuses to run as root. This user owns nothing.
const NOBODY: u32 = 65_534;

/// The administrators: roles that append. `keeper` also prunes, and `reader` only reads.
const ROLES: &str = "
GRANT netsession_append TO alice, bob, keeper;
GRANT netsession_prune TO keeper;
GRANT netsession_read TO reader;
";

/// A running server. Dropping it ends the server, and removes the folder.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Child>,
    programs: PathBuf,
    port: u16,
    guard: Guard,
    /// Where a small disk is mounted, which only the server sees.
    small_disk: Option<PathBuf>,
}

/// The size of the small disk.
const SMALL: &str = "4m";

impl Postgres {
    /// Starts a server with the tables of `docs/journal-postgresql.sql` in the database `netsession`.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let guard = Guard::new("netsession-postgres-")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let new = Self { server: None, programs: programs()?, port, guard, small_disk: None };
        new.prepare()?;
        new.with_tables()
    }

    /// Starts a server whose rows of the journal are on a disk of 4 MiB. None where only root can mount one.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start_on_a_small_disk() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let guard = Guard::new("netsession-postgres-")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut new = Self { server: None, programs: programs()?, port, guard, small_disk: None };
        new.prepare()?;
        let disk = new.folder().join("disk");
        fs::create_dir(&disk)?;
        new.small_disk = Some(disk.clone());
        let new = new.with_tables()?;
        new.sql("netsession", &format!("CREATE TABLESPACE small LOCATION '{}'", disk.display()))?;
        for table in ["entry", "term"] {
            new.sql("netsession", &format!("ALTER TABLE netsession.{table} SET TABLESPACE small"))?;
        }
        Ok(Some(new))
    }

    /// Starts a server that accepts TCP with TLS only, and returns the folder of its certificates: `ca.pem`, which signed the
    /// server's for `db.test` and 127.0.0.1, and `other.pem`, which did not.
    ///
    /// # Errors
    /// PostgreSQL or OpenSSL is not installed, or does not start.
    pub fn start_encrypted() -> Result<(Self, PathBuf)> {
        let guard = Guard::new("netsession-postgres-")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let new = Self { server: None, programs: programs()?, port, guard, small_disk: None };
        new.prepare()?;
        let certificates = new.folder().join("certificates");
        fs::create_dir(&certificates)?;
        crate::certificates::make(&certificates, "DNS:db.test,IP:127.0.0.1")?;
        let data = new.folder().join("data");
        for file in ["server.crt", "server.key"] {
            let to = data.join(file);
            fs::copy(certificates.join(file), &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600))?;
            if is_root() {
                chown(&to, Some(NOBODY), Some(NOBODY))?;
            }
        }
        let settings = data.join("postgresql.conf");
        fs::write(&settings, format!("{}\nssl = on\n", fs::read_to_string(&settings)?))?;
        fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
        )?;
        Ok((new.with_tables()?, certificates))
    }

    /// Starts the server, and makes the tables and the roles.
    fn with_tables(mut self) -> Result<Self> {
        let new = &mut self;
        new.run_server()?;
        new.sql("postgres", "CREATE DATABASE netsession")?;
        let tables = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/journal-postgresql.sql");
        new.done(&["--dbname", "netsession", "--single-transaction", "--file", tables])?;
        for role in ["alice", "bob", "keeper", "reader", "stranger"] {
            new.sql("netsession", &format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"))?;
        }
        new.sql("netsession", ROLES)?;
        Ok(self)
    }

    fn folder(&self) -> &Path {
        self.guard.folder()
    }

    /// Makes the folders, and an empty database.
    fn prepare(&self) -> Result<()> {
        let (data, sockets) = (self.folder().join("data"), self.folder().join("run"));
        [&data, &sockets].iter().try_for_each(fs::create_dir)?;
        if is_root() {
            [&data, &sockets].iter().try_for_each(|path| chown(path, Some(NOBODY), Some(NOBODY)))?;
        }
        fs::set_permissions(self.folder(), fs::Permissions::from_mode(0o711))?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
        let mut initdb = self.program("initdb");
        initdb.args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]);
        let output = initdb.args(["--no-sync", "--pgdata"]).arg(&data).output()?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
        )?;
        Ok(())
    }

    /// Returns a program of PostgreSQL, which runs as an ordinary user.
    fn program(&self, name: &str) -> Command {
        let mut command = match &self.small_disk {
            // The disk exists only in a namespace of the server.
            Some(disk) if name == "postgres" => {
                let mount = format!(
                    "mount -t tmpfs -o size={SMALL},uid={NOBODY},gid={NOBODY},mode=700 small \"$0\" &&
                     exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$@\""
                );
                let mut command = Command::new("unshare");
                command.args(["--mount", "sh", "-c", &mount]).arg(disk).arg(self.programs.join(name));
                command
            }
            _ => Command::new(self.programs.join(name)),
        };
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
        if is_root() && command.get_program() != "unshare" {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts the server, and waits until it answers.
    ///
    /// # Errors
    /// It does not start.
    pub fn run_server(&mut self) -> Result<()> {
        let folder = self.folder().to_owned();
        let mut server = self.program("postgres");
        server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder.join("run"));
        server.args(["-p", &self.port.to_string()]);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        let log = fs::File::options().create(true).append(true).open(folder.join("log"))?;
        let mut child = server.stdout(log.try_clone()?).stderr(log).spawn().context("starting PostgreSQL")?;
        let ready = wait_until("PostgreSQL answers", || {
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL ended: {status}: {}", fs::read_to_string(folder.join("log"))?);
            }
            Ok(self.query("postgres", "SELECT 1")?.status.success().then_some(()))
        });
        self.server = Some(child);
        ready
    }

    /// Ends the server at once, as a power failure would.
    ///
    /// # Errors
    /// It cannot be ended.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--mode", "immediate", "--silent", "--pgdata"]).arg(self.folder().join("data"));
        ensure!(stop.status()?.success(), "PostgreSQL does not stop");
        server.wait()?;
        Ok(())
    }

    /// Returns the URL of the journal for this role, by the Unix socket.
    #[must_use]
    pub fn url(&self, role: &str) -> String {
        let sockets = self.folder().join("run").display().to_string();
        format!("postgresql://{role}@/netsession?host={sockets}&port={}", self.port)
    }

    /// Returns the URL by TCP, where the role needs a password.
    #[must_use]
    pub fn tcp_url(&self, role: &str) -> String {
        format!("postgresql://{role}@127.0.0.1:{}/netsession", self.port)
    }

    /// Runs SQL as this role.
    ///
    /// # Errors
    /// psql does not run.
    pub fn query_as(&self, role: &str, database: &str, sql: &str) -> Result<Output> {
        Ok(self.psql(role).args(["--dbname", database, "--command", sql]).output()?)
    }

    fn query(&self, database: &str, sql: &str) -> Result<Output> {
        self.query_as("postgres", database, sql)
    }

    fn psql(&self, role: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--username",
            role,
        ]);
        psql.arg("--host").arg(self.folder().join("run")).args(["--port", &self.port.to_string()]);
        psql.stdin(Stdio::null());
        psql
    }

    /// Runs SQL as the superuser, and returns the output.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        self.done(&["--dbname", database, "--command", sql])
    }

    fn done(&self, arguments: &[&str]) -> Result<String> {
        let output = self.psql("postgres").args(arguments).output()?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Returns the folder of the newest server's programs, which Debian does not put on the search path.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    folders.sort();
    folders.pop().map(|(_, folder)| folder).context("PostgreSQL is not installed")
}
