//! Who is logged on, by a program in a process of its own with an environment of its own.
//!
//! `0.0.0.0` is a server that only the program has named: it reaches this machine, and is not an address of it.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use stage::{ADMIN, Drive, PASSWORD, Stage, driver, library, lines};

/// What listing the server's sessions returned.
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

/// A run with this configuration file.
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

/// If this fails, a program has an administrator's logon sent to any server that it names, or gets in without one.
#[test]
fn the_environment_s_login_goes_where_somebody_named_the_server() {
    let Servers { stage: _stage, local, foreign } = servers();
    let list = |server: &str| {
        let drive = Drive::new(&["list", server]);
        drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD)
    };
    assert_eq!(code(Drive::new(&["list", &local])), "5", "nobody");
    assert_eq!(code(list(&local)), "0");
    assert_eq!(code(list("-").env("NETSESSION_LOCAL", &local)), "0", "NULL");
    assert_eq!(code(list(&foreign)), "5");
    assert_eq!(code(list(&foreign).env("NETSESSION_SERVERS", &format!("fs1, {foreign}"))), "0");
    assert_eq!(code(list(&foreign).env("NETSESSION_SERVERS", "0.0.0.0")), "5", "another port");
    assert_eq!(code(list(&local).env("NETSESSION_PASSWORD", "wrong")), "1326");

    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), &format!("username = {ADMIN}\npassword = {PASSWORD}\n"), 0o600);
    let by_file = |server: &str| {
        Drive::new(&["list", server]).env("NETSESSION_AUTHENTICATION_FILE", file.path().to_str().unwrap())
    };
    assert_eq!((code(by_file(&local)), code(by_file(&foreign))), ("0".into(), "5".into()));
    assert_eq!(code(by_file(&local).env("NETSESSION_LOGIN", "bob")), "5", "two users");
}

/// If this fails, what the program itself said does not count, or counts less than what surrounds it.
#[test]
fn the_program_s_login_comes_first() {
    let Servers { stage: _stage, local, foreign } = servers();
    let wrong = |server: &str| {
        let drive = Drive::new(&["list", server]).by_admin();
        drive.env("NETSESSION_LOGIN", "bob").env("NETSESSION_PASSWORD", "wrong")
    };
    assert_eq!((code(wrong(&local)), code(wrong(&foreign))), ("0".into(), "0".into()));
}

/// If this fails, the configuration file's login is not found, goes where it is not meant, or is used from a file that
/// somebody else could have written.
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
    assert_eq!(code(with_path(configured(&foreign, &default, 0o600))), "5", "any server is not a server");
    assert_eq!(code(with_path(configured(&local, &default, 0o600))), "0");
    let named = format!("{default}[server.'{foreign}']\ntimeout = 5\n");
    assert_eq!(code(with_path(configured(&foreign, &named, 0o600))), "0");
    assert_eq!(code(configured(&local, "[default]\nlogon = 'x'\n", 0o600)), "13", "a mistake in the file");
    let fails = format!("[server.'{foreign}']\nlogin = 'x'\npassword-command = ['false']\n");
    assert_eq!(code(with_path(configured(&foreign, &fails, 0o600))), "5");
}

/// If this fails, who runs `netsession serve` needs a password for it, or somebody else's file is believed.
#[test]
fn a_running_server_s_login_is_found() {
    let Servers { local, stage, .. } = servers();
    let leave = |drive: &Drive, folder_mode: u32| {
        let path = drive.home().join("netsession/0123456789abcdef.login");
        let text = format!("address = {local}\nusername = {ADMIN}\npassword = {PASSWORD}\npid = 1\n");
        write(&path, &text, 0o600);
        fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(folder_mode)).unwrap();
        // Locked for as long as its server runs.
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
    assert_eq!(code(drive), "5", "others can look into the folder");
    let drive =
        Drive::new(&["list", "-"]).env("NETSESSION_LOGIN", "bob").env("NETSESSION_PASSWORD", PASSWORD);
    let _running = leave(&drive, 0o700);
    assert_eq!(code(drive), "5", "a login that somebody gave comes first, and bob is no administrator");
}

/// If this fails, nobody finds out why a call is denied; or a password is shown; or a program says what it was not asked.
#[test]
fn the_log_tells_why_and_shows_no_secret() {
    let Servers { stage: _stage, local, foreign } = servers();
    let list = |server: &str, level: Option<&str>| {
        let drive = Drive::new(&["list", server]);
        let drive = drive.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        stderr(&level.into_iter().fold(drive, |drive, level| drive.env("NETSESSION_LOG", level)).output())
    };
    assert_eq!(list(&foreign, None), "");
    let told = list(&foreign, Some("warn"));
    assert!(
        told.contains("NetSessionEnum") && told.contains("NETSESSION_SERVERS") && told.contains("(5)"),
        "{told}"
    );
    assert_eq!(list(&local, Some("warn")), "", "nothing went wrong");
    let all = list(&local, Some("trace"));
    assert!(all.contains("logged on") && !all.contains(PASSWORD), "{all}");
}

/// If this fails, whoever starts a program with more rights than his own has its logons go where he wants, or sees what
/// only its user may.
#[test]
fn a_program_with_more_rights_believes_only_itself() {
    let Servers { stage: _stage, local, .. } = servers();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let raised = folder.path().join("driver");
    fs::copy(driver(), &raised).unwrap();
    let Some(group) = another_group() else {
        println!("not tested: this user can give a file to no group but his own");
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
    assert_eq!(code(drive), "5", "the home is the caller's to name");
}

/// A group that a file of this user's can be given to, and that is not his first one.
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
