//! `netsession info`: shows a server's name, platform and version, the protection of the connection, and the logon.

use netsession::{LogonMechanism, Server, ServerDetails};
use serde::Serialize;

use super::list::{Listing, list};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format, Servers};
use crate::output::{Cell, Column, Row};
use crate::runtime::block_on;
use crate::servers::targets;

/// Show a server's name, platform and version, and how the connection is protected and logged on
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let targets = targets(&args.servers.servers, &args.connect)?;
    let listing = Listing { targets: &targets, json: args.format.json, if_empty: "no answer" };
    block_on(list(listing, &async |server: &mut Server, name: &str| {
        Ok(vec![InfoRow::new(name, &server.info().await?)])
    }))?
}

/// A printed server.
#[derive(Debug, Serialize)]
struct InfoRow {
    server: String,
    name: String,
    platform: String,
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Vec<&'static str>,
    comment: String,
    dialect: String,
    signed: bool,
    encrypted: bool,
    logon: &'static str,
    user: String,
}

impl InfoRow {
    fn new(server: &str, info: &ServerDetails) -> InfoRow {
        InfoRow {
            server: server.to_owned(),
            name: info.name.clone(),
            platform: info.platform.to_string(),
            version: info.version.map(|(major, minor)| format!("{major}.{minor}")),
            kind: info.server_type.names().collect(),
            comment: info.comment.clone(),
            dialect: info.dialect.to_string(),
            signed: info.signed,
            encrypted: info.encrypted,
            logon: match info.mechanism {
                LogonMechanism::Kerberos => "kerberos",
                _ => "ntlm",
            },
            user: info.user.clone(),
        }
    }
}

impl Row for InfoRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::text("NAME"),
            Column::text("PLATFORM"),
            Column::text("VERSION"),
            Column::text("DIALECT"),
            Column::text("PROTECTION"),
            Column::text("LOGON"),
            Column::text("USER"),
            Column::text("COMMENT"),
            Column::long("TYPE"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn cells(&self) -> Vec<Cell> {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let protection = match (self.encrypted, self.signed) {
            (true, _) => "encrypted",
            (false, true) => "signed",
            (false, false) => "none",
        };
        vec![
            known(&self.name),
            known(&self.platform),
            self.version.clone(),
            known(&self.dialect),
            known(protection),
            known(if self.logon == "kerberos" { "Kerberos" } else { "NTLM" }),
            known(&self.user),
            Some(self.comment.clone()),
            known(&self.kind.join(" ")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::InfoRow;
    use netsession::{Dialect, LogonMechanism, Platform, ServerDetails, ServerType};

    /// A failure here would break programs that read `--json`.
    #[test]
    fn json_has_the_documented_fields() {
        let info = ServerDetails {
            name: "LABSRV".to_owned(),
            platform: Platform(500),
            version: Some((6, 1)),
            server_type: ServerType(0),
            comment: "Samba".to_owned(),
            dialect: Dialect::Smb3_1_1,
            signed: true,
            encrypted: false,
            mechanism: LogonMechanism::Kerberos,
            user: "adm1@LAB.TEST".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&InfoRow::new("fs1", &info)).unwrap(),
            r#"{"server":"fs1","name":"LABSRV","platform":"NT","version":"6.1","type":[],"comment":"Samba","dialect":"3.1.1","signed":true,"encrypted":false,"logon":"kerberos","user":"adm1@LAB.TEST"}"#
        );
    }
}
