//! Whom the embedded server refuses, and what it logs.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::domain::{CLIENT, CLIENT_ADDRESS as HERE, CONTROLLER, CONTROLLER_ADDRESS};
use netsession_conformance::raw_client::RecordedToken;
use netsession_conformance::{Domain, Netsession, PASSWORD, RawClient};
use netsession_gssapi::{Credential as Ticket, Initiator, Library, Service};
use netsession_smb::auth::spnego::NegTokenInit;
use netsession_smb::msg::{Command as Smb2Command, Packet, SessionSetupRequest};

use super::server::Server;
use super::support::{Credential, at, succeed, text_of, with_names};

/// Whether somebody logs on with this ticket; else what the command says.
fn refusal(domain: &Domain, server: &Server, cache: &str) -> Result<String> {
    let run = Credential::Cache(cache.to_owned()).run(&["sessions", &server.name()])?;
    let outcome = domain.netsession(run)?;
    ensure!(outcome.code != Some(0), "logged on: {outcome:?}");
    Ok(outcome.stderr)
}

/// A failure here would let a user in whom nobody has named, or leave an administrator without the reason.
#[test]
fn a_user_of_the_domain_who_is_not_listed_is_refused() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "alice@LAB.TEST"])?;
    let text = refusal(&domain, &server, &domain.ticket("bob")?)?;
    ensure!(text.contains("LOGON_TYPE_NOT_GRANTED"), "{text}");
    server.serve.wait_for(&format!("logon failed from {HERE} (user bob@LAB.TEST): Kerberos: no --user"))?;
    ensure!(server.hold(&domain, &domain.ticket("alice")?, &[])?.works()?);
    Ok(())
}

/// A failure here would accept a ticket long after its end, or hide from an administrator that a clock is wrong.
#[test]
fn expired_tickets_and_wrong_clocks_are_refused() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let keytab = text_of(&domain.keytab("cifs/client.lab.test")?)?;
    let cache = domain.ticket("alice")?;
    for (offset, reason) in
        [("+12m", "Clock skew too great"), ("-12m", "Ticket not yet valid"), ("+11h", "Ticket expired")]
    {
        let server = Server::under(&domain, &at(offset), &keytab, &["--user", "alice@LAB.TEST"])?;
        let text = refusal(&domain, &server, &cache)?;
        let line = server.serve.wait_for(&format!("logon failed from {HERE}: Kerberos: "))?;
        ensure!(line.contains(reason) && is_documented(&line)?, "{offset}: {line}");
        ensure!(text.contains("clock"), "{offset}: {text}");
    }
    Ok(())
}

/// A failure here would accept a ticket that is for another computer.
#[test]
fn a_ticket_for_another_service_is_refused() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "*@LAB.TEST"])?;
    // The controller's name leads to this server.
    let hosts = format!("127.0.0.1 localhost\n{HERE} {CONTROLLER}\n");
    let resolv_conf = format!("nameserver {CONTROLLER_ADDRESS}\n");
    let target = format!("{CONTROLLER}:{}", server.port);
    let run = Credential::Cache(domain.ticket("alice")?).run(&["sessions", &target])?;
    let outcome = with_names(&domain, &hosts, &resolv_conf, run)?;
    ensure!(outcome.code != Some(0) && outcome.stderr.contains("another computer"), "{outcome:?}");
    let line = server.serve.wait_for(&format!("logon failed from {HERE}: Kerberos: "))?;
    ensure!(is_documented(&line)?, "{line}");
    Ok(())
}

