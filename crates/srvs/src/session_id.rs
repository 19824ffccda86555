//! [`SessionId`]: the id by which netsession's own server tells its sessions apart.
//!
//! [MS-SRVS] names sessions by their client and user only, so a request ends all sessions of a user from a client. The
//! server of this workspace also reports an id of each session, at the end of `sesi502_transport`, and its NetrSessionDel
//! takes `\\CLIENT#ID` for the client. No other server has such a client: `#` is in no address, and a NetBIOS name is
//! shorter.
//!
//! The numbers of a server's sessions begin at random. So an id of another server, or from before a restart, names no
//! session.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::unc_name;

/// Stands between the transport of a session and its id.
const MARK: &str = r"\netsession\";
/// Stands between a client and the id of one of its sessions.
const SEPARATOR: char = '#';
/// The least number of digits.
const DIGITS: usize = 12;

/// The id of a session: 12 to 16 hexadecimal digits as text.
///
/// ```
/// use netsession_srvs::SessionId;
///
/// let id: SessionId = "5f3a9c210007".parse()?;
/// let transport = id.with_transport(r"\Device\NetbiosSmb");
/// assert_eq!(transport, r"\Device\NetbiosSmb\netsession\5f3a9c210007");
/// assert_eq!(SessionId::split_transport(&transport), (r"\Device\NetbiosSmb", Some(id)));
/// assert_eq!(id.with_client("10.0.0.5"), r"\\10.0.0.5#5f3a9c210007");
/// # Ok::<(), netsession_srvs::ParseSessionIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(NonZeroU64);

/// A text is no id of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseSessionIdError;

impl SessionId {
    /// Makes the id of a number. No session has number 0.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Adds the id to the transport of a session.
    #[must_use]
    pub fn with_transport(self, transport: &str) -> String {
        format!("{transport}{MARK}{self}")
    }

    /// Returns a listed transport without the id, and the id if there is one.
    #[must_use]
    pub fn split_transport(listed: &str) -> (&str, Option<Self>) {
        let split = listed.rsplit_once(MARK).and_then(|(transport, id)| Some((transport, Self::listed(id)?)));
        split.map_or((listed, None), |(transport, id)| (transport, Some(id)))
    }

    /// Returns the client of a request that names this session only: `\\CLIENT#ID`.
    #[must_use]
    pub fn with_client(self, client: &str) -> String {
        format!("{}{SEPARATOR}{self}", unc_name(client))
    }

    /// Returns the client and the id of `\\CLIENT#ID`. None for every other name.
    #[must_use]
    pub fn split_client(name: &str) -> Option<(&str, Self)> {
        let (client, id) = name.rsplit_once(SEPARATOR)?;
        Some((client, Self::listed(id)?))
    }

    /// Reads an id exactly as the server spells it.
    fn listed(text: &str) -> Option<Self> {
        text.parse().ok().filter(|id: &Self| id.to_string() == text)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

/// Reads an id as a person types it: capitals are letters, too.
impl FromStr for SessionId {
    type Err = ParseSessionIdError;

    fn from_str(text: &str) -> Result<Self, ParseSessionIdError> {
        let is_digits = text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        let id = number.and_then(Self::new).ok_or(ParseSessionIdError)?;
        if id.to_string().eq_ignore_ascii_case(text) { Ok(id) } else { Err(ParseSessionIdError) }
    }
}

impl fmt::Display for ParseSessionIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the id of a session")
    }
}

impl std::error::Error for ParseSessionIdError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would take another text for an id, and end a session that nobody named.
    #[test]
    fn only_one_spelling_is_an_id() {
        let id: SessionId = "5f3a9c210007".parse().unwrap();
        assert_eq!("5F3A9C210007".parse(), Ok(id), "as a person may type it");
        assert_eq!(SessionId::new(7).unwrap().to_string(), "000000000007");
        assert_eq!(
            SessionId::new(u64::MAX).unwrap().to_string().parse(),
            Ok(SessionId::new(u64::MAX).unwrap())
        );
        for wrong in [
            "",
            "#",
            "7",
            "-5f3a9c210007",
            "+5f3a9c21000",
            " 5f3a9c210007",
            "5f3a9c21000g",
            "05f3a9c210007",
            "000000000000",
            "0x5f3a9c2100",
            "fffffffffffffffff",
            "٥٥٥٥٥٥٥٥٥٥٥٥",
            "５f3a9c210007",
        ] {
            assert_eq!(wrong.parse::<SessionId>(), Err(ParseSessionIdError), "{wrong}");
            assert_eq!(SessionId::split_client(&format!(r"\\10.0.0.5#{wrong}")), None, "{wrong}");
            let transport = format!(r"\Device\NetbiosSmb\netsession\{wrong}");
            assert_eq!(SessionId::split_transport(&transport), (transport.as_str(), None), "{wrong}");
        }
        assert_eq!(SessionId::split_client(r"\\10.0.0.5#5F3A9C210007"), None, "no server spells it so");
    }

    /// A failure here would show an id that a server never gave, or send the request to the wrong client.
    #[test]
    fn names_of_other_servers_have_no_id() {
        for transport in ["", r"\Device\NetbiosSmb", r"\Device\NetBT_Tcpip_{5F3A9C21}", "5f3a9c210007"] {
            assert_eq!(SessionId::split_transport(transport), (transport, None));
        }
        for client in ["", r"\\10.0.0.5", r"\\PC", r"\\fe80::1%eth0", "5f3a9c210007"] {
            assert_eq!(SessionId::split_client(client), None, "{client}");
        }
        let id = SessionId::new(0x5f3a_9c21_0007).unwrap();
        for client in [r"\\10.0.0.5", "::1", r"\\a#b"] {
            let named = id.with_client(client);
            assert_eq!(SessionId::split_client(&named), Some((unc_name(client).as_str(), id)));
        }
    }
}
