//! libnetapi32 against Samba, which lacks levels, filters and calls that programs for Windows use: the calls of
//! the library whose answers the C functions return unchanged.
#![cfg(unix)]

use std::net::TcpListener;

use anyhow::{Context, Result, ensure};
use netsession::raw::{
    ConnectionLevel, FileLevel, PageRequest, ServerInfo, ServerLevel, SessionLevel, ShareInfo, ShareLevel,
    TransportLevel,
};
use netsession::{ConnectOptions, Error, FileId, Login, Secret, Win32Error, blocking};
use netsession_conformance::{ADMIN, PASSWORD, Samba, wait_until};

fn connect(samba: &Samba) -> Result<blocking::Server> {
    connect_to(&samba.name(), ADMIN)
}

fn connect_to(server: &str, user: &str) -> Result<blocking::Server> {
    let login = Login::new(user, Secret::password(PASSWORD))?;
    Ok(blocking::Server::connect(&server.parse()?, &login, &ConnectOptions::default())?)
}

fn code<T>(result: Result<T, Error>) -> u32 {
    result.map_or_else(|error| error.win32().0, |_| 0)
}

/// A failure here would return nothing to a program that requests level 10 or 502, or one user's sessions, from
/// Samba, or return everybody's sessions.
#[test]
fn sessions_at_levels_and_by_filters_that_samba_lacks() -> Result<()> {
    let samba = Samba::start()?;
    let _held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 7)?, samba.hold_from("alice", 8)?];
    for level in SessionLevel::ALL.iter().copied() {
        // A new connection knows nothing about the server yet; the second call does.
        let mut server = connect(&samba)?;
        for _ in 0..2 {
            let mut list = |client: &str, user: &str| {
                server.raw().session_enum(level, Some(client), Some(user), PageRequest::ALL)
            };
            let page = list(r"\\127.0.0.7", "ALICE")?;
            ensure!((page.entries.len(), page.total, page.has_more) == (1, 1, false), "{level:?}: {page:?}");
            let row = page.entries.first().context("no row")?;
            ensure!(row.cname.as_deref().is_some_and(|name| name.ends_with("127.0.0.7")), "{row:?}");
            if level != SessionLevel::INFO_0 {
                ensure!(row.username.as_deref() == Some("alice"), "{row:?}");
            }
            ensure!(list(r"\\127.0.0.7", "")?.entries.len() == 2);
            ensure!(list("", "alice")?.entries.len() == 2);
            ensure!(code(list(r"\\127.0.0.9", "")) == 2312);
            ensure!(code(list(r"\\127.0.0.8", "bob")) == 2312);
            ensure!(code(list("", "carol")) == 2221);
            ensure!(code(list("127.0.0.7", "")) == 2351);
            ensure!(list("", "")?.entries.len() >= 4);
        }
        ensure!(code(connect(&samba)?.raw().session_enum(level, None, None, PageRequest::ALL)) == 0);
    }
    let mut server = connect(&samba)?;
    let one = server.raw().session_get_info(SessionLevel::INFO_10, r"\\127.0.0.8", "alice")?;
    ensure!(one.username.as_deref() == Some("alice"));
    ensure!(code(server.raw().session_get_info(SessionLevel::INFO_10, r"\\127.0.0.8", "bob")) == 2312);
    Ok(())
}

/// A failure here would not find an open file by its number, or return another user's files.
#[test]
fn files_at_levels_and_by_calls_that_samba_lacks() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    std::fs::write(samba.share().join("held.txt"), "x")?;
    alice.open("held.txt")?;
    let mut server = connect(&samba)?;
    let mut raw = server.raw();
    let mine = raw.file_enum(FileLevel::INFO_3, None, Some("ALICE"), PageRequest::ALL)?;
    let file = mine
        .entries
        .iter()
        .find(|file| file.pathname.as_deref().is_some_and(|path| path.ends_with("held.txt")));
    let file = file.context("the file is not listed")?;
    let path = file.pathname.clone().context("no path")?;
    let ids = raw.file_enum(FileLevel::INFO_2, Some(&path), Some("alice"), PageRequest::ALL)?;
    ensure!(ids.entries.iter().map(|it| it.id).eq([file.id]), "{ids:?}");
    ensure!(raw.file_enum(FileLevel::INFO_3, Some("/nothing"), None, PageRequest::ALL)?.entries.is_empty());
    ensure!(raw.file_enum(FileLevel::INFO_3, None, Some("bob"), PageRequest::ALL)?.entries.is_empty());
    let told = raw.file_get_info(FileId(file.id.0), FileLevel::INFO_3)?;
    ensure!(told.pathname == file.pathname && told.username.as_deref() == Some("alice"), "{told:?}");
    ensure!(code(raw.file_get_info(FileId(u32::MAX), FileLevel::INFO_2)) == 2);
    Ok(())
}

