//! [`targets`] finds the servers that the command line names, each with its login and options.

use std::fs::File;
use std::io;
use std::sync::Arc;

use netsession::Kerberos;
use netsession_admin::{
    ChangeLog, ConnectFlags, LoginFlags, Observers, Password, Questions, ServerSelection, ServersError,
    Target, Warning,
};

use crate::failure::Failure;
use crate::flags::{Connect, MoreServers};
use crate::{ask, output};

/// Finds the servers, their logins and their options. It asks every question about a login, before the first
/// connection.
pub(crate) fn targets(names: &[String], flags: &Connect) -> Result<Vec<Target>, Failure> {
    if flags.password_stdin && flags.more.is_stdin_list() {
        return Err(Failure::usage("--password-stdin and --servers-from - both read standard input")
            .hint("write the list to a file"));
    }
    let servers = selection(names, &flags.more)?;
    let (login, connect) = (login(flags), connect(flags));
    let targets = netsession_admin::targets(&servers, &login, &connect, &mut Terminal, warn);
    let observers = observers();
    Ok(targets?.into_iter().map(|target| target.observed_by(observers.clone())).collect())
}

/// Returns the login of the flags.
pub(crate) fn login(flags: &Connect) -> LoginFlags {
    LoginFlags {
        user: flags.login.clone(),
        authentication_file: flags.authentication_file.clone(),
        is_password_on_stdin: flags.password_stdin,
        keytab: flags.keytab.clone(),
        kerberos: flags.kerberos.or(flags.kerberos_only.then_some(Kerberos::Required)),
    }
}

/// Returns the options of a connection of the flags.
pub(crate) fn connect(flags: &Connect) -> ConnectFlags {
    ConnectFlags {
        is_encryption_required: flags.encrypt,
        time_limit: flags.timeout,
        has_netbios: flags.netbios,
    }
}

/// Returns the observers of every connection. With `-v` the log shows each change before the command sends it, and its
/// outcome.
pub(crate) fn observers() -> Observers {
    Observers::default().with(Arc::new(ChangeLog))
}

/// Prints a warning about a source of logins.
pub(crate) fn warn(warning: &Warning) {
    output::warn(&warning.to_string());
    output::hint(&warning.hint());
}

/// Reads the names and the flags that select servers.
pub(crate) fn selection(names: &[String], more: &MoreServers) -> Result<ServerSelection, Failure> {
    let mut servers = ServerSelection::of(names);
    servers.excluded.clone_from(&more.exclude);
    if more.is_stdin_list() {
        servers.add_list("standard input".as_ref(), io::stdin().lock())?;
    } else if let Some(path) = &more.servers_from {
        let file =
            File::open(path).map_err(|cause| ServersError::ListUnreadable { path: path.clone(), cause });
        servers.add_list(path, file.map_err(netsession_admin::Error::from)?)?;
    }
    Ok(servers)
}

/// The person at the terminal.
#[derive(Debug)]
pub(crate) struct Terminal;

impl Questions for Terminal {
    fn can_ask(&self) -> bool {
        ask::is_person_present()
    }

    fn user(&mut self, server: &str) -> io::Result<Option<String>> {
        ask::text(&format!("User to log on to {server} as ([DOMAIN\\]USER):"))
    }

    fn password(&mut self, user: &str) -> io::Result<Password> {
        ask::password(user).map(Password::from)
    }
}
