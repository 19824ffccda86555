//! Tests which login a program's calls use. The program runs in a process of its own with an environment of its own.
//!
//! `0.0.0.0` is a server that only the program has named: it reaches this machine, and is not a loopback address.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use stage::{ADMIN, Drive, PASSWORD, Stage, driver, library, lines};

/// Returns the code of the listing of the server's sessions.
fn code(drive: Drive) -> String {
    let lines = drive.lines();
    lines.last().unwrap().rsplit(' ').nth(1).unwrap().to_owned()
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Prepares a run with this configuration file.
fn configured(server: &str, config: &str, mode: u32) -> Drive {
    let drive = Drive::new(&["list", server]);
    write(&drive.home().join(".config/netsession/config.toml"), config, mode);
    drive
}

struct Servers {
    stage: Stage,
    local: String,
    foreign: String,
}

fn servers() -> Servers {
    let stage = Stage::start();
    let port = stage.address().port();
    Servers { stage, local: format!("127.0.0.1:{port}"), foreign: format!("0.0.0.0:{port}") }
}

/// A failure here would let a program send an administrator's logon to any server that it names, or log on without one.
#[test]
fn the_environments_login_goes_only_to_named_servers() {
    let Servers { stage: _stage, local, foreign } = servers();
    let list = |server: &str| {
        let drive = Drive::new(&["list", server]);
        drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD)
    };
    assert_eq!(code(Drive::new(&["list", &local])), "5", "no login");
    assert_eq!(code(list("-").env("NETSESSION_LOCAL", &local)), "0", "NULL");
    assert_eq!(code(list(&local).env("NETSESSION_LOCAL", &local)), "0", "the server that NULL reaches");
    assert_eq!(code(list(&foreign)), "5");
    assert_eq!(code(list(&foreign).env("NETSESSION_SERVERS", &format!("fs1, {foreign}"))), "0");
    assert_eq!(code(list(&foreign).env("NETSESSION_SERVERS", "0.0.0.0")), "5", "another port");
    let wrong = list(&local).env("NETSESSION_SERVERS", &local).env("NETSESSION_PASSWORD", "wrong");
    assert_eq!(code(wrong), "1326");

    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), &format!("username = {ADMIN}\npassword = {PASSWORD}\n"), 0o600);
    let by_file = |server: &str| {
        let drive = Drive::new(&["list", server]).env("NETSESSION_LOCAL", &local);
        drive.env("NETSESSION_AUTHENTICATION_FILE", file.path().to_str().unwrap())
    };
    assert_eq!((code(by_file(&local)), code(by_file(&foreign))), ("0".into(), "5".into()));
    assert_eq!(code(by_file(&local).env("NETSESSION_LOGIN", "bob")), "5", "two users");
}

/// A failure here would send the environment's login to a port of this computer where any of its users can listen.
#[test]
fn the_environments_login_goes_to_no_other_loopback_port() {
    let Servers { stage, local, .. } = servers();
    let port = stage.address().port();
    let config = format!("[default]\nlogin = '{ADMIN}'\npassword-command = ['echo', '{PASSWORD}']\n");
    for server in
        [&local, &format!("localhost:{port}"), &format!("127.0.0.2:{port}"), &format!("[::1]:{port}")]
    {
        let drive = Drive::new(&["list", server]);
        let drive = drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        assert_eq!(code(drive.env("NETSESSION_LOCAL", "127.0.0.1:1")), "5", "{server}");
        let default = configured(server, &config, 0o600).env("PATH", "/usr/bin:/bin");
        assert_eq!(code(default), "5", "{server} by [default]");
    }
    assert_eq!(stage.logons(), 0);
}

/// A failure here would use the environment's login although the program set another one.
#[test]
fn the_programs_login_comes_first() {
    let Servers { stage: _stage, local, foreign } = servers();
    let wrong = |server: &str| {
        let drive = Drive::new(&["list", server]).by_admin();
        drive.env("NETSESSION_LOGIN", "bob").env("NETSESSION_PASSWORD", "wrong")
    };
    assert_eq!((code(wrong(&local)), code(wrong(&foreign))), ("0".into(), "0".into()));
}

