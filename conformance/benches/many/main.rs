//! A thousand servers at once: the cost of the stream of `netsession_admin::ask_many`, compared with the loop that it
//! replaced.
//!
//! This program is apart from the other measurements, because it counts allocations with an allocator of its own. Run
//! it with `cargo xtask bench many`.
#![forbid(unsafe_code)]

mod side_by_side;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netsession::{ConnectOptions, Login, Secret, ServerAddress};
use netsession_admin::{Error, Limits, Target, ask_many};
use netsession_conformance::{ADMIN, Embedded, PASSWORD};
use side_by_side::side_by_side;
use tokio::runtime::Builder;

const SERVERS: usize = 1_000;
const ROUNDS: usize = 9;
/// The time limit from connecting to the answer of one call.
const ROUND_TRIPS: usize = 8;

fn main() -> Result<()> {
    println!("| {SERVERS} servers, {} at once | side_by_side | ask_many |", Limits::default().at_once);
    println!("| --- | --- | --- |");
    turns()?;
    logons()
}

/// The cost of one way of querying: the median of the times, and the allocations of this thread.
struct Cost {
    time: Duration,
    allocations: u64,
    peak: u64,
}

impl Cost {
    /// Measures both ways alternately, so that the load of the machine affects both.
    fn of_both(
        mut old: impl FnMut() -> Result<()>,
        mut new: impl FnMut() -> Result<()>,
    ) -> Result<[Self; 2]> {
        let (mut olds, mut news) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            olds.push(Self::of(&mut old)?);
            news.push(Self::of(&mut new)?);
        }
        Ok([Self::median(olds)?, Self::median(news)?])
    }

    fn of(work: &mut impl FnMut() -> Result<()>) -> Result<Self> {
        let (mut result, mut time) = (Ok(()), Duration::ZERO);
        let counted = allocation_counter::measure(|| {
            let start = Instant::now();
            result = work();
            time = start.elapsed();
        });
        result?;
        Ok(Self { time, allocations: counted.count_total, peak: counted.bytes_max })
    }

    fn median(mut costs: Vec<Self>) -> Result<Self> {
        costs.sort_by_key(|cost| cost.time);
        costs.into_iter().nth(ROUNDS / 2).context("no rounds")
    }
}

fn print(what: &str, [old, new]: &[Cost; 2]) {
    println!("| {what}: time | {:.2?} | {:.2?} |", old.time, new.time);
    println!("| {what}: allocations | {} | {} |", old.allocations, new.allocations);
    println!("| {what}: peak memory | {} KiB | {} KiB |", old.peak / 1024, new.peak / 1024);
}

/// Measures the scheduling alone, in the old loop's best case: each server can continue at every turn of the runtime.
fn turns() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let work = async |server: usize| {
        for _ in 0..ROUND_TRIPS {
            tokio::task::yield_now().await;
        }
        server
    };
    let limits = Limits::default();
    let costs = Cost::of_both(
        || {
            let answers = runtime.block_on(side_by_side(0..SERVERS, limits.at_once, work));
            ensure!(answers.len() == SERVERS);
            Ok(())
        },
        || {
            let answers = runtime.block_on(async {
                ask_many((0..SERVERS).map(|server| (server, server)), limits, work).in_order().await
            });
            ensure!(answers.len() == SERVERS);
            Ok(())
        },
    )?;
    print("scheduling alone", &costs);
    Ok(())
}

/// Measures a logon and one call at each of a thousand addresses of this computer. One server listens on all of them,
/// so the call must not depend on the sessions.
fn logons() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.listen((Ipv4Addr::UNSPECIFIED, 0).into()))?;
    let everywhere = server.addresses()?.iter().find(|address| address.ip().is_unspecified());
    let targets = targets(everywhere.context("it does not listen everywhere")?.port())?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let limits = Limits::default();
    let costs = Cost::of_both(
        || {
            let answers = runtime.block_on(side_by_side(&targets, limits.at_once, info));
            ensure!(answers.iter().all(Result::is_ok), "{answers:?}");
            Ok(())
        },
        || {
            let asked = targets.iter().map(|target| (target.name(), target));
            let answers = runtime.block_on(async { ask_many(asked, limits, info).in_order().await });
            ensure!(answers.into_iter().all(|answer| answer.outcome.answered().is_some_and(|it| it.is_ok())));
            Ok(())
        },
    )?;
    print("log on and ask", &costs);
    Ok(())
}

fn targets(port: u16) -> Result<Vec<Target>> {
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    let addresses = (1..=250_u8).flat_map(|host| (1..=4).map(move |net| Ipv4Addr::new(127, net, 0, host)));
    addresses
        .map(|ip| {
            let address = ServerAddress::new(&ip.to_string(), port)?;
            Ok(Target::new(address.to_string(), address, login.clone(), ConnectOptions::default()))
        })
        .collect()
}

async fn info(target: &Target) -> Result<String, Error> {
    let mut server = target.connect().await?;
    let info = server.info().await?;
    server.close().await?;
    Ok(info.name)
}