/// A failure here would accept a ticket for another service of this computer. A web server to which a user sent such a ticket
/// could then log on as that user.
#[test]
fn a_ticket_for_another_key_of_the_same_file_is_refused() -> Result<()> {
    const NAME: &str = "in_domain::server_refusals::a_ticket_for_another_key_of_the_same_file_is_refused";
    const SERVICE: &str = "http/client.lab.test";
    if let Some(inside) = std::env::var_os(INSIDE) {
        return send_ticket_for(&inside.into_string().ok().context("not UTF-8")?);
    }
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    // Of another account with another password: the name in a ticket is not protected, so two services with one key have the
    // same tickets.
    domain.controller().sh(&format!(
        "samba-tool user create svc-web 'Ot6erPassw0rd' && samba-tool spn add {SERVICE} svc-web"
    ))?;
    let keys = [domain.keytab("cifs/client.lab.test")?, domain.keytab(SERVICE)?];
    let [mut both, other] = [std::fs::read(&keys[0])?, std::fs::read(&keys[1])?];
    // The second file without its version.
    both.extend(other.get(2..).context("no keytab")?);
    std::fs::write(&keys[0], both)?;
    for library in ["mit", "heimdal"] {
        let prefix = ["env", &format!("NETSESSION_GSSAPI={library}")];
        let server = Server::under(&domain, &prefix, &text_of(&keys[0])?, &["--user", "*@LAB.TEST"])?;
        for (service, is_accepted) in [("http", false), ("cifs", true)] {
            let mut test = Command::new(std::env::current_exe()?);
            test.args(["--exact", NAME, "--nocapture"]);
            test.env(INSIDE, format!("{HERE}:{} {service}", server.port));
            test.env("KRB5CCNAME", domain.ticket("alice")?);
            let outcome = domain.client().run(&test)?;
            let is_refused = outcome.stdout.contains("LOGON_FAILURE");
            ensure!(outcome.code == Some(0) && is_refused != is_accepted, "{service} {library}: {outcome:?}");
        }
        let line = server.serve.wait_for(&format!("logon failed from {HERE}: Kerberos: "))?;
        ensure!(line.contains("the ticket is for http/client.lab.test"), "{library}: {line}");
        ensure!(is_documented(&line)?, "{line}");
    }
    Ok(())
}

/// A failure here would accept tickets although the server's keys are wrong.
#[test]
fn a_keytab_with_wrong_keys_accepts_nobody() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let keytab = domain.keytab("cifs/client.lab.test")?;
    let right = std::fs::read(&keytab)?;
    let keys = keys_in(&right);
    ensure!(!keys.is_empty(), "no key in {right:?}");
    // Keys of another password, and of the one before.
    for is_older in [false, true] {
        let mut bytes = right.clone();
        for &(at, length) in &keys {
            bytes.get_mut(at..at + length).context("a cut key")?.reverse();
            if !is_older {
                continue;
            }
            // The version of the key stands in one byte before its type and length, and in four after the key.
            for at in [at - 5, at + length + 3] {
                *bytes.get_mut(at).context("no version")? -= 1;
            }
        }
        std::fs::write(&keytab, bytes)?;
        let server = Server::with_keytab(&domain, &text_of(&keytab)?, &["--user", "*@LAB.TEST"])?;
        let text = refusal(&domain, &server, &domain.ticket("alice")?)?;
        let line = server.serve.wait_for(&format!("logon failed from {HERE}: Kerberos: "));
        let line = line.with_context(|| format!("{is_older}: {text}"))?;
        ensure!(is_documented(&line)?, "{line}");
    }
    Ok(())
}

/// Returns where the keys of a keytab are, and their lengths.
fn keys_in(bytes: &[u8]) -> Vec<(usize, usize)> {
    /// The number of an encryption type and the length of its key.
    const KINDS: [(&[u8], usize); 3] = [(b"\0\x12\0\x20", 32), (b"\0\x11\0\x10", 16), (b"\0\x17\0\x10", 16)];
    let of_kind = |(start, length): (&[u8], usize)| {
        let found = bytes.windows(start.len()).enumerate().filter(move |(_, window)| *window == start);
        found.map(move |(at, _)| (at + 4, length)).collect::<Vec<_>>()
    };
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// Whether the page for administrators quotes this line of the log. Three dots stand for anything.
fn is_documented(line: &str) -> Result<bool> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/serve-in-a-domain.md");
    let page = std::fs::read_to_string(page)?;
    let (_, table) = page.split_once("## What the log says").context("no table of the log")?;
    let quoted = table.split('`').skip(1).step_by(2);
    let fits = |quoted: &str| {
        let mut rest = line;
        quoted.split("...").all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    Ok(quoted.filter(|quoted| quoted.contains(": Kerberos: ")).any(fits))
}

/// A failure here would accept a response to a password where NTLM is off, or ask clients for one.
#[test]
fn ntlm_is_refused_where_it_is_off() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "alice@LAB.TEST", "--no-ntlm"])?;
    // netsession sends no response to a server that lists no NTLM.
    let login = Netsession::login("alice")?.args(["--kerberos", "off"]);
    let outcome = domain.netsession(login.args(["sessions", &server.name()]))?;
    ensure!(outcome.code != Some(0) && outcome.stderr.contains("does not accept NTLM"), "{outcome:?}");
    let mut smbclient = Command::new("smbclient");
    smbclient.args(["--use-kerberos=off", "--port", &server.port.to_string(), "--list", CLIENT]);
    smbclient.args(["-U", &format!(r"LAB\alice%{PASSWORD}")]);
    let outcome = domain.client().run(&smbclient)?;
    ensure!(outcome.code != Some(0) && outcome.stdout.contains("NT_STATUS_NTLM_BLOCKED"), "{outcome:?}");
    server.serve.wait_for("NTLM is turned off")?;
    Ok(())
}

