//! The servers that a command is about: named as the user named them, each with its login and options.

use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use netsession::{
    ConnectOptions, Encryption, Error, LOCAL_VARIABLE, Local, LocalServer, Login, NetBios, ParseAddressError,
    Server, ServerAddress, ServerTarget,
};
use netsession_config::{Config, Settings};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Connect;
use crate::login::{Logins, password_in_sight};
use crate::trial::Trial;

/// One server, ready to be asked.
pub(crate) struct Target {
    /// As the user named it; the local computer by its address.
    pub(crate) name: String,
    target: ServerTarget,
    login: Login,
    pub(crate) options: ConnectOptions,
    /// Shared by all servers at which the same typed login of a domain is used.
    trial: Option<Rc<Trial>>,
}

impl Target {
    /// Connects and logs on.
    pub(crate) async fn connect(&self) -> Result<Server, Error> {
        let connect = Server::connect(&self.target, &self.login, &self.options);
        match &self.trial {
            Some(trial) => trial.connect(&self.name, &self.login.to_string(), connect).await,
            None => connect.await,
        }
    }
}

/// A server before its login is known.
struct Named {
    name: String,
    address: ServerAddress,
    /// What a question or an error about its login calls it.
    place: String,
}

/// Everything that must be known before connecting: passwords are asked for here, one after the other.
pub(crate) fn targets(servers: &[String], connect: &Connect) -> Result<Vec<Target>, Failure> {
    let named = if servers.is_empty() { vec![local()?] } else { parse(servers)? };
    let config = Config::read()?;
    let mut logins = Logins::new(connect)?;
    let running = if is_login_given(connect) { Vec::new() } else { running(&named) };
    let mut trials: HashMap<String, Rc<Trial>> = HashMap::new();
    let target = |Named { name, address, place }| {
        let settings = config.for_server(address.host(), address.port());
        let options = options(connect, &settings);
        let (address, login) = match running.iter().find(|server| is_at(server, &address)) {
            // `localhost` is another address too, where somebody else may listen.
            Some(server) => (Local::Running(server.clone()).address()?, server.login.clone()),
            None => (address, logins.for_server(&place, &settings)?),
        };
        // Accounts without a domain are each server's own.
        let is_shared = login.domain.is_some() || login.user.contains('@');
        let trial = (is_shared && logins.is_typed(&login))
            .then(|| Rc::clone(trials.entry(login.to_string()).or_insert_with(|| Rc::new(Trial::new()))));
        Ok(Target { name, target: address.into(), login, options, trial })
    };
    named.into_iter().map(target).collect()
}

/// The local computer: a running `netsession serve`, else what listens on the usual port.
fn local() -> Result<Named, Failure> {
    let usage = |error: Error| Failure { exit: Exit::Usage, ..error.into() };
    let local = Local::find().map_err(usage)?;
    let address = local.address().map_err(usage)?;
    let name = address.to_string();
    let is_said = matches!(local, Local::Running(_)) || std::env::var_os(LOCAL_VARIABLE).is_some();
    let place = match is_said {
        true => name.clone(),
        false => format!("{name} (no server is named, and no `netsession serve` of yours runs here)"),
    };
    Ok(Named { name, address, place })
}

fn is_login_given(connect: &Connect) -> bool {
    connect.login.is_some() || connect.authentication_file.is_some()
}

/// What this user runs on this computer, where some of the servers that are named can be that: each has left a login.
fn running(named: &[Named]) -> Vec<LocalServer> {
    let can_be = |named: &Named| loopback(&named.address).is_some() || is_localhost(&named.address);
    if named.iter().any(can_be) { LocalServer::all() } else { Vec::new() }
}

/// Whether a running server is the one that is named.
fn is_at(server: &LocalServer, address: &ServerAddress) -> bool {
    let is_host = loopback(address) == Some(server.address.ip()) || is_localhost(address);
    is_host && server.address.port() == address.port()
}

fn loopback(address: &ServerAddress) -> Option<IpAddr> {
    address.host().parse().ok().filter(IpAddr::is_loopback)
}

fn is_localhost(address: &ServerAddress) -> bool {
    address.host().eq_ignore_ascii_case("localhost")
}

/// What the flags say, and else what the configuration says of the server.
fn options(connect: &Connect, settings: &Settings) -> ConnectOptions {
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
fn parse(servers: &[String]) -> Result<Vec<Named>, Failure> {
    let mut named: Vec<Named> = Vec::with_capacity(servers.len());
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
        if !named.iter().any(|known| is_same(&known.address, &address)) {
            named.push(Named { name: name.to_owned(), address, place: name.to_owned() });
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
        parse(&servers).unwrap().into_iter().map(|named| named.name).collect()
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
