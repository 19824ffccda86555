//! The local computer: [`ServerTarget`] and [`Local`] find its server, [`Announcement`] writes the login of a running
//! server, and [`LocalServer`] reads it.

mod announcement;
#[cfg_attr(windows, path = "local/profile.rs")]
#[cfg_attr(not(any(unix, windows)), path = "local/nowhere.rs")]
mod folder;
mod private_file;

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

pub use announcement::{Announcement, LocalServer};
pub use private_file::PrivateFile;

use crate::{Error, ParseAddressError, ServerAddress};

/// The environment variable with the address of the local computer's server.
pub const LOCAL_VARIABLE: &str = "NETSESSION_LOCAL";

/// A server to connect to: by its address, or the local computer.
///
/// The enum is exhaustive, because a caller must decide about every kind of target, for example which login to send.
///
/// ```
/// use netsession::{ServerAddress, ServerTarget};
///
/// assert_eq!("".parse(), Ok(ServerTarget::Local));
/// assert_eq!(r"\\FS1".parse(), Ok(ServerTarget::from(ServerAddress::new("FS1", 445)?)));
/// # Ok::<(), netsession::ParseAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum ServerTarget {
    /// The local computer: the address in [`LOCAL_VARIABLE`], else a running `netsession serve` of the same user, else
    /// port 445 of this machine.
    #[default]
    Local,
    /// A server by its address.
    Address(ServerAddress),
}

/// The server of the local computer. The enum is exhaustive for the reason of [`ServerTarget`].
#[derive(Debug, Clone)]
pub enum Local {
    /// A server that runs for the same user and has announced its login.
    Running(LocalServer),
    /// An address.
    Address(ServerAddress),
}

impl Local {
    /// Finds the server of the local computer.
    ///
    /// # Errors
    /// [`Error::Local`] if [`LOCAL_VARIABLE`] is set and is not an address; [`Error::SeveralLocal`] if several servers
    /// run for the user.
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

    /// Returns the address on which it listens.
    ///
    /// # Errors
    /// None: this function cannot fail.
    pub fn address(&self) -> Result<ServerAddress, Error> {
        match self {
            Self::Running(server) => Ok(server.address.into()),
            Self::Address(address) => Ok(address.clone()),
        }
    }
}

fn not_an_address(cause: ParseAddressError) -> Error {
    Error::Local { variable: LOCAL_VARIABLE, cause }
}

impl ServerTarget {
    /// Returns the address to connect to.
    ///
    /// # Errors
    /// Those of [`Local::find`].
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

/// An empty text means the local computer, as in `NetSessionDel`.
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
        LocalServer { address: ([127, 0, 0, 1], port).into(), also: Vec::new(), login, pid: 1 }
    }

    /// A failure here would connect a command that names no server to the wrong one.
    #[test]
    fn one_running_server_is_the_local_computer_and_several_are_an_error() {
        let address = |running| Local::among(running).map(|local| local.address().unwrap().to_string());
        assert_eq!(address(vec![]).unwrap(), "127.0.0.1");
        assert_eq!(address(vec![server(4450)]).unwrap(), "127.0.0.1:4450");
        let error = address(vec![server(4450), server(4451), server(4452)]).unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:4450, 127.0.0.1:4451, 127.0.0.1:4452"), "{error}");
    }

    /// A failure here would refuse or look up an empty server name, although NULL and "" mean this computer.
    #[test]
    fn an_empty_name_means_the_local_computer() {
        assert_eq!("".parse(), Ok(ServerTarget::Local));
        assert_eq!("fs1".parse::<ServerTarget>().unwrap().to_string(), "fs1");
    }
}
