//! `cargo xtask test`.

use std::process::{Command, Stdio};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::built::Built;
use crate::steps::{Steps, heading};
use crate::{deb, install, lint, model, peers, root, runtimes, workspace};

/// The package of the conformance tests, which need foreign programs.
const CONFORMANCE: &str = "netsession-conformance";

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run the long tests as well
    #[arg(long)]
    full: bool,
    /// Leave out the tests that need this
    #[arg(long, value_name = "PEER")]
    without: Vec<Peer>,
    /// Run only the tests whose name contains this, and no lint
    #[arg(value_name = "NAME")]
    only: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// smbd, smbclient and the libraries that give them users
    Samba,
}

impl Options {
    /// What continuous integration runs.
    pub(crate) fn ci() -> Self {
        Self { full: false, without: Vec::new(), only: None }
    }
}

/// Lint, unit tests, a release build of the command, and the conformance tests with it.
pub(crate) fn run(options: &Options, steps: &mut Steps) -> Result<()> {
    let without_samba = options.without.contains(&Peer::Samba);
    if !without_samba {
        // First, so that whoever is asked can go away afterwards.
        peers::ensure_installed()?;
    }
    if options.only.is_none() {
        lint::run(steps)?;
    }
    if options.full && options.only.is_none() {
        // It fetches the Windows metadata, some 30 MB.
        model::run(&model::Options::checking(), steps)?;
    }
    if without_samba {
        steps.leave_out("the conformance tests, which need samba", conformance_tests()?);
        let mut tests = cargo(&["test", "--workspace", "--exclude", CONFORMANCE]);
        return steps.tests("tests", finish(&mut tests, options));
    }
    heading("release build");
    let built = match Built::release() {
        Ok(built) => built,
        Err(error) => {
            println!("{error:#}");
            steps.outcome("release build", false);
            return Ok(());
        }
    };
    steps.outcome("release build", true);
    let prefix = workspace::target()?.join("prefix");
    install::into(&prefix, &built)?;
    let package = if peers::present("dpkg-deb") { Some(deb::package(&built)?) } else { None };
    let impacket = peers::impacket()?;
    // All in one go: chosen apart, packages would be built again with other features.
    let mut tests = cargo(&["test", "--workspace"]);
    tests
        .env("NETSESSION_BIN", &built.command)
        .env("NETSESSION_IMPACKET", &impacket)
        .env("NETSESSION_RUNTIMES", runtimes::folder()?)
        .env("NETSESSION_PREFIX", prefix)
        .envs(package.iter().map(|path| ("NETSESSION_DEB", path)));
    finish(&mut tests, options);
    if package.is_none() {
        tests.args(["--skip", "debian_"]);
        steps.leave_out("the Debian package: there is no dpkg-deb", 1);
    }
    for missing in runtimes::ensure_installed(&impacket.join("bin/python"))? {
        tests.args(["--skip", missing.tests]);
        steps.leave_out(&missing.why, missing.count);
    }
    if !peers::allows_own_network() {
        tests.args(["--skip", "netbios_"]);
        steps.leave_out("NetBIOS names: a process here may not have a network of its own", 2);
    }
    steps.tests("tests", &mut tests)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).arg("--locked");
    command
}

/// What the test programs themselves are told.
fn finish<'a>(command: &'a mut Command, options: &Options) -> &'a mut Command {
    command.args(["--no-fail-fast", "--"]).args(&options.only);
    if options.full {
        command.arg("--include-ignored");
        // The tools that make golden files anew stand among the tests whose parts they use.
        command.args(["--skip", "make_recordings_anew"]);
    }
    command
}

/// How many conformance tests there are.
fn conformance_tests() -> Result<usize> {
    let output = cargo(&["test", "--package", CONFORMANCE])
        .args(["--", "--list"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.ends_with(": test")).count())
}
