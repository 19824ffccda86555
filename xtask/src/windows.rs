//! The command and `netapi32.dll` for Windows, on Debian: the pinned toolchain has no such target, so Debian's compiler builds it, and Wine runs it.
//!
//! [`build`] returns programs that run in Wine. One takes the place of the command in the tests ([`TESTS`]): they run as on Linux,
//! and each of their runs of netsession is one of `netsession.exe`. The other one is an example for Windows, which loads the library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::packaged::output;
use crate::steps::{Steps, heading};
use crate::{peers, root, runtimes, workspace};

/// The tests of the command that need neither a terminal nor a file system of Unix, nor what Wine 8 lacks.
pub(crate) const TESTS: &[&str] =
    &["sessions", "ending", "files", "formats", "groups", "several", "take_over", "safety"];

/// Those of them that continuous integration runs.
const SHORT_TESTS: &[&str] = &["sessions", "ending"];

/// What rustc calls Windows with the libraries of MinGW.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// The tests of the server and of the live view that need nothing of Unix: no signal but Ctrl-C, no link, no mode of a file.
const SERVER_TESTS: &[&str] = &[
    "commands_without_a_server_find_it_and_need_no_password",
    "a_refused_command_logs_off",
    "changes_and_refusals_are_logged",
];

/// Makes every new file private, as those in a profile of Windows are.
const PRIVATE: &str = "umask 077";

/// The tests of holds that send no signal but the one that kills a program.
const HOLD_TESTS: &[&str] = &[
    "a_client_that_reconnects_stays_out_until_the_release",
    "the_agent_carries_a_hold_on_after_it_was_killed",
];

/// The packages whose unit tests run in Wine: those that use files, sockets, the console or the profile.
const UNIT_TESTS: &[&str] = &[
    "netsession-winfs",
    "netsession-gssapi",
    "netsession-config",
    "netsession-journal",
    "netsession-server",
    "netsession",
    "netsession-admin",
    "netsession-exporter",
    "netsession-cli",
];

/// The tests of the journal that neither kill the command nor change the mode of a file.
const JOURNAL_TESTS: &[&str] = &[
    "an_ending_is_recorded_with_its_reason_and_outcome",
    "a_closing_is_recorded",
    "endings_at_once_are_all_recorded",
    "a_changed_and_a_removed_row_are_named",
    "pruning_is_recorded",
    "a_required_reason_is_required",
    "the_intents_of_many_servers_are_recorded_first",
];

/// The tests of the exporter that need no Unix socket.
const EXPORTER_TESTS: &[&str] = &[
    "a_server_that_hangs_hides_no_other",
    "scrapes_at_the_same_time_share_one_listing",
    "a_probe_asks_only_the_servers_of_the_exporter",
    "a_refused_login_is_not_tried_again",
];

/// The programs, each of which runs in Wine.
struct Built {
    command: PathBuf,
    example: PathBuf,
    /// Runs the program of Windows that its arguments name.
    any: PathBuf,
    /// The command itself, which only Wine can run.
    executable: PathBuf,
}

/// Runs the tests against Samba with the command for Windows.
///
/// # Errors
/// The tests cannot start.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    let made = || peers::ensure_windows_installed().and_then(|()| build());
    let Some(built) = step(steps, "the command for Windows", made) else { return Ok(()) };
    unit_tests(steps, &built)?;
    against_samba(steps, &built, TESTS)?;
    for (name, program, names) in [
        ("serve for Windows", "server_serve", SERVER_TESTS),
        ("holds on Windows", "hold", HOLD_TESTS),
        ("the journal on Windows", "journal", JOURNAL_TESTS),
        ("the exporter on Windows", "exporter", EXPORTER_TESTS),
    ] {
        let mut tests = Command::new("cargo");
        tests.args(["test", "--locked", "--workspace", "--test", program, "--", "--exact"]);
        tests.args(names).env("NETSESSION_BIN", &built.command);
        steps.tests(name, &mut tests)?;
    }
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace", "--test", "windows", "--", "--include-ignored"]);
    tests.env("NETSESSION_BIN", &built.command).env("NETSESSION_WINDOWS_PROGRAM", &built.example);
    tests.env("NETSESSION_WINE", &built.any).env("NETSESSION_WINDOWS_COMMAND", &built.executable);
    steps.tests("what only Windows has", &mut tests)
}

