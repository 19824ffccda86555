//! The users of a domain, who log on to `serve` with Kerberos.

use std::io::ErrorKind;
use std::path::Path;

use netsession_server::{Keytab, KeytabError, Principal};

use crate::failure::Failure;
use crate::output::visible;

/// The keys of the server, and the users who may log on with a ticket.
pub(super) struct Domain {
    pub(super) keytab: Keytab,
    pub(super) principals: Vec<Principal>,
}

/// The names of users, by the way in which they log on.
pub(super) struct Names<'a> {
    /// Those of a domain, `alice@LAB.TEST`: with Kerberos.
    of_domain: Vec<&'a str>,
    /// The others: with NTLM.
    pub(super) local: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// A user of a domain has its realm after an `@`, which no other user name contains.
    pub(super) fn sort(names: &'a [String]) -> Self {
        let names = names.iter().map(String::as_str);
        let (of_domain, local) = names.partition(|name| name.contains('@'));
        Self { of_domain, local }
    }
}

impl Domain {
    /// Opens the keytab. It and the users of a domain go together: without users nobody could log on, and without a keytab
    /// the users could not.
    pub(super) fn open(
        keytab: Option<&Path>,
        users: &Names<'_>,
        admins: &Names<'_>,
    ) -> Result<Option<Self>, Failure> {
        let mut principals = Vec::new();
        for (names, is_admin) in [(users, false), (admins, true)] {
            for name in &names.of_domain {
                principals.push(principal(name, is_admin)?);
            }
        }
        let Some(path) = keytab else {
            return match principals.first() {
                None => Ok(None),
                Some(user) => {
                    Err(Failure::usage(format!("{user} logs on with Kerberos, which needs --keytab FILE"))
                        .hint("FILE has the server's key of the domain, cifs/HOST@REALM"))
                }
            };
        };
        if principals.is_empty() {
            return Err(Failure::usage("--keytab needs users of the domain")
                .hint("add --user alice@LAB.TEST, or --user '*@LAB.TEST' for every user of the domain"));
        }
        let keytab = Keytab::open(path).map_err(|error| unusable(&error))?;
        Ok(Some(Self { keytab, principals }))
    }
}

fn principal(name: &str, is_admin: bool) -> Result<Principal, Failure> {
    let principal: Principal = name.parse().map_err(|error| {
        Failure::usage(format!("invalid user `{}`: {error}", visible(name)))
            .hint("for example --user alice@LAB.TEST; quote '*@LAB.TEST' for the shell")
    })?;
    if is_admin && principal.user().is_none() {
        let message = format!("--admin {principal} would let every user end the sessions of others");
        return Err(Failure::usage(message).hint("name each administrator, as in --admin adm1@LAB.TEST"));
    }
    Ok(principal.admin(is_admin))
}

/// What is wrong with a keytab, and what the user can do about it.
pub(super) fn unusable(error: &KeytabError) -> Failure {
    let message = match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    match error {
        KeytabError::Read { source, .. } => {
            let failure = Failure::usage(message);
            match source.kind() {
                ErrorKind::PermissionDenied => {
                    failure.hint("the user whom the server runs as must be able to read the keytab")
                }
                ErrorKind::InvalidData => {
                    failure.hint("FILE is a keytab, as ktpass or `samba-tool domain exportkeytab` writes it")
                }
                _ => failure,
            }
        }
        KeytabError::Exposed(path) => Failure::usage(message).hint(format!("chmod 600 {}", path.display())),
        KeytabError::NoService(_) => Failure::usage(message)
            .hint("export the key of cifs/HOST, where HOST is this computer's name in the domain"),
        error if error.is_library_missing() => Failure::failed(message)
            .hint("install MIT Kerberos (libgssapi-krb5-2 on Debian, krb5-libs on Fedora)"),
        _ => Failure::failed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(keytab: Option<&str>, users: &[&str], admins: &[&str]) -> Failure {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let (users, admins) = (owned(users), owned(admins));
        let opened = Domain::open(keytab.map(Path::new), &Names::sort(&users), &Names::sort(&admins));
        opened.err().unwrap()
    }

    /// A failure here would start a server to which nobody, or everybody, can log on with Kerberos.
    #[test]
    #[cfg_attr(windows, ignore = "keytabs work on Unix only")]
    fn a_keytab_and_users_of_the_domain_go_together() {
        for (keytab, users, admins, part) in [
            (Some("/no/keytab"), &["bob"][..], &[][..], "--keytab needs users"),
            (None, &["alice@LAB.TEST"], &[], "alice@LAB.TEST logs on with Kerberos, which needs --keytab"),
            (None, &[], &["adm1@LAB.TEST"], "adm1@LAB.TEST logs on with Kerberos"),
            (Some("/no/keytab"), &[], &["*@LAB.TEST"], "every user"),
            (Some("/no/keytab"), &["alice@"], &[], "USER@REALM"),
            (Some("/no/keytab"), &["*@LAB.TEST"], &[], "cannot read the keytab /no/keytab: No such file"),
        ] {
            let failure = open(keytab, users, admins);
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }
}