/// A failure here would not return shares, connections or the server's description, or pass on values that Samba makes up.
#[test]
fn shares_connections_and_the_server() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let mut server = connect(&samba)?;
    let mut raw = server.raw();
    for level in [ShareLevel::INFO_0, ShareLevel::INFO_1, ShareLevel::INFO_2, ShareLevel::INFO_502] {
        let listed = raw.share_enum(level, PageRequest::ALL)?;
        ensure!(listed.entries.iter().any(|share| share.netname.as_deref() == Some("data")), "{listed:?}");
        ensure!(raw.share_get_info("DATA", level)?.netname.is_some());
    }
    ensure!(
        raw.share_enum(ShareLevel::INFO_501, PageRequest::ALL)?
            .entries
            .iter()
            .all(|share| share.flags.is_some())
    );
    let listed = raw.share_enum(ShareLevel::INFO_503, PageRequest::ALL);
    ensure!(listed.as_ref().is_err_and(|error| error.win32().0 == 50), "{listed:?}");
    let one = raw.share_get_info("data", ShareLevel::INFO_503);
    ensure!(one.as_ref().is_err_and(|error| error.win32().0 == 50), "{one:?}");
    ensure!(raw.share_get_info("data", ShareLevel::INFO_1005)?.flags.is_some());
    ensure!(code(raw.share_get_info("nothing", ShareLevel::INFO_1)) == 2310);
    let path = raw.share_get_info("data", ShareLevel::INFO_2)?.path.context("no path")?;
    ensure!(raw.share_check(&path)?.0 == 0);
    ensure!(code(raw.share_check(r"C:\nothing")) == 2311);
    let connections = raw.connection_enum(ConnectionLevel::INFO_1, "data", PageRequest::ALL)?;
    let row = connections.entries.first().context("no connection")?;
    ensure!(row.username.is_none() && row.netname.is_none(), "made up: {row:?}");
    ensure!(code(raw.connection_enum(ConnectionLevel::INFO_1, "nothing", PageRequest::ALL)) == 2310);
    for level in [ConnectionLevel::INFO_0, ConnectionLevel::INFO_1] {
        let by_client = raw.connection_enum(level, r"\\127.0.0.7", PageRequest::ALL);
        ensure!(code(by_client) == Win32Error::ERROR_NOT_SUPPORTED.0);
    }
    for level in [ServerLevel::INFO_100, ServerLevel::INFO_101, ServerLevel::INFO_102] {
        ensure!(raw.server_get_info(level)?.name.is_some());
    }
    ensure!(code(raw.server_get_info(ServerLevel::INFO_502)) == 50, "Samba lacks the level");
    let clock = raw.remote_tod()?;
    ensure!(clock.year >= 2026 && clock.elapsedt > 0, "{clock:?}");
    Ok(())
}

/// A failure here would return nothing to programs that ask Samba for its domain or its users.
#[test]
fn the_computer_and_its_workgroup() -> Result<()> {
    for group in ["LAB", "LABS"] {
        let samba = Samba::start_with(&[&format!("workgroup = {group}")])?;
        let mut server = connect(&samba)?;
        let mut raw = server.raw();
        for level in [100, 101, 102] {
            let info = raw.wksta_get_info(level)?;
            ensure!(info.platform_id == 500 && info.langroup.as_deref() == Some(group), "{level}: {info:?}");
            ensure!(info.logged_on_users.is_some() == (level == 102), "{info:?}");
        }
        ensure!(code(raw.get_join_information()) == 50, "Samba lacks the call");
        for level in [0, 1] {
            let users = raw.wksta_user_enum(level, PageRequest::ALL)?;
            ensure!(users.entries.iter().all(|user| user.username.is_some()), "{users:?}");
        }
        ensure!(raw.server_disk_enum(PageRequest::ALL)?.entries == ["C:"]);
        let transports = raw.server_transport_enum(TransportLevel::INFO_0, PageRequest::ALL);
        ensure!(code(transports) == 50, "Samba lacks the call");
        ensure!(code(raw.server_statistics_get()) == 50, "Samba lacks the call");
        ensure!(code(raw.workstation_statistics_get()) == 50, "Samba lacks the call");
        let comment = ServerInfo { comment: Some("New".to_owned()), ..ServerInfo::default() };
        ensure!(code(raw.server_set_info(ServerLevel::INFO_1005, comment)) == 50, "Samba changes nothing");
        let users = ServerInfo { users: Some(3), ..ServerInfo::default() };
        ensure!(code(raw.server_set_info(ServerLevel::INFO_1107, users)) == 50, "Samba changes nothing");
        ensure!(code(raw.wksta_get_info(7)) == 124);
        ensure!(raw.session_enum(SessionLevel::INFO_10, None, None, PageRequest::ALL)?.entries.len() == 1);
    }
    Ok(())
}

