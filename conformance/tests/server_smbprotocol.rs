//! The Python client smbprotocol against the embedded server.
#![cfg(test)]
#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, Netsession, Smbprotocol, wait_until};
use netsession_server::Event;
use serde_json::json;

/// A failure here would break uploads of clients that write past the end, or keep programs in Python from finding, seeing, renaming or
/// removing files, on some dialect, signed or encrypted.
#[test]
fn files_on_every_dialect_signed_and_encrypted() -> Result<()> {
    let server = Embedded::start()?;
    let mut python = Smbprotocol::start(
        server.address()?,
        r"
for dialect in DIALECTS:
    for encrypt in (False, True)[: 1 if dialect == '2.1' else 2]:
        alice = User('alice', dialect, encrypt)
        alice.mkdir(path('d'))
        with alice.open_file(path(r'd\f'), mode='wb') as file:
            file.write(b'start')
        with alice.open_file(path(r'd\f'), mode='r+b') as file:
            file.seek(3_000_000)
            file.write(b'end' * 700_000)
        size = alice.stat(path(r'd\f')).st_size
        with alice.open_file(path(r'd\f'), mode='rb') as file:
            content = file.read()
        as_written = content == b'start'.ljust(3_000_000, b'\0') + b'end' * 700_000
        alice.rename(path(r'd\f'), path(r'd\Zoë 報告'))
        alice.mkdir(path(r'd\e'))
        listed = sorted(alice.listdir(path('d')))
        scanned = sorted((entry.name, entry.is_dir()) for entry in alice.scandir(path('d')))
        failures = [
            status(alice.stat, path(r'd\f')),
            status(alice.mkdir, path('d')),
            status(alice.rmdir, path('d')),
            status(alice.open_file, path('f:a:$INDEX'), mode='wb'),
        ]
        alice.remove(path(r'd\Zoë 報告'))
        alice.rmdir(path(r'd\e'))
        alice.rmdir(path('d'))
        alice.leave()
        tell([dialect, encrypt, size, as_written, listed, scanned, failures])
",
    )?;
    let ways = [
        ("2.1", false),
        ("3.0", false),
        ("3.0", true),
        ("3.0.2", false),
        ("3.0.2", true),
        ("3.1.1", false),
        ("3.1.1", true),
    ];
    let failures = json!([
        "OBJECT_NAME_NOT_FOUND",
        "OBJECT_NAME_COLLISION",
        "DIRECTORY_NOT_EMPTY",
        "OBJECT_NAME_INVALID"
    ]);
    for (dialect, encrypted) in ways {
        let scanned = json!([["Zoë 報告", false], ["e", true]]);
        let expected = json!([dialect, encrypted, 5_100_000, true, ["Zoë 報告", "e"], scanned, failures]);
        assert_eq!(python.told()?, expected);
    }
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    ensure!(std::fs::read_dir(server.share())?.next().is_none(), "something is left");
    Ok(())
}

/// A failure here would hide from a program in Python that its session ended while it had a file open, or keep it from
/// reconnecting, on some dialect, signed or encrypted.
#[test]
fn a_session_is_ended_in_between() -> Result<()> {
    let server = Embedded::start()?;
    for (dialect, encrypt) in
        [("2.1", "False"), ("3.0", "False"), ("3.0.2", "True"), ("3.1.1", "False"), ("3.1.1", "True")]
    {
        let lines = format!(
            r"
alice = User('alice', {dialect:?}, {encrypt})
file = alice.open_file(path('f'), mode='wb', buffering=0)
file.write(b'before')
tell('open')
wait()
ended = status(file.write, b'after')
tell(ended)
alice.leave()
back = User('alice', {dialect:?}, {encrypt})
tell(back.stat(path('f')).st_size)
back.leave()
"
        );
        let mut python = Smbprotocol::start(server.address()?, &lines)?;
        assert_eq!(python.told()?, json!("open"));
        let mut bob = server.hold_from("bob", 8)?;
        for session in server.server()?.sessions().iter().filter(|session| session.user() == "alice") {
            ensure!(server.server()?.end_session(session));
        }
        ensure!(server.server()?.opens().iter().all(|open| open.user() != "alice"), "{dialect}: still open");
        python.resume()?;
        // The server closes the connection a second after the end of its last session.
        let ended = python.told()?;
        ensure!(ended == "USER_SESSION_DELETED" || ended == "closed", "{dialect} {encrypt}: {ended}");
        assert_eq!(python.told()?, json!(6), "{dialect} {encrypt}");
        ensure!(bob.works()?, "{dialect}: bob suffers");
    }
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    Ok(())
}

