//! `cargo run -p netsession-pages -- write DIR` writes the site to a folder, for any web server.
//! `cargo run -p netsession-pages -- record "WHAT"` records in `changes.toml` that pages have changed.
#![forbid(unsafe_code)]

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use anyhow::{Result, bail};
use netsession_pages::{Record, Repository, build, pages};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["write", folder] => write(Path::new(folder)),
        ["record", what] => record(what),
        _ => bail!("write DIR, or record \"WHAT\""),
    }
}

fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (path, content) in build(&Repository::of_workspace())? {
        fs::write(folder.join(path), content)?;
    }
    Ok(())
}

fn record(what: &str) -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/changes.toml");
    let mut record = Record::read()?;
    let pages = pages(&record, &Repository::of_workspace());
    let changed = record.unrecorded(&pages);
    record.add(&today()?, what, &pages)?;
    fs::write(path, record.text()?)?;
    println!("{} pages: {}", changed.len(), changed.join(" "));
    Ok(())
}

/// Returns the date in UTC, as 2026-11-25.
fn today() -> Result<String> {
    let days = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    // The years here begin in March, so the extra day of leap years is the last one. 400 years have 146,097 days, and
    // the first day of 1970 is 719,468 days after the start of the year 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{date:02}"))
}
