//! The entry point of the project: `cargo xtask test | lint | bench | fuzz | model | vsix | runtimes | install | deb | wheel | nuget |
//! zip | dist | ci`.
//!
//! Each task is a file with a function `run`. Tasks that check something count it in [`Steps`], whose report ends the run.
#![forbid(unsafe_code)]

mod architecture;
mod archive;
mod bench;
mod built;
mod circles;
mod deb;
mod dist;
mod documents;
mod formatting;
mod fuzz;
mod install;
mod licences;
#[path = "../../crates/pages/src/links.rs"]
mod links;
mod lint;
mod linux;
mod macos;
mod model;
mod nuget;
mod packaged;
mod packages;
mod peers;
mod rpm;
mod runtimes;
mod sbom;
mod sizes;
mod steps;
mod tarball;
mod test;
mod vsix;
mod wheel;
mod windows;
mod workspace;
mod zip;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::steps::Steps;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Check, test, measure and install netsession")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the lint, the unit tests, and the conformance tests against a real Samba
    Test(test::Options),
    /// Check formatting, clippy, rustdoc, ARCHITECTURE.md, circles and lengths of files, and licences
    Lint,
    /// Fuzz every decoder for a while
    Fuzz(fuzz::Options),
    /// Measure netsession beside rpcclient and impacket, and print the tables of docs/speed.md
    Bench(bench::Options),
    /// Extract the model of the reference from the Windows metadata
    Model(model::Options),
    /// Package the extension for VS Code
    Vsix(vsix::Options),
    /// Install the compilers and runtimes that the tests of other languages need
    Runtimes,
    /// Install the command and the C library, with headers, pkg-config file and links
    Install(install::Options),
    /// Make the two packages for Debian and Ubuntu
    Deb,
    /// Make the two packages for Fedora, RHEL and openSUSE, in the folder `rpm` of the target folder
    Rpm(rpm::Options),
    /// Make a wheel for Python with the C library
    Wheel(packaged::Options),
    /// Make a NuGet package with the C library and the managed API
    Nuget(packaged::Options),
    /// Make a ZIP file for Windows, with Debian's compiler
    Zip(zip::Options),
    /// Make every package of a release, with checksums and the list of crates
    Dist,
    /// Run what continuous integration runs: test, without questions
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

/// Runs a task, and returns whether everything passed.
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
        Task::Rpm(options) => return rpm::run(options),
        Task::Wheel(options) => return wheel::run(options),
        Task::Nuget(options) => return nuget::run(options),
        Task::Zip(options) => return zip::run(options),
        Task::Dist => return dist::run(),
        Task::Ci => test::run_ci(&mut steps)?,
    }
    Ok(steps.report())
}

/// Returns the folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
