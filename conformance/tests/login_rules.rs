//! Which login goes to which server: the test runs one table of cases against the rule, the command and the C library.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/driver.rs"]
mod driver;
#[path = "login_rules/table.rs"]
mod table;

use std::fs::{self, File as OpenFile, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use driver::Driver;
use netsession::{LocalServer, Login, Secret};
use netsession_admin::{LoginSources, Logins, NamedServer, NoQuestions, Policy, PrintedPasswords, Target};
use netsession_conformance::{Embedded, Netsession, PASSWORD};
use netsession_server::{Account, Event};
use netsession_smb::auth::ntlm::NtHash;
use table::{CASES, Case, DEFAULT, ENTRY, Expected, File, GIVEN, Place, RUNNING, SET};

/// A server that records who logs on.
struct Recorder {
    server: Embedded,
    users: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn start() -> Result<Self> {
        let users = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&users);
        let (name, hash) = (RUNNING.to_owned(), NtHash::of_password(PASSWORD));
        let account = Account { name, hash, admin: true, loopback_only: false };
        let server = Embedded::start_with(|builder| {
            builder.account(account).on_event(move |event| {
                if let Event::SessionStarted(session) = event {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(session.user().to_owned());
                }
            })
        })?;
        Ok(Self { server, users })
    }

    /// Returns the users who have logged on since the last call.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.users.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(&self, case: &Case, expected: Expected, printed: &str) -> Result<()> {
        let expected = match expected {
            Expected::Login(user) => vec![user.to_owned()],
            Expected::Refused => Vec::new(),
        };
        let seen = self.take();
        ensure!(seen == expected, "{case:?}: {seen:?} logged on instead of {expected:?}; {printed}");
        Ok(())
    }

    /// The server's name in a case; `None` for NULL.
    fn name(&self, place: Place) -> Result<Option<String>> {
        let address = self.server.address()?;
        Ok(match place {
            Place::Null => None,
            Place::Local | Place::OtherPort => Some(address.to_string()),
            Place::Localhost => Some(format!("localhost:{}", address.port())),
            Place::Upper => Some(format!("LOCALHOST:{}", address.port())),
            Place::Dotted => Some(format!("localhost.:{}", address.port())),
            Place::Mapped => Some(format!("[::ffff:127.0.0.1]:{}", address.port())),
            Place::Foreign => Some(format!("0.0.0.0:{}", address.port())),
        })
    }

    /// The configuration file of a case.
    fn config(&self, case: &Case) -> Result<String> {
        let name = self.name(case.place)?.unwrap_or_default();
        let login = |user: &str| format!("login = '{user}'\npassword-command = ['echo', '{PASSWORD}']\n");
        Ok(match case.file {
            None => String::new(),
            Some(File::Entry) => format!("[server.'{name}']\n{}", login(ENTRY)),
            Some(File::HostOnly) => {
                let host = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host);
                format!("[server.'{host}']\n{}", login(ENTRY))
            }
            Some(File::Default) => format!("[default]\n{}", login(DEFAULT)),
            Some(File::NamedAndDefault) => {
                format!("[default]\n{}[server.'{name}']\ntimeout = 5\n", login(DEFAULT))
            }
        })
    }

    /// The value of `NETSESSION_LOCAL` in a case. The command finds a running server without it.
    fn local(&self, case: &Case) -> Result<Option<String>> {
        Ok(match (case.is_running, case.place) {
            (true, _) => None,
            (false, Place::OtherPort | Place::Foreign) => Some("127.0.0.1:1".to_owned()),
            (false, _) => Some(self.server.name()?),
        })
    }

    /// Writes the files of a case beneath a home. The result holds the lock of a running server's file.
    fn furnish(&self, case: &Case, home: &Path) -> Result<Option<OpenFile>> {
        let config = home.join("config/netsession/config.toml");
        write(&config, &self.config(case)?)?;
        if !case.is_running {
            return Ok(None);
        }
        let path = home.join("netsession/0123456789abcdef.login");
        let address = self.server.name()?;
        write(
            &path,
            &format!("address = {address}\nusername = {RUNNING}\npassword = {PASSWORD}\npid = 1\n"),
        )?;
        let file = OpenFile::open(&path)?;
        file.try_lock()?;
        Ok(Some(file))
    }
}

/// Writes a private file in a private folder of the user.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("no folder")?;
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    fs::write(path, text)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
}

