//! The project's one entry point: `cargo xtask test | lint | bench | fuzz | model | vsix | runtimes | install | deb | ci`.
#![forbid(unsafe_code)]

mod architecture;
mod bench;
mod built;
mod circles;
mod deb;
mod formatting;
mod fuzz;
mod install;
mod licences;
mod lint;
mod model;
mod peers;
mod runtimes;
mod sizes;
mod steps;
mod test;
mod vsix;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::steps::Steps;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Checks, tests and measures netsession")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold: lint, unit tests, and the conformance tests against a real Samba
    Test(test::Options),
    /// Formatting, clippy, licences, and the arrows of ARCHITECTURE.md
    Lint,
    /// Feeds every decoder what nobody should send, for a while
    Fuzz(fuzz::Options),
    /// Measures beside rpcclient and impacket, and prints the table of the README
    Bench(bench::Options),
    /// Extracts the model of the reference from the Windows metadata
    Model(model::Options),
    /// Packages the extension for VS Code
    Vsix(vsix::Options),
    /// Puts the compilers and runtimes of other languages into target/runtimes, as test does
    Runtimes,
    /// Installs the command and the C library with its headers, pkg-config file and links
    Install(install::Options),
    /// Makes a package for Debian and Ubuntu in target/debian
    Deb,
    /// What continuous integration runs: the same as test, never asking
    Ci,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a task and tells whether everything passed.
fn run(task: &Task) -> Result<bool> {
    let mut steps = Steps::default();
    match task {
        Task::Test(options) => test::run(options, &mut steps)?,
        Task::Lint => lint::run(&mut steps)?,
        Task::Fuzz(options) => fuzz::run(options, &mut steps)?,
        Task::Model(options) => model::run(options, &mut steps)?,
        Task::Vsix(options) => return vsix::run(options),
        Task::Bench(options) => return bench::run(options),
        Task::Runtimes => return runtimes::run(),
        Task::Install(options) => return install::run(options),
        Task::Deb => return deb::run(),
        Task::Ci => test::run(&test::Options::ci(), &mut steps)?,
    }
    Ok(steps.report())
}

/// The workspace's folder.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