/// A failure here would not use the configuration file's login, send it to a server that the file does not name, or use
/// a file that another user could have written.
#[test]
fn the_configuration_file_names_servers() {
    let Servers { stage: _stage, local, foreign } = servers();
    let login = format!("login = '{ADMIN}'\npassword-command = ['echo', '{PASSWORD}']\n");
    let with_path = |drive: Drive| drive.env("PATH", "/usr/bin:/bin");
    let entry = format!("[server.'{foreign}']\n{login}");
    assert_eq!(code(with_path(configured(&foreign, &entry, 0o600))), "0");
    assert_eq!(code(with_path(configured(&local, &entry, 0o600))), "5");
    assert_eq!(code(with_path(configured(&foreign, &entry, 0o666))), "5", "others can write it");
    let default = format!("[default]\n{login}");
    assert_eq!(code(with_path(configured(&foreign, &default, 0o600))), "5", "[default] names no server");
    let local_default = configured(&local, &default, 0o600).env("NETSESSION_LOCAL", &local);
    assert_eq!(code(with_path(local_default)), "0");
    let named = format!("{default}[server.'{foreign}']\ntimeout = 5\n");
    assert_eq!(code(with_path(configured(&foreign, &named, 0o600))), "0");
    assert_eq!(code(configured(&local, "[default]\nlogon = 'x'\n", 0o600)), "13", "a mistake in the file");
    let fails = format!("[server.'{foreign}']\nlogin = 'x'\npassword-command = ['false']\n");
    assert_eq!(code(with_path(configured(&foreign, &fails, 0o600))), "5");
}

/// A failure here would make a cluster fail for a program as soon as its first node is down or hangs.
#[test]
fn another_node_of_a_cluster_takes_over() {
    let Servers { stage: _stage, foreign, .. } = servers();
    // The system accepts its connections, and nobody answers.
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    let closed = std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap();
    let cluster = |first: &str| {
        let config = format!(
            "[cluster.nas]\nnodes = ['{first}', '{foreign}']\nlogin = '{ADMIN}'\n\
             password-command = ['echo', '{PASSWORD}']\n"
        );
        code(configured("nas", &config, 0o600).env("PATH", "/usr/bin:/bin"))
    };
    assert_eq!(cluster(&closed.to_string()), "0", "nothing listens at the first node");
    assert_eq!(cluster(&silent), "0", "the first node hangs");
}

/// A failure here would deny a user's call to their own `netsession serve`, or trust another user's file.
#[test]
fn a_running_servers_login_is_found() {
    let Servers { local, stage, .. } = servers();
    let leave = |drive: &Drive, folder_mode: u32| {
        let path = drive.home().join("netsession/0123456789abcdef.login");
        let text = format!("address = {local}\nusername = {ADMIN}\npassword = {PASSWORD}\npid = 1\n");
        write(&path, &text, 0o600);
        fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(folder_mode)).unwrap();
        // The file is locked while its server runs.
        let file = File::open(&path).unwrap();
        file.try_lock().unwrap();
        file
    };
    for server in ["-", &stage.name(), &format!(r"\\{local}")] {
        let drive = Drive::new(&["list", server]);
        let _running = leave(&drive, 0o700);
        assert_eq!(code(drive), "0", "{server}");
    }
    let drive = Drive::new(&["list", &local]);
    let _running = leave(&drive, 0o755);
    assert_eq!(code(drive), "5", "other users can enter the folder");
    let drive =
        Drive::new(&["list", "-"]).env("NETSESSION_LOGIN", "bob").env("NETSESSION_PASSWORD", PASSWORD);
    let _running = leave(&drive, 0o700);
    assert_eq!(code(drive), "5", "the environment's login comes first, and bob is not an administrator");
}

