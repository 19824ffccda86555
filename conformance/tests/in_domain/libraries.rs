//! The libraries of the system: MIT Kerberos, Heimdal, and none.

use anyhow::{Result, ensure};
use netsession_conformance::domain::{CONTROLLER, MEMBER};
use netsession_conformance::{Domain, Netsession};

use super::support::{Credential, text_of};

/// A failure here would not log on where the system has Heimdal, as BSD and some distributions do.
#[test]
fn each_library_logs_on_with_a_ticket_a_password_and_a_keytab() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = Credential::Cache(domain.ticket("adm1")?);
    let keytab = Credential::Keytab("adm1@LAB.TEST", text_of(&domain.keytab("adm1")?)?);
    for library in ["mit", "heimdal"] {
        for credential in [&cache, &Credential::Password(r"LAB\adm1"), &keytab] {
            for server in [CONTROLLER, MEMBER] {
                let run = credential.run(&["info", server, "--json"])?.env("NETSESSION_GSSAPI", library);
                let outcome = domain.netsession(run)?.expect_code(0);
                let info =
                    outcome.map_err(|error| error.context(format!("{library}: {credential:?}")))?.one()?;
                ensure!(info["logon"] == "kerberos", "{library} with {credential:?}: {info}");
            }
        }
    }
    Ok(())
}

/// A failure here would stop NTLM where no Kerberos library is installed, or not say what `--kerberos required` lacks.
#[test]
fn without_a_library_ntlm_goes_on_and_required_says_what_to_install() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let run =
        Netsession::login(r"LAB\adm1")?.args(["info", MEMBER, "--json"]).env("NETSESSION_GSSAPI", "none");
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    ensure!(info["logon"] == "ntlm", "{info}");
    let cache = Credential::Cache(domain.ticket("adm1")?);
    let outcome = domain.netsession(cache.run(&["info", MEMBER])?.env("NETSESSION_GSSAPI", "none"))?;
    ensure!(outcome.code != Some(0) && outcome.stderr.contains("Kerberos library"), "{outcome:?}");
    Ok(())
}

/// A failure here would turn Kerberos off without a word because of a mistake in the variable.
#[test]
fn a_wrong_choice_is_said_and_required_fails() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = Credential::Cache(domain.ticket("adm1")?);
    let text = "NETSESSION_GSSAPI=MIT: use mit, heimdal or none";
    let run =
        Netsession::login(r"LAB\adm1")?.args(["info", MEMBER, "--json"]).env("NETSESSION_GSSAPI", "MIT");
    let outcome = domain.netsession(run)?.expect_code(0)?;
    ensure!(outcome.one()?["logon"] == "ntlm" && outcome.stderr.contains(text), "{outcome:?}");
    let run = cache.run(&["info", MEMBER])?.env("NETSESSION_GSSAPI", "MIT");
    let outcome = domain.netsession(run)?.expect_code(2)?;
    ensure!(outcome.stderr.contains(text), "{outcome:?}");
    Ok(())
}

/// A failure here would ask for a password although there is a ticket, or stop a login of today where there is none.
#[test]
fn by_default_a_ticket_is_used_and_ntlm_where_there_is_none() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let ticket = domain.ticket("adm1")?;
    let run = Netsession::bare()?.args(["info", MEMBER, "--json"]).env("KRB5CCNAME", ticket);
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    ensure!(info["logon"] == "kerberos" && info["user"] == "adm1@LAB.TEST", "{info}");
    // An address has no ticket.
    let run = Netsession::login(r"LAB\adm1")?.args(["info", "10.77.1.20", "--json"]);
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    ensure!(info["logon"] == "ntlm", "{info}");
    Ok(())
}

/// A failure here would blame DNS for a suffix that only MIT's library can look up.
#[test]
fn a_suffix_that_is_no_realm_needs_mit_or_ntlm() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let user = Credential::Password("carol.jones@corp.example");
    let run = user.run(&["info", MEMBER])?.env("NETSESSION_GSSAPI", "heimdal");
    let outcome = domain.netsession(run)?;
    ensure!(outcome.code == Some(1), "{outcome:?}");
    for text in ["CORP.EXAMPLE", "Heimdal", "USER@REALM"] {
        ensure!(outcome.stderr.contains(text), "{outcome:?}");
    }
    // Where NTLM may follow, it knows the suffix.
    let run = Netsession::login("carol.jones@corp.example")?
        .args(["info", MEMBER, "--json"])
        .env("NETSESSION_GSSAPI", "heimdal");
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    ensure!(info["logon"] == "ntlm", "{info}");
    Ok(())
}
