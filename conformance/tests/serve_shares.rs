//! The options of a share of `netsession serve`: encryption, signatures, users.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use netsession_conformance::proxy::{Direction, Meddle, Verdict};
use netsession_conformance::{Proxy, Serve, Smbclient, impacket};
use place::Place;
use serde_json::json;

/// A server with `data` and another share with these options.
fn serve(place: &Place, options: &str, more: &[&str]) -> Result<Serve> {
    let other = format!("other={}:{options}", place.folder("other")?);
    place.serve(&[&["--share", other.as_str()], more].concat())
}

/// An smbclient of the newest dialect that cannot encrypt.
fn old_client(serve: &Serve, share: &str) -> Smbclient {
    let client = Smbclient::new(serve.address(), "alice").share(share);
    client.argument("--option=client min protocol=SMB2_10").argument("--option=client max protocol=SMB2_10")
}

/// Returns the message of a client that the server must refuse.
fn refusal(outcome: Result<String>) -> String {
    outcome.map_or_else(|error| error.to_string(), |text| format!("not refused: {text}"))
}

/// Counts the requests of the client that are not encrypted and open or write a file.
fn plain_requests(serve: &Serve) -> Result<(Proxy, Arc<AtomicUsize>)> {
    const CREATE: u8 = 5;
    const WRITE: u8 = 9;
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let proxy = Proxy::plain().meddle(Meddle::new(move |direction, frame| {
        let is_plain = direction == Direction::ToServer && frame.get(4..8) == Some(b"\xFESMB");
        if is_plain && matches!(frame.get(16), Some(&(CREATE | WRITE))) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Verdict::Pass(frame)
    }));
    Ok((proxy.to(serve.address())?, count))
}

/// A failure here would send the files of an encrypted share over the network in clear text.
#[test]
fn a_share_can_require_encryption() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "encrypt=required", &[])?;
    ensure!(serve.banner().contains("other, encrypted)"), "{}", serve.banner());
    for (share, is_plain) in [("data", true), ("other", false)] {
        let (proxy, plain) = plain_requests(&serve)?;
        let client = Smbclient::new(serve.address(), "alice").through(proxy).share(share);
        client.run("put /etc/hostname new; get new /dev/null")?;
        let plain = plain.load(Ordering::Relaxed);
        ensure!((plain > 0) == is_plain, "{share}: {plain} requests in clear text");
    }
    ensure!(refusal(old_client(&serve, "other").run("ls")).contains("NT_STATUS_ACCESS_DENIED"));
    serve.wait_for("refused alice from 127.0.0.1 at other: the client does not support encryption")?;
    old_client(&serve, "data").run("ls")?;
    Ok(())
}

/// A failure here would obey a client that sends requests for an encrypted share in clear text.
#[test]
fn requests_in_clear_text_are_refused_in_an_encrypted_share() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "encrypt=required", &[])?;
    fs::write(Path::new(&place.folder("other")?).join("secret"), "x")?;
    fs::write(Path::new(&place.data()).join("secret"), "x")?;
    // impacket encrypts a tree if the response says so; here it must not.
    let told = impacket(
        serve.address(),
        r"
from impacket.smbconnection import SMBConnection, SessionError
def open_in(share):
    connection = SMBConnection('127.0.0.1', '127.0.0.1', sess_port=int(os.environ['PORT']), preferredDialect=0x0300)
    connection.login('alice', os.environ['SECRET'])
    try:
        tree = connection.connectTree(share)
        server = connection.getSMBServer()
        server._Session['TreeConnectTable'][tree]['EncryptData'] = False
        server._Session['TreeConnectTable'][share]['EncryptData'] = False
        server._Session['SessionFlags'] = 0
        connection.openFile(tree, 'secret')
        return 'opened'
    except SessionError as error:
        return hex(error.getErrorCode())
tell([open_in('data'), open_in('other')])
",
    )?;
    ensure!(told == json!(["opened", "0xc0000022"]), "{told}");
    Ok(())
}

/// A failure here would give a stranger on the network the files that a client has open in an encrypted share, if the client
/// also uses one without signatures.
#[test]
fn an_unprotected_request_copies_nothing_from_an_encrypted_share() -> Result<()> {
    let place = Place::new()?;
    let free = format!("free={}:signing=off", place.folder("free")?);
    let serve = serve(&place, "encrypt=required", &["--share", &free])?;
    fs::write(Path::new(&place.folder("other")?).join("secret"), "topsecret")?;
    // What is neither signed nor encrypted could as well come from somebody else.
    let told = impacket(
        serve.address(),
        r"
import struct
from impacket.smb3 import SessionError
from impacket.smbconnection import SMBConnection
connection = SMBConnection('127.0.0.1', '127.0.0.1', sess_port=int(os.environ['PORT']), preferredDialect=0x0300)
connection.login('alice', os.environ['SECRET'])
server = connection.getSMBServer()
other, free = connection.connectTree('other'), connection.connectTree('free')
source = connection.openFile(other, 'secret', desiredAccess=1)
target = connection.createFile(free, 'copy')
server._Session['SessionFlags'] = 0
server._Session['SigningActivated'] = False
def answer(code, input):
    try:
        server.ioctl(free, target, code, 1, input, 0, 32)
        return 'done'
    except SessionError as error:
        return hex(error.get_error_code())
RESUME_KEY, SRV_COPYCHUNK = 0x140078, 0x1440f2
chunks = source[:4] + bytes(20) + struct.pack('<LLQQLL', 1, 0, 0, 0, 9, 0)
tell([answer(RESUME_KEY, b''), answer(SRV_COPYCHUNK, chunks)])
",
    )?;
    ensure!(told == json!(["done", "0xc0000022"]), "{told}");
    ensure!(fs::read(Path::new(&place.folder("free")?).join("copy"))?.is_empty());
    Ok(())
}

