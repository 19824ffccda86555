//! Paths below the name of the domain: its controllers say by referral where they lead ([MS-DFSC] 3.1.4.2).

use anyhow::{Context as _, Result};
use netsession_conformance::domain::CONTROLLER;
use netsession_conformance::{Domain, Held, Netsession, PASSWORD};
use serde_json::Value;

use super::support::Credential;

/// alice holds a file in the share `netlogon` of the controller.
fn held(domain: &Domain) -> Result<Held> {
    domain.controller().sh("echo x > /var/lib/samba/sysvol/lab.test/scripts/logon.cmd")?;
    let mut held = domain.hold_share(&format!("//{CONTROLLER}/netlogon"), &domain.ticket("alice")?, &[])?;
    held.open("logon.cmd")?;
    Ok(held)
}

/// Whether a row is about the file that alice holds. The controller lists its user as a number.
fn is_script(row: &Value) -> bool {
    row["path"].as_str().is_some_and(|path| path.ends_with("logon.cmd"))
}

/// A failure here would find no holder of a logon script, whose path people write with the name of the domain.
#[test]
fn a_path_of_the_domain_leads_to_a_controller() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let _alice = held(&domain)?;
    let credential = Credential::Cache(domain.ticket("adm1")?);
    for path in [r"\\lab.test\netlogon\logon.cmd", r"\\LAB.TEST\sysvol\lab.test\scripts\logon.cmd"] {
        let files = ["files", "--path", path, "--json"];
        // The domain's name is no service, so a ticket needs the name of a controller.
        let refused = domain.netsession(credential.run(&files)?)?.expect_code(1)?;
        assert!(refused.stderr.contains("set kerberos-name in the configuration file"), "{refused:?}");
        let run = credential.run(&files)?;
        let folder = run.home().join("config/netsession");
        std::fs::create_dir_all(&folder)?;
        let table = format!("[server.'lab.test']\nkerberos-name = '{CONTROLLER}'\n");
        std::fs::write(folder.join("config.toml"), table)?;
        let outcome = domain.netsession(run)?.expect_code(0)?;
        let share = path.split('\\').nth(3).context("no share")?;
        let leads = format!(r"{path} leads to \\{CONTROLLER}\{share}\");
        assert!(outcome.stderr.to_lowercase().contains(&leads.to_lowercase()), "{outcome:?}");
        assert!(outcome.json()?.iter().any(is_script), "{path}: {outcome:?}");
    }
    Ok(())
}

/// A failure here would make a password useless with a path that begins with the name of the domain.
#[test]
fn a_password_goes_to_the_controller_that_the_domain_names() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let _alice = held(&domain)?;
    let run = Netsession::bare()?.env("NETSESSION_PASSWORD", PASSWORD);
    let run = run.args(["who", r"\\lab.test\netlogon\logon.cmd", "-U", r"LAB\adm1", "--json"]);
    let outcome = domain.netsession(run)?.expect_code(0)?;
    assert!(outcome.json()?.iter().any(is_script), "{outcome:?}");
    Ok(())
}
