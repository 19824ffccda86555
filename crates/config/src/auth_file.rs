//! [`AuthFile`]: an authentication file in Samba's format, with the lines `username =`, `password =` and `domain =`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use netsession::Password;
use zeroize::Zeroizing;

use crate::{Error, without_mark};

/// The contents of an authentication file. Each entry is optional.
///
/// ```no_run
/// use netsession_config::AuthFile;
///
/// std::fs::write("login.txt", "username = bob\npassword = secret\ndomain = LAB\n")?;
/// let login = AuthFile::read("login.txt".as_ref())?;
/// assert_eq!(login.qualified_user().as_deref(), Some(r"LAB\bob"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct AuthFile {
    /// The user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Password>,
    /// The domain.
    pub domain: Option<String>,
    /// Whether other users of this computer can read the file and the password in it.
    pub is_exposed: bool,
}

/// The size limit of the file in bytes.
const MAX_LENGTH: u64 = 64 * 1024;

impl AuthFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Error::AuthFileUnreadable`] if the system cannot read it; [`Error::AuthFileMistake`] if a line has another
    /// form.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |cause| Error::AuthFileUnreadable { path: path.to_owned(), cause };
        let file = File::open(path).map_err(unreadable)?;
        let is_exposed = others_can_read(&file);
        // Allocates the full capacity at once: growing would leave copies of the password in memory.
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(MAX_LENGTH).read_to_string(&mut text).map_err(unreadable)?;
        let found = Self::parse(&text);
        let found = found.map_err(|line| Error::AuthFileMistake { path: path.to_owned(), line })?;
        Ok(Self { is_exposed, ..found })
    }

    /// Returns the user, with the file's domain if the user has none.
    #[must_use]
    pub fn qualified_user(&self) -> Option<String> {
        let user = self.username.as_ref()?;
        match &self.domain {
            Some(domain) if !user.contains(['\\', '@']) => Some(format!("{domain}\\{user}")),
            _ => Some(user.clone()),
        }
    }

    /// Reads the text. An error is the number of a line that is neither a comment nor an entry. No message shows the
    /// line, because it may contain a password.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut found = Self::default();
        for (index, line) in without_mark(text).lines().enumerate() {
            if line.trim().is_empty() || line.trim_start().starts_with(['#', ';']) {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or(index + 1)?;
            match key.trim().to_ascii_lowercase().as_str() {
                "username" => found.username = named(value),
                "domain" => found.domain = named(value),
                // A password may end in a space.
                "password" => found.password = Some(value.trim_start().to_owned().into()),
                _ => return Err(index + 1),
            }
        }
        Ok(found)
    }
}

fn named(value: &str) -> Option<String> {
    Some(value.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(unix)]
fn others_can_read(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.mode() & 0o044 != 0)
}

#[cfg(windows)]
fn others_can_read(file: &File) -> bool {
    netsession_winfs::access::Others::of(file).read
}

#[cfg(test)]
mod tests {
    use super::AuthFile;

    /// A failure here would log on as another user than smbclient does with the same file, or not at all.
    #[test]
    fn sambas_format_is_read() {
        let file = AuthFile::parse("# mine\r\nUsername = bob\r\npassword=  a = b#c \r\n\r\ndomain = LAB\r\n")
            .ok()
            .unwrap();
        assert_eq!(file.username.as_deref(), Some("bob"));
        assert_eq!(file.domain.as_deref(), Some("LAB"));
        assert_eq!(file.password.unwrap().as_str(), "a = b#c ");
    }

    /// A failure here would send the empty value of `domain =` as a domain, or lose an empty password.
    #[test]
    fn an_empty_domain_is_none_and_an_empty_password_is_kept() {
        let file = AuthFile::parse("username =\ndomain = \npassword =\n").ok().unwrap();
        assert!(file.username.is_none() && file.domain.is_none());
        assert_eq!(file.password.unwrap().as_str(), "");
    }

    /// A failure here would refuse a file that Notepad or PowerShell saved.
    #[test]
    fn a_byte_order_mark_is_skipped() {
        let file = AuthFile::parse("\u{feff}username = bob\r\npassword = secret\r\n").ok().unwrap();
        assert_eq!(file.username.as_deref(), Some("bob"));
        assert_eq!(file.password.unwrap().as_str(), "secret");
    }

    /// A failure here would ignore a mistyped key, and use another login without a message.
    #[test]
    fn another_line_is_an_error_with_its_number() {
        assert_eq!(AuthFile::parse("username = bob\nsecret\n").err(), Some(2));
        assert_eq!(AuthFile::parse("passwd = x").err(), Some(1));
    }
}
