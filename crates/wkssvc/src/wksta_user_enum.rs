//! NetrWkstaUserEnum ([MS-WKST] 3.2.4.3) lists the users who are logged on at the computer.
//!
//! With [`Win32Error::ERROR_MORE_DATA`] the response has as many entries as fit, and a resume handle.
//!
//! Other statuses: `ERROR_ACCESS_DENIED`; `ERROR_INVALID_LEVEL`.

use netsession_rpc::ndr::{Alignment, Counted, Message, Ndr, NdrError};
use netsession_wire::{DecodeError, Win32Error};

/// The levels of a user.
pub const LEVELS: [u32; 2] = [0, 1];

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// The level, with no entries.
    pub info_struct: UserEnum,
    /// The most octets of the entries in the response; `u32::MAX` for no limit.
    pub prefered_maximum_length: u32,
    /// The place to continue from: 0 at first, then the handle of the last response.
    pub resume_handle: Option<u32>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the entries.
    pub info_struct: UserEnum,
    /// The number of entries from the place where this response begins; a hint.
    pub total_entries: u32,
    /// The place to continue from after [`Win32Error::ERROR_MORE_DATA`].
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

/// WKSTA_USER_INFO_0 and _1 ([MS-WKST] 2.2.5.9 and 2.2.5.10).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WkstaUserInfo {
    /// The user.
    pub username: Option<String>,
    /// The domain of the user. At level 1.
    pub logon_domain: Option<String>,
    /// Other domains of the computer. At level 1.
    pub oth_domains: Option<String>,
    /// The computer that checked the logon. At level 1.
    pub logon_server: Option<String>,
}

/// WKSTA_USER_ENUM_STRUCT ([MS-WKST] 2.2.5.14): in a request without entries, in a response with them. An unknown level has no
/// content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserEnum {
    /// The level of the entries.
    pub level: u32,
    /// The entries; `None` for a null pointer in place of the container.
    pub container: Option<Counted<WkstaUserInfo>>,
}

netsession_rpc::operation! { crate::Wkssvc: NetrWkstaUserEnum = 2, Request -> Response { status: Win32Error } }

impl Request {
    /// Returns the first request for all users at `level` in one response.
    #[must_use]
    pub fn asking(level: u32) -> Self {
        Self {
            info_struct: UserEnum { level, container: Some(Counted::NULL) },
            prefered_maximum_length: u32::MAX,
            resume_handle: Some(0),
            ..Self::default()
        }
    }
}

impl UserEnum {
    /// Returns the entries; none if a pointer to them is null.
    #[must_use]
    pub fn into_entries(self) -> Vec<WkstaUserInfo> {
        self.container.unwrap_or_default().into_vec()
    }

    fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.u32(&mut self.level, "Level")?;
            let level = self.level;
            let mut discriminant = level;
            let container = &mut self.container;
            ndr.union(&mut discriminant, Alignment::Pointer, "Level", |discriminant, ndr| {
                if discriminant != level {
                    return Err(DecodeError::invalid("Level").into());
                }
                if !LEVELS.contains(&level) {
                    *container = None;
                    return Ok(());
                }
                ndr.unique(container, "WkstaUserInfo", |container, ndr| {
                    ndr.structure(Alignment::Pointer, |ndr| {
                        ndr.counted(container, Alignment::Pointer, "EntriesRead", |user, ndr| {
                            user.members(level, ndr)
                        })
                    })
                })
            })
        })
    }
}

impl WkstaUserInfo {
    fn members(&mut self, level: u32, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.username, "wkui1_username")?;
        if level >= 1 {
            ndr.unique_string(&mut self.logon_domain, "wkui1_logon_domain")?;
            ndr.unique_string(&mut self.oth_domains, "wkui1_oth_domains")?;
            ndr.unique_string(&mut self.logon_server, "wkui1_logon_server")?;
        }
        Ok(())
    }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string_to_nul(&mut self.server_name, "ServerName")?;
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.prefered_maximum_length, "PreferredMaximumLength")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.total_entries, "TotalEntries")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{self, Syntax};

    use super::*;

    /// A failure here would lose users, or show one under another's domain.
    #[test]
    fn lists_survive_both_syntaxes() {
        let user = |name: &str, level: u32| WkstaUserInfo {
            username: Some(name.into()),
            logon_domain: (level == 1).then(|| "LAB".into()),
            oth_domains: (level == 1).then(String::new),
            logon_server: None,
        };
        for syntax in Syntax::ALL {
            for level in LEVELS {
                let entries = vec![user("alice", level), user("Zoë", level)];
                let info_struct = UserEnum { level, container: Some(entries.into()) };
                let status = Win32Error::ERROR_MORE_DATA;
                let sent = Response { info_struct, total_entries: 3, resume_handle: Some(2), status };
                let stub = ndr::encode(sent.clone(), syntax).unwrap();
                assert_eq!(ndr::decode::<Response>(&stub, syntax).unwrap(), sent, "{level}");
                let request = Request::asking(level);
                let stub = ndr::encode(request.clone(), syntax).unwrap();
                assert_eq!(ndr::decode::<Request>(&stub, syntax).unwrap(), request, "{level}");
            }
        }
        let words = [7, 7, u32::MAX, 0].map(u32::to_le_bytes).concat();
        let unknown: Request = ndr::decode(&[&[0; 4], &words[..]].concat(), Syntax::Ndr32).unwrap();
        assert_eq!(unknown.info_struct, UserEnum { level: 7, container: None });
        let words = [0, 1, 0, 0, u32::MAX, 0].map(u32::to_le_bytes).concat();
        assert!(ndr::decode::<Request>(&words, Syntax::Ndr32).is_err(), "two levels");
    }
}
