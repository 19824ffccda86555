use std::fmt;
use std::str::FromStr;

use crate::{ParseAddressError, ServerAddress};

/// The environment variable that says where the local computer's server listens.
pub const LOCAL_VARIABLE: &str = "NETSESSION_LOCAL";

/// The server that is meant: one by its address, or the local computer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum ServerTarget {
    /// The local computer: what [`LOCAL_VARIABLE`] names, else port 445 of this machine.
    #[default]
    Local,
    /// A server by its address.
    Address(ServerAddress),
}

impl ServerTarget {
    /// Where to connect.
    ///
    /// # Errors
    /// [`ParseAddressError`] where [`LOCAL_VARIABLE`] is set to something else than an address.
    pub fn address(&self) -> Result<ServerAddress, ParseAddressError> {
        match self {
            Self::Address(address) => Ok(address.clone()),
            Self::Local => local(std::env::var(LOCAL_VARIABLE).ok().as_deref()),
        }
    }
}

fn local(variable: Option<&str>) -> Result<ServerAddress, ParseAddressError> {
    match variable {
        Some(text) if !text.trim().is_empty() => text.parse(),
        _ => ServerAddress::new("127.0.0.1", ServerAddress::DEFAULT_PORT),
    }
}

impl From<ServerAddress> for ServerTarget {
    fn from(address: ServerAddress) -> Self {
        Self::Address(address)
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

    /// If this fails, "the local computer" is not where the user said it is.
    #[test]
    fn the_variable_decides_where_the_local_computer_is() {
        assert_eq!(local(None).unwrap().to_string(), "127.0.0.1");
        assert_eq!(local(Some(" ")).unwrap().to_string(), "127.0.0.1");
        assert_eq!(local(Some("[::1]:4450")).unwrap().to_string(), "[::1]:4450");
        assert!(local(Some("no host")).is_err());
    }

    /// If this fails, an empty server name would be refused or looked up, where NULL and "" mean this computer.
    #[test]
    fn an_empty_name_is_the_local_computer() {
        assert_eq!("".parse(), Ok(ServerTarget::Local));
        assert_eq!("fs1".parse::<ServerTarget>().unwrap().to_string(), "fs1");
    }
}
