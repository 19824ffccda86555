//! Every command at both servers, by every kind of credential and ticket cache.

use anyhow::{Result, ensure};
use netsession_conformance::domain::{ALIAS, CONTROLLER, MEMBER, MEMBER_ADDRESS};
use netsession_conformance::{Domain, Netsession};

use super::support::{Credential, succeed, text_of, under};

/// Lists, closes and ends alice's session and file, and looks whether bob keeps his.
fn manage(domain: &Domain, server: &str, credential: &Credential) -> Result<()> {
    let (alice, bob) = (domain.ticket("alice")?, domain.ticket("bob")?);
    let (mut alice, mut bob) = (domain.hold(server, &alice)?, domain.hold(server, &bob)?);
    alice.ask("put /etc/hosts report.txt")?;
    alice.open("report.txt")?;
    let sessions = succeed(domain, credential, &["sessions", server, "--json"])?;
    for user in ["alice", "bob"] {
        assert!(sessions.who()?.iter().any(|(_, name)| name.ends_with(user)), "{user}: {sessions:?}");
    }
    let files = succeed(domain, credential, &["files", server])?;
    assert!(files.stdout.contains("report.txt"), "{files:?}");
    let path = format!(r"\\{server}\data\report.txt");
    succeed(domain, credential, &["close", server, "--path", &path, "--yes"])?;
    let files = succeed(domain, credential, &["files", server])?;
    assert!(!files.stdout.contains("report.txt"), "{files:?}");
    succeed(domain, credential, &["end", server, "--user", r"LAB\alice", "--yes"])?;
    assert!(!alice.works()? && bob.works()?, "{credential:?} at {server}");
    let info = succeed(domain, credential, &["info", server, "--json"])?.one()?;
    assert_eq!(info["logon"], "kerberos", "{info}");
    Ok(())
}

/// A failure here would leave a domain's administrator without a command, or end another session than the selected one.
#[test]
fn a_ticket_lists_closes_and_ends_at_both_servers() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    manage(&domain, CONTROLLER, &credential)?;
    manage(&domain, MEMBER, &credential)
}

/// A failure here would refuse a person who has a password and no ticket, and who writes the user in one of the usual forms.
#[test]
fn a_password_gets_a_ticket_for_each_form_of_the_user() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    for user in [r"LAB\adm1", "adm1@LAB.TEST", "adm1@lab.test", "carol.jones@corp.example"] {
        for server in [CONTROLLER, MEMBER] {
            let info = succeed(&domain, &Credential::Password(user), &["info", server, "--json"])?.one()?;
            assert_eq!(info["logon"], "kerberos", "{user} at {server}: {info}");
        }
    }
    manage(&domain, MEMBER, &Credential::Password(r"LAB\adm1"))
}

/// A failure here would stop a scheduled script, which has only a keytab.
#[test]
fn a_keytab_gets_a_ticket_without_a_password() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Keytab("adm1@LAB.TEST", text_of(&domain.keytab("adm1")?)?);
    succeed(&domain, &credential, &["sessions", CONTROLLER])?;
    manage(&domain, MEMBER, &credential)
}

/// A failure here would send an administrator after a ticket cache, although the keytab is the wrong file.
#[test]
fn a_wrong_keytab_is_blamed() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let keytab = text_of(&domain.keytab("adm1")?)?;
    for (user, file, part) in [
        (
            "adm1@LAB.TEST",
            "/nonexistent.keytab",
            "the keytab /nonexistent.keytab cannot be read: No such file",
        ),
        ("adm1@LAB.TEST", "/etc/passwd", "the keytab /etc/passwd cannot be read: the file is not a keytab"),
        ("bob@LAB.TEST", &keytab, "has no key of bob@LAB.TEST, but of adm1@LAB.TEST"),
        ("adm1@WRONG.TEST", &keytab, "has no key of adm1@WRONG.TEST, but of adm1@LAB.TEST"),
    ] {
        let run = Credential::Keytab(user, file.to_owned()).run(&["sessions", MEMBER])?;
        let refused = domain.netsession(run)?.expect_code(1)?;
        assert!(refused.stderr.contains(part) && refused.stderr.contains("klist -k"), "{user}: {refused:?}");
    }
    Ok(())
}

