//! The embedded server as a file server of the domain: `netsession serve --keytab`, on the client.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::domain::CLIENT;
use netsession_conformance::smbclient::Held;
use netsession_conformance::{Domain, Netsession, Serve};

use super::support::{Credential, text_of};

/// A server for the users of these arguments, and its port.
struct Server {
    serve: Serve,
    folder: String,
    port: u16,
}

impl Server {
    fn start(domain: &Domain, arguments: &[&str]) -> Result<Self> {
        let keytab = text_of(&domain.keytab("cifs/client.lab.test")?)?;
        Self::with_keytab(domain, &keytab, arguments)
    }

    fn with_keytab(domain: &Domain, keytab: &str, arguments: &[&str]) -> Result<Self> {
        let folder = text_of(&domain.new_file("shared"))?;
        std::fs::create_dir(&folder)?;
        let serve = domain.serve(run(keytab, &folder, arguments)?)?;
        let port = serve.address().port();
        Ok(Self { serve, folder, port })
    }

    /// The server as an argument of netsession.
    fn name(&self) -> String {
        format!("{CLIENT}:{}", self.port)
    }

    /// A session of the ticket's user, held by smbclient on the same computer.
    fn hold(&self, domain: &Domain, cache: &str, arguments: &[&str]) -> Result<Held> {
        let port = format!("--port={}", self.port);
        domain.hold_with(CLIENT, cache, &[&[port.as_str()], arguments].concat())
    }
}

fn run(keytab: &str, folder: &str, arguments: &[&str]) -> Result<Netsession> {
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
