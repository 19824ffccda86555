//! A hold disables an account of the domain at its controller, and ends the sessions at the member.

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::domain::{CONTROLLER, MEMBER};
use netsession_conformance::{Domain, Netsession, Outcome, PASSWORD, wait_until};
use tempfile::TempDir;

use super::support::Credential;

/// Runs netsession with the journal of one person.
fn run(domain: &Domain, state: &TempDir, run: Netsession) -> Result<Outcome> {
    domain.netsession(run.env("XDG_STATE_HOME", state.path()))
}

/// An attribute of an account in the directory.
fn attribute(domain: &Domain, user: &str, name: &str) -> Result<u64> {
    let text =
        domain.controller().script("samba-tool user show \"$1\" --attributes=\"$2\"", &[user, name])?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.with_context(|| format!("{user}: {text}"))?.parse().context("a number")
}

/// The flags of an account in the directory.
fn control(domain: &Domain, user: &str) -> Result<u64> {
    attribute(domain, user, "userAccountControl")
}

fn hold<'a>(user: &'a str, place: &'a str) -> [&'a str; 8] {
    ["hold", MEMBER, "--user", user, place, "--for", "1s", "--yes"]
}

/// A failure here would leave an account of the domain usable, change another of its attributes, or keep it disabled.
#[test]
fn a_hold_at_a_member_disables_the_account_at_the_controller() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let mut bob = domain.hold(MEMBER, &domain.ticket("bob")?)?;
    let before = control(&domain, "bob")?;
    let retired = control(&domain, "retired")?;
    // The command stays until the time is over. Meanwhile nobody gets a ticket.
    let (command, _home) = admin
        .run(&[
            "hold",
            MEMBER,
            "--user",
            r"LAB\bob",
            "--user",
            r"LAB\retired",
            &place,
            "--for",
            "1h",
            "--yes",
        ])?
        .env("XDG_STATE_HOME", state.path())
        .into_parts();
    let mut running = domain.client().wrap(&command).spawn()?;
    wait_until("the account to be disabled", || Ok((control(&domain, "bob")? & 2 != 0).then_some(())))?;
    wait_until("the session to end", || Ok((!bob.works()?).then_some(())))?;
    ensure!(control(&domain, "bob")? == before | 2, "nothing else");
    let refused = format!("{:#}", domain.ticket("bob").expect_err("disabled"));
    assert!(refused.contains("revoked"), "{refused}");
    // It waits for the process that carries the hold on, and needs no login.
    let release = Netsession::bare()?.args(["release", "1"]);
    let released = run(&domain, &state, release)?.expect_code(0)?;
    assert!(released.stderr.contains("Released hold 1"), "{}", released.stderr);
    assert!(running.wait()?.success());
    assert_eq!((control(&domain, "bob")?, control(&domain, "retired")?), (before, retired));
    domain.ticket("bob")?;
    Ok(())
}

/// A failure here would disable the account of the person who holds, which has another name in the domain than in the login; a
/// computer's account; or an account of another domain.
#[test]
fn a_hold_refuses_the_wrong_account_of_a_domain() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let carol = Credential::Password("carol.jones@corp.example");
    let own = run(&domain, &state, carol.run(&hold(r"LAB\carol", &place))?)?.expect_code(1)?;
    assert!(own.stderr.contains("it is the account that would disable it"), "{}", own.stderr);
    let admin = Credential::Cache(domain.ticket("adm1")?);
    for (user, server, why) in [
        (r"LAB\bob", MEMBER, "there is no such account"),
        (r"OTHER\bob", CONTROLLER, "there is no such account"),
        ("FS1", CONTROLLER, "there is no such account"),
    ] {
        let place = format!("--disable-account={server}");
        let refused = run(&domain, &state, admin.run(&hold(user, &place))?)?.expect_code(1)?;
        assert!(refused.stderr.contains(why), "{user}: {}", refused.stderr);
    }
    Ok(())
}

/// Users of the member itself who have the names of users of the domain.
struct LocalUsers<'a>(&'a Domain);

impl<'a> LocalUsers<'a> {
    fn add(domain: &'a Domain) -> Result<Self> {
        let add = r#"
            for user in bob adm1; do
                echo "$user:x:$((7000 + ${#user})):0::/:/bin/false" >>/etc/passwd
                printf '%s\n%s\n' "$1" "$1" | smbpasswd -s -a "$user"
            done"#;
        let users = Self(domain);
        domain.member().script(add, &[PASSWORD])?;
        Ok(users)
    }