/// A failure here would ask for a user and a password, and hide that `kinit`, or the name of the server, is enough.
#[test]
fn a_missing_login_hints_at_the_ticket() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let cache = domain.ticket("adm1")?;
    for (cache, server, user, part) in [
        ("FILE:/nonexistent", MEMBER, None, "hint: get a Kerberos ticket with kinit, or name the user"),
        (
            &*cache,
            MEMBER_ADDRESS,
            None,
            "hint: name the server by its DNS name to log on by your Kerberos ticket",
        ),
        (
            &*cache,
            MEMBER,
            Some("bob@LAB.TEST"),
            "hint: get a ticket with kinit bob@LAB.TEST, or pass the password",
        ),
    ] {
        let run = Netsession::bare()?.args(["sessions", server]).env("KRB5CCNAME", cache);
        let run = user.into_iter().fold(run, |run, user| run.args(["-U", user]));
        let refused = domain.netsession(run)?.expect_code(2)?;
        assert!(refused.stderr.contains(part), "{server}: {refused:?}");
    }
    Ok(())
}

/// A failure here would show a member server's session as a person's, or end it with `--all`: its users would lose their files.
#[test]
fn a_computers_session_is_marked_and_spared() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let mut computer = domain.hold_by_member(CONTROLLER)?;
    let mut alice = domain.hold(CONTROLLER, &domain.ticket("alice")?)?;
    let listed = succeed(&domain, &admin, &["sessions", CONTROLLER])?;
    let is_computer = |line: &&str| line.contains("FS1$") && line.trim_end().ends_with("computer");
    // The member's winbind can have a session, too.
    ensure!(listed.stdout.lines().any(|line| is_computer(&line)), "{listed:?}");
    let spared = ["end", CONTROLLER, "--user", r"LAB\*", "--yes"];
    let ended = succeed(&domain, &admin, &spared)?;
    ensure!(!alice.works()? && computer.works()?, "{ended:?}");
    ensure!(ended.stderr.contains("--include-computers"), "{ended:?}");
    succeed(&domain, &admin, &[&spared[..], &["--include-computers"]].concat())?;
    ensure!(!computer.works()?);
    Ok(())
}

/// A failure here would lock members of Protected Users out: they may not use NTLM.
#[test]
fn a_member_of_protected_users_logs_on() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = Credential::Cache(domain.ticket("guarded")?);
    for credential in [cache, Credential::Password(r"LAB\guarded")] {
        for server in [CONTROLLER, MEMBER] {
            succeed(&domain, &credential, &["sessions", server])?;
        }
    }
    Ok(())
}

/// A failure here would ask for another name than the one that the person uses for the server.
#[test]
fn short_names_other_cases_final_dots_and_aliases_find_the_service() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    for server in ["fs1", "FS1.Lab.Test", "fs1.lab.test.", "fs1.lab.test:445", ALIAS] {
        let info = succeed(&domain, &credential, &["info", server, "--json"])?.one()?;
        assert_eq!(info["logon"], "kerberos", "{server}: {info}");
    }
    Ok(())
}

/// A failure here would not find the ticket of the user that `-U` names, among several of one collection.
#[test]
fn a_collection_of_caches_has_the_ticket_of_the_named_user() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let folder = domain.new_file("caches");
    std::fs::create_dir(&folder)?;
    let cache = format!("DIR:{}", text_of(&folder)?);
    domain.kinit(&cache, "adm1", &[], &[])?;
    domain.kinit(&cache, "alice", &[], &[])?;
    let run = Credential::Cache(cache).run(&["info", MEMBER, "--json", "-U", r"LAB\adm1"])?;
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    assert_eq!((&info["logon"], &info["user"]), (&"kerberos".into(), &"adm1@LAB.TEST".into()), "{info}");
    Ok(())
}

/// A failure here would not read the kinds of ticket caches that distributions use by default.
#[test]
fn tickets_in_a_daemon_and_in_the_kernel_are_used() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    domain.client().sh("kcm --detach")?;
    domain.kinit("KCM:0", "adm1", &[], &[])?;
    succeed(&domain, &Credential::Cache("KCM:0".to_owned()), &["sessions", MEMBER])?;
    // An anonymous keyring, which ends with its processes.
    let login = domain.new_file("password");
    std::fs::write(&login, netsession_conformance::PASSWORD)?;
    let script = format!("kinit adm1 <{} && exec \"$@\"", text_of(&login)?);
    let run = Credential::Cache("KEYRING:session:lab".to_owned()).run(&["sessions", MEMBER])?;
    under(&domain, &["keyctl", "session", "-", "sh", "-c", &script, "sh"], run)?.expect_code(0)?;
    Ok(())
}

