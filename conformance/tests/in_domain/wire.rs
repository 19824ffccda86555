//! What leaves the client, by a capture on its network interface.

use anyhow::{Result, ensure};
use netsession::{ConnectOptions, Kerberos, Login, Secret, blocking};
use netsession_conformance::domain::{
    CONTROLLER, CONTROLLER_ADDRESS, MEMBER, MEMBER_ADDRESS, Packet, Recording, SILENT_ADDRESS,
};
use netsession_conformance::{Domain, Netsession};

use super::support::{Credential, inside, is_inside, succeed, text_of, with_names};

/// Runs netsession with a credential while a capture runs.
fn seen(domain: &Domain, credential: &Credential, arguments: &[&str]) -> Result<Recording> {
    let capture = domain.capture()?;
    succeed(domain, credential, arguments)?;
    capture.stop()
}

/// A ticket of adm1 for both servers.
fn service_tickets(domain: &Domain) -> Result<String> {
    let cache = domain.ticket("adm1")?;
    domain.client().sh(&format!("kvno -q -c {cache} cifs/{CONTROLLER} cifs/{MEMBER}"))?;
    Ok(cache)
}

/// A failure here would send a password's hash to servers although the user forbade it.
#[test]
fn no_ntlm_leaves_if_kerberos_is_required() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    for credential in [Credential::Cache(domain.ticket("adm1")?), Credential::Password(r"LAB\adm1")] {
        for server in [CONTROLLER, MEMBER] {
            let seen = seen(&domain, &credential, &["sessions", server])?;
            ensure!(seen.connections(445) == 1, "{} connections", seen.connections(445));
            ensure!(!seen.contains(b"NTLMSSP"), "{credential:?} at {server}: NTLM");
        }
    }
    // Neither does it where Kerberos fails.
    let capture = domain.capture()?;
    let run = Netsession::login(r"LAB\alice")?.args(["sessions", "10.77.1.20", "--kerberos", "required"]);
    ensure!(domain.netsession(run)?.code != Some(0));
    ensure!(!capture.stop()?.contains(b"NTLMSSP"));
    Ok(())
}

/// A failure here would ask a domain controller for each command, which is slow, and fails where none answers.
#[test]
fn a_cached_ticket_asks_no_domain_controller() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(service_tickets(&domain)?);
    let seen = seen(&domain, &credential, &["sessions", MEMBER])?;
    ensure!(seen.connections(445) == 1 && seen.with_port(88) == 0, "{} to the KDC", seen.with_port(88));
    Ok(())
}

/// A failure here would ask DNS again in the middle of a logon, without a time limit: the library did so for each step.
#[test]
fn a_logon_asks_dns_twice_for_the_server() -> Result<()> {
    /// The name and the type A in a question.
    const QUESTION: &[u8] = b"\x03fs1\x03lab\x04test\0\0\x01";
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(service_tickets(&domain)?);
    let seen = seen(&domain, &credential, &["sessions", MEMBER])?;
    let is_question =
        |packet: &&Packet| packet.to == 53 && packet.payload.windows(QUESTION.len()).any(|it| it == QUESTION);
    let questions = seen.packets.iter().filter(is_question).count();
    // Once for the connection, and once by the library for the service's name.
    ensure!(questions == 2, "{questions} questions");
    Ok(())
}

/// A failure here would make a listing with a ticket slower than one with NTLM on a distant network: Kerberos needs a round trip
/// less to log on, and must not spend it on the server's name.
#[test]
fn a_listing_takes_a_round_trip_less_than_by_ntlm() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let ticket = Credential::Cache(service_tickets(&domain)?);
    let by_ticket = seen(&domain, &ticket, &["sessions", MEMBER])?.opened_to(445).round_trips(445);
    let capture = domain.capture()?;
    let ntlm = Netsession::login(r"LAB\adm1")?.args(["sessions", MEMBER, "--kerberos", "off"]);
    domain.netsession(ntlm)?.expect_code(0)?;
    let by_ntlm = capture.stop()?.opened_to(445).round_trips(445);
    ensure!(by_ticket + 1 == by_ntlm, "{by_ticket} by ticket, {by_ntlm} with NTLM");
    Ok(())
}

