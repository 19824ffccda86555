//! An open file as `netsession` prints it.

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
