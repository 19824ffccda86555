//! The embedded server keeps serving other users while one user requests as much work as possible.
#![cfg(test)]
#![cfg(unix)]

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use netsession_conformance::raw_client::create;
use netsession_conformance::{Embedded, RawClient, wait_until};
use netsession_server::Event;
use netsession_smb::client::Chain;
use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, FileId, LogoffRequest, QueryDirectoryFlags,
    QueryDirectoryRequest, TreeId,
};
use netsession_wire::NtStatus;

/// How long an ordinary listing may take during an attack. Without the limits, it takes as long as the whole attack.
const GENEROUS: Duration = Duration::from_secs(5);
/// More connections than the server has threads.
const ATTACKERS: usize = 8;
/// Open files of one connection.
const MANY: usize = 100;
/// Bytes of a file that a file system may take long to free.
const LARGE: usize = 2 << 20;
/// Requests in one frame.
const REQUESTS: usize = 12;

fn folder(client: &mut RawClient, name: &str) -> Result<FileId> {
    client.open(&create(name, CreateDisposition::OPEN, CreateOptions::DIRECTORY_FILE))
}

fn search(file_id: FileId, pattern: &str, flags: QueryDirectoryFlags) -> QueryDirectoryRequest {
    QueryDirectoryRequest {
        class: FileInformationClass::NAMES,
        flags,
        file_index: 0,
        file_id,
        output_buffer_length: 65_536,
        pattern: pattern.into(),
    }
}

/// Lists the root of the share as `client`, and returns how long that took.
fn lists(client: &mut RawClient) -> Result<Duration> {
    let start = Instant::now();
    let root = folder(client, "")?;
    let request = search(root, "*", QueryDirectoryFlags::empty());
    let answer = client.ask(Chain::new(client.tree(), &request)?)?;
    ensure!(answer.status() == NtStatus::SUCCESS, "{:?}", answer.status());
    Ok(start.elapsed())
}

/// Runs an attack by many connections of one user, each with one frame. The server serves another user meanwhile, and
/// frees what the attackers held as soon as they disconnect.
fn attack(server: &Embedded, frame: impl Fn(&mut RawClient) -> Result<Chain>) -> Result<()> {
    let address = server.address()?;
    let mut bystander = RawClient::connect(address, "alice", "data")?;
    let mut attackers = Vec::new();
    for _ in 0..ATTACKERS {
        let mut attacker = RawClient::connect(address, "bob", "data")?;
        let chain = frame(&mut attacker)?;
        attackers.push((attacker, chain));
    }
    let mut attackers = attackers
        .into_iter()
        .map(|(mut attacker, chain)| attacker.send(chain).map(|()| attacker))
        .collect::<Result<Vec<_>>>()?;
    for _ in 0..10 {
        let took = lists(&mut bystander)?;
        ensure!(took < GENEROUS, "the bystander waited for {took:?}");
    }
    let start = Instant::now();
    RawClient::connect(address, "carol", "data")?;
    ensure!(start.elapsed() < GENEROUS, "a new client waited for {:?}", start.elapsed());
    attackers.clear();
    let start = Instant::now();
    wait_until("the attackers' sessions to end", || {
        Ok(server.who()?.iter().all(|(_, user)| user != "bob").then_some(()))
    })?;
    ensure!(start.elapsed() < GENEROUS, "the server still works for clients that are gone");
    Ok(())
}

fn chain_of(client: &RawClient, requests: impl Iterator<Item = QueryDirectoryRequest>) -> Result<Chain> {
    let mut chain: Option<Chain> = None;
    for request in requests {
        chain = Some(match chain {
            None => Chain::new(client.tree(), &request)?,
            Some(chain) => chain.then(&request)?,
        });
    }
    chain.context("no request")
}