/// Set in the run of this program on the client: the file with the recorded token, and the server.
const INSIDE: &str = "NETSESSION_TEST_REPLAY";

/// A failure here would let in anybody who has recorded a logon.
#[test]
fn a_ticket_that_is_sent_again_is_refused() -> Result<()> {
    const NAME: &str = "in_domain::server_refusals::a_ticket_that_is_sent_again_is_refused";
    if let Some(inside) = std::env::var_os(INSIDE) {
        return send_again(&inside.into_string().ok().context("not UTF-8")?);
    }
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let server = Server::start(&domain, &["--admin", "adm1@LAB.TEST"])?;
    // From the member, so that the logon crosses the network.
    let cache = Credential::Cache(domain.ticket("adm1")?);
    let capture = domain.capture()?;
    let (command, _home) = cache.run(&["sessions", &server.name()])?.into_parts();
    let outcome = domain.member().run(&command)?;
    ensure!(outcome.code == Some(0), "{outcome:?}");
    let seen = capture.stop()?;
    let sent = seen.packets.iter().filter(|packet| packet.to == server.port);
    let stream: Vec<u8> = sent.flat_map(|packet| packet.payload.iter().copied()).collect();
    let file = domain.new_file("token");
    std::fs::write(&file, recorded_token(&stream)?)?;
    let mut test = Command::new(std::env::current_exe()?);
    test.args(["--exact", NAME, "--nocapture"]);
    test.env(INSIDE, format!("{HERE}:{} {}", server.port, text_of(&file)?));
    let outcome = domain.client().run(&test)?;
    ensure!(outcome.code == Some(0) && outcome.stdout.contains("LOGON_FAILURE"), "{outcome:?}");
    server.serve.wait_for(&format!("logon failed from {HERE}: Kerberos: Request is a replay"))?;
    // The same ticket in a new message logs on.
    succeed(&domain, &cache, &["sessions", &server.name()])?;
    Ok(())
}

/// Logs on, on the client, with a ticket for another service of this computer, and prints the server's answer.
fn send_ticket_for(inside: &str) -> Result<()> {
    let (server, service) = inside.split_once(' ').context("two words")?;
    let credential = Ticket::from_cache(Library::get()?, None)?;
    let token = Initiator::new(credential, &Service::new(service, CLIENT))?.step(None)?.token;
    let token = RecordedToken(token.context("no token")?);
    println!("{:?}", RawClient::connect_with(server.parse()?, Box::new(token)).err());
    Ok(())
}

/// Returns the Kerberos token of the first SESSION_SETUP in the bytes that a client has sent.
fn recorded_token(stream: &[u8]) -> Result<Vec<u8>> {
    let mut rest = stream;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) =
            after.split_at_checked(u32::from_be_bytes(*length).try_into()?).context("cut")?;
        for packet in Packet::split(frame) {
            let packet = packet?;
            if packet.header.command == Smb2Command::SESSION_SETUP {
                let request: SessionSetupRequest = packet.body()?;
                let token = NegTokenInit::decode(&request.security_buffer)?.mech_token;
                return Ok(token.context("no token")?.to_vec());
            }
        }
        rest = after;
    }
    anyhow::bail!("no logon in {} bytes", stream.len())
}

/// Sends the recorded token, on the client, and prints the server's answer.
fn send_again(inside: &str) -> Result<()> {
    let (server, file) = inside.split_once(' ').context("two words")?;
    let server: SocketAddr = server.parse()?;
    let refused = RawClient::connect_with(server, Box::new(RecordedToken(std::fs::read(file)?)));
    println!("{:?}", refused.err().context("logged on")?);
    Ok(())
}
