//! Who may log on to a server of ours.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use netsession::PrivateFile;
use netsession_server::Account;
use zeroize::Zeroizing;

use crate::ask;
use crate::failure::Failure;
use crate::output::visible;

/// The login that the server leaves for this computer has this name.
const LOCAL: &str = "netsession-local";
/// The largest file of users.
const LARGEST: u64 = 1 << 20;
/// Letters that nobody mistakes for others.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

type Password = Zeroizing<String>;

/// Everybody who may log on.
pub(super) struct Accounts {
    pub(super) all: Vec<Account>,
    /// One of them, for examples.
    pub(super) first: Option<String>,
    /// Those whose password nobody knows yet.
    pub(super) generated: Vec<(String, Password)>,
}

/// The login for commands of this computer.
pub(super) struct Local {
    pub(super) account: Account,
    pub(super) password: Password,
}

/// A random login for this run.
pub(super) fn local() -> Result<Local, Failure> {
    let password = random_password()?;
    let mut account = Account::with_password(LOCAL, &password);
    (account.admin, account.loopback_only) = (true, true);
    Ok(Local { account, password })
}

impl Accounts {
    /// Reads the file, and asks for the other passwords or makes them up.
    pub(super) fn collect(users: &[String], file: Option<&Path>, admins: &[String]) -> Result<Self, Failure> {
        let mut all = file.map(read).transpose()?.unwrap_or_default();
        let mut generated = Vec::new();
        let mut named: Vec<&str> = users.iter().chain(admins).map(String::as_str).collect();
        let myself = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
        if named.is_empty() && all.is_empty() {
            named.push(if is_user_name(&myself) { &myself } else { "user" });
        }
        for name in named {
            check(name)?;
            if find(&mut all, name).is_some() {
                continue;
            }
            let password = match ask::person_is_there() {
                true => ask::new_password(name)?,
                false => {
                    let password = random_password()?;
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
    all.iter_mut().find(|account| account.name.to_lowercase() == name.to_lowercase())
}

/// Writes the passwords that were made up where only the user can read them.
pub(super) fn leave_generated(generated: &[(String, Password)]) -> Result<Option<PrivateFile>, Failure> {
    if generated.is_empty() {
        return Ok(None);
    }
    let mut text = Zeroizing::new(String::with_capacity(generated.len().saturating_mul(256)));
    for (name, password) in generated {
        text.extend([name.as_str(), ":", password.as_str(), "\n"]);
    }
    PrivateFile::leave("passwords", &text)
        .map(Some)
        .map_err(|error| Failure::failed(format!("the generated passwords cannot be written: {error}")))
}

/// 80 random bits.
pub(in crate::commands) fn random_password() -> Result<Password, Failure> {
    let mut random = Zeroizing::new([0; 16]);
    getrandom::fill(random.as_mut())
        .map_err(|error| Failure::failed(format!("the operating system gives no random bytes: {error}")))?;
    let letters = random.iter().map(|byte| {
        let letter = LETTERS.get(usize::from(byte % 32)).copied().unwrap_or_default();
        char::from(letter)
    });
    Ok(Zeroizing::new(letters.collect()))
}

fn is_user_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || r#""/\[]:|<>+=;,?*@%"#.contains(c);
    (1..=64).contains(&name.chars().count()) && !name.contains(forbidden) && name.trim() == name
}

fn check(name: &str) -> Result<(), Failure> {
    if !is_user_name(name) {
        let message = format!("`{}` cannot be the name of a user", visible(name));
        return Err(Failure::usage(message).hint(r#"none of "/\[]:|<>+=;,?*@% or control characters"#));
    }
    match name.eq_ignore_ascii_case(LOCAL) {
        true => Err(Failure::usage(format!("{LOCAL} is the name of the login for this computer"))),
        false => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<Account>, Failure> {
    let shown = path.display();
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read the users in {shown}: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    if others_can_read(&file) {
        let message = format!("others on this computer can read the passwords in {shown}: it is refused");
        return Err(Failure::usage(message).hint(format!("chmod 600 {shown}")));
    }
    // Reserved at once: growing would leave copies of the passwords behind.
    let length = file.metadata().map_err(unreadable)?.len().min(LARGEST);
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).unwrap_or_default()));
    file.take(LARGEST).read_to_string(&mut text).map_err(unreadable)?;
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        // The line itself is never shown: it holds a password.
        let account = parse(line).ok_or_else(|| {
            Failure::usage(format!("{shown}, line {}: neither `name:password` nor `name:nt:HEX`", index + 1))
                .hint("HEX are the 32 digits of the NT hash; a password that starts with `nt:` cannot be written here")
        })?;
        check(&account.name)?;
        if find(&mut all, &account.name).is_some() {
            return Err(Failure::usage(format!(
                "{shown}, line {}: {} is there twice",
                index + 1,
                account.name
            )));
        }
        all.push(account);
    }
    match all.is_empty() {
        false => Ok(all),
        true => Err(Failure::usage(format!("{shown} names no user")).hint("a line for each: name:password")),
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

#[cfg(not(unix))]
fn others_can_read(_file: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, somebody logs on with another password than the file says, or with none.
    #[test]
    fn lines_of_a_users_file() {
        let name_of = |line| parse(line).map(|account| account.name);
        assert_eq!(name_of("bob:a:b c "), Some("bob".to_owned()));
        assert_eq!(name_of("bob:nt:8846f7eaee8fb117ad06bdd830b7586c"), Some("bob".to_owned()));
        for wrong in ["bob", "bob:", "bob:nt:", "bob:nt:8846", "bob:nt:+846f7eaee8fb117ad06bdd830b7586c"] {
            assert_eq!(name_of(wrong), None, "{wrong}");
        }
    }

    /// If this fails, passwords that everybody on the computer can read are used without a word.
    #[test]
    #[cfg(unix)]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# ours\nbob:secret\nAlice:nt:8846f7eaee8fb117ad06bdd830b7586c\n")
            .unwrap();
        assert_eq!(read(file.path()).ok().unwrap().len(), 2);
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(file.path()).err().unwrap().message.contains("refused"), "{mode:o}");
        }
    }

    /// If this fails, a mistake in the file is not found, or a password is shown.
    #[test]
    fn a_mistake_is_named_by_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, part) in [
            ("bob:x\nhunter2\n", "line 2"),
            ("bob:x\nBOB:hunter2\n", "twice"),
            ("# nobody\n", "names no user"),
            ("a/b:hunter2\n", "cannot be the name"),
            ("netsession-local:hunter2\n", "for this computer"),
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