/// Tries the login that the rule chooses at the server.
async fn by_rule(recorder: &Recorder, case: &Case, policy: Policy) -> Result<String> {
    let set = Login::new(SET, Secret::password(PASSWORD))?;
    let local = recorder.local(case)?.map_or_else(|| recorder.server.name(), Ok)?;
    let mut sources = LoginSources {
        config: netsession_config::Config::parse(&recorder.config(case)?).map_err(anyhow::Error::msg)?,
        local: Some(local.parse()?),
        ..LoginSources::default()
    };
    if case.is_given {
        sources.user = Some(GIVEN.to_owned());
        sources.password = Some(PASSWORD.to_owned().into());
    }
    if case.is_running {
        let login = Login::new(RUNNING, Secret::password(PASSWORD))?;
        sources.running.push(LocalServer {
            address: recorder.server.address()?,
            also: Vec::new(),
            login,
            pid: 1,
        });
    }
    let name = recorder.name(case.place)?;
    if case.is_listed {
        sources.listed.push(name.as_deref().unwrap_or_default().parse()?);
    }
    let server = match &name {
        Some(name) => NamedServer::parse(name)?,
        None => NamedServer::local_at(recorder.server.name()?.parse()?),
    };
    let (printed, mut nobody) = (PrintedPasswords::silent(), NoQuestions);
    let mut logins = Logins::new(policy, sources, &printed, &mut nobody);
    let set = case.is_set.then_some(&set);
    match Target::find(&server, set, &netsession_admin::ConnectFlags::default(), &mut logins) {
        Ok(target) => {
            target.connect().await?.close().await?;
            Ok(format!("{target:?}"))
        }
        Err(error) => Ok(error.to_string()),
    }
}

/// A failure here would send a login to a server that must not have it, or keep it from one that must.
#[test]
fn the_rule_follows_the_table() -> Result<()> {
    let recorder = Recorder::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for case in CASES {
        for (policy, expected) in [(Policy::PersonNamed, case.command), (Policy::ProgramNamed, case.library)]
        {
            let printed = runtime.block_on(by_rule(&recorder, case, policy))?;
            recorder.check(case, expected, &format!("{policy:?}: {printed}"))?;
        }
    }
    Ok(())
}

/// A failure here would let the command differ from the rule.
#[test]
fn the_command_follows_the_table() -> Result<()> {
    let recorder = Recorder::start()?;
    for case in CASES.iter().filter(|case| !case.is_set) {
        let mut run = Netsession::bare()?;
        let _running = recorder.furnish(case, run.home())?;
        run = run.args(["sessions", "--json"]).args(recorder.name(case.place)?);
        if case.is_given {
            run = run.args(["-U", GIVEN]).env("NETSESSION_PASSWORD", PASSWORD);
        }
        if let Some(local) = recorder.local(case)? {
            run = run.env("NETSESSION_LOCAL", local);
        }
        let outcome = run.run()?;
        recorder.check(case, case.command, &outcome.stderr)?;
        ensure!((outcome.code == Some(2)) == (case.command == Expected::Refused), "{case:?}: {outcome:?}");
    }
    Ok(())
}

/// A failure here would let the C library differ from the rule.
#[test]
fn the_c_library_follows_the_table() -> Result<()> {
    let (recorder, driver) = (Recorder::start()?, Driver::compile()?);
    for case in CASES {
        let (mut run, home) = driver.run(&["list", recorder.name(case.place)?.as_deref().unwrap_or("-")])?;
        let _running = recorder.furnish(case, home.path())?;
        if case.is_given {
            run.env("NETSESSION_LOGIN", GIVEN).env("NETSESSION_PASSWORD", PASSWORD);
        }
        if case.is_set {
            run.env("DRIVER_LOGIN", SET).env("DRIVER_PASSWORD", PASSWORD);
        }
        if case.is_listed {
            run.env("NETSESSION_SERVERS", recorder.name(case.place)?.unwrap_or_default());
        }
        if let Some(local) = recorder.local(case)? {
            run.env("NETSESSION_LOCAL", local);
        }
        let output = run.output()?;
        let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        recorder.check(case, case.library, &printed)?;
        ensure!(output.status.success(), "{case:?}: {printed}");
        ensure!(case.library != Expected::Refused || printed.contains(" 5 0"), "{case:?}: {printed}");
    }
    Ok(())
}
