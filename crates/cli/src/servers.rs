//! The servers that a command is about: named as the user named them, each with its login and options.

use netsession::{
    ConnectOptions, Encryption, Local, Login, NetBios, ParseAddressError, ServerAddress, ServerTarget,
};
use netsession_config::{Config, Settings};

use crate::args::Connect;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::login::{Logins, password_in_sight};

/// One server, ready to be asked.
pub(crate) struct Target {
    /// As the user named it; the local computer by its address.
    pub(crate) name: String,
    pub(crate) target: ServerTarget,
    pub(crate) login: Login,
    pub(crate) options: ConnectOptions,
}

/// Everything that must be known before connecting: passwords are asked for here, one after the other.
pub(crate) fn targets(servers: &[String], connect: &Connect) -> Result<Vec<Target>, Failure> {
    if servers.is_empty() {
        return Ok(vec![local(connect)?]);
    }
    let named = parse(servers)?;
    let config = Config::read()?;
    let mut logins = Logins::new(connect)?;
    named
        .into_iter()
        .map(|(name, address)| {
            let settings = config.for_server(address.host(), address.port());
            let login = logins.for_server(&name, &settings)?;
            let options = options(connect, &settings);
            Ok(Target { name, target: address.into(), login, options })
        })
        .collect()
}

/// The local computer: a running `netsession serve` with the login that it has left, unless another one is given.
fn local(connect: &Connect) -> Result<Target, Failure> {
    let local = Local::find().map_err(|error| Failure { exit: Exit::Usage, ..error.into() })?;
    let address = local.address()?;
    let settings = Config::read()?.for_server(address.host(), address.port());
    let (name, options) = (address.to_string(), options(connect, &settings));
    let is_given = connect.login.is_some() || connect.authentication_file.is_some();
    let login = match local {
        Local::Running(server) if !is_given => server.login,
        _ => Logins::new(connect)?.for_server(&name, &settings)?,
    };
    Ok(Target { name, target: address.into(), login, options })
}

/// What the flags say, and else what the configuration says of the server.
pub(crate) fn options(connect: &Connect, settings: &Settings) -> ConnectOptions {
    let mut options = settings.connect_options();
    if connect.encrypt {
        options.encryption = Encryption::Required;
    }
    if let Some(limit) = connect.timeout {
        (options.connect_timeout, options.call_timeout) = (limit, limit);
    }
    if connect.netbios && options.netbios == NetBios::Off {
        options.netbios = NetBios::Broadcast;
    }
    options
}

/// Names and addresses, each server once.
fn parse(servers: &[String]) -> Result<Vec<(String, ServerAddress)>, Failure> {
    let mut named: Vec<(String, ServerAddress)> = Vec::with_capacity(servers.len());
    for server in servers {
        let name = server.trim();
        if name.split_once('@').is_some_and(|(user, _)| user.trim_start_matches("smb://").contains(':')) {
            return Err(password_in_sight("in a server's address"));
        }
        if name.is_empty() {
            return Err(
                Failure::usage("an empty name is not a server").hint("leave it out to mean this computer")
            );
        }
        let address: ServerAddress = name.parse().map_err(|error: ParseAddressError| {
            Failure::usage(error.to_string())
                .hint(r"a server is fs1, fs1.example.com, \\FS1, 10.0.0.5:4450, [::1]:445 or smb://fs1:445")
        })?;
        if !named.iter().any(|(_, known)| is_same(known, &address)) {
            named.push((name.to_owned(), address));
        }
    }
    Ok(named)
}

fn is_same(one: &ServerAddress, other: &ServerAddress) -> bool {
    one.host().eq_ignore_ascii_case(other.host()) && one.port() == other.port()
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn names(servers: &[&str]) -> Vec<String> {
        let servers: Vec<String> = servers.iter().map(|&server| server.to_owned()).collect();
        parse(&servers).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    /// If this fails, a server is shown under another name than the user's, or asked twice.
    #[test]
    fn servers_keep_the_names_they_were_given() {
        assert_eq!(
            names(&[r"\\FS1", "smb://fs1:445", "fs1:4450", "[::1]:445"]),
            [r"\\FS1", "fs1:4450", "[::1]:445"]
        );
    }

    /// If this fails, an empty variable in a script turns one server into this computer, or a password is repeated.
    #[test]
    fn what_is_no_server_is_refused() {
        for (server, shown) in
            [("", "empty name"), ("smb://bob:hunter2@fs1", "password"), ("fs1/data", "fs1/data")]
        {
            let failure = parse(&[server.to_owned()]).err().unwrap();
            assert!(
                failure.message.contains(shown) && !failure.message.contains("hunter2"),
                "{}",
                failure.message
            );
        }
    }
}
