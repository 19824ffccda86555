//! The embedded server as a file server of the domain: `netsession serve --keytab`, on the client.

use std::process::Command;

use anyhow::{Result, ensure};
use netsession_conformance::domain::CLIENT;
use netsession_conformance::smbclient::Held;
use netsession_conformance::{Domain, Netsession, Serve};

use super::support::{Credential, succeed, text_of};

/// A server for the users of these arguments, and its port.
pub(super) struct Server {
    pub(super) serve: Serve,
    folder: String,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn start(domain: &Domain, arguments: &[&str]) -> Result<Self> {
        let keytab = text_of(&domain.keytab("cifs/client.lab.test")?)?;
        Self::with_keytab(domain, &keytab, arguments)
    }

    pub(super) fn with_keytab(domain: &Domain, keytab: &str, arguments: &[&str]) -> Result<Self> {
        Self::under(domain, &[], keytab, arguments)
    }

    /// Starts it under another program.
    pub(super) fn under(domain: &Domain, prefix: &[&str], keytab: &str, arguments: &[&str]) -> Result<Self> {
        let folder = text_of(&domain.new_file("shared"))?;
        std::fs::create_dir(&folder)?;
        let serve = domain.serve_under(prefix, run(keytab, &folder, arguments)?)?;
        let port = serve.address().port();
        Ok(Self { serve, folder, port })
    }

    /// The server as an argument of netsession.
    pub(super) fn name(&self) -> String {
        format!("{CLIENT}:{}", self.port)
    }

    /// A session of the ticket's user, held by smbclient on the same computer.
    pub(super) fn hold(&self, domain: &Domain, cache: &str, arguments: &[&str]) -> Result<Held> {
        let port = format!("--port={}", self.port);
        domain.hold_with(CLIENT, cache, &[&[port.as_str()], arguments].concat())
    }
}

pub(super) fn run(keytab: &str, folder: &str, arguments: &[&str]) -> Result<Netsession> {
    let share = format!("data={folder}");
    let run = Netsession::bare()?.args(["serve", "--listen", "0.0.0.0:0", "--share", &share]);
    Ok(run.args(["--keytab", keytab]).args(arguments))
}

/// A failure here would keep users of the domain out, or derive wrong keys from a ticket in some dialect.
#[test]
fn smbclient_lists_reads_and_writes_in_every_dialect() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "alice@LAB.TEST"])?;
    let cache = domain.ticket("alice")?;
    for (protocol, dialect) in [("SMB2_10", "2.1"), ("SMB3_00", "3.0"), ("SMB3_11", "3.1.1")] {
        for encryption in ["off", "required"] {
            if encryption == "required" && dialect == "2.1" {
                continue;
            }
            let name = format!("{protocol}-{encryption}");
            let protocol = format!("--max-protocol={protocol}");
            let encryption =
                format!("--client-protection={}", if encryption == "off" { "sign" } else { "encrypt" });
            let mut alice = server.hold(&domain, &cache, &[&protocol, &encryption])?;
            ensure!(alice.works()?);
            let put = alice.ask(&format!("put /etc/passwd {name}"))?;
            ensure!(
                std::fs::read(format!("{}/{name}", server.folder))? == std::fs::read("/etc/passwd")?,
                "{put:?}"
            );
            let back = text_of(&domain.new_file("back"))?;
            let got = alice.ask(&format!("get {name} {back}"))?;
            ensure!(std::fs::read(&back)? == std::fs::read("/etc/passwd")?, "{got:?}");
            server
                .serve
                .wait_for(&format!("alice@LAB.TEST from 10.77.1.1 connected (SMB {dialect}, Kerberos"))?;
        }
    }
    Ok(())
}

