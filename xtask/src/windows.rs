//! The command and `netapi32.dll` for Windows, on Debian: the pinned toolchain has no such target, so Debian's compiler builds it, and Wine runs it.
//!
//! [`build`] returns programs that run in Wine. One takes the place of the command in the tests ([`TESTS`]): they run as on Linux,
//! and each of their runs of netsession is one of `netsession.exe`. The other one is an example for Windows, which loads the library.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::packaged::output;
use crate::steps::{Steps, heading};
use crate::{peers, root, workspace};

/// The tests of the command that need neither a terminal nor a file system of Unix, nor what Wine 8 lacks.
pub(crate) const TESTS: &[&str] =
    &["sessions", "ending", "files", "formats", "groups", "several", "take_over"];

const TARGET: &str = "x86_64-pc-windows-gnu";

/// The tests of the server and of the live view that need nothing of Unix: no signal but Ctrl-C, no link, no mode of a file.
const SERVER_TESTS: &[&str] = &[
    "commands_without_a_server_find_it_and_need_no_password",
    "a_refused_command_logs_off",
    "changes_and_refusals_are_logged",
];

/// Makes every new file private, as those in a profile of Windows are.
const PRIVATE: &str = "umask 077";

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
/// The build cannot start, or the tests.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    heading("the command for Windows");
    let built = peers::ensure_windows_installed().and_then(|()| build());
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            println!("{error:#}");
            steps.outcome("the command for Windows", false);
            return Ok(());
        }
    };
    steps.outcome("the command for Windows", true);
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace"]);
    tests.args(TESTS.iter().flat_map(|name| ["--test", name]));
    // Wine's console has 80 columns, in which a table wraps the words that this test looks for.
    tests.args(["--no-fail-fast", "--", "--skip", "a_file_that_is_gone_before_the_answer"]);
    tests.env("NETSESSION_BIN", &built.command);
    steps.tests("tests with the command for Windows", &mut tests)?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace", "--test", "server_serve", "--", "--exact"]);
    tests.args(SERVER_TESTS).env("NETSESSION_BIN", &built.command);
    steps.tests("serve for Windows", &mut tests)?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace", "--test", "windows", "--", "--include-ignored"]);
    tests.env("NETSESSION_BIN", &built.command).env("NETSESSION_WINDOWS_PROGRAM", &built.example);
    tests.env("NETSESSION_WINE", &built.any).env("NETSESSION_WINDOWS_COMMAND", &built.executable);
    steps.tests("what only Windows has", &mut tests)
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

/// Builds the command, the library and the example, and returns the programs that run in Wine.
fn build() -> Result<Built> {
    let target = workspace::target()?.join("windows");
    let mut cargo = debian_cargo(&target);
    cargo
        .args([
            "build",
            "--locked",
            "-Zbuild-std=std,panic_unwind",
            "-Zwarnings",
            "--config=build.warnings='deny'",
            "--package=netsession-cli",
            "--package=netsession-netapi32",
            "--target",
            TARGET,
        ])
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc");
    ensure!(
        cargo.status().context("starting Debian's cargo")?.success(),
        "netsession does not build for Windows"
    );
    let folder = target.join(TARGET).join("debug");
    let random = folder.join("bcryptprimitives.dll");
    let source = root().join("xtask/src/windows/random.c");
    let arguments =
        ["-shared", "-s", "-o", &text(&random)?, &text(&source)?, "-ladvapi32"].map(str::to_owned);
    output("x86_64-w64-mingw32-gcc", &arguments.each_ref().map(String::as_str))?;
    let example = folder.join("example.exe");
    let source = root().join("examples/c/windows.c");
    output("x86_64-w64-mingw32-gcc", &["-o", &text(&example)?, &text(&source)?, "-lnetapi32"])?;
    let prefix = target.join("wine");
    // Wine's own services start once, in this environment, and serve all tests. They end a minute after the last one. The server makes
    // every file of every program: its mask alone decides whether other users can read the local login and the configuration.
    fs::create_dir_all(&prefix)?;
    let mut server = Command::new("sh");
    server.args(["-c", &format!("{PRIVATE}; exec wineserver -p60")]).env("WINEPREFIX", &prefix);
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
    let wrapped = |name: &str, program: &str| {
        let script = target.join(name);
        fs::write(&script, wrapper(&prefix, program)?)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        anyhow::Ok(script)
    };
    Ok(Built {
        command: wrapped("netsession", &format!("'{}'", text(&executable)?))?,
        example: wrapped("example", &format!("'{}'", text(&example)?))?,
        any: wrapped("any", "")?,
        executable,
    })
}

/// A script that runs a program as on Linux: its configuration and its private files are where the tests look for them, and no other user
/// can use them. Z: is Wine's name for the root folder. The program loads our `netapi32.dll`, which is beside it, and never Wine's.
fn wrapper(prefix: &Path, program: &str) -> Result<String> {
    let prefix = text(prefix)?;
    Ok(format!(
        "#!/bin/sh\n{PRIVATE}\nexport LC_ALL=C.UTF-8 WINEPREFIX='{prefix}' WINEDEBUG=-all WINEDLLOVERRIDES='netapi32=n'\n\
         export XDG_CONFIG_HOME=\"${{XDG_CONFIG_HOME:+Z:$XDG_CONFIG_HOME}}\" XDG_STATE_HOME=\"Z:${{XDG_STATE_HOME:-$HOME/state}}\" \
         XDG_RUNTIME_DIR=\"Z:$XDG_RUNTIME_DIR\"\nexec wine {program} \"$@\"\n"
    ))
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is no text", path.display()))
}
