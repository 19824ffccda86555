//! libnetapi32 in a domain, called by a C program on the client.

use anyhow::{Context as _, Result, bail, ensure};
use netsession_conformance::domain::{CONTROLLER, MEMBER, MEMBER_ADDRESS, SILENT_ADDRESS, UNKNOWN_NAME};
use netsession_conformance::{Domain, Outcome, PASSWORD};

use super::support::text_of;
use crate::driver::Driver;

/// Codes of Windows.
const ERROR_ACCESS_DENIED: u32 = 5;
const ERROR_NO_LOGON_SERVERS: u32 = 1311;
const ERROR_LOGON_FAILURE: u32 = 1326;
const ERROR_ACCOUNT_RESTRICTION: u32 = 1327;
const ERROR_PASSWORD_EXPIRED: u32 = 1330;
const ERROR_ACCOUNT_DISABLED: u32 = 1331;
const NERR_CLIENT_NAME_NOT_FOUND: u32 = 2312;

/// A C program on the client, and what is around it.
struct Program<'a> {
    domain: &'a Domain,
    driver: Driver,
}

/// The environment of a run.
type Variables<'a> = &'a [(&'a str, &'a str)];

impl<'a> Program<'a> {
    fn new(domain: &'a Domain) -> Result<Self> {
        Ok(Self { domain, driver: Driver::compile()? })
    }

    /// Runs a command of the driver, with a configuration file. Returns what the function returned, and the number that
    /// follows it.
    fn run_with(
        &self,
        config: &str,
        variables: Variables<'_>,
        arguments: &[&str],
    ) -> Result<(u32, u32, Outcome)> {
        let (mut command, home) = self.driver.run(arguments)?;
        let folder = home.path().join("config/netsession");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("config.toml"), config)?;
        command.envs(variables.iter().copied());
        let outcome = self.domain.client().run(&command)?;
        ensure!(outcome.code == Some(0), "{arguments:?}: {outcome:?}");
        // `SERVER CODE COUNT`, or `CODE ERRNO`.
        let line = outcome.stdout.lines().next().context("no line")?;
        let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
        let numbers = (numbers.next(), numbers.next());
        let (Some(code), Some(count)) = numbers else { bail!("{arguments:?}: {outcome:?}") };
        Ok((code, count, outcome))
    }

    /// Runs a command of the driver. `NETSESSION_SERVERS` names every server.
    fn run(&self, variables: Variables<'_>, arguments: &[&str]) -> Result<(u32, u32, Outcome)> {
        let servers = format!("{MEMBER} {CONTROLLER} {MEMBER_ADDRESS} {UNKNOWN_NAME}");
        let variables = [variables, &[("NETSESSION_SERVERS", servers.as_str())]].concat();
        self.run_with("", &variables, arguments)
    }
}

/// A failure here would log a program on as nobody, although the user who runs it has a ticket, or end another session than
/// the program names.
#[test]
fn a_ticket_logs_a_program_on_at_both_servers() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let program = Program::new(&domain)?;
    let cache = domain.ticket("adm1")?;
    let ticket = [("KRB5CCNAME", cache.as_str())];
    for server in [MEMBER, CONTROLLER] {
        let (alice, bob) = (domain.ticket("alice")?, domain.ticket("bob")?);
        let (mut alice, mut bob) = (domain.hold(server, &alice)?, domain.hold(server, &bob)?);
        alice.ask("put /etc/hosts report.txt")?;
        alice.open("report.txt")?;
        let (code, count, _) = program.run(&ticket, &["list", server])?;
        ensure!(code == 0 && count >= 3, "{server}: {code}, {count} sessions");
        let (code, _, files) = program.run(&ticket, &["files", server])?;
        ensure!(code == 0 && files.stdout.lines().any(|line| line == "report.txt"), "{files:?}");
        let (code, _, outcome) = program.run(&ticket, &["delete", server, "-", r"LAB\nobody"])?;
        ensure!(code == NERR_CLIENT_NAME_NOT_FOUND, "{outcome:?}");
        let (code, _, outcome) = program.run(&ticket, &["delete", server, r"\\10.77.1.1", r"LAB\alice"])?;
        ensure!(code == 0 && !alice.works()? && bob.works()?, "{outcome:?}");
    }
    Ok(())
}

/// A failure here would tell a server that nobody named who runs the program.
#[test]
fn a_ticket_goes_to_named_servers_only() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let program = Program::new(&domain)?;
    let cache = domain.ticket("adm1")?;
    let ticket = ("KRB5CCNAME", cache.as_str());
    let table = format!("[server.'{MEMBER}']\n");
    let named = [ticket, ("NETSESSION_SERVERS", MEMBER)];
    let other = [ticket, ("NETSESSION_SERVERS", CONTROLLER)];
    for (config, variables, expected) in [
        ("", &named[..], 0),
        (table.as_str(), &[ticket], 0),
        ("", &[ticket], ERROR_ACCESS_DENIED),
        ("", &other, ERROR_ACCESS_DENIED),
    ] {
        let capture = domain.capture()?;
        let (code, _, outcome) = program.run_with(config, variables, &["list", MEMBER])?;
        let seen = capture.stop()?;
        ensure!(code == expected, "{config:?} {variables:?}: {outcome:?}");
        let sent = seen.with_port(445) + seen.with_port(88);
        ensure!((sent > 0) == (expected == 0), "{config:?} {variables:?}: {sent} packets");
    }
    Ok(())
}