/// A failure here would keep users out on a computer with Heimdal, or in a domain with other keys than AES-256.
#[test]
fn each_library_and_each_key_logs_on_signed_and_encrypted() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let keytab = text_of(&domain.keytab("cifs/client.lab.test")?)?;
    for library in ["mit", "heimdal"] {
        let prefix = ["env", &format!("NETSESSION_GSSAPI={library}")];
        let server = Server::under(&domain, &prefix, &keytab, &["--admin", "adm1@LAB.TEST"])?;
        for kind in ["aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "arcfour-hmac"] {
            let settings = ["permitted_enctypes", "default_tkt_enctypes", "default_tgs_enctypes"];
            let mut lines: Vec<String> = settings.map(|name| format!("{name} = {kind}")).into();
            lines.push("allow_weak_crypto = true".to_owned());
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let file = text_of(&domain.krb5_conf(&lines, "")?)?;
            let cache = domain.ticket_with("adm1", &[], &[("KRB5_CONFIG", &file)])?;
            let run = Credential::Cache(cache).run(&["info", &server.name(), "--json"])?;
            let info = domain.netsession(run.env("KRB5_CONFIG", &file))?.expect_code(0)?.one()?;
            ensure!(info["logon"] == "kerberos" && info["signed"] == true, "{library} {kind}: {info}");
            ensure!(info["encrypted"] == true, "{library} {kind}: {info}");
        }
    }
    Ok(())
}

/// A failure here would keep the computers of a domain out, such as a member that copies files at night.
#[test]
fn a_member_logs_on_with_its_computer_account() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "*@LAB.TEST", "--admin", "adm1@LAB.TEST"])?;
    let mut smbclient = Command::new("smbclient");
    smbclient.args(["--machine-pass", "--use-kerberos=required", "--port", &server.port.to_string()]);
    smbclient.args([&format!("//{CLIENT}/data"), "-c", "put /etc/hostname computer; ls"]);
    let outcome = domain.member().run(&smbclient)?;
    ensure!(outcome.code == Some(0) && outcome.stdout.contains("computer"), "{outcome:?}");
    server.serve.wait_for("fs1$@LAB.TEST from 10.77.1.20 connected (SMB 3.1.1, Kerberos")?;
    Ok(())
}

/// A failure here would keep an administrator of the domain from ending sessions here, or end another user's.
#[test]
fn an_administrator_of_the_domain_lists_and_ends() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let server = Server::start(&domain, &["--user", "*@LAB.TEST", "--admin", "adm1@LAB.TEST"])?;
    let mut alice = server.hold(&domain, &domain.ticket("alice")?, &[])?;
    let mut bob = server.hold(&domain, &domain.ticket("bob")?, &[])?;
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let info = succeed(&domain, &admin, &["info", &server.name(), "--json"])?.one()?;
    ensure!((&info["logon"], &info["user"]) == (&"kerberos".into(), &"adm1@LAB.TEST".into()), "{info}");
    let listed = succeed(&domain, &admin, &["sessions", &server.name(), "--json"])?;
    let who = listed.who()?;
    let session = |user: &str| ("10.77.1.1".to_owned(), user.to_owned());
    ensure!(who == [session("alice@LAB.TEST"), session("bob@LAB.TEST")], "{listed:?}");
    // A name without a realm is the server's own user.
    let outcome = domain.netsession(admin.run(&["end", &server.name(), "--user", "alice", "--yes"])?)?;
    ensure!(alice.works()? && outcome.stderr.contains("alice@LAB.TEST"), "{outcome:?}");
    // Neither does a pattern without a realm end users of the domain, and both commands say so.
    for command in [&["end", "--yes"][..], &["sessions"]] {
        let outcome =
            domain.netsession(admin.run(&[command, &[&server.name(), "--user", "a*"]].concat())?)?;
        ensure!(alice.works()? && outcome.stderr.contains(r"--user '*\a*'"), "{outcome:?}");
    }
    for user in ["alice@lab.test", r"LAB\alice", r"*\a*", "a*@LAB.TEST"] {
        let mut alice = server.hold(&domain, &domain.ticket("alice")?, &[])?;
        succeed(&domain, &admin, &["end", &server.name(), "--user", user, "--yes"])?;
        ensure!(!alice.works()? && bob.works()?, "{user}");
    }
    ensure!(!alice.works()?);
    server.serve.wait_for("adm1@LAB.TEST ended the session of alice@LAB.TEST from 10.77.1.1")?;
    // Other users may not: they are no administrators.
    let user = Credential::Cache(domain.ticket("bob")?);
    let outcome = domain.netsession(user.run(&["sessions", &server.name()])?)?;
    ensure!(outcome.code != Some(0) && outcome.stderr.contains("ACCESS_DENIED"), "{outcome:?}");
    Ok(())
}