/// A failure here would let one user stop the server for everybody with slow search patterns.
#[test]
fn hostile_searches_delay_no_other_user() -> Result<()> {
    let server = Embedded::start()?;
    let big = server.share().join("big");
    std::fs::create_dir(&big)?;
    for number in 0..4000 {
        std::fs::write(big.join(format!("{}{number:06}", "a".repeat(200))), "")?;
    }
    let pattern = format!("{}b", "<a".repeat(100));
    attack(&server, |client| {
        let folder = folder(client, "big")?;
        let again = QueryDirectoryFlags::RESTART_SCANS;
        chain_of(client, (0..REQUESTS).map(|_| search(folder, &pattern, again)))
    })
}

/// A failure here would let one user stop the server for everybody by opening names that do not exist in a large folder.
#[test]
fn missing_names_in_a_large_folder_delay_no_other_user() -> Result<()> {
    let server = Embedded::start()?;
    let many = server.share().join("many");
    std::fs::create_dir(&many)?;
    for number in 0..20_000 {
        std::fs::write(many.join(format!("{number:06}-{}", "x".repeat(30))), "")?;
    }
    attack(&server, |client| {
        let missing = create("many\\nonesuch", CreateDisposition::OPEN, CreateOptions::empty());
        let mut chain = Chain::new(client.tree(), &missing)?;
        for _ in 1..REQUESTS {
            chain = chain.then(&missing)?;
        }
        Ok(chain)
    })
}

/// A failure here would let a stopped server leave work behind, whose sessions never end.
#[test]
fn a_server_that_stops_ends_the_work_in_progress() -> Result<()> {
    let server = Embedded::start()?;
    let big = server.share().join("big");
    std::fs::create_dir(&big)?;
    for number in 0..2000 {
        std::fs::write(big.join(format!("{}{number:06}", "a".repeat(200))), "")?;
    }
    let mut client = RawClient::connect(server.address()?, "bob", "data")?;
    let folder = folder(&mut client, "big")?;
    let pattern = format!("{}b", "<a".repeat(100));
    let requests = (0..REQUESTS).map(|_| search(folder, &pattern, QueryDirectoryFlags::RESTART_SCANS));
    let chain = chain_of(&client, requests)?;
    client.send(chain)?;
    let start = Instant::now();
    drop(server);
    ensure!(start.elapsed() < GENEROUS, "the server took {:?} to stop", start.elapsed());
    Ok(())
}

/// Stands for a slow disk: it stops each thread that closes or overwrites a file of bob's, until it is opened.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    is_shut: bool,
    stopped: usize,
}

impl Gate {
    fn server(self: &Arc<Self>) -> Result<Embedded> {
        let gate = Arc::clone(self);
        Embedded::start_with(|builder| {
            builder.on_event(move |event| match event {
                Event::Opened(open) | Event::Closed(open, _) if open.user() == "bob" => gate.pass(),
                _ => {}
            })
        })
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped += 1;
        self.changed.notify_all();
        let opened = self.changed.wait_timeout_while(state, 4 * GENEROUS, |state| state.is_shut);
        opened.unwrap_or_else(PoisonError::into_inner).0.stopped -= 1;
    }

    fn set(&self, is_shut: bool) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_shut = is_shut;
        self.changed.notify_all();
    }

    fn stopped(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped
    }
}

/// Runs an attack whose work never ends while the gate is shut, by more connections than the server has threads. The
/// server serves another user meanwhile.
fn attack_through(
    gate: &Gate,
    server: &Embedded,
    prepare: impl Fn(&mut RawClient, usize) -> Result<Vec<FileId>>,
    work: impl Fn(RawClient, Vec<FileId>) -> Result<Option<RawClient>>,
) -> Result<()> {
    let address = server.address()?;
    let mut bystander = RawClient::connect(address, "alice", "data")?;
    let mut attackers = Vec::new();
    for number in 0..ATTACKERS {
        let mut attacker = RawClient::connect(address, "bob", "data")?;
        let files = prepare(&mut attacker, number)?;
        attackers.push((attacker, files));
    }
    gate.set(true);
    let mut working = Vec::new();
    for (attacker, files) in attackers {
        working.extend(work(attacker, files)?);
    }
    let stopped = wait_until("work that takes long", || Ok((gate.stopped() >= 2).then_some(())));
    let listed = stopped.and_then(|()| lists(&mut bystander));
    gate.set(false);
    let took = listed?;
    ensure!(took < GENEROUS, "the bystander waited for {took:?}");
    drop(working);
    wait_until("the attackers' sessions to end", || {
        Ok((server.who()?.len() == 1 && server.server()?.opens().len() == 1).then_some(()))
    })
}

