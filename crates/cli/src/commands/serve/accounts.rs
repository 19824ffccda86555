//! The accounts of `serve`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use netsession::PrivateFile;
use netsession_config::UserTable;
use netsession_server::Account;
use zeroize::Zeroizing;

use crate::ask;
use crate::failure::Failure;
use crate::output::visible;
use crate::password;

/// The user name of the local login, which the server writes to a file for commands on this computer.
const LOCAL: &str = "netsession-local";
/// The size limit of a users file, in bytes.
const LARGEST: u64 = 1 << 20;

type Password = Zeroizing<String>;

/// The accounts of the server.
pub(super) struct Accounts {
    pub(super) all: Vec<Account>,
    /// The first user, for the examples of the banner.
    pub(super) first: Option<String>,
    /// The users with a generated password.
    pub(super) generated: Vec<(String, Password)>,
}

/// The local login.
pub(super) struct Local {
    pub(super) account: Account,
    pub(super) password: Password,
}

/// Makes a local login with a random password.
pub(super) fn local() -> Result<Local, Failure> {
    let password = password::random()?;
    let mut account = Account::with_password(LOCAL, &password);
    (account.admin, account.loopback_only) = (true, true);
    Ok(Local { account, password })
}

impl Accounts {
    /// Takes the accounts of files, and asks for the other passwords, or generates them if nobody can answer.
    /// `has_domain` says whether there are other users, who log on with Kerberos.
    pub(super) fn collect(
        users: &[&str],
        mut all: Vec<Account>,
        admins: &[&str],
        has_domain: bool,
    ) -> Result<Self, Failure> {
        let mut generated = Vec::new();
        let mut named: Vec<&str> = users.iter().chain(admins).copied().collect();
        let caller = std::env::var(if cfg!(windows) { "USERNAME" } else { "USER" })
            .or_else(|_| std::env::var("LOGNAME"))
            .unwrap_or_default();
        if named.is_empty() && all.is_empty() && !has_domain {
            named.push(if is_user_name(&caller) { &caller } else { "user" });
        }
        for name in named {
            check(name)?;
            if find(&mut all, name).is_some() {
                continue;
            }
            let password = match ask::is_person_present() {
                true => ask::new_password(name)?,
                false => {
                    let password = password::random()?;
                    generated.push((name.to_owned(), password.clone()));
                    password
                }
            };
            all.push(Account::with_password(name, &password));
        }
        for name in admins {
            if let Some(account) = find(&mut all, name) {
                account.admin = true;
            }
        }
        let first = all.first().map(|account| account.name.clone());
        Ok(Self { all, first, generated })
    }
}

fn find<'a>(all: &'a mut [Account], name: &str) -> Option<&'a mut Account> {
    all.iter_mut().find(|account| account.is_named(name))
}

/// Writes the generated passwords to a file that only the user can read.
pub(super) fn write_generated(generated: &[(String, Password)]) -> Result<Option<PrivateFile>, Failure> {
    if generated.is_empty() {
        return Ok(None);
    }
    let mut text = Zeroizing::new(String::with_capacity(generated.len().saturating_mul(256)));
    for (name, password) in generated {
        text.extend([name.as_str(), ":", password.as_str(), "\n"]);
    }
    PrivateFile::create("passwords", &text)
        .map(Some)
        .map_err(|error| Failure::failed(format!("cannot write the generated passwords: {error}")))
}

fn is_user_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || r#""/\[]:|<>+=;,?*@%"#.contains(c);
    (1..=64).contains(&name.chars().count()) && !name.contains(forbidden) && name.trim() == name
}

fn check(name: &str) -> Result<(), Failure> {
    if !is_user_name(name) {
        let hint = r#"use 1 to 64 characters, but none of "/\[]:|<>+=;,?*@% and no control characters"#;
        return Err(Failure::usage(format!("invalid user name `{}`", visible(name))).hint(hint));
    }
    match name.eq_ignore_ascii_case(LOCAL) {
        true => Err(Failure::usage(format!("the user name {LOCAL} is reserved for the local login"))),
        false => Ok(()),
    }
}

/// Adds a user of the configuration file, or gives one of the users file the rights that the configuration says.
pub(super) fn add(all: &mut Vec<Account>, name: &str, user: &UserTable) -> Result<(), String> {
    check(name).map_err(|failure| failure.message)?;
    let new = match (&user.password, &user.nt_hash) {
        (Some(password), _) => Some(Account::with_password(name, password)),
        (None, Some(digits)) => {
            let hash = hash(digits).ok_or("the nt-hash has 32 hexadecimal digits")?;
            Some(Account::with_nt_hash(name, hash))
        }
        (None, None) => None,
    };
    if let Some(new) = new {
        all.retain(|account| !account.is_named(name));
        all.push(new);
    }
    let account = find(all, name).ok_or("the user has no password: add `password` or `nt-hash`")?;
    account.admin = user.admin;
    Ok(())
}