/// A failure here would change nothing on Samba, or promise a change that Samba does not make.
#[test]
fn shares_are_changed_where_samba_lets_administrators_change_them() -> Result<()> {
    let set = |samba: &Samba| -> Result<u32> {
        let share = ShareInfo { remark: Some("New".to_owned()), ..ShareInfo::default() };
        Ok(code(connect(samba)?.raw().share_set_info("data", ShareLevel::INFO_1004, share)))
    };
    ensure!(set(&Samba::start()?)? == 5, "Samba has no command for changes");
    let samba = Samba::start_with(&["change share command = /bin/true"])?;
    ensure!(set(&samba)? == 0);
    permissions_are_written_back(&samba)?;
    let missing = connect(&samba)?.raw().share_del("nothing");
    ensure!(code(missing) == 2310, "Samba has another code");
    let scoped = connect(&samba)?.raw().share_del_ex("data", "*");
    ensure!(code(scoped) == 50, "Samba lacks the call");
    Ok(())
}

/// Writes a share back as it was read, and then with permissions for nobody, which keep a user out.
fn permissions_are_written_back(samba: &Samba) -> Result<()> {
    let mut server = connect(samba)?;
    let mut raw = server.raw();
    let before = raw.share_get_info("data", ShareLevel::INFO_502)?;
    ensure!(!before.security_descriptor.as_slice().is_empty());
    raw.share_set_info("data", ShareLevel::INFO_502, before.clone())?;
    ensure!(
        raw.share_get_info("data", ShareLevel::INFO_502)?.security_descriptor == before.security_descriptor
    );
    // A header, and a list without entries.
    let nobody = vec![1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 8, 0, 0, 0, 0, 0];
    let share = ShareInfo { security_descriptor: nobody.into(), ..ShareInfo::default() };
    raw.share_set_info("data", ShareLevel::INFO_1501, share)?;
    let now = raw.share_get_info("data", ShareLevel::INFO_502)?.security_descriptor;
    ensure!(now != before.security_descriptor, "Samba keeps the old permissions");
    Ok(())
}

/// A failure here would leave an IPv6 client connected because the caller spells its address in another way than Samba,
/// which compares it as text.
#[test]
fn an_ipv6_client_ends_in_every_spelling() -> Result<()> {
    if TcpListener::bind("[::1]:0").is_err() {
        // This machine has no IPv6.
        return Ok(());
    }
    let samba = Samba::start_with(&["interfaces = 127.0.0.0/8 ::1/128"])?;
    let by_ipv6 = format!("[::1]:{}", samba.port());
    let mut admin = connect(&samba)?;
    for spelling in [r"\\::1", r"\\[::1]", r"\\0:0:0:0:0:0:0:1", r"\\[0000::0001]"] {
        let _alice = connect_to(&by_ipv6, "alice")?;
        let listed =
            || Ok::<_, anyhow::Error>(samba.who()?.iter().filter(|(_, user)| user == "alice").count());
        ensure!(listed()? == 1, "{:?}", samba.who()?);
        ensure!(code(admin.session_del(Some(spelling), Some("bob"))) == 2312, "{spelling}");
        ensure!(code(admin.session_del(Some(spelling), Some("alice"))) == 0, "{spelling}");
        wait_until("the end of the session", || Ok((listed()? == 0).then_some(())))?;
    }
    Ok(())
}
