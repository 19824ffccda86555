//! `cargo xtask test`: lint, then a release build, then every test, with the foreign programs and runtimes that they need.
//!
//! `cargo test --workspace` also runs the examples in the documentation, among them those that must not compile.

use std::process::{Command, Stdio};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::built::{Built, Profile};
use crate::packages::Packages;
use crate::steps::{Steps, heading};
use crate::{dist, install, lint, linux, macos, model, peers, root, runtimes, windows, workspace};

/// The package of the conformance tests, which need foreign programs.
const CONFORMANCE: &str = "netsession-conformance";

/// The tests to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run the long tests too
    #[arg(long)]
    full: bool,
    /// Only build for Windows, and run the result in Wine (on Debian; --full does it after the rest)
    #[arg(long, conflicts_with_all = ["full", "without", "only"])]
    windows: bool,
    /// Only check that everything compiles for macOS (on Debian; --full does it after the rest)
    #[arg(long, conflicts_with_all = ["full", "without", "only"])]
    macos: bool,
    /// Only make every package of a release, and install each (--full does it after the rest)
    #[arg(long, conflicts_with_all = ["full", "without", "only"])]
    packages: bool,
    /// Skip the tests that need this
    #[arg(long, value_name = "PEER")]
    without: Vec<Peer>,
    /// Run only tests whose name contains this, without the lint
    #[arg(value_name = "NAME")]
    only: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// smbd, smbclient, and the libraries that provide their users
    Samba,
}

/// Runs what continuous integration runs: all tests, and as much for Windows as its time allows.
pub(crate) fn run_ci(steps: &mut Steps) -> Result<()> {
    let options = Options {
        full: false,
        windows: false,
        macos: false,
        packages: false,
        without: Vec::new(),
        only: None,
    };
    run(&options, steps)?;
    windows::check(steps)
}

/// Runs the lint, builds the command for release, and runs all tests with it.
pub(crate) fn run(options: &Options, steps: &mut Steps) -> Result<()> {
    if options.windows || options.macos || options.packages {
        return run_part(options, steps);
    }
    let without_samba = options.without.contains(&Peer::Samba);
    if !without_samba {
        // Ask first, so that the user can answer the question and leave.
        peers::ensure_installed(options.full)?;
    }
    if options.only.is_none() {
        lint::run(steps)?;
    }
    if options.full && options.only.is_none() {
        // This downloads the Windows metadata, some 30 MB.
        model::run(&model::Options::checking(), steps)?;
    }
    if without_samba {
        steps.leave_out("the conformance tests, which need samba", count_tests(&["--package", CONFORMANCE])?);
        let mut tests = cargo(&["test", "--workspace", "--exclude", CONFORMANCE]);
        return steps.tests("tests", finish(&mut tests, options));
    }
    heading("release build");
    let built = match Built::with(Profile::Release) {
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
    let mut packages = Packages::of(&built)?;
    if options.full && cfg!(target_os = "linux") && peers::present("rpm") {
        packages.add_rpm(Profile::Release)?;
    }
    let impacket = peers::impacket()?;
    let mut missing_kernel = None;
    // One run for all packages: separate runs would build some of them again, with other features.
    let mut tests = cargo(&["test", "--workspace"]);
    tests
        .env("NETSESSION_BIN", &built.command)
        .env("NETSESSION_IMPACKET", &impacket)
        .env("NETSESSION_RUNTIMES", runtimes::folder()?)
        .env("NETSESSION_PREFIX", prefix)
        .envs(packages.variables());
    if options.full {
        match linux::ensure_downloaded() {
            Ok(folder) => _ = tests.env("NETSESSION_LINUX", folder),
            Err(error) => {
                missing_kernel = Some(format!("a mount by Linux: {error:#}"));
            }
        }
    }
    finish(&mut tests, options);
    if let Some(why) = missing_kernel {
        tests.args(["--skip", "linux_"]);
        steps.leave_out(&why, 2);
    }
    if packages.deb.is_none() {
        tests.args(["--skip", "debian_"]);
        steps.leave_out("the Debian packages: there is no dpkg-deb", 5);
    }
    if packages.rpm.is_none() {
        tests.args(["--skip", "rpm_package_"]);
        let why = if options.full { "there is no rpm" } else { "--full makes it" };
        steps.leave_out(&format!("the RPM packages: {why}"), 1);
    }
    for missing in runtimes::ensure_installed(&impacket.join("bin/python"))? {
        tests.args(["--skip", missing.tests]);
        steps.leave_out(&missing.why, missing.count);
    }
    if !peers::allows_own_network() {
        tests.args(["--skip", "netbios_"]);
        steps.leave_out("NetBIOS names: a process here may not have a network of its own", 2);
    }
    if !peers::allows_domain() {
        tests.args(["--skip", "in_domain::", "--skip", "in_cluster::"]);
        let why =
            "Kerberos in a domain: a process here may not make machines of namespaces, which takes root";
        steps.leave_out(why, count_tests(&["--package", CONFORMANCE, "--test", "kerberos"])?);
        let why = "a Samba cluster: a process here may not make machines of namespaces";
        steps.leave_out(why, count_tests(&["--package", CONFORMANCE, "--test", "clusters"])?);
    }
    steps.tests("tests", &mut tests)?;
    if options.full && options.only.is_none() {
        windows::run(steps)?;
        macos::run(steps)?;
        dist::check(steps)?;
    }
    Ok(())
}

fn run_part(options: &Options, steps: &mut Steps) -> Result<()> {
    if options.windows {
        peers::ensure_installed(false)?;
        windows::run(steps)?;
    }
    if options.macos {
        macos::run(steps)?;
    }
    if options.packages {
        peers::ensure_installed(true)?;
        dist::check(steps)?;
    }
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).arg("--locked");
    command
}

/// Adds the arguments of the test programs.
fn finish<'a>(command: &'a mut Command, options: &Options) -> &'a mut Command {
    command.args(["--no-fail-fast", "--"]).args(&options.only);
    if options.full {
        command.arg("--include-ignored");
        // This test rewrites golden files. It is a test because it uses parts of the tests.
        command.args(["--skip", "record_again"]);
        // `windows::run` and `dist::check` run these with what they need.
        command.args(["--skip", "in_wine_", "--skip", "windows_zip_"]);
    }
    command
}

/// Counts the tests that cargo finds with these arguments.
fn count_tests(arguments: &[&str]) -> Result<usize> {
    let output = cargo(&["test"])
        .args(arguments)
        .args(["--", "--list"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.ends_with(": test")).count())
}