    fn flags(&self, user: &str) -> Result<String> {
        let line = self.0.member().script("pdbedit --smbpasswd-style \"$1\"", &[user])?;
        Ok(line.split(['[', ']']).nth(1).with_context(|| line.clone())?.trim().to_owned())
    }
}

impl Drop for LocalUsers<'_> {
    fn drop(&mut self) {
        let remove = "for user in bob adm1; do smbpasswd -x $user; done; sed -i '/^bob:x:70/d;/^adm1:x:70/d' /etc/passwd";
        if let Err(error) = self.0.member().sh(remove) {
            eprintln!("{error:#}");
        }
    }
}

/// A failure here would disable an account of the domain by a hold of a local user of the same name, and hold nobody; or say that the
/// account is held that every hold spares.
#[test]
fn a_user_of_the_member_is_another_one_than_the_user_of_the_domain() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, users) = (TempDir::new()?, LocalUsers::add(&domain)?);
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let mut bob = domain.hold(MEMBER, &domain.ticket("bob")?)?;
    let before = control(&domain, "bob")?;
    // The controller is a server of the hold, and `bob` would match nobody there.
    for place in ["--disable-account".to_owned(), format!("--disable-account={CONTROLLER}")] {
        let hold = ["hold", MEMBER, CONTROLLER, "--user", "bob", &place, "--for", "1s", "--yes"];
        let refused = run(&domain, &state, admin.run(&hold)?)?.expect_code(2)?;
        assert!(refused.stderr.contains(r"--user 'LAB\bob'"), "{}", refused.stderr);
    }
    assert!(bob.works()? && control(&domain, "bob")? == before && users.flags("bob")? == "U");
    // The account that holds, however it is spelled; and its namesake on the member, which Samba lists without a domain.
    for own in ["adm1", r"LAB\adm1", r"lab.test\adm1", "adm1@LAB.TEST", r"FS1\adm1"] {
        let refused =
            run(&domain, &state, admin.run(&["hold", MEMBER, "--user", own, "--for", "1s", "--yes"])?)?;
        let refused = refused.expect_code(2)?;
        assert!(refused.stderr.contains("names its own login"), "{own}: {}", refused.stderr);
        let is_namesake =
            refused.stderr.contains("without its domain") && refused.stderr.contains("another name");
        assert_eq!(is_namesake, own == r"FS1\adm1", "{own}: {}", refused.stderr);
    }
    Ok(())
}

/// A failure here would lift a lockout of the domain, so that somebody who guesses passwords can go on.
#[test]
fn a_lockout_of_the_domain_survives_the_hold() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let threshold = |count: u32| {
        let set = "samba-tool domain passwordsettings set --account-lockout-threshold=\"$1\"";
        domain.controller().script(set, &[&count.to_string()])
    };
    threshold(1)?;
    domain.client().sh("echo wrong | kinit dave || true")?;
    threshold(50)?;
    let locked = attribute(&domain, "dave", "lockoutTime")?;
    assert_ne!(locked, 0, "locked out");
    run(&domain, &state, admin.run(&hold(r"LAB\dave", &place))?)?.expect_code(0)?;
    assert_eq!(attribute(&domain, "dave", "lockoutTime")?, locked);
    assert_eq!(control(&domain, "dave")?, 512);
    domain.controller().sh("samba-tool user unlock dave")?;
    Ok(())
}

/// The user `alice` as an administrator of the member, who in the domain may only write `userAccountControl` of the users in their
/// folder.
struct Helper<'a> {
    domain: &'a Domain,
    ticket: Credential,
}

impl<'a> Helper<'a> {
    fn new(domain: &'a Domain) -> Result<Self> {
        domain.controller().sh(DELEGATE)?;
        domain.member().sh(&format!("net groupmap addmem {ALICE}"))?;
        let helper = Self { domain, ticket: Credential::Cache(domain.ticket("alice")?) };
        Ok(helper)
    }

    fn run(&self, state: &TempDir, arguments: &[&str]) -> Result<Outcome> {
        run(self.domain, state, self.ticket.run(arguments)?)
    }