fn open_many(client: &mut RawClient, attacker: usize) -> Result<Vec<FileId>> {
    let options = CreateOptions::DELETE_ON_CLOSE;
    let open = |name| client.open(&create(name, CreateDisposition::CREATE, options));
    let names: Vec<_> = (0..MANY).map(|number| format!("{attacker}-{number}")).collect();
    names.iter().map(String::as_str).map(open).collect()
}

/// A failure here would let one user stop the server for everybody by losing connections with many open files.
#[test]
fn many_opens_of_lost_connections_delay_no_other_user() -> Result<()> {
    let gate = Arc::new(Gate::default());
    let server = gate.server()?;
    attack_through(&gate, &server, open_many, |attacker, _| {
        drop(attacker);
        Ok(None)
    })?;
    wait_for_deletion(&server)
}

fn wait_for_deletion(server: &Embedded) -> Result<()> {
    wait_until("the files to be deleted", || {
        Ok(std::fs::read_dir(server.share())?.next().is_none().then_some(()))
    })
}

/// A failure here would let one user stop the server for everybody by logging off with many open files, or let a
/// client whose logoff succeeded find its own files still open.
#[test]
fn many_opens_of_a_logoff_delay_no_other_user() -> Result<()> {
    let gate = Arc::new(Gate::default());
    let server = gate.server()?;
    attack_through(&gate, &server, open_many, |mut attacker, _| {
        attacker.send(Chain::new(TreeId::NONE, &LogoffRequest)?)?;
        Ok(Some(attacker))
    })?;
    wait_for_deletion(&server)?;
    let mut client = RawClient::connect(server.address()?, "bob", "data")?;
    open_many(&mut client, 0)?;
    let answer = client.ask(Chain::new(TreeId::NONE, &LogoffRequest)?)?;
    ensure!(answer.status() == NtStatus::SUCCESS, "{:?}", answer.status());
    ensure!(std::fs::read_dir(server.share())?.count() == 0, "the answer came before the files were closed");
    Ok(())
}

/// A failure here would let one user stop the server for everybody by deleting or overwriting large files: to free
/// their space can take minutes.
#[test]
fn freeing_large_files_delays_no_other_user() -> Result<()> {
    let large = |server: &Embedded, attacker: usize| {
        server.file(&format!("large{attacker}"), &vec![1; LARGE]).map(|_| format!("large{attacker}"))
    };
    let gate = Arc::new(Gate::default());
    let server = gate.server()?;
    let delete = |client: &mut RawClient, attacker: usize| {
        let name = large(&server, attacker)?;
        Ok(vec![client.open(&create(&name, CreateDisposition::OPEN, CreateOptions::DELETE_ON_CLOSE))?])
    };
    attack_through(&gate, &server, delete, |mut attacker, files| {
        for file_id in files {
            let close = CloseRequest { flags: CloseFlags::empty(), file_id };
            attacker.send(Chain::new(attacker.tree(), &close)?)?;
        }
        Ok(Some(attacker))
    })?;
    let next = Mutex::new(0);
    let prepare = |_: &mut RawClient, attacker: usize| large(&server, attacker).map(|_| Vec::new());
    attack_through(&gate, &server, prepare, |mut attacker, _| {
        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("large{next}");
        *next += 1;
        let overwrite = create(&name, CreateDisposition::OVERWRITE, CreateOptions::empty());
        attacker.send(Chain::new(attacker.tree(), &overwrite)?)?;
        Ok(Some(attacker))
    })
}
