//! [`Either`]: the embedded server or Samba, for tests that must pass on both.

use std::net::SocketAddr;

use anyhow::Result;
use netsession_server::Account;
use netsession_smb::auth::ntlm::NtHash;

use crate::samba::{OTHER_SCRIPT, PASSWORD};
use crate::{Embedded, Held, Samba, wait_until};

/// A running server of either kind, with the same users.
#[derive(Debug)]
pub enum Either {
    /// The embedded server.
    Embedded(Embedded),
    /// A private Samba.
    Samba(Samba),
}

impl Either {
    /// Starts the embedded server.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub fn embedded() -> Result<Self> {
        let hash = NtHash::of_password(PASSWORD);
        let account = Account { name: OTHER_SCRIPT.to_owned(), hash, admin: false, loopback_only: false };
        Embedded::start_with(|builder| builder.account(account)).map(Self::Embedded)
    }

    /// Starts a private Samba.
    ///
    /// # Errors
    /// As [`Samba::start`].
    pub fn samba() -> Result<Self> {
        Samba::start().map(Self::Samba)
    }

    /// The address that the server listens on.
    ///
    /// # Errors
    /// The server does not listen.
    pub fn address(&self) -> Result<SocketAddr> {
        match self {
            Self::Embedded(server) => server.address(),
            Self::Samba(server) => Ok(server.address()),
        }
    }

    /// The server as an argument: `127.0.0.1:PORT`.
    ///
    /// # Errors
    /// As [`Either::address`].
    pub fn name(&self) -> Result<String> {
        Ok(self.address()?.to_string())
    }

    /// Starts a session of `user` from the client 127.0.0.`last`.
    ///
    /// # Errors
    /// smbclient cannot log on, or the proxy does not start.
    pub fn hold_from(&self, user: &str, last: u8) -> Result<Held> {
        match self {
            Self::Embedded(server) => server.hold_from(user, last),
            Self::Samba(server) => server.hold_from(user, last),
        }
    }

    /// Waits until the server itself lists these sessions: (last number of the client's address, user).
    ///
    /// # Errors
    /// The list does not match in time.
    pub fn wait_for(&self, expected: &[(u8, &str)]) -> Result<()> {
        let mut expected: Vec<(String, String)> =
            expected.iter().map(|(last, user)| (format!("127.0.0.{last}"), (*user).to_owned())).collect();
        expected.sort();
        wait_until(&format!("the server to list {expected:?}"), || {
            let who = match self {
                Self::Embedded(server) => server.who()?,
                Self::Samba(server) => server.who()?,
            };
            Ok((who == expected).then_some(()))
        })
    }
}
