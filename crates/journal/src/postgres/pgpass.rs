//! Reads the password file of PostgreSQL: lines of `host:port:database:user:password`.

use std::fs;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// Returns the password of a logon (host, port, database and user) from the file that `PGPASSFILE` names, else from
/// `~/.pgpass`. A file that others can read does not count.
pub(super) fn password(logon: &[String; 4]) -> Option<Zeroizing<String>> {
    let named = std::env::var_os("PGPASSFILE").map(PathBuf::from);
    let path = named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass")))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if fs::metadata(&path).ok()?.mode() & 0o077 != 0 {
            tracing::warn!("the password file {} is ignored: others can read it", path.display());
            return None;
        }
    }
    let text = Zeroizing::new(fs::read_to_string(path).ok()?);
    text.lines().find_map(|line| of_line(line, logon))
}

/// Returns the password of a line, if the rest of the line matches.
fn of_line(line: &str, logon: &[String; 4]) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    for wanted in logon {
        let (field, is_escaped, after) = field(rest)?;
        if (field.as_str() != "*" || is_escaped) && field.as_str() != wanted {
            return None;
        }
        rest = after;
    }
    // A colon in the password needs no backslash.
    let mut password = Zeroizing::new(String::new());
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        let letter = if letter == '\\' { letters.next()? } else { letter };
        password.push(letter);
    }
    Some(password)
}

/// Splits off the field before the next colon, and tells whether it has a backslash.
fn field(text: &str) -> Option<(String, bool, &str)> {
    let (mut field, mut is_escaped) = (String::new(), false);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            ':' => return Some((field, is_escaped, text.get(at.saturating_add(1)..)?)),
            '\\' => {
                is_escaped = true;
                field.push(letters.next()?.1);
            }
            letter => field.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::of_line;

    /// A failure here would send the password of one database to another one.
    #[test]
    fn only_the_password_of_the_logon_is_used() {
        let logon = ["db.lab.test", "5432", "netsession", "al:ice"].map(str::to_owned);
        let of = |line: &str| of_line(line, &logon).map(|password| password.to_string());
        assert_eq!(of(r"db.lab.test:5432:netsession:al\:ice:hun\:t\\er:2").as_deref(), Some(r"hun:t\er:2"));
        assert_eq!(of(r"*:*:*:al\:ice:x").as_deref(), Some("x"));
        for other in [
            r"db.lab.test:5432:netsession:bob:x",
            r"db:*:*:*:x",
            r"\*:*:*:*:x",
            r"#*:*:*:*:x",
            r"*:*:*:x",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