/// A failure here would keep a device that cannot encrypt from its own share, or let it into the other shares.
#[test]
fn a_share_of_an_encrypted_server_can_do_without() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "encrypt=off", &["--encrypt"])?;
    let weakness = "Weaker than the default: clients may use other without encryption (encrypt=off)";
    ensure!(serve.banner().contains(weakness), "{}", serve.banner());
    old_client(&serve, "other").run("put /etc/hostname scan")?;
    for share in ["data", "IPC$"] {
        ensure!(refusal(old_client(&serve, share).run("ls")).contains("NT_STATUS_ACCESS_DENIED"), "{share}");
    }
    serve.wait_for("refused alice from 127.0.0.1 at data: the client does not support encryption")?;
    let (proxy, plain) = plain_requests(&serve)?;
    Smbclient::new(serve.address(), "alice").through(proxy).run("put /etc/hostname new")?;
    ensure!(plain.load(Ordering::Relaxed) == 0, "a client that can encrypt does");
    Ok(())
}

/// What impacket can do in `data` and in `other` without signing requests, and after it has signed one.
const UNSIGNED: &str = r"
from impacket.smbconnection import SMBConnection, SessionError
def write(share, signs_first):
    connection = SMBConnection('127.0.0.1', '127.0.0.1', sess_port=int(os.environ['PORT']), preferredDialect=0x0210)
    connection.login('alice', os.environ['SECRET'])
    server = connection.getSMBServer()
    try:
        if signs_first:
            connection.connectTree(share)
        server._Session['SigningRequired'] = server._Session['SigningActivated'] = False
        server._Connection['RequireSigning'] = False
        tree = connection.connectTree(share)
        connection.createFile(tree, 'made')
        return 'written'
    except SessionError as error:
        return hex(error.getErrorCode())
tell([write('data', False), write('other', False), write('other', True)])
";

/// A failure here would keep a device that cannot sign from its own share, or let a stranger on the network change the
/// requests of clients that sign.
#[test]
fn a_share_can_do_without_signatures() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "signing=off", &[])?;
    let weakness = "Weaker than the default: clients may omit signatures in other (signing=off)";
    ensure!(serve.banner().contains(weakness), "{}", serve.banner());
    let told = impacket(serve.address(), UNSIGNED)?;
    ensure!(told == json!(["0xc0000022", "written", "0xc0000022"]), "{told}");
    Smbclient::new(serve.address(), "alice").share("other").run("ls")?;
    Ok(())
}

/// A failure here would let a stranger on the network change requests to a share whose administrator forbids it.
#[test]
fn a_share_can_require_signatures() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "signing=required", &["--signing", "optional"])?;
    let told = impacket(serve.address(), UNSIGNED)?;
    ensure!(told == json!(["written", "0xc0000022", "0xc0000022"]), "{told}");
    serve.wait_for(
        "refused alice from 127.0.0.1 at other: the client does not sign, which the share requires",
    )?;
    let signing =
        Smbclient::new(serve.address(), "alice").share("other").argument("--client-protection=sign");
    signing.run("ls")?;
    Ok(())
}

/// A failure here would show a share to users for whom it is not.
#[test]
fn a_share_can_be_for_some_users() -> Result<()> {
    let place = Place::new()?;
    let serve = serve(&place, "users=admin", &[])?;
    ensure!(serve.banner().contains("other, for admin)"), "{}", serve.banner());
    Smbclient::new(serve.address(), "admin").share("other").run("ls")?;
    let refused = Smbclient::new(serve.address(), "alice").share("other").run("ls");
    ensure!(refusal(refused).contains("NT_STATUS_ACCESS_DENIED"));
    serve.wait_for("refused alice from 127.0.0.1 at other: the share is for other users")?;
    Smbclient::new(serve.address(), "alice").run("ls")?;
    Ok(())
}

/// A failure here would share another folder than the one that the flag names.
#[test]
fn a_path_with_colons_and_commas_is_shared() -> Result<()> {
    let place = Place::new()?;
    for (folder, suffix) in [("a:b,c", ""), ("plain:ro", ":"), ("x,y", ":ro")] {
        let path = place.folder(folder)?;
        fs::write(Path::new(&path).join(folder.replace(':', "_")), "x")?;
        let share = format!("data={path}{suffix}");
        let serve = Serve::start(&place.run(), &["--share", &share, "--users-file", &place.users()])?;
        let listed = Smbclient::new(serve.address(), "alice").run("ls")?;
        ensure!(listed.contains(&folder.replace(':', "_")), "{folder}: {listed}");
        let outcome = refusal(Smbclient::new(serve.address(), "alice").run("mkdir new"));
        ensure!(outcome.contains("ACCESS_DENIED") == (suffix == ":ro"), "{folder}: {outcome}");
    }
    Ok(())
}