/// Does what continuous integration has time for: all crates compile, and the command lists and ends sessions of Samba.
///
/// # Errors
/// The tests cannot start.
pub(crate) fn check(steps: &mut Steps) -> Result<()> {
    if let Err(error) = peers::ensure_windows_installed() {
        steps.leave_out(&format!("everything for Windows: {error:#}"), 3);
        return Ok(());
    }
    let check = ["check", "--workspace", "--lib", "--bins", "--examples"];
    step(steps, "a check for Windows", || compile(&check));
    // This profile checks what only the tests contain.
    let tests = [&["check", "--profile", "test", "--lib", "--bins"][..], &unit_test_packages()].concat();
    step(steps, "a check of the unit tests for Windows", || compile(&tests));
    match step(steps, "the command for Windows", build) {
        Some(built) => against_samba(steps, &built, SHORT_TESTS),
        None => Ok(()),
    }
}

fn unit_test_packages() -> Vec<&'static str> {
    UNIT_TESTS.iter().flat_map(|name| ["--package", name]).collect()
}

/// Runs the unit tests of the crates that do something else on Windows, in Wine.
fn unit_tests(steps: &mut Steps, built: &Built) -> Result<()> {
    let mut tests = windows_cargo("test")?;
    // The names of the tests that run again follow the last argument.
    tests.args(["--lib", "--bins", "--no-fail-fast"]).args(unit_test_packages()).arg("--");
    tests.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &built.any);
    steps.tests("unit tests in Wine", &mut tests)
}

/// Counts a step, and returns what it made.
fn step<T>(steps: &mut Steps, name: &str, make: impl FnOnce() -> Result<T>) -> Option<T> {
    heading(name);
    let made = make().inspect_err(|error| println!("{error:#}")).ok();
    steps.outcome(name, made.is_some());
    made
}

fn against_samba(steps: &mut Steps, built: &Built, names: &[&str]) -> Result<()> {
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace"]);
    tests.args(names.iter().flat_map(|name| ["--test", name]));
    tests.args(["--no-fail-fast", "--"]);
    // Wine's console has 80 columns, in which a table wraps the words that this test looks for.
    tests.args(["--skip", "a_file_that_is_gone_before_the_answer"]);
    // Wine 8 puts the addresses of a name where a development build of Rust refuses them: they are not aligned.
    tests.args(["--skip", "a_host_name_with_several_addresses"]);
    tests.env("NETSESSION_BIN", &built.command);
    steps.tests("tests with the command for Windows", &mut tests)
}

/// Returns Debian's cargo, which builds the standard library for a target from its source.
pub(crate) fn debian_cargo(target: &Path) -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        // Debian's programs come first: a toolchain manager's would read which toolchain the project pins.
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .current_dir(root());
    cargo
}

/// Returns a command of Debian's cargo for Windows. A warning fails it.
fn windows_cargo(command: &str) -> Result<Command> {
    let mut cargo = debian_cargo(&folder()?);
    cargo
        .args([command, "--locked", "-Zbuild-std=std,panic_unwind,test", "--target", TARGET])
        .args(["-Zwarnings", "--config=build.warnings='deny'"])
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc");
    Ok(cargo)
}

/// Runs a command of Debian's cargo for Windows.
fn compile(arguments: &[&str]) -> Result<()> {
    let [command, arguments @ ..] = arguments else { anyhow::bail!("no command") };
    let passed =
        windows_cargo(command)?.args(arguments).status().context("starting Debian's cargo")?.success();
    ensure!(passed, "netsession does not compile for Windows");
    Ok(())
}

/// The target folder of the builds for Windows.
fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("windows"))
}

