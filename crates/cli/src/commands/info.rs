//! `netsession info`: shows a server's name, platform and version, the protection of the connection, and the logon.

use netsession::{LogonMechanism, Server, ServerDetails};
use serde::{Serialize, Serializer};

use super::list::{AskedServer, Listing, list};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers, Show};
use crate::output::{Column, Field, Row, Value, object};
use crate::runtime::block_on;
use crate::servers::targets;

/// Show a server's name and version, how you are logged on, and how the connection is protected
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    show: Show<InfoRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let targets = targets(&args.servers.servers, &args.connect)?;
    let presentation = args.show.presentation()?;
    let listing = Listing {
        targets: &targets,
        presentation: &presentation,
        if_empty: "no answer",
        is_explained: &|_| false,
        missing: None,
        has_totals: false,
    };
    block_on(list(listing, &async |server: &mut Server, AskedServer { name, .. }| {
        Ok(vec![InfoRow::new(name, &server.info().await?)])
    }))?
}

/// A printed server.
#[derive(Debug)]
struct InfoRow {
    server: String,
    name: String,
    platform: String,
    version: Option<String>,
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

impl Serialize for InfoRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for InfoRow {
    fn fields() -> Vec<Field<Self>> {
        let protection = |row: &Self| match (row.encrypted, row.signed) {
            (true, _) => "encrypted",
            (false, true) => "signed",
            (false, false) => "none",
        };
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("name", Column::text("NAME"), |row: &Self| Value::text(&row.name)),
            Field::new("platform", Column::text("PLATFORM"), |row: &Self| Value::text(&row.platform))
                .of_one_server(),
            Field::new("version", Column::text("VERSION"), |row: &Self| {
                Value::known_text(row.version.as_deref())
            }),
            Field::new("type", Column::long("TYPE"), |row: &Self| Value::words(&row.kind))
                .of_one_server()
                .last(),
            Field::new("comment", Column::words("COMMENT"), |row: &Self| Value::text(&row.comment))
                .shown_as(|row| Some(row.comment.clone()))
                .of_one_server()
                .last(),
            Field::new("dialect", Column::text("DIALECT"), |row: &Self| Value::text(&row.dialect)),
            Field::new("signed", Column::text("SIGNED"), |row: &Self| Value::Flag(row.signed)).hidden(),
            Field::new("encrypted", Column::text("ENCRYPTED"), |row: &Self| Value::Flag(row.encrypted))
                .hidden(),
            Field::new("protection", Column::text("PROTECTION"), move |row: &Self| {
                Value::text(protection(row))
            })
            .table_only(),
            Field::new("logon", Column::text("LOGON"), |row: &Self| Value::text(row.logon))
                .shown_as(|row| Some(if row.logon == "kerberos" { "Kerberos" } else { "NTLM" }.to_owned())),
            Field::new("user", Column::text("USER"), |row: &Self| Value::text(&row.user)),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn name(&self) -> Option<String> {
        Some(self.server.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::InfoRow;
    use crate::output;
    use netsession::{Dialect, LogonMechanism, Platform, ServerDetails, ServerType};
    use unicode_width::UnicodeWidthStr;

    fn samba() -> ServerDetails {
        ServerDetails {
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
        }
    }

    /// A failure here would print a paragraph for each server, which nobody can compare.
    #[test]
    fn several_servers_fit_a_terminal() {
        let servers = ["fs1.lab.test", "127.0.0.1:44601", "archive.berlin.example.com"];
        let rows = servers.map(|server| InfoRow::new(server, &samba()));
        let shown = output::table(&rows, true, Some(80));
        assert!(shown.lines().skip(1).all(|line| line.width() <= 80), "{shown}");
        assert!(shown.lines().next().is_some_and(|titles| titles.contains("PROTECTION")), "{shown}");
        assert!(!shown.contains("COMMENT") && output::table(&rows[..1], false, None).contains("COMMENT"));
    }

    /// A failure here would break programs that read `--json`.
    #[test]
    fn json_has_the_documented_fields() {
        assert_eq!(
            serde_json::to_string(&InfoRow::new("fs1", &samba())).unwrap(),
            r#"{"server":"fs1","name":"LABSRV","platform":"NT","version":"6.1","type":[],"comment":"Samba","dialect":"3.1.1","signed":true,"encrypted":false,"logon":"kerberos","user":"adm1@LAB.TEST"}"#
        );
    }
}
