//! [`FileRow`]: an open file as `netsession` prints it.

use netsession::OpenFile;
use serde::Serialize;

use crate::output::{Cell, Column, Row};

/// A printed open file.
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

/// Returns the letter of a permission for the table; JSON has its name.
fn letter(permission: &str) -> char {
    match permission {
        "execute" => 'x',
        "permissions" => 'p',
        name => name.chars().next().unwrap_or('?'),
    }
}

impl Row for FileRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::number("ID"),
            Column::text("USER"),
            Column::text("CLIENT"),
            Column::text("PERM"),
            Column::number("LOCKS"),
            Column::long("PATH"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }

    fn cells(&self) -> Vec<Cell> {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        vec![
            Some(self.id.to_string()),
            known(&self.user),
            self.client.clone(),
            known(&self.permissions.iter().map(|name| letter(name)).collect::<String>()),
            Some(self.locks.to_string()),
            Some(self.path.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::FileRow;
    use crate::output;
    use netsession::{FileId, OpenFile, Permissions};

    /// A failure here would print a paragraph for each file at 80 columns.
    #[test]
    fn the_table_fits_80_columns() {
        let file = OpenFile {
            id: FileId(u32::MAX),
            path: r"C:\data\finance\2026\quarterly\consolidated\budget-final.xlsx".to_owned(),
            user: r"CORP\alexandra".to_owned(),
            client: Some("192.168.100.100".to_owned()),
            permissions: Permissions(0x7f),
            locks: 0,
        };
        let text = output::table(&[FileRow::new("fs1", &file)], false, Some(80));
        let text = text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(
            text.starts_with("        ID  USER            CLIENT           PERM     LOCKS  PATH"),
            "{text}"
        );
        assert!(text.contains("  rwcxdap  "), "{text}");
    }

    /// A failure here would break programs that read `--json`, or make an id above 2^31 negative.
    #[test]
    fn json_has_the_documented_fields() {
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