/// A failure here would leave a disconnected client on a connection that never works again: smbprotocol, like GVFS and
/// libsmbclient, reconnects by itself only once the server closes its connection.
#[test]
fn a_disconnected_client_recovers_by_itself() -> Result<()> {
    let is_closed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_closed);
    let server = Embedded::start_with(|builder| {
        builder.on_event(move |event| {
            if matches!(event, Event::Disconnected(_)) {
                seen.store(true, Ordering::Relaxed);
            }
        })
    })?;
    server.file("f", b"before")?;
    let lines = r"
smbclient.ClientConfig(username='alice', password=os.environ['SECRET'])
size = lambda: smbclient.stat(path('f'), port=PORT).st_size
tell(size())
wait()
tell(size())
smbclient.reset_connection_cache(fail_on_error=False)
";
    let mut python = Smbprotocol::start(server.address()?, lines)?;
    assert_eq!(python.told()?, json!(6));
    for session in server.server()?.sessions() {
        ensure!(server.server()?.end_session(&session));
    }
    wait_until("the server to close the connection", || Ok(is_closed.load(Ordering::Relaxed).then_some(())))?;
    python.resume()?;
    assert_eq!(python.told()?, json!(6));
    Ok(())
}

/// A failure here would scatter `._` files over a folder that a Mac uses, or lose what a program keeps in a stream.
#[test]
fn streams_belong_to_their_file() -> Result<()> {
    let server = Embedded::start()?;
    let mut python = Smbprotocol::start(
        server.address()?,
        r"
alice = User('alice', '3.1.1', True)
def put(name, data):
    with alice.open_file(path(name), mode='wb') as file:
        file.write(data)
def get(name):
    with alice.open_file(path(name), mode='rb') as file:
        return len(file.read())
put('f', b'data')
put('f:AFP_AfpInfo', b'i' * 60)
put('f:AFP_Resource', b'r' * 2_000_000)
tell([get('f'), get('f:AFP_AfpInfo:$DATA'), get('F:afp_resource')])
alice.rename(path('f'), path('g'))
tell([sorted(alice.listdir(path(''))), get('g:AFP_AfpInfo'), status(get, 'f:AFP_AfpInfo')])
alice.remove(path('g:AFP_AfpInfo'))
tell([status(get, 'g:AFP_AfpInfo'), get('g:AFP_Resource'), get('g')])
tell([status(alice.listdir, path('.netsession-streams')), status(put, r'.netsession-streams\x', b'')])
alice.remove(path('g'))
put('g', b'')
tell(status(get, 'g:AFP_Resource'))
alice.leave()
",
    )?;
    assert_eq!(python.told()?, json!([4, 60, 2_000_000]));
    assert_eq!(python.told()?, json!([["g"], 60, "OBJECT_NAME_NOT_FOUND"]));
    assert_eq!(python.told()?, json!(["OBJECT_NAME_NOT_FOUND", 2_000_000, 4]));
    assert_eq!(python.told()?, json!(["ACCESS_DENIED", "ACCESS_DENIED"]));
    assert_eq!(python.told()?, json!("OBJECT_NAME_NOT_FOUND"));
    Ok(())
}

