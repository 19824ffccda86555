//! The local computer: where its server is, and how its own user logs on there.

mod announcement;
#[cfg_attr(not(unix), path = "local/nowhere.rs")]
mod folder;
mod private_file;

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

pub use announcement::{Announcement, LocalServer};
pub use private_file::PrivateFile;

use crate::{Error, ParseAddressError, ServerAddress};

/// The environment variable that says where the local computer's server listens.
pub const LOCAL_VARIABLE: &str = "NETSESSION_LOCAL";

/// The server that is meant: one by its address, or the local computer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum ServerTarget {
    /// The local computer: what [`LOCAL_VARIABLE`] names, else a running `netsession serve` of the same user, else
    /// port 445 of this machine.
    #[default]
    Local,
    /// A server by its address.
    Address(ServerAddress),
}

/// What the local computer is.
#[derive(Debug, Clone)]
pub enum Local {
    /// A server that runs for the same user, and has left its login.
    Running(LocalServer),
    /// An address.
    Address(ServerAddress),
}

impl Local {
    /// Finds out what the local computer is.
    ///
    /// # Errors
    /// [`Error::Local`] where [`LOCAL_VARIABLE`] is set to something else than an address;
    /// [`Error::SeveralLocal`] where several servers run for the user: none is guessed.
    pub fn find() -> Result<Self, Error> {
        match std::env::var(LOCAL_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => text.parse().map(Self::Address).map_err(not_an_address),
            _ => Self::among(LocalServer::all()),
        }
    }

    fn among(mut running: Vec<LocalServer>) -> Result<Self, Error> {
        match (running.pop(), running.as_slice()) {
            (Some(server), []) => Ok(Self::Running(server)),
            (Some(last), others) => {
                let servers = others.iter().chain([&last]).map(|server| server.address).collect();
                Err(Error::SeveralLocal { servers })
            }
            (None, _) => {
                let address = ServerAddress::new("127.0.0.1", ServerAddress::DEFAULT_PORT);
                address.map(Self::Address).map_err(not_an_address)
            }
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// None that happens: an IP address is a host.
    pub fn address(&self) -> Result<ServerAddress, Error> {
        match self {
            Self::Running(server) => {
                let (host, port) = (server.address.ip().to_string(), server.address.port());
                ServerAddress::new(&host, port).map_err(not_an_address)
            }
            Self::Address(address) => Ok(address.clone()),
        }
    }
}

fn not_an_address(cause: ParseAddressError) -> Error {
    Error::Local { variable: LOCAL_VARIABLE, cause }
}

impl ServerTarget {
    /// Where to connect.
    ///
    /// # Errors
    /// As [`Local::find`].
    pub fn address(&self) -> Result<ServerAddress, Error> {
        match self {
            Self::Address(address) => Ok(address.clone()),
            Self::Local => Local::find()?.address(),
        }
    }
}

impl From<ServerAddress> for ServerTarget {
    fn from(address: ServerAddress) -> Self {
        Self::Address(address)
    }
}

impl From<SocketAddr> for ServerTarget {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address.into())
    }
}

/// An empty text is the local computer, as in `NetSessionDel`.
impl FromStr for ServerTarget {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Ok(Self::Local),
            text => text.parse().map(Self::Address),
        }
    }
}

impl fmt::Display for ServerTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("the local computer"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(port: u16) -> LocalServer {
        let login = crate::Login::new("somebody", crate::Secret::password("x")).unwrap();
        LocalServer { address: ([127, 0, 0, 1], port).into(), login, pid: 1 }
    }

    /// If this fails, a command without a server would go to one that was not meant.
    #[test]
    fn one_running_server_is_the_local_computer_and_of_several_none_is_guessed() {
        let address = |running| Local::among(running).map(|local| local.address().unwrap().to_string());
        assert_eq!(address(vec![]).unwrap(), "127.0.0.1");
        assert_eq!(address(vec![server(4450)]).unwrap(), "127.0.0.1:4450");
        let error = address(vec![server(4450), server(4451), server(4452)]).unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:4450, 127.0.0.1:4451, 127.0.0.1:4452"), "{error}");
    }

    /// If this fails, an empty server name would be refused or looked up, where NULL and "" mean this computer.
    #[test]
    fn an_empty_name_is_the_local_computer() {
        assert_eq!("".parse(), Ok(ServerTarget::Local));
        assert_eq!("fs1".parse::<ServerTarget>().unwrap().to_string(), "fs1");
    }
}
