//! Kerberos at the embedded server without a domain: what `serve` says about keytabs, and tokens that are no tickets.
//! `tests/kerberos.rs` has the tests with real tickets.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, ensure};
use netsession_conformance::raw_client::RecordedToken;
use netsession_conformance::{Embedded, Netsession, RawClient, Serve, wait_until};
use netsession_server::{Event, Keytab, LogonRefusal};
use tempfile::TempDir;

/// A folder to share, and keytabs.
struct Place(TempDir);

impl Place {
    fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-keytab-")?;
        fs::create_dir(folder.path().join("data"))?;
        Ok(Self(folder))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn file(&self, name: &str, contents: &[u8], mode: u32) -> Result<PathBuf> {
        let path = self.0.path().join(name);
        fs::write(&path, contents)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(path)
    }

    /// A keytab with a key of this service that no domain has.
    fn keytab(&self, service: &str) -> Result<PathBuf> {
        self.file(&format!("{service}.keytab"), &keytab(service)?, 0o600)
    }
}

/// The contents of a keytab with one key, of AES-256, for `SERVICE/fs1.lab.test@LAB.TEST`.
fn keytab(service: &str) -> Result<Vec<u8>> {
    let counted = |bytes: &[u8]| -> Result<Vec<u8>> {
        Ok([&u16::try_from(bytes.len())?.to_be_bytes()[..], bytes].concat())
    };
    let mut entry = vec![0, 2];
    for text in ["LAB.TEST", service, "fs1.lab.test"] {
        entry.extend(counted(text.as_bytes())?);
    }
    entry.extend([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 18]);
    entry.extend(counted(&[7; 32])?);
    Ok([&[5, 2][..], &u32::try_from(entry.len())?.to_be_bytes(), &entry].concat())
}

/// A failure here would start a server to which nobody or everybody can log on, or not say what is wrong.
#[test]
fn serve_says_what_is_wrong_with_the_keytab_and_the_users() -> Result<()> {
    let place = Place::new()?;
    let good = place.keytab("cifs")?;
    let other = place.keytab("http")?;
    let exposed = place.file("exposed", &keytab("cifs")?, 0o644)?;
    let text = place.file("text", b"[libdefaults]\n", 0o600)?;
    let missing = place.0.path().join("none");
    let refused = |keytab: Option<&Path>, more: &[&str], library: &str| {
        let run = Netsession::bare()?.args(["serve", &place.path("data"), "--listen", "127.0.0.1:0"]);
        let run = keytab.into_iter().fold(run, |run, path| run.args([Path::new("--keytab"), path]));
        run.args(more).env("NETSESSION_GSSAPI", library).run()
    };
    let all = &["--user", "*@LAB.TEST"][..];
    for (keytab, more, library, code, parts) in [
        (Some(&missing), all, "", 2, &["cannot read the keytab", "No such file"][..]),
        (Some(&text), all, "", 2, &["cannot read the keytab", "is not a keytab", "ktpass"]),
        (Some(&exposed), all, "", 2, &["refusing the keytab", "chmod 600"]),
        (Some(&other), all, "", 2, &["no key of a service cifs/HOST", "export the key of cifs/HOST"]),
        (Some(&good), all, "none", 1, &["no Kerberos library on this computer", "libgssapi-krb5-2"]),
        (Some(&good), &[], "", 2, &["--keytab needs users of the domain", "'*@LAB.TEST'"]),
        (Some(&good), &["--user", "bob"], "", 2, &["--keytab needs users of the domain"]),
        (Some(&good), &["--admin", "*@LAB.TEST"], "", 2, &["let every user end the sessions of others"]),
        (Some(&good), &["--user", "a*@LAB.TEST"], "", 2, &["invalid user `a*@LAB.TEST`"]),
        (
            Some(&good),
            &["--user", "*@LAB.TEST", "--user", "bob", "--no-ntlm"],
            "",
            2,
            &["bob logs on with NTLM"],
        ),
        (None, all, "", 2, &["*@LAB.TEST logs on with Kerberos, which needs --keytab"]),
        (None, &["--no-ntlm"], "", 2, &["--keytab"]),
        (
            Some(&good),
            &["--user", "*@LAB.TEST", "--signing", "optional"],
            "heimdal",
            2,
            &["--signing optional is not safe", "Heimdal"],
        ),
    ] {
        let outcome = refused(keytab.map(PathBuf::as_path), more, library)?;
        ensure!(outcome.code == Some(code), "{keytab:?} {more:?}: {outcome:?}");
        for part in parts {
            ensure!(outcome.stderr.contains(part), "{part:?} with {keytab:?} {more:?}: {}", outcome.stderr);
        }
        ensure!(outcome.stdout.is_empty(), "{outcome:?}");
    }
    Ok(())
}

