//! A domain controller that answers after the client has given up.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use netsession::{ConnectOptions, Error, KerberosError, Login, Secret, blocking};
use netsession_conformance::domain::MEMBER;
use netsession_conformance::{Domain, PASSWORD, wait_until};

use super::support::{inside, is_inside};

/// What the run on the client prints once it has given up.
const GAVE_UP: &str = "the client has given up";

/// A failure here would count a wrong password twice towards a lockout: with NTLM, and again by the logon that the client has
/// abandoned and a controller answers late.
#[test]
fn a_late_controller_sees_one_attempt() -> Result<()> {
    const NAME: &str = "in_domain::late::a_late_controller_sees_one_attempt";
    if is_inside() {
        return log_on_with_a_wrong_password();
    }
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let before = domain.wrong_passwords("bob")?;
    let frozen = domain.freeze_kdc()?;
    let mut client = domain.client().wrap(&inside(NAME)?).stdin(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(client.stdout.take().context("no output")?).lines().map_while(Result::ok);
    let gave_up = lines.any(|line| line == GAVE_UP);
    let counted = domain.wrong_passwords("bob")? - before;
    drop(frozen);
    // The end of its input tells the client that the controller answers again.
    drop(client.stdin.take());
    lines.for_each(drop);
    let outcome = client.wait_with_output()?;
    let counted_later = domain.wrong_passwords("bob")? - before;
    ensure!(counted == 0 && counted_later <= 1, "{counted} attempts at first, {counted_later} in the end");
    ensure!(gave_up && outcome.status.success(), "{outcome:?}");
    Ok(())
}

/// Logs on at the member, and stays until the abandoned logon has ended, too.
fn log_on_with_a_wrong_password() -> Result<()> {
    let options = ConnectOptions { connect_timeout: Duration::from_secs(3), ..ConnectOptions::default() };
    let login = Login::new(r"LAB\bob", Secret::password(format!("{PASSWORD}?")))?;
    let failure = blocking::Server::connect(&MEMBER.parse()?, &login, &options).map(drop);
    println!("{GAVE_UP}");
    ensure!(std::io::read_to_string(std::io::stdin())?.is_empty());
    wait_until("the abandoned logon to end", || Ok((!is_logging_on()?).then_some(())))?;
    let is_silence = matches!(&failure, Err(Error::Kerberos { cause: KerberosError::TimedOut(_), .. }));
    ensure!(is_silence, "{failure:?}");
    Ok(())
}

/// Whether a thread of this process still logs on.
fn is_logging_on() -> Result<bool> {
    let threads = std::fs::read_dir("/proc/self/task")?;
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    Ok(names.into_iter().any(|name| "netsession-login".starts_with(name.trim_end())))
}