/// Builds the command and the library with this profile of cargo, and returns their folder.
pub(crate) fn programs(profile: &str) -> Result<PathBuf> {
    compile(&["build", "--profile", profile, "--package=netsession-cli", "--package=netsession-netapi32"])?;
    Ok(folder()?.join(TARGET).join(if profile == "dev" { "debug" } else { profile }))
}

/// Builds the command, the library and the example, and returns the programs that run in Wine.
fn build() -> Result<Built> {
    let (target, folder) = (folder()?, programs("dev")?);
    let random = folder.join("bcryptprimitives.dll");
    let beside_tests = folder.join("deps/bcryptprimitives.dll");
    let source = root().join("xtask/src/windows/random.c");
    let arguments =
        ["-shared", "-s", "-o", &text(&random)?, &text(&source)?, "-ladvapi32"].map(str::to_owned);
    output("x86_64-w64-mingw32-gcc", &arguments.each_ref().map(String::as_str))?;
    fs::copy(&random, beside_tests)?;
    let example = folder.join("example.exe");
    let source = root().join("examples/c/windows.c");
    output("x86_64-w64-mingw32-gcc", &["-o", &text(&example)?, &text(&source)?, "-lnetapi32"])?;
    let prefix = target.join("wine");
    // Wine's own services start once, in this environment, and serve all tests. They end five minutes after the last one. The server makes
    // every file of every program: its mask alone decides whether other users can read the local login and the configuration.
    fs::create_dir_all(&prefix)?;
    let mut server = Command::new("sh");
    server.args(["-c", &format!("{PRIVATE}; exec wineserver -p300")]).env("WINEPREFIX", &prefix);
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    server.status().context("starting wineserver")?;
    // Any first program makes the computer and starts these services; `wineboot` would start them twice.
    let mut boot = Command::new("wine");
    boot.args(["cmd", "/c", "exit"])
        .env("WINEPREFIX", &prefix)
        .env("WINEDEBUG", "-all")
        .env_remove("DISPLAY");
    boot.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ensure!(boot.status().context("starting wineboot")?.success(), "Wine cannot make a computer of its own");
    let executable = folder.join("netsession.exe");
    let wrapped = |name: &str, text: String| {
        let script = target.join(name);
        write_program(&script, &text)?;
        anyhow::Ok(script)
    };
    Ok(Built {
        command: wrapped("netsession", wrapper(&prefix, HOME_OF_TEST, Some(&executable))?)?,
        example: wrapped("example", wrapper(&prefix, HOME_OF_TEST, Some(&example))?)?,
        any: wrapped("any", wrapper(&prefix, "", None)?)?,
        executable,
    })
}

/// Writes a script that can run.
pub(crate) fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    runtimes::executable(path)
}

/// Leads a program to the configuration and the private files of a test, as on Linux. Z: is Wine's name for the root folder.
const HOME_OF_TEST: &str = "export XDG_CONFIG_HOME=\"${XDG_CONFIG_HOME:+Z:$XDG_CONFIG_HOME}\" \
    XDG_STATE_HOME=\"Z:${XDG_STATE_HOME:-$HOME/state}\" XDG_RUNTIME_DIR=\"Z:$XDG_RUNTIME_DIR\"\n";

/// A script that runs a program, or the one that its arguments name, and no other user can use its files. The program loads our
/// `netapi32.dll`, which is beside it, and never Wine's.
fn wrapper(prefix: &Path, home: &str, program: Option<&Path>) -> Result<String> {
    let prefix = text(prefix)?;
    let program = program.map(text).transpose()?.map(|path| format!("'{path}' ")).unwrap_or_default();
    Ok(format!(
        "#!/bin/sh\n{PRIVATE}\nexport LC_ALL=C.UTF-8 WINEPREFIX='{prefix}' WINEDEBUG=-all WINEDLLOVERRIDES='netapi32=n'\n\
         {home}exec wine {program}\"$@\"\n"
    ))
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is no text", path.display()))
}
