//! `netsession demo`: shows an ended session on this computer, with a real server, real clients and real calls.

mod files;
mod screen;

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use netsession::{
    ConnectOptions, DiskShare, EndOptions, EndReport, Error, Login, Secret, Selector, ServerAddress,
    ServerTarget, Session,
};
use netsession_server::{Account, EndReason, Event, Folder, Server};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output;
use crate::password;
use crate::rows::SessionRow;
use crate::runtime::multi_threaded;
use screen::Screen;

/// The size of each file, in bytes.
const SIZE: u64 = 48 << 20;
/// The speed of each copy in bytes per second, slow enough to watch.
const RATE: u64 = 9 << 20;
/// The administrator ends alice's session after this many bytes of her copy.
const ENDED_AT: u64 = SIZE / 3;
/// The copies stop here until the administrator has ended the session, which takes long on a slow computer.
const LATEST: u64 = SIZE / 8 * 7;
/// The time limit, far longer than the demonstration needs.
const LIMIT: Duration = Duration::from_secs(120);
/// How long each request may take on a computer that is slow, or that looks at a new program.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watch a demonstration: an administrator ends the session of a user who copies a file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The demonstration takes ten seconds. It needs no server and no login: it starts a file server on a free port of 127.0.0.1, \
                  with a temporary folder, and removes both at the end."
)]
pub(crate) struct Args {}

pub(super) fn run(_args: &Args) -> Result<Exit, Failure> {
    let folder = tempfile::Builder::new().prefix("netsession-demo-").tempdir();
    let folder =
        folder.map_err(|error| Failure::failed(format!("cannot create a temporary folder: {error}")))?;
    let runtime = multi_threaded()?;
    let result = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        tokio::select! {
            result = demonstrate(folder.path()) => result,
            _ = interrupts.wait() => Err(Failure::failed("interrupted")),
            () = tokio::time::sleep(LIMIT) => Err(Failure::failed("the demonstration did not finish within two minutes")),
        }
    });
    drop(runtime);
    let removed = folder.close();
    result?;
    removed.map_err(|error| Failure::failed(format!("cannot remove the temporary folder: {error}")))?;
    output::to_stdout(NEXT)?;
    Ok(Exit::Done)
}

const NEXT: &str = "
The server, the users and the copies were real. The server and its files are removed. What to do next:

  netsession sessions fs1 -U 'LAB\\adm1'   list who is connected to your server fs1
  netsession serve ~/Public               or share a folder of this computer; then, in another terminal:
  netsession sessions                     list who is connected to it
  netsession reference --open             read the manual: a locked file, an infected client, and more
  netsession --help                       list every command
";

async fn demonstrate(folder: &Path) -> Result<(), Failure> {
    let stage = Stage::set(folder)?;
    let screen = RefCell::new(Screen::new(["alice", "bob"], SIZE));
    let print = |text: &str| screen.borrow_mut().print(text);
    print(&format!(
        "1. A file server starts on this computer ({}). It shares a folder as `data`.\n\
         \x20  You do the same with:   netsession serve FOLDER\n\n\
         2. alice and bob connect to it. Each copies a file of {} MB, slowly enough to watch:\n\
         \x20  alice copies film.raw to the server, bob copies backup.img from the server.\n",
        stage.address,
        SIZE >> 20
    ));
    let (alice, bob, ended) = tokio::join!(
        stage.put("alice", &screen),
        stage.get("bob", &screen),
        stage.end_halfway("alice", &screen)
    );
    ended?;
    screen.borrow_mut().leave_bars();
    stage.check_alice_failed(alice, &print)?;
    bob?.map_err(|error| failed("bob's copy failed as well", &error))?;
    files::check_same(&stage.shared("backup.img"), &stage.of_bob("backup.img"))?;
    print(&format!(
        "6. bob has noticed nothing. His copy is complete: {} MB, compared byte by byte with the server's file.\n",
        SIZE >> 20
    ));
    stage.alice_returns().await?;
    print(
        "7. alice connects again and writes note.txt: ending a session locks nobody out.\n\
         \x20  To keep her out for a time:   netsession hold fs1 --user alice --for 2h",
    );
    stage.server.stop().await;
    Ok(())
}

