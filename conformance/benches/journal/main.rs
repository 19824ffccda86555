//! What the journal costs: a record on the disk of the target folder, an ending with it and without it, and a search among
//! a million records. Run it with `cargo xtask bench journal`.
#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netsession::{ConnectOptions, EndOptions, Login, Secret, Selector, ServerAddress};
use netsession_admin::{ChangeNote, Observers, Recorded, Recorder, Target};
use netsession_config::JournalTable;
use netsession_conformance::{ADMIN, Embedded, PASSWORD, output};
use netsession_journal::{
    Actor, Fate, Intent, Journal, Location, LoginUsed, Operation, Outcome, Preview, Query, ServerUsed,
    Subject, SubjectOutcome, Timestamp,
};
use netsession_server::testing::add_session;

const RECORDS: usize = 1_000_000;
const USERS: usize = 20_000;
const BATCH: usize = 2_000;
const ROUNDS: usize = 101;
/// The limits.
const RECORD: Duration = Duration::from_millis(5);
const SEARCH: Duration = Duration::from_millis(50);
const RATIO: f64 = 1.1;

fn main() -> Result<()> {
    println!("| journal | measured | limit |");
    println!("| --- | --- | --- |");
    record()?;
    ending()?;
    search()
}

fn intent(user: &str) -> Intent {
    let subject =
        Subject { user: Some(user.to_owned()), client: Some("10.0.0.5".to_owned()), ..Subject::default() };
    Intent {
        at: Timestamp::now(),
        actor: Actor::of_process("bench"),
        login: LoginUsed { user: r"LAB\adm1".to_owned(), mechanism: "Kerberos".to_owned() },
        server: ServerUsed {
            named: "fs1".to_owned(),
            address: "fs1:445".to_owned(),
            reached: "FS1".to_owned(),
        },
        operation: Operation::End,
        selection: format!("--user {user}"),
        reason: None,
        preview: Preview { planned: vec![subject], ..Preview::default() },
    }
}

fn median(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("no times")
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// Measures one record: an intent or an outcome, durable.
fn record() -> Result<()> {
    let folder = tempfile::tempdir_in(output::target()?)?;
    let journal = Journal::open(&Location::File(folder.path().join("journal.db")))?;
    let mut times = Vec::new();
    for number in 0..ROUNDS {
        let user = format!("user{number}");
        let start = Instant::now();
        let change = journal.begin(&intent(&user))?;
        times.push(start.elapsed());
        let subject = Subject { user: Some(user), ..Subject::default() };
        let results = vec![SubjectOutcome { subject, result: Fate::Ended, status: Some(0) }];
        let start = Instant::now();
        journal.complete(&Outcome { change, at: Timestamp::now(), results, error: None })?;
        times.push(start.elapsed());
    }
    let time = median(times)?;
    println!("| a record | {} | {} |", millis(time), millis(RECORD));
    ensure!(time < RECORD, "a record takes too long");
    Ok(())
}

/// Measures an ending with the journal and without it, in turns. The recorder says how long the two records of each ending took, with
/// everything that it did for them; these have the limit of two records. The rest of the ending has the limit beside an ending without a
/// journal. Records between endings would be faster, because a disk writes more slowly after a pause.
fn ending() -> Result<()> {
    let folder = tempfile::tempdir_in(output::target()?)?;
    let table = JournalTable { path: Some(folder.path().join("journal.db")), ..JournalTable::default() };
    let recorder = Recorder::new(Recorded::Command, "bench").with_table(table);
    let embedded = Embedded::start()?;
    let address = embedded.address()?;
    let target = || -> Result<Target> {
        let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
        let address = ServerAddress::new(&address.ip().to_string(), address.port())?;
        Ok(Target::new("fs1", address, login, ConnectOptions::default()))
    };
    let without = target()?;
    let with = target()?.observed_by(Observers::default().recording(recorder.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let timed = |target: &Target| -> Result<Duration> {
        let client = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
        ensure!(add_session(embedded.server()?, client, "bob"), "no such account");
        runtime.block_on(end(target))
    };
    let (mut plain, mut recorded, mut records, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let time = timed(&without)?;
        let before = recorder.waited();
        let with_journal = timed(&with)?;
        let waited = recorder.waited().saturating_sub(before);
        ensure!(!waited.is_zero(), "nothing was recorded");
        let rest = with_journal.checked_sub(waited).context("the records took longer than the ending")?;
        ratios.push(rest.as_secs_f64() / time.as_secs_f64());
        plain.push(time);
        recorded.push(with_journal);
        records.push(waited);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let ratio = ratios.get(ratios.len() / 2).copied().context("no rounds")?;
    let records = median(records)?;
    println!("| an ending without a journal | {} | |", millis(median(plain)?));
    println!("| an ending with a journal | {} | |", millis(median(recorded)?));
    println!("| the two records of an ending | {} | {} |", millis(records), millis(RECORD * 2));
    println!("| the rest of it beside an ending without a journal | {ratio:.2} times | {RATIO} times |");
    ensure!(records < RECORD * 2, "the records of an ending take too long");
    ensure!(ratio <= RATIO, "an ending with a journal takes too long");
    Ok(())
}

/// Ends the session of bob, and returns how long that took.
async fn end(target: &Target) -> Result<Duration> {
    let start = Instant::now();
    let selector = Selector::User("bob".parse()?);
    let plan = target.connect().await?.into_plan_end(&selector, &EndOptions::default()).await?;
    let (report, server) = target.end(plan, &ChangeNote::default()).await;
    server.close().await?;
    ensure!(report.ended.len() == 1, "{report:?}");
    Ok(start.elapsed())
}

/// Measures searches by user among a million records.
fn search() -> Result<()> {
    let folder = tempfile::tempdir_in(output::target()?)?;
    let journal = Journal::open(&Location::File(folder.path().join("journal.db")))?;
    for batch in 0..RECORDS / BATCH {
        let users = (0..BATCH).map(|number| format!(r"LAB\user{}", (batch * BATCH + number) % USERS));
        journal.begin_all(users.map(|user| intent(&user)).collect())?;
    }
    let mut times = Vec::new();
    for number in 0..ROUNDS {
        let user = format!("user{}", number * 197 % USERS);
        let start = Instant::now();
        let found = journal.search(&Query { user: Some(user), ..Query::default() })?;
        times.push(start.elapsed());
        ensure!(found.len() == RECORDS / USERS, "{} records", found.len());
    }
    let time = median(times)?;
    println!("| {} of {RECORDS} records by user | {} | {} |", RECORDS / USERS, millis(time), millis(SEARCH));
    ensure!(time < SEARCH, "a search takes too long");
    let start = Instant::now();
    ensure!(journal.verify(&[])?.damage.is_none(), "damaged");
    println!("| verify {RECORDS} records | {} | |", millis(start.elapsed()));
    Ok(())
}