/// Lets bob open a file and lose his connection, and returns the id of the file.
fn lost_by_bob(server: &Embedded) -> Result<serde_json::Value> {
    let opens = r"
file = Durable('bob', 'f')
tell(file.create())
wait()
";
    let mut bob = Smbprotocol::start(server.address()?, opens)?;
    let file = bob.told()?;
    drop(bob);
    wait_until("bob's connection to be lost", || Ok(server.who()?.is_empty().then_some(())))?;
    Ok(file)
}

/// A failure here would tell an administrator that bob has no session, and leave the files of bob's lost connection locked for
/// minutes.
#[test]
fn an_ending_is_final_for_a_lost_connection() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let file = lost_by_bob(&server)?;
    let listed = Netsession::admin()?.args(["sessions", &name, "--user", "bob"]).run()?.expect_code(0)?;
    ensure!(listed.stdout.contains("bob"), "not listed: {}", listed.stdout);
    Netsession::admin()?.args(["end", &name, "--user", "bob", "--yes"]).run()?.expect_code(0)?;
    ensure!(server.server()?.opens().iter().all(|open| open.user() != "bob"), "bob still holds a file");
    let back = format!(
        r"
tell(status(Durable('bob', 'f').reclaim, {file}))
tell(status(Durable('alice', 'f').create_alone))
"
    );
    let mut back = Smbprotocol::start(server.address()?, &back)?;
    assert_eq!(back.told()?, json!("OBJECT_NAME_NOT_FOUND"));
    assert_eq!(back.told()?, json!("none"), "alice opens the file alone at once");
    Ok(())
}

/// A failure here would lose the files of a client whose connection breaks, or give them to another user or computer.
#[test]
fn only_the_same_user_and_computer_reclaim_a_file() -> Result<()> {
    let server = Embedded::start()?;
    let file = lost_by_bob(&server)?;
    let back = format!(
        r"
tell(status(Durable('alice', 'f').reclaim, {file}))
tell(status(Durable('bob', 'f', computer=2).reclaim, {file}))
tell(status(Durable('bob', 'f', computer=0).reclaim, {file}))
tell(status(Durable('bob', 'f').reclaim, {file}))
"
    );
    let mut back = Smbprotocol::start(server.address()?, &back)?;
    for expected in ["ACCESS_DENIED", "OBJECT_NAME_NOT_FOUND", "OBJECT_NAME_NOT_FOUND", "none"] {
        assert_eq!(back.told()?, json!(expected));
    }
    Ok(())
}

/// A failure here would refuse the compounds of clients such as pike, which leave the tree of a related request zero.
#[test]
fn a_related_request_needs_no_tree_of_its_own() -> Result<()> {
    let server = Embedded::start()?;
    let mut python = Smbprotocol::start(
        server.address()?,
        r"
import smbprotocol.connection as wire
class WithoutTree(wire.SMB2HeaderRequest):
    def pack(self):
        if self['flags'].has_flag(wire.Smb2Flags.SMB2_FLAGS_RELATED_OPERATIONS):
            self['tree_id'] = 0
        return super().pack()
wire.SMB2HeaderRequest = WithoutTree
file = Durable('alice', 'f').file
rights = FilePipePrinterAccessMask.GENERIC_READ | FilePipePrinterAccessMask.GENERIC_WRITE
create = file.create(ImpersonationLevel.Impersonation, rights, 0, 7, CreateDisposition.FILE_OPEN_IF, 0, send=False)
parts = [create, file.write(b'data', send=False), file.close(send=False)]
tree = file.tree_connect
sent = file.connection.send_compound(
    [part[0] for part in parts], tree.session.session_id, tree.tree_connect_id, related=True)
for request, (_, receive) in zip(sent, parts):
    receive(request)
tell('done')
",
    )?;
    assert_eq!(python.told()?, json!("done"));
    assert_eq!(std::fs::read(server.share().join("f"))?, b"data");
    Ok(())
}