/// A failure here would hide why a call is denied, show a password, or print without `NETSESSION_LOG`.
#[test]
fn the_log_says_why_and_shows_no_secret() {
    let Servers { stage: _stage, local, foreign } = servers();
    let list = |server: &str, level: Option<&str>| {
        let drive = Drive::new(&["list", server]).env("NETSESSION_LOCAL", &local);
        let drive = drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        stderr(&level.into_iter().fold(drive, |drive, level| drive.env("NETSESSION_LOG", level)).output())
    };
    assert_eq!(list(&foreign, None), "");
    let logged = list(&foreign, Some("warn"));
    assert!(
        logged.contains("NetSessionEnum") && logged.contains("NETSESSION_SERVERS") && logged.contains("(5)"),
        "{logged}"
    );
    assert_eq!(list(&local, Some("warn")), "", "nothing went wrong");
    let all = list(&local, Some("trace"));
    assert!(all.contains("logged on") && !all.contains(PASSWORD), "{all}");
}

/// A failure here would log nothing about a session that a program ended, or about a request with an unknown outcome.
#[test]
fn the_log_names_each_change_and_its_outcome() {
    let Servers { stage, local, .. } = servers();
    stage.add_session("10.0.0.5", "alice");
    let drive =
        Drive::new(&["delete", &local, r"\\10.0.0.5", "alice"]).by_admin().env("NETSESSION_LOG", "debug");
    let logged = stderr(&drive.output());
    let change = r"end the sessions of alice from \\10.0.0.5 at";
    let (before, after) = (format!("sending: {change}"), "the server answered");
    let place = |part: &str| logged.find(part).unwrap_or_else(|| panic!("{part}: {logged}"));
    assert!(place(&before) < place(after), "{logged}");
    assert!(!logged.contains(PASSWORD), "{logged}");
}

/// A failure here would print the code of a call twice in the line that explains it.
#[test]
fn the_log_names_the_returned_code_once() {
    let Servers { stage: _stage, local, .. } = servers();
    for (arguments, code, reason) in [
        (["delete", "-", "-", "-"], "ERROR_INVALID_PARAMETER (87)", "NetrSessionDel was not sent: "),
        (["delete", &local, "x", &"y".repeat(1_100)], "ERROR_INVALID_PARAMETER (87)", "1,023 characters"),
        (
            ["delete", "a b", "-", "alice"],
            "NERR_InvalidComputer (2351)",
            "servername is not the name of a server",
        ),
        (["delete", &local, "-", "nobody"], "NERR_ClientNameNotFound (2312)", " answered NetrSessionDel"),
    ] {
        let logged = stderr(&Drive::new(&arguments).by_admin().env("NETSESSION_LOG", "info").output());
        let line = logged.lines().find(|line| line.contains("NetSessionDel returns")).unwrap_or_default();
        assert!(line.contains(&format!("NetSessionDel returns {code}: ")), "{logged}");
        assert!(line.contains(reason) && line.matches(code).count() == 1, "{line}");
    }
}

/// A failure here would let a user who starts a program with more rights than their own redirect its logons, or read a
/// file that only the program's user may read.
#[test]
fn a_program_with_more_rights_trusts_only_itself() {
    let Servers { stage: _stage, local, .. } = servers();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let raised = folder.path().join("driver");
    fs::copy(driver(), &raised).unwrap();
    let Some(group) = another_group() else {
        println!("not tested: this user can give a file to no other group");
        return;
    };
    std::os::unix::fs::chown(&raised, None, Some(group)).unwrap();
    fs::set_permissions(&raised, Permissions::from_mode(0o2755)).unwrap();
    let list = || {
        let drive = Drive::with(&raised, &library(), &["list", &local]);
        let drive = drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        drive.env("NETSESSION_LOG", "trace")
    };
    let output = list().output();
    assert_eq!((lines(&output), stderr(&output)), (vec![format!("{local} 5 0")], String::new()));
    assert_eq!(lines(&list().by_admin().output()), ["login 0", &format!("{local} 0 1")]);
    let config = format!("[default]\nlogin = '{ADMIN}'\npassword-command = ['/bin/echo', '{PASSWORD}']\n");
    let drive = Drive::with(&raised, &library(), &["list", &local]);
    write(&drive.home().join(".config/netsession/config.toml"), &config, 0o600);
    assert_eq!(code(drive), "5", "the caller sets HOME");
}

