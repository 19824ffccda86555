//! [`FileRow`]: an open file as `netsession` prints it.

use std::sync::Arc;

use netsession::OpenFile;
use serde::{Serialize, Serializer};

use crate::output::{Column, Field, Row, Value, object};

/// A printed open file.
#[derive(Debug)]
pub(crate) struct FileRow {
    server: String,
    id: u32,
    path: String,
    user: String,
    client: Option<String>,
    host: Option<Arc<str>>,
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
            host: None,
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

impl Serialize for FileRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for FileRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("id", Column::number("ID"), |row: &Self| Value::Number(row.id.into())),
            Field::new("path", Column::long("PATH"), |row: &Self| Value::text(&row.path)).last(),
            Field::new("user", Column::text("USER"), |row: &Self| Value::text(&row.user)),
            Field::new("client", Column::text("CLIENT"), |row: &Self| {
                Value::known_text(row.client.as_deref())
            }),
            Field::host(|row: &Self| row.host.as_deref()),
            Field::new("permissions", Column::text("PERM"), |row: &Self| Value::words(&row.permissions))
                .shown_as(|row| {
                    let letters: String = row.permissions.iter().map(|name| letter(name)).collect();
                    Some(letters).filter(|letters| !letters.is_empty())
                }),
            Field::new("locks", Column::number("LOCKS"), |row: &Self| Value::Number(row.locks.into())),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }

    fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    fn set_host(&mut self, host: &Arc<str>) {
        self.host = Some(Arc::clone(host));
    }

    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    fn name(&self) -> Option<String> {
        Some(self.id.to_string())
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
