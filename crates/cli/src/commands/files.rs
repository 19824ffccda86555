//! `netsession files`: what is open, and who holds it.

use netsession::{FileFilter, OpenFile, Server};
use serde::Serialize;

use super::list;
use crate::args::{Cli, Servers};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Column, Row};
use crate::select;
use crate::servers::targets;

/// List open files, with who holds them
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: netsession files fs1 --path '\\\\fs1\\data\\budget.xlsx'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// This file, or the files in this folder: \\fs1\share\file, or the server's own path
    #[arg(long, value_name = "PATH", help_heading = "Selecting")]
    path: Option<String>,
    /// Files that this user holds: a name, DOMAIN\name, or a pattern such as 'svc-*'
    #[arg(long, value_name = "USER", help_heading = "Selecting")]
    user: Option<String>,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    let path = args.path.as_deref().map(select::path).transpose()?;
    let user = args.user.as_deref().map(select::user).transpose()?;
    let filter = FileFilter { path, user, ..FileFilter::default() };
    let nothing = match &args.path {
        Some(path) => format!("nothing is open at {path} (a path is {})", select::PATHS),
        None => "no open files".to_owned(),
    };
    let targets = targets(&args.servers.servers, &cli.connect)?;
    list(&targets, cli, &nothing, &async |server: &mut Server, name: &str| {
        let files = server.files(&filter).await?;
        Ok(files.iter().map(|file| FileRow::new(name, file)).collect())
    })
}

/// An open file as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct FileRow {
    server: String,
    id: u32,
    path: String,
    user: String,
    client: Option<String>,
    permissions: Vec<&'static str>,
    locks: u32,
}

impl FileRow {
    pub(crate) fn new(server: &str, file: &OpenFile) -> FileRow {
        FileRow {
            server: server.to_owned(),
            id: file.id.0,
            path: file.path.clone(),
            user: file.user.clone(),
            client: file.client.clone(),
            permissions: file.permissions.names().collect(),
            locks: file.locks,
        }
    }
}

impl Row for FileRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::number("ID"),
            Column::text("USER"),
            Column::text("CLIENT"),
            Column::text("PERMISSIONS"),
            Column::number("LOCKS"),
            Column::long("PATH"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn cells(&self) -> Vec<Cell> {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        vec![
            Some(self.id.to_string()),
            known(&self.user),
            self.client.clone(),
            known(&self.permissions.join(" ")),
            Some(self.locks.to_string()),
            Some(self.path.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::FileRow;
    use netsession::{FileId, OpenFile, Permissions};

    /// If this fails, programs that read `--json` break, or an id over 2^31 turns negative.
    #[test]
    fn the_json_fields_are_the_documented_ones() {
        let file = OpenFile {
            id: FileId(u32::MAX),
            path: r"C:\data\a.txt".to_owned(),
            user: "bob".to_owned(),
            client: None,
            permissions: Permissions(3),
            locks: 1,
        };
        assert_eq!(
            serde_json::to_string(&FileRow::new("fs1", &file)).unwrap(),
            r#"{"server":"fs1","id":4294967295,"path":"C:\\data\\a.txt","user":"bob","client":null,"permissions":["read","write"],"locks":1}"#
        );
    }
}