/// Refuses a file that the server could not read again: to open a pipe can wait forever.
pub(super) fn require_regular(path: &Path) -> Result<(), Failure> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => {
            let message = format!("{} is not a regular file, and cannot be read again", path.display());
            Err(Failure::usage(message))
        }
        // The caller opens the file, and reports why that fails.
        _ => Ok(()),
    }
}

/// Reads a users file.
pub(super) fn read(path: &Path) -> Result<Vec<Account>, Failure> {
    let shown = path.display();
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read the users file {shown}: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    if others_can_read(&file) {
        let message = format!("refusing the users file {shown}: other users of this computer can read it");
        return Err(Failure::usage(message).hint(netsession_config::to_make_private(path)));
    }
    // The full capacity from the start: growing would leave copies of the passwords in memory.
    let length = file.metadata().map_err(unreadable)?.len();
    if length > LARGEST {
        // Half of the file would be half of the users.
        return Err(Failure::usage(format!("the users file {shown} is larger than 1 MiB")));
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).unwrap_or_default()));
    file.take(LARGEST).read_to_string(&mut text).map_err(unreadable)?;
    let mut all = Vec::new();
    for (index, line) in netsession_config::without_mark(&text).lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        // The message does not repeat the line, which holds a password.
        let account = parse(line).ok_or_else(|| {
            Failure::usage(format!("{shown}, line {}: expected `name:password` or `name:nt:HEX`", index + 1))
                .hint("HEX is an NT hash of 32 hexadecimal digits; a password here cannot start with `nt:`")
        })?;
        check(&account.name)?;
        if find(&mut all, &account.name).is_some() {
            let message = format!("{shown}, line {}: duplicate user {}", index + 1, account.name);
            return Err(Failure::usage(message));
        }
        all.push(account);
    }
    match all.is_empty() {
        false => Ok(all),
        true => {
            Err(Failure::usage(format!("{shown} has no users"))
                .hint("write a line for each user: name:password"))
        }
    }
}

fn parse(line: &str) -> Option<Account> {
    let (name, secret) = line.split_once(':')?;
    match secret.strip_prefix("nt:") {
        Some(digits) => Some(Account::with_nt_hash(name, hash(digits.trim_end())?)),
        None => Some(secret).filter(|it| !it.is_empty()).map(|it| Account::with_password(name, it)),
    }
}

fn hash(digits: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(digits, 16).ok()?;
    (digits.len() == 32 && !digits.starts_with('+')).then_some(number.to_be_bytes())
}

#[cfg(unix)]
fn others_can_read(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.mode() & 0o077 != 0)
}

#[cfg(windows)]
fn others_can_read(file: &File) -> bool {
    netsession_winfs::access::Others::of(file).read
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a user log on with another password than the file has, or with none.
    #[test]
    fn users_file_lines_are_parsed() {
        let name_of = |line| parse(line).map(|account| account.name);
        assert_eq!(name_of("bob:a:b c "), Some("bob".to_owned()));
        assert_eq!(name_of("bob:nt:8846f7eaee8fb117ad06bdd830b7586c"), Some("bob".to_owned()));
        for wrong in ["bob", "bob:", "bob:nt:", "bob:nt:8846", "bob:nt:+846f7eaee8fb117ad06bdd830b7586c"] {
            assert_eq!(name_of(wrong), None, "{wrong}");
        }
    }

    /// A failure here would use passwords that everybody on the computer can read, or only the first users of a large file.
    #[test]
    #[cfg(unix)]
    fn users_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# ours\nbob:secret\nAlice:nt:8846f7eaee8fb117ad06bdd830b7586c\n")
            .unwrap();
        assert_eq!(read(file.path()).ok().unwrap().len(), 2);
        file.as_file().set_len(LARGEST + 1).unwrap();
        assert!(read(file.path()).err().unwrap().message.contains("larger than 1 MiB"));
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(file.path()).err().unwrap().message.contains("refusing"), "{mode:o}");
        }
    }

    /// A failure here would make another user of the first one, who could not log on, after Notepad saved the file.
    #[test]
    fn a_byte_order_mark_is_no_part_of_a_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\u{feff}bob:secret\r\nalice:secret\r\n").unwrap();
        let names: Vec<String> = read(file.path()).ok().unwrap().into_iter().map(|user| user.name).collect();
        assert_eq!(names, ["bob", "alice"]);
    }

    /// A failure here would overlook a mistake in the file, or print a password.
    #[test]
    fn mistakes_are_reported_by_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, part) in [
            ("bob:x\nhunter2\n", "line 2"),
            ("bob:x\nBOB:hunter2\n", "duplicate user BOB"),
            ("# nobody\n", "has no users"),
            ("a/b:hunter2\n", "invalid user name `a/b`"),
            ("netsession-local:hunter2\n", "reserved"),
        ] {
            std::fs::write(file.path(), text).unwrap();
            let failure = read(file.path()).err().unwrap();
            assert!(
                failure.message.contains(part) && !failure.message.contains("hunter2"),
                "{}",
                failure.message
            );
        }
    }
}