/// A failure here would refuse the tickets of a domain that still has AES-128, or derive the wrong keys from a longer key.
#[test]
fn tickets_with_128_and_256_bits_log_on() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    for kind in ["aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha1-96"] {
        let settings = ["permitted_enctypes", "default_tkt_enctypes", "default_tgs_enctypes"];
        let lines = settings.map(|name| format!("{name} = {kind}"));
        let file = text_of(&domain.krb5_conf(&lines.each_ref().map(String::as_str), "")?)?;
        let cache = domain.ticket_with("adm1", &[], &[("KRB5_CONFIG", &file)])?;
        let expect = |server: &str, is_encrypted: bool| -> Result<()> {
            let run = Credential::Cache(cache.clone()).run(&["info", server, "--json"])?;
            let info = domain.netsession(run.env("KRB5_CONFIG", &file))?.expect_code(0)?.one()?;
            assert_eq!(
                (&info["logon"], &info["signed"], &info["encrypted"]),
                (&"kerberos".into(), &true.into(), &is_encrypted.into()),
                "{kind} at {server}: {info}"
            );
            Ok(())
        };
        expect(CONTROLLER, true)?;
        expect(MEMBER, true)?;
        let _changed = domain.configure_member(&["server smb encrypt = off"])?;
        expect(MEMBER, false)?;
        let tickets = domain.client().sh(&format!("klist -e {cache}"))?;
        assert!(tickets.contains("cifs/") && tickets.contains(&format!("tkt): {kind}, ")), "{tickets}");
    }
    Ok(())
}

/// A failure here would derive the wrong keys from a ticket in an older dialect.
#[test]
fn every_dialect_signs_and_encrypts_with_a_ticket() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    for (protocol, dialect) in [("SMB2_10", "2.1"), ("SMB3_00", "3.0"), ("SMB3_11", "3.1.1")] {
        let _changed = domain.configure_member(&[&format!("server max protocol = {protocol}")])?;
        let info = succeed(&domain, &credential, &["info", MEMBER, "--json"])?.one()?;
        assert_eq!((&info["dialect"], &info["logon"]), (&dialect.into(), &"kerberos".into()), "{info}");
        if dialect != "2.1" {
            succeed(&domain, &credential, &["sessions", MEMBER, "--encrypt"])?;
        }
    }
    Ok(())
}

/// A failure here would disconnect a domain's computers when an administrator ends every user's session, or leave no way to
/// end such a session on purpose.
#[test]
fn the_session_of_a_computer_is_shown_and_spared() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    for (server, computer) in [(CONTROLLER, "FS1$"), (MEMBER, "DC1$")] {
        let keytab = text_of(&domain.keytab(computer)?)?;
        let cache = format!("FILE:{}", text_of(&domain.new_file("cache"))?);
        domain.kinit(&cache, computer, &["-k", "-t", &keytab], &[])?;
        let (mut held, mut alice) =
            (domain.hold(server, &cache)?, domain.hold(server, &domain.ticket("alice")?)?);
        let listed = succeed(&domain, &credential, &["sessions", server, "--json"])?;
        // Samba's member writes the computer's name in lower case.
        let is_computer = |user: &str| user.to_uppercase().ends_with(computer);
        assert!(listed.who()?.iter().any(|(_, user)| is_computer(user)), "{listed:?}");
        let all = ["end", server, "--all", "--yes", "--confirm", server];
        succeed(&domain, &credential, &all)?;
        assert!(held.works()? && !alice.works()?, "{server}");
        succeed(&domain, &credential, &[&all[..], &["--include-computers"]].concat())?;
        assert!(!held.works()?, "{server}");
    }
    Ok(())
}

/// A failure here would not tell an administrator why `alice` matches nobody where the server lists `LAB\alice`.
#[test]
fn a_user_without_the_domain_gets_a_hint() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    let mut alice = domain.hold(MEMBER, &domain.ticket("alice")?)?;
    let run = credential.run(&["end", MEMBER, "--user", "alice", "--yes"])?;
    let outcome = domain.netsession(run)?.expect_code(3)?;
    assert!(outcome.stderr.contains(r"--user 'LAB\alice'"), "{outcome:?}");
    assert!(alice.works()?);
    Ok(())
}