/// Returns a group, other than the user's first one, to which this user can assign a file.
fn another_group() -> Option<u32> {
    // SAFETY: they only read the process's own identity, and cannot fail.
    let (user, own) = unsafe { (libc::geteuid(), libc::getegid()) };
    if user == 0 {
        return Some(65_534).filter(|group| *group != own);
    }
    let mut groups = [0; 64];
    // SAFETY: the array has room for so many.
    let count = unsafe { libc::getgroups(64, groups.as_mut_ptr()) };
    groups.iter().take(usize::try_from(count).ok()?).copied().find(|group| *group != own)
}

/// A failure here would let a program that names this computer reach another server than with NULL.
#[test]
fn every_name_of_this_computer_is_the_local_server() {
    let Servers { stage: _stage, local, .. } = servers();
    let output = std::process::Command::new("hostname").output().unwrap();
    let host = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let with_backslashes =
        [r"\\localhost", r"\\127.0.0.1", r"\\[::1]", r"\\.", r"\\localhost\", r"127.0.0.1\"];
    let plain = [
        "-",
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "::1",
        "[::1]",
        "0--1.ipv6-literal.net",
        ".",
        " localhost\r",
        "localhost.",
    ];
    let hosts = [host.clone(), host.to_uppercase(), format!(r"\\{host}"), format!("{host}.")];
    for name in plain.into_iter().chain(with_backslashes).chain(hosts.iter().map(String::as_str)) {
        let drive = Drive::new(&["list", name]).env("NETSESSION_LOCAL", &local);
        let drive = drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        assert_eq!(code(drive), "0", "{name}");
    }
    for other in ["127.0.0.1:1", "localhost:1", r"\\127.0.0.1:1\"] {
        let drive = Drive::new(&["list", other]).by_admin().env("NETSESSION_LOCAL", &local);
        assert_eq!(code(drive), "1225", "{other} is another server");
    }
    for nameless in [r"\", r"\\", r"\\\"] {
        let drive = Drive::new(&["list", nameless]).by_admin().env("NETSESSION_LOCAL", &local);
        assert_eq!(code(drive), "2351", "{nameless} is no server");
    }
}

/// A failure here would let a program that names this computer end sessions at another server as soon as a second `netsession
/// serve` runs, or as the variable for the local server is wrong.
#[test]
fn no_name_of_this_computer_means_port_445_if_the_local_server_is_unknown() {
    const ERROR_BAD_NETPATH: &str = "53";
    for name in ["-", ".", "localhost", r"\\127.0.0.1", "[::1]"] {
        let drive = Drive::new(&["list", name]).by_admin();
        let folder = drive.home().join("netsession");
        let running = [4460, 4461].map(|port| {
            let path = folder.join(format!("{port:016x}.login"));
            let text =
                format!("address = 127.0.0.1:{port}\nusername = {ADMIN}\npassword = {PASSWORD}\npid = 1\n");
            write(&path, &text, 0o600);
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
            let file = File::open(&path).unwrap();
            // The file is locked while its server runs.
            file.try_lock().unwrap();
            file
        });
        assert_eq!(code(drive), ERROR_BAD_NETPATH, "{name}");
        drop(running);
        let wrong = Drive::new(&["list", name]).by_admin().env("NETSESSION_LOCAL", "a b");
        let null = Drive::new(&["list", "-"]).by_admin().env("NETSESSION_LOCAL", "a b");
        assert_eq!(code(wrong), code(null), "{name}");
    }
}