/// A failure here would send a password's hash although the user or the configuration forbids it, or forbid NTLM against
/// the user's will.
#[test]
fn required_and_off_hold_for_programs() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let program = Program::new(&domain)?;
    let login = [
        ("NETSESSION_LOGIN", r"LAB\adm1"),
        ("NETSESSION_PASSWORD", PASSWORD),
        ("NETSESSION_SERVERS", MEMBER),
    ];
    let required = "[default]\nkerberos = 'required'\n";
    let off = "[default]\nkerberos = 'off'\n";
    for (config, variable, has_ntlm) in [
        ("", Some("required"), false),
        ("", Some("off"), true),
        ("", None, false),
        (required, None, false),
        (off, None, true),
        (off, Some("required"), false),
        (required, Some("off"), true),
    ] {
        let mut variables = login.to_vec();
        variables.extend(variable.map(|value| ("NETSESSION_KERBEROS", value)));
        let capture = domain.capture()?;
        let (code, _, outcome) = program.run_with(config, &variables, &["list", MEMBER])?;
        let seen = capture.stop()?;
        ensure!(code == 0, "{config:?} {variable:?}: {outcome:?}");
        ensure!(seen.contains(b"NTLMSSP") == has_ntlm, "{config:?} {variable:?}");
        ensure!((seen.with_port(88) > 0) != has_ntlm, "{config:?} {variable:?}");
    }
    Ok(())
}

/// A failure here would return a code that means something else to a program, or not say in the log what to do.
#[test]
fn a_program_gets_a_code_and_the_log_a_line() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let program = Program::new(&domain)?;
    let text = |path: std::path::PathBuf| text_of(&path);
    let realms = format!("[realms]\n  LAB.TEST = {{\n    kdc = {SILENT_ADDRESS}\n  }}\n");
    let silent = text(domain.krb5_conf(&["dns_lookup_kdc = false"], &realms)?)?;
    let (adm1, alice) = (domain.ticket("adm1")?, domain.ticket("alice")?);
    let wrong = format!("{PASSWORD}?");
    let ticket = ("KRB5CCNAME", adm1.as_str());
    let login = |user: &'static str| ("NETSESSION_LOGIN", user);
    let password = ("NETSESSION_PASSWORD", PASSWORD);
    let kerberos = |value: &'static str| ("NETSESSION_KERBEROS", value);
    let cases: [(Variables<'_>, &str, u32, &str); 14] = [
        (&[], MEMBER, ERROR_ACCESS_DENIED, "no login"),
        (&[kerberos("required")], MEMBER, ERROR_ACCESS_DENIED, "kinit,"),
        (&[kerberos("required"), login(r"LAB\adm1")], MEMBER, ERROR_ACCESS_DENIED, "kinit adm1@LAB.TEST,"),
        (&[kerberos("yes"), ticket], MEMBER, ERROR_ACCESS_DENIED, "required, preferred or off"),
        (&[kerberos("off"), ticket], MEMBER, ERROR_ACCESS_DENIED, "no login"),
        (&[ticket, kerberos("required")], MEMBER_ADDRESS, ERROR_ACCESS_DENIED, "no tickets for an address"),
        (&[ticket], UNKNOWN_NAME, ERROR_LOGON_FAILURE, "kerberos-name"),
        (&[("KRB5CCNAME", &alice)], CONTROLLER, ERROR_ACCESS_DENIED, "log on as"),
        (&[login(r"LAB\bob"), ("NETSESSION_PASSWORD", &wrong)], MEMBER, ERROR_LOGON_FAILURE, "the password"),
        (&[login(r"LAB\retired"), password], MEMBER, ERROR_ACCOUNT_DISABLED, "disabled"),
        (&[login(r"LAB\novice"), password], MEMBER, ERROR_PASSWORD_EXPIRED, "change the password"),
        (
            &[login(r"LAB\guarded"), password, kerberos("off")],
            MEMBER,
            ERROR_ACCOUNT_RESTRICTION,
            "Protected Users",
        ),
        (
            &[login(r"LAB\adm1"), password, ("KRB5_CONFIG", &silent)],
            MEMBER,
            ERROR_NO_LOGON_SERVERS,
            "port 88",
        ),
        (
            &[ticket, kerberos("required"), ("NETSESSION_GSSAPI", "none")],
            MEMBER,
            ERROR_ACCESS_DENIED,
            "library",
        ),
    ];
    for (variables, server, expected, line) in cases {
        let command: &[&str] =
            if server == CONTROLLER { &["delete", server, "-", r"LAB\bob"] } else { &["list", server] };
        let (code, _, outcome) = program.run(variables, command)?;
        ensure!(code == expected && outcome.stderr.contains(line), "{variables:?}: {outcome:?}");
    }
    Ok(())
}