    /// Expects what the preview says about disabling the accounts of these users.
    fn expect(&self, users: &[&str], expected: &str) -> Result<()> {
        let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
        let users: Vec<String> = users.iter().map(|user| format!(r"LAB\{user}")).collect();
        let users: Vec<&str> = users.iter().flat_map(|user| ["--user", user.as_str()]).collect();
        let arguments = ["hold", MEMBER, &place, "--for", "1s", "--dry-run"];
        let said = self.run(&state, &[&arguments, &users[..]].concat())?.stderr;
        ensure!(said.contains(expected), "{users:?}: {said}");
        Ok(())
    }
}

impl Drop for Helper<'_> {
    fn drop(&mut self) {
        let member = self.domain.member().sh(&format!("net groupmap delmem {ALICE}"));
        for error in [member, self.domain.controller().sh(RESTORE)].into_iter().filter_map(Result::err) {
            eprintln!("{error:#}");
        }
    }
}

/// The group of the member's administrators, and alice's SID.
const ALICE: &str = r"S-1-5-32-544 $(wbinfo -n 'LAB\alice' | cut -d ' ' -f 1)";

const DELEGATE: &str = r#"
    sid=$(samba-tool user show alice --attributes=objectSid | sed -n 's/^objectSid: //p')
    samba-tool dsacl set --objectdn=CN=Users,DC=lab,DC=test \
        --sddl="(OA;CI;WP;bf967a68-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;$sid)""#;

/// Undoes what the tests below change, if it is not undone yet.
const RESTORE: &str = "
    samba-tool user setprimarygroup bob 'Domain Users' || true
    samba-tool group removemembers 'Domain Admins' bob || true
    samba-tool user move leaver CN=Users,DC=lab,DC=test || true
    for group in inner outer other; do samba-tool group delete $group || true; done
    for user in Administrator adm1 guarded carol op1 dave; do samba-tool user enable $user; done";

/// A failure here would refuse a hold to a person who may disable accounts, or report an account as disabled although it is not.
#[test]
fn a_delegated_user_disables_an_account() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let helper = Helper::new(&domain)?;
    let before = control(&domain, "dave")?;
    let done = helper.run(&state, &hold(r"LAB\dave", &place))?.expect_code(0)?;
    assert!(done.stdout.contains("disabled") && control(&domain, "dave")? == before, "{}", done.stdout);
    // The right is to the accounts in one folder.
    domain.controller().sh("samba-tool user move leaver DC=lab,DC=test")?;
    let refused = helper.run(&state, &hold(r"LAB\leaver", &place))?.expect_code(1)?;
    assert!(refused.stderr.contains("this login may not disable it"), "{}", refused.stderr);
    assert_eq!(control(&domain, "leaver")?, 512);
    let holds = helper.run(&state, &["holds"])?;
    assert!(!holds.stdout.contains("leaver"), "nobody is held: {}", holds.stdout);
    Ok(())
}

/// A failure here would lock every administrator out, or refuse a hold although an administrator remains.
#[test]
fn administrators_in_groups_of_groups_are_counted() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let helper = Helper::new(&domain)?;
    let (may, last) = ("will be disabled", "no other administrator's account is enabled");
    let directory = |changes: &str| domain.controller().sh(changes);
    directory("for user in Administrator guarded carol op1; do samba-tool user disable $user; done")?;
    helper.expect(&["adm1"], last)?;
    helper.expect(&["dave"], may)?;
    // Two groups that contain each other.
    directory(
        "samba-tool group add inner
        for group in outer other; do samba-tool group add $group --group-scope=Domain; done
        samba-tool group addmembers Administrators outer; samba-tool group addmembers outer other,inner
        samba-tool group addmembers other outer; samba-tool group addmembers inner dave",
    )?;
    helper.expect(&["adm1"], may)?;
    helper.expect(&["dave", "adm1"], last)?;
    // The server lists a member nowhere whose primary group it is.
    directory(
        "for user in adm1 dave; do samba-tool user disable $user; done
        samba-tool group addmembers 'Domain Admins' bob
        samba-tool user setprimarygroup bob 'Domain Admins'",
    )?;
    helper.expect(&["bob"], last)?;
    helper.expect(&["svc-files"], may)?;
    // Somebody from another domain, whose account may be enabled.
    directory("samba-tool group addmembers Administrators S-1-5-21-1-2-3-1000")?;
    helper.expect(&["bob"], "the others are members from another domain")?;
    directory("samba-tool group removemembers Administrators S-1-5-21-1-2-3-1000")?;
    Ok(())
}