/// A failure here would send a request to a domain controller that is silent from each of many servers, each again and
/// again, and keep a thread for each.
#[test]
fn many_servers_share_one_attempt_at_a_silent_controller() -> Result<()> {
    const SERVERS: usize = 20;
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let names: Vec<String> = (0..SERVERS).map(|number| format!("many{number}.lab.test")).collect();
    let lines = names.iter().map(|name| format!("{MEMBER_ADDRESS} {name}\n"));
    let hosts = format!("127.0.0.1 localhost\n{}", lines.collect::<String>());
    let resolv_conf = format!("nameserver {CONTROLLER_ADDRESS}\n");
    let silent = silent_kdc(&domain)?;
    for credential in [Credential::Cache(domain.ticket("adm1")?), Credential::Password(r"LAB\adm1")] {
        let packets = |count: usize| -> Result<usize> {
            let servers: Vec<&str> = names.iter().take(count).map(String::as_str).collect();
            let run = credential.run(&[&["sessions", "--timeout", "3"], &servers[..]].concat())?;
            let capture = domain.capture()?;
            let outcome = with_names(&domain, &hosts, &resolv_conf, run.env("KRB5_CONFIG", &silent))?;
            ensure!(outcome.code.is_some_and(|code| code != 0), "{outcome:?}");
            let named = servers.iter().filter(|server| outcome.stderr.contains(**server)).count();
            ensure!(named == count && outcome.stderr.contains("domain controller"), "{named}: {outcome:?}");
            let packets = capture.stop()?.with_port(88);
            ensure!(packets > 0, "nobody asked: {outcome:?}");
            Ok(packets)
        };
        let (alone, many) = (packets(1)?, packets(SERVERS)?);
        ensure!(
            alone > 0 && many <= 2 * alone,
            "{credential:?}: {alone} packets for one, {many} for {SERVERS}"
        );
    }
    Ok(())
}

/// A failure here would make a server whose ticket is in the cache fail, because another server's ticket is not and the domain
/// controller is silent.
#[test]
fn a_cached_ticket_does_not_wait_for_a_silent_controller() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(service_tickets(&domain)?);
    let hosts = format!("127.0.0.1 localhost\n{MEMBER_ADDRESS} absent.lab.test {MEMBER}\n");
    let resolv_conf = format!("nameserver {CONTROLLER_ADDRESS}\n");
    let run = credential.run(&["sessions", "--timeout", "3", "absent.lab.test", MEMBER, "--json"])?;
    let run = run.env("KRB5_CONFIG", silent_kdc(&domain)?);
    let outcome = with_names(&domain, &hosts, &resolv_conf, run)?;
    ensure!(outcome.stderr.contains("absent.lab.test") && outcome.code != Some(0), "{outcome:?}");
    ensure!(outcome.stdout.contains(&format!("\"{MEMBER}\"")), "{outcome:?}");
    Ok(())
}

/// Returns a krb5.conf whose KDC never answers.
fn silent_kdc(domain: &Domain) -> Result<String> {
    let realms = format!("[realms]\n  LAB.TEST = {{\n    kdc = {SILENT_ADDRESS}\n  }}\n");
    text_of(&domain.krb5_conf(&["dns_lookup_kdc = false", "dns_canonicalize_hostname = false"], &realms)?)
}

/// What that run prints once the call has succeeded.
const DONE: &str = "the session is ended";

/// A failure here would mean that NetSessionDel takes more round trips than documented: TCP, NEGOTIATE, SESSION_SETUP, one
/// compound that opens and binds the pipe, and the call.
#[test]
fn session_del_takes_five_round_trips() -> Result<()> {
    const NAME: &str = "in_domain::wire::session_del_takes_five_round_trips";
    if is_inside() {
        return session_del();
    }
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let cache = service_tickets(&domain)?;
    let alice = domain.ticket("alice")?;
    let mut alice = domain.hold(MEMBER, &alice)?;
    let mut test = inside(NAME)?;
    test.env("KRB5CCNAME", cache);
    let capture = domain.capture()?;
    let outcome = domain.client().run(&test)?;
    ensure!(outcome.code == Some(0) && outcome.stdout.contains(DONE), "{outcome:?}");
    // Alice's connection, which ends, is older than the capture.
    let trips = capture.stop()?.opened_to(445).round_trips(445);
    ensure!(trips == 5, "{trips} round trips");
    ensure!(!alice.works()?);
    Ok(())
}

/// Ends alice's sessions by one call, on the client.
fn session_del() -> Result<()> {
    let options = ConnectOptions { kerberos: Kerberos::Required, ..ConnectOptions::default() };
    let login = Login::new("adm1@LAB.TEST", Secret::Ticket)?;
    let mut server = blocking::Server::connect(&MEMBER.parse()?, &login, &options)?;
    server.session_del(Some(r"\\10.77.1.1"), Some(r"LAB\alice"))?;
    // The process ends at once: what follows is not counted.
    println!("{DONE}");
    std::process::exit(0)
}
