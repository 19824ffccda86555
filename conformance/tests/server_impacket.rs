//! impacket's calls against the embedded server.
#![cfg(test)]
#![cfg(unix)]

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, impacket, wait_until};
use serde_json::json;

/// A failure here would show wrong sessions or files to programs built on impacket, in one of the syntaxes.
#[test]
fn lists_what_the_tables_hold() -> Result<()> {
    let server = Embedded::start()?;
    server.file("one.txt", b"one")?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("one.txt")?;
    let told = impacket(
        server.address()?,
        r"
told = []
for syntax in (NDR32, NDR64):
    dce = connect(syntax=syntax)
    for level in (1, 2, 502):
        p = 'sesi%d_' % level
        found = rows(srvs.hNetrSessionEnum(dce, '\\\\127.0.0.7\0', NULL, level), 'SessionInfo', level)
        told.append([[text(r[p + 'cname']), text(r[p + 'username']), r[p + 'num_opens']] for r in found])
    found = rows(srvs.hNetrFileEnum(dce, NULL, '\\\\127.0.0.7\0', 3), 'FileInfo', 3)
    told.append([[text(r['fi3_path_name']), text(r['fi3_username']), r['fi3_permissions'] & 1] for r in found])
    found = rows(srvs.hNetrConnectionEnum(dce, 'DATA\0', 1), 'ConnectInfo', 1)
    told.append([[text(r['coni1_netname']), text(r['coni1_username']), r['coni1_num_opens']] for r in found])
    dce.disconnect()
tell(told)
",
    )?;
    let session = json!([[r"\\127.0.0.7", "alice", 1]]);
    let file = json!([[format!(r"{}\one.txt", server.share_path()), "alice", 1]]);
    let once = [&session, &session, &session, &file, &session];
    assert_eq!(told, json!([once, once].concat()));
    Ok(())
}

/// A failure here would close a session or file that the caller did not name, or keep one that the caller named.
#[test]
fn ends_sessions_and_closes_files() -> Result<()> {
    let server = Embedded::start()?;
    server.file("one.txt", b"one")?;
    let (mut alice, mut bob) = (server.hold_from("alice", 7)?, server.hold_from("bob", 8)?);
    bob.open("one.txt")?;
    let told = impacket(
        server.address()?,
        r"
admin, carol = connect(), connect('carol')
delete, close = srvs.hNetrSessionDel, srvs.hNetrFileClose
told = [
    status(delete, carol, '\\\\127.0.0.7\0', 'alice\0'),
    status(delete, admin, NULL, NULL),
    status(delete, admin, '\0', '\0'),
    status(delete, admin, '127.0.0.7\0', 'alice\0'),
    status(delete, admin, '\\\\127.0.0.9\0', NULL),
    status(delete, admin, NULL, 'x' * 1024 + '\0'),
    status(close, carol, 1),
    status(close, admin, 0xfffffff0),
    status(srvs.hNetrFileGetInfo, admin, 0xfffffff0, 3),
    status(srvs.hNetrConnectionEnum, admin, NULL, 1),
    status(delete, admin, '\\\\127.0.0.7\0', 'ALICE\0'),
]
file = rows(srvs.hNetrFileEnum(admin, NULL, 'bob\0', 3), 'FileInfo', 3)[0]
told += [status(close, admin, file['fi3_id']), status(close, admin, file['fi3_id'])]
tell(told)
",
    )?;
    assert_eq!(told, json!([5, 87, 87, 2312, 2312, 87, 5, 2314, 2, 87, 0, 0, 2314]));
    assert!(!alice.works()?);
    assert!(bob.works()?);
    let left = [("127.0.0.8".to_owned(), "bob".to_owned())];
    wait_until("impacket to be gone", || Ok((server.who()? == left).then_some(())))?;
    assert_eq!(server.server()?.opens().len(), 0);
    Ok(())
}

/// A failure here would lose the reply when a caller ends its own session or closes its own pipe.
#[test]
fn the_callers_own_session_and_pipe_go_after_the_answer() -> Result<()> {
    let server = Embedded::start()?;
    let told = impacket(
        server.address()?,
        r"
def after(dce):
    try:
        srvs.hNetrRemoteTOD(dce)
    except Exception as error:
        return str(error).split(' - ')[1]

told = []
for syntax in (NDR32, NDR64):
    own = connect(syntax=syntax)
    pipe = [r for r in rows(srvs.hNetrFileEnum(own, NULL, 'admin\0', 3), 'FileInfo', 3)][-1]['fi3_id']
    told += [status(srvs.hNetrFileClose, own, pipe), after(own)]
    own = connect(syntax=syntax)
    told += [status(srvs.hNetrSessionDel, own, '\\\\127.0.0.1\0', 'admin\0'), after(own)]
tell(told)
",
    )?;
    let (closed, deleted) = ("STATUS_FILE_CLOSED", "STATUS_USER_SESSION_DELETED");
    assert_eq!(told, json!([0, closed, 0, deleted, 0, closed, 0, deleted]));
    assert_eq!(server.who()?, []);
    Ok(())
}

/// A failure here would stop clients that query the computer before they continue, in one of the syntaxes.
#[test]
fn tells_what_the_computer_is() -> Result<()> {
    let server = Embedded::start()?;
    let told = impacket(
        server.address()?,
        r"
told = []
for syntax in (NDR32, NDR64):
    for user in ('admin', 'alice'):
        dce = connect(user, syntax, r'\wkssvc', wkst.MSRPC_UUID_WKST)
        for level in (100, 101):
            info = wkst.hNetrWkstaGetInfo(dce, level)['WkstaInfo']['WkstaInfo%d' % level]
            told.append([text(info['wki%d_computername' % level]), info['wki%d_platform_id' % level]])
        told.append(status(wkst.hNetrWkstaGetInfo, dce, 102))
        told.append(status(wkst.hNetrWkstaUserEnum, dce, 1))
        joined = wkst.hNetrGetJoinInformation(dce, NULL)
        told.append([text(joined['NameBuffer']), joined['BufferType']])
        dce.disconnect()
tell(told)
",
    )?;
    let (computer, group) = (json!(["EMBEDDED", 500]), json!(["EMBEDDED", 2]));
    let of_user = |status: u32| json!([computer, computer, status, status, group]);
    let once: Vec<_> =
        [0, 5].into_iter().flat_map(|status| of_user(status).as_array().cloned()).flatten().collect();
    assert_eq!(told, json!([&once[..], &once[..]].concat()));
    Ok(())
}

/// A failure here would stop impacket's netview, which shows administrators who is logged on, before it has listed anybody.
#[test]
fn netview_lists_who_is_connected() -> Result<()> {
    let server = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let seen =
        impacket::program(server.address()?, "netview.py", "admin", &["-target", "127.0.0.1", "-noloop"])?;
    ensure!(seen.contains("127.0.0.1: user alice logged from host 127.0.0.7"), "{seen}");
    ensure!(seen.contains(r"user EMBEDDED\alice logged in LOCALLY"), "{seen}");
    Ok(())
}