/// A failure here would not tell users of the domain how to connect, or keep commands on this computer from the server.
#[test]
fn the_banner_says_how_to_connect_and_local_commands_go_on_without_ntlm() -> Result<()> {
    let place = Place::new()?;
    let keytab = place.keytab("cifs")?.display().to_string();
    let runtime = TempDir::new()?;
    let arguments = [&place.path("data"), "--keytab", &keytab, "--user", "*@LAB.TEST", "--no-ntlm"];
    let serve = Serve::start(runtime.path(), &arguments)?;
    let port = serve.address().port();
    for line in [
        "Accepting Kerberos tickets for cifs/fs1.lab.test@LAB.TEST",
        "To connect as a user of the domain, with a ticket",
        &format!("smbclient //fs1.lab.test/data -p {port} --use-kerberos=required"),
        &format!("mount -t cifs //fs1.lab.test/data /mnt -o sec=krb5,port={port}"),
        &format!("open smb://fs1.lab.test:{port}/data"),
        &format!(r"net use * \\fs1.lab.test\data /tcpport:{port}"),
    ] {
        ensure!(serve.banner().contains(line), "{line}\n{}", serve.banner());
    }
    ensure!(!serve.banner().contains("with a password"), "{}", serve.banner());
    serve.command()?.args(["sessions", "--json"]).run()?.expect_code(0)?;
    // The local login is the only one with NTLM.
    let run = Netsession::login("alice")?.args(["sessions", &serve.address().to_string()]);
    let outcome = run.run()?;
    ensure!(outcome.code != Some(0), "{outcome:?}");
    serve.wait_for("logon failed from 127.0.0.1 (user alice)")?;
    ensure!(serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would let one client's garbage log it on, stop the server, or keep other users out.
#[test]
fn tokens_that_are_no_tickets_are_refused_while_others_are_served() -> Result<()> {
    let place = Place::new()?;
    let keytab = Keytab::open(place.keytab("cifs")?)?;
    let (sender, refusals) = std::sync::mpsc::channel();
    let server = Embedded::start_with(|builder| {
        let all = "*@LAB.TEST".parse().ok().into_iter();
        let builder = builder.keytab(keytab).on_event(move |event| {
            if let Event::LogonFailed(_, user, why) = event {
                let _ = sender.send((user.clone(), why.clone()));
            }
        });
        all.fold(builder, netsession_server::Builder::principal)
    })?;
    let address = server.address()?;
    // The frame of a token of Kerberos, with an AP-REQ that has no ticket.
    let framed = |body: &[u8]| {
        let inner = [b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00", body].concat();
        let length = u16::try_from(inner.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&[0x60, 0x82][..], &length, &inner].concat()
    };
    let ap_req = b"\x6e\x82\x01\x00\x30\x82\x00\xfc\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e";
    let tokens = [
        vec![],
        vec![0],
        vec![0x60; 65],
        vec![0xff; 4_096],
        vec![0; 60_000],
        framed(b""),
        framed(&[0x6e]),
        framed(ap_req),
        framed(&[&ap_req[..], &[0xa3; 300]].concat()),
        framed(&vec![0x30; 60_000]),
    ];
    for token in &tokens {
        let length = token.len();
        let refused = RawClient::connect_with(address, Box::new(RecordedToken(token.clone())));
        let error = format!("{:?}", refused.err().context("logged on")?);
        ensure!(
            error.contains("LOGON_FAILURE") || length == 0 && error.contains("INVALID_PARAMETER"),
            "{length}: {error}"
        );
        let (user, why) = refusals.recv()?;
        let is_ticket = matches!(why, LogonRefusal::Ticket(_));
        ensure!(user.is_none() && (is_ticket || length == 0), "{length}: {why:?}");
    }
    // Many at once, which wait for each other, while another user logs on.
    let token = tokens.last().cloned().context("no token")?;
    std::thread::scope(|scope| -> Result<()> {
        let crowd: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    RawClient::connect_with(address, Box::new(RecordedToken(token.clone()))).is_err()
                })
            })
            .collect();
        drop(RawClient::connect(address, "alice", "data")?);
        for client in crowd {
            ensure!(client.join().is_ok_and(|refused| refused), "logged on");
        }
        Ok(())
    })?;
    ensure!(refusals.try_iter().count() == 24);
    Ok(())
}

/// A failure here would leave a server that cannot be stopped while its keytab lies on a file system that does not answer.
#[test]
fn a_second_signal_stops_the_server_while_its_keytab_does_not_answer() -> Result<()> {
    let place = Place::new()?;
    let keytab = place.keytab("cifs")?;
    let runtime = TempDir::new()?;
    let path = keytab.display().to_string();
    let arguments = [&place.path("data"), "--keytab", &path, "--user", "*@LAB.TEST", "--no-ntlm"];
    let serve = Serve::start(runtime.path(), &arguments)?;
    // The keytab is a pipe now: a program that opens it waits for a writer.
    fs::remove_file(&keytab)?;
    nix::unistd::mkfifo(&keytab, nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR)?;
    let address = serve.address();
    let client = thread::spawn(move || {
        RawClient::connect_with(address, Box::new(RecordedToken(vec![0x60; 65]))).is_err()
    });
    wait_until("the server to open the keytab", || Ok(waits_for_a_writer(serve.id())?.then_some(())))?;
    ensure!(serve.stop_now()? == Some(0));
    ensure!(client.join().is_ok_and(|is_refused| is_refused), "logged on");
    Ok(())
}

/// Whether a thread of the process waits in the system for the other end of a FIFO.
fn waits_for_a_writer(process: u32) -> Result<bool> {
    let threads = fs::read_dir(format!("/proc/{process}/task"))?.filter_map(Result::ok);
    let mut waits = threads.filter_map(|thread| fs::read_to_string(thread.path().join("wchan")).ok());
    Ok(waits.any(|wait| wait.contains("fifo") || wait.contains("wait_for_partner")))
}