/// The server and all files.
struct Stage {
    server: Server,
    address: SocketAddr,
    passwords: [(&'static str, Zeroizing<String>); 3],
    folder: PathBuf,
    /// The users whose sessions the server reports as ended.
    ended: Arc<Mutex<Vec<String>>>,
    /// The bytes that alice has copied.
    progress: RefCell<u64>,
    /// Whether the administrator has finished.
    is_ended: watch::Sender<bool>,
}

impl Stage {
    fn set(folder: &Path) -> Result<Self, Failure> {
        let make = |name: &str| std::fs::create_dir(folder.join(name));
        let made = ["data", "alice", "bob"].into_iter().try_for_each(make);
        made.and_then(|()| files::create(&folder.join("data/backup.img"), SIZE))
            .and_then(|()| files::create(&folder.join("alice/film.raw"), SIZE))
            .map_err(|error| Failure::failed(format!("cannot write to {}: {error}", folder.display())))?;
        let passwords =
            ["alice", "bob", "admin"].map(|user| password::random().map(|password| (user, password)));
        let [alice, bob, admin] = passwords;
        let passwords = [alice?, bob?, admin?];
        let mut builder = Server::builder().name("DEMO").listen((Ipv4Addr::LOCALHOST, 0).into());
        for (user, password) in &passwords {
            let account = Account::with_password(*user, password);
            builder = builder.account(Account { admin: *user == "admin", ..account });
        }
        let data = Folder::new("data", folder.join("data"));
        let ended = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ended);
        let builder = builder.folder(data).on_event(move |event| {
            if let Event::SessionEnded(session, EndReason::EndedBy(Some(_))) = event {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(session.user().to_owned());
            }
        });
        let server = builder.start().map_err(|error| Failure::failed(super::serve::with_cause(&error)))?;
        let address = server.addresses().first().copied();
        let address = address.ok_or_else(|| Failure::failed("the server does not listen"))?;
        let (folder, progress) = (folder.to_owned(), RefCell::new(0));
        let is_ended = watch::Sender::new(false);
        Ok(Self { server, address, passwords, folder, ended, progress, is_ended })
    }

    /// The path of a file in the shared folder.
    fn shared(&self, name: &str) -> PathBuf {
        self.folder.join("data").join(name)
    }

    /// The path of a file in bob's folder.
    fn of_bob(&self, name: &str) -> PathBuf {
        self.folder.join("bob").join(name)
    }

    fn target(&self) -> Result<ServerTarget, Failure> {
        let address = ServerAddress::new(&self.address.ip().to_string(), self.address.port());
        address.map(Into::into).map_err(|error| Failure::failed(error.to_string()))
    }

    fn login(&self, user: &str) -> Result<Login, Failure> {
        let password = self.passwords.iter().find(|(name, _)| *name == user).map(|(_, it)| it.clone());
        let secret = Secret::Password(password.unwrap_or_default().into());
        Login::new(user, secret).map_err(|error| Failure::failed(error.to_string()))
    }

    async fn share(&self, user: &str) -> Result<DiskShare, Failure> {
        let (target, login) = (self.target()?, self.login(user)?);
        Ok(DiskShare::connect(&target, "data", &login, &patient()).await?)
    }

    /// Copies alice's film to the server. The inner result is the copy's.
    async fn put(&self, user: &str, screen: &RefCell<Screen>) -> Result<Result<u64, Error>, Failure> {
        let mut share = self.share(user).await?;
        let mut source = files::Reader::open(&self.folder.join(user).join("film.raw"))?;
        let pace = Pace::new();
        let copied = share.put("film.raw", async |most| {
            let data = source.next(most)?;
            pace.wait(source.done).await;
            self.wait_for_the_end(source.done).await;
            *self.progress.borrow_mut() = source.done;
            screen.borrow_mut().advance(0, source.done);
            Ok(data)
        });
        let copied = copied.await;
        if copied.is_err() {
            screen.borrow_mut().fail(0);
        }
        Ok(copied)
    }

    /// Copies the server's backup to bob. The inner result is the copy's.
    async fn get(&self, user: &str, screen: &RefCell<Screen>) -> Result<Result<u64, Error>, Failure> {
        let mut share = self.share(user).await?;
        let path = self.of_bob("backup.img");
        let mut sink = files::Writer::create(&path)
            .map_err(|error| Failure::failed(format!("cannot create {}: {error}", path.display())))?;
        let pace = Pace::new();
        let copied = share
            .get("backup.img", async |data| {
                sink.write(data)?;
                pace.wait(sink.done).await;
                self.wait_for_the_end(sink.done).await;
                screen.borrow_mut().advance(1, sink.done);
                Ok(())
            })
            .await;
        if copied.is_ok() {
            share.close().await?;
        }
        Ok(copied)
    }

    /// Waits at [`LATEST`] bytes until the administrator has finished: both users must still be there.
    async fn wait_for_the_end(&self, done: u64) {
        if done > LATEST {
            // The sender is in this structure, so it never fails.
            _ = self.is_ended.subscribe().wait_for(|is_ended| *is_ended).await;
        }
    }

    /// Ends a user's session as [`Self::end_at`], and lets the copies go on, even after a failure.
    async fn end_halfway(&self, user: &str, screen: &RefCell<Screen>) -> Result<(), Failure> {
        let ended = self.end_at(ENDED_AT, user, screen).await;
        self.is_ended.send_replace(true);
        ended
    }

    /// Waits until the user has copied so many bytes, then lists the sessions as the administrator and ends the
    /// user's.
    async fn end_at(&self, bytes: u64, user: &str, screen: &RefCell<Screen>) -> Result<(), Failure> {
        while *self.progress.borrow() < bytes {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (target, login) = (self.target()?, self.login("admin")?);
        let mut server = netsession::Server::connect(&target, &login, &patient()).await?;
        let sessions = server.sessions().await?;
        let row = |session: &Session| SessionRow::new(&"demo".into(), session.clone());
        let rows: Vec<SessionRow> = sessions.iter().map(row).collect();
        let users: Vec<&str> = sessions.iter().map(|session| session.user.as_str()).collect();
        if !["admin", "alice", "bob"].iter().all(|user| users.contains(user)) {
            return Err(Failure::failed(format!("the server lists only {}", users.join(", "))));
        }
        let table = output::table(&rows, false, output::terminal_width());
        screen.borrow_mut().print(&format!(
            "3. An administrator lists who is connected.\n\
             \x20  On your server fs1:   netsession sessions fs1\n\n{table}"
        ));
        let user = user.parse().map_err(|error| Failure::failed(format!("{error}")))?;
        let selector = Selector::User(user);
        let options = EndOptions::default();
        let plan = server.plan_end(&selector, &options).await?;
        let report = plan.end().await;
        self.check(&report)?;
        screen.borrow_mut().print(
            "4. The administrator ends alice's session, and verifies that it is gone.\n\
             \x20  On your server fs1:   netsession end fs1 --user alice\n\
             \x20  It shows what will end, asks you, ends it, and lists the sessions again.\n",
        );
        server.close().await?;
        Ok(())
    }

    /// Checks that alice's session ended, and no other.
    fn check(&self, report: &EndReport) -> Result<(), Failure> {
        let users: Vec<&str> = report.ended.iter().map(|outcome| outcome.session.user.as_str()).collect();
        let is_alone =
            report.remaining.is_empty() && report.returned.is_empty() && report.also_ended.is_empty();
        let seen = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let open = self.server.opens().iter().any(|open| open.user() == "alice");
        match users == ["alice"] && is_alone && seen == ["alice"] && !open {
            true => Ok(()),
            false => Err(Failure::failed(format!(
                "expected only alice's session to end, got {users:?} and {seen:?}"
            ))),
        }
    }

    /// Checks that alice's copy failed because her session ended.
    fn check_alice_failed(
        &self,
        copied: Result<Result<u64, Error>, Failure>,
        print: &impl Fn(&str),
    ) -> Result<(), Failure> {
        match copied? {
            Ok(_) => Err(Failure::failed("alice's copy succeeded although her session was ended")),
            Err(error @ Error::Disconnected { .. }) => {
                print(&format!(
                    "5. alice's copy stops, and her program gets an error:\n   {}\n",
                    output::visible(&error.to_string())
                ));
                Ok(())
            }
            Err(error) => Err(failed("alice's copy failed for another reason", &error)),
        }
    }

    /// Logs alice on again, and lets her write a file.
    async fn alice_returns(&self) -> Result<(), Failure> {
        let mut share = self.share("alice").await?;
        let mut note = Some(b"I am back.\n".to_vec());
        share.put("note.txt", async |_| Ok(note.take().unwrap_or_default())).await?;
        let written = std::fs::read(self.shared("note.txt"));
        share.close().await?;
        match written {
            Ok(text) if text == b"I am back.\n" => Ok(()),
            _ => Err(Failure::failed("alice logged on again, but could not write")),
        }
    }
}

/// Returns settings that give a slow computer time.
fn patient() -> ConnectOptions {
    let mut options = ConnectOptions::default();
    (options.connect_timeout, options.call_timeout) = (PATIENCE, PATIENCE);
    options
}

fn failed(what: &str, error: &Error) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}

/// Limits the speed of a copy.
struct Pace(Instant);

impl Pace {
    fn new() -> Self {
        Self(Instant::now())
    }

    /// Waits until the speed limit allows `done` bytes.
    async fn wait(&self, done: u64) {
        let due = Duration::from_millis(done.saturating_mul(1000) / RATE);
        sleep_until(self.0 + due).await;
    }
}
