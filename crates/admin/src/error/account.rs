//! [`AccountProblem`]: why a hold cannot disable an account.

use std::fmt;

use netsession::UnknownAdministrators;

/// Why a hold cannot disable an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountProblem {
    /// No server has the account.
    Missing,
    /// Somebody has removed the account since it was found, and made another one of its name.
    Replaced,
    /// It is the account that would disable it.
    Own,
    /// No other administrator could log on.
    LastAdministrator,
    /// The server does not report whether another administrator could log on.
    UnknownAdministrators(UnknownAdministrators),
    /// It belongs to a computer, and its name was not typed with the `$`.
    Computer,
    /// The login may not disable it, nor enable it.
    Denied,
    /// The server has no accounts that a client can disable, as netsession's own server.
    NoAccounts,
    /// The hold does not name the server of the account any more: somebody has changed it.
    NoServer,
    /// The name of its server means another server by now, whose account is another one.
    Moved,
    /// No login for its server is found.
    NoLogin,
}

impl AccountProblem {
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Missing => {
                "name the account as bob or LAB\\bob; an account of a domain is at its domain controllers"
            }
            Self::Replaced => "hold the user again, to disable the new account, too",
            Self::NoServer => "enable the account with another program",
            Self::NoLogin => "give the server a login, such as a password-command in the configuration file",
            Self::Moved => {
                "give the server in the configuration the address that it had when the hold was made, or enable the account with another program"
            }
            Self::Own => "log on as another administrator",
            Self::LastAdministrator => {
                "enable another administrator first, or hold this one without disabling the account"
            }
            Self::UnknownAdministrators(_) => {
                "enable an administrator's account of this server or domain first, or hold this one without disabling the account"
            }
            Self::Computer => "to disable a computer's account, name it exactly, with its $",
            Self::Denied => "log on as an administrator of the server, or of the domain that has the account",
            Self::NoAccounts => {
                "a hold needs no disabled account there: `netsession serve --holds` refuses the logon itself"
            }
        }
    }
}

impl fmt::Display for AccountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAdministrators(why) => {
                return write!(
                    f,
                    "netsession cannot verify that another administrator's account is enabled: {why}"
                );
            }
            Self::Missing => "there is no such account",
            Self::Replaced => {
                "somebody has removed it, and another account has its name: hold the user again to disable that one, too"
            }
            Self::Own => "it is the account that would disable it",
            Self::LastAdministrator => "no other administrator's account is enabled",
            Self::Computer => "it is the account of a computer",
            Self::Denied => "this login may not disable it, nor enable it",
            Self::NoAccounts => "the server has no accounts that a client can disable",
            Self::NoServer => "the hold does not name its server",
            Self::NoLogin => "the login for its server is not found",
            Self::Moved => {
                "its server has another address than when the hold was made: nothing is sent there"
            }
        })
    }
}
