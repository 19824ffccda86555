//! Holds at a terminal: what the person sees and answers before and after.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use anyhow::Result;
use netsession_conformance::{Samba, Terminal, wait_until};
use support::{Person, text};

fn require_reasons(person: &Person) -> Result<std::path::PathBuf> {
    let config = person.state.path().join("config.toml");
    std::fs::write(&config, "[journal]\nreason = 'required'\n")?;
    Ok(config)
}

/// A failure here would end sessions without a word about the files that are lost, and name options that `hold` lacks.
#[test]
fn the_preview_shows_the_open_files() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let mut bob = samba.hold_from("bob", 7)?;
    bob.open("report.txt")?;
    let dry = ["hold", &samba.name(), "--user", "bob", "--for", "1h", "--dry-run"];
    let shown = person.with_login(&dry)?.run()?.expect_code(0)?.stderr;
    assert!(shown.contains("bob at 127.0.0.7 has open: ") && shown.contains("report.txt"), "{shown}");
    assert!(shown.contains("unsaved changes in open files are lost"), "{shown}");
    // From the address of netsession itself, so that it spares its own session.
    let dry = ["hold", &samba.name(), "--client", "127.0.0.1", "--for", "1h", "--dry-run"];
    let shown = person.with_login(&dry)?.run()?.expect_code(0)?.stderr;
    assert!(shown.contains("spares its own session") && !shown.contains("--include"), "{shown}");
    assert!(bob.works()?);
    Ok(())
}

/// A failure here would refuse a hold or a release in the middle of an incident, where `end` asks for the reason.
#[test]
fn a_required_reason_is_asked_for() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let config = require_reasons(&person)?;
    let hold = ["hold", &samba.name(), "--user", "bob", "--for", "1h"];
    let mut terminal = Terminal::start(person.with_login(&hold)?.env("NETSESSION_CONFIG", &config))?;
    terminal.wait_for("[y/N]")?;
    terminal.type_line("y")?;
    terminal.wait_for("Reason, for the journal (required):")?;
    terminal.type_line("INC-1")?;
    terminal.wait_for("no agent runs")?;
    let row = person.carried_by("hold")?;
    assert_eq!(text(&row, "reason"), "INC-1", "{row}");
    // Without a number, it shows which holds there are.
    let asked = person.run(&["release"])?.env("NETSESSION_CONFIG", &config).run()?.expect_code(2)?;
    for part in ["--user bob", "which hold?", "netsession release 1"] {
        assert!(asked.stderr.contains(part), "{part}: {asked:?}");
    }
    let refused = person.run(&["release", "1"])?.env("NETSESSION_CONFIG", &config).run()?.expect_code(2)?;
    assert!(refused.stderr.contains("requires a reason"), "{refused:?}");
    let mut release = Terminal::start(person.run(&["release", "1"])?.env("NETSESSION_CONFIG", &config))?;
    release.wait_for("Reason, for the journal (required):")?;
    release.type_line("cleaned")?;
    assert_eq!(release.finish()?.0, Some(0));
    assert_eq!(terminal.finish()?.0, Some(0));
    wait_until("the record of the release", || {
        let rows = person.journal()?;
        Ok(rows.iter().any(|row| text(row, "reason") == "cleaned").then_some(()))
    })?;
    let none = person.run(&["release"])?.run()?.expect_code(3)?;
    assert!(none.stderr.contains("no hold is open"), "{none:?}");
    Ok(())
}
