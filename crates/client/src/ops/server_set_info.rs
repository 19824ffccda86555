//! Changing a server ([MS-SRVS] 3.1.4.18, NetrServerSetInfo).

use netsession_srvs::InfoStruct;
use netsession_srvs::info::{ServerInfo, ServerLevel};
use netsession_srvs::server_set_info::Request;

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};
use crate::ops::server_get_info::at_level;
use crate::{Error, FaultCode, Win32Error};

method! { Raw;
    /// Changes the comment, the limits or the tuning of the server ([MS-SRVS] 3.1.4.18), at one of the levels
    /// [`ServerLevel::WRITTEN`].
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` unless the user is an administrator, `ERROR_INVALID_PARAMETER` for a wrong
    /// value, and `ERROR_NOT_SUPPORTED` if the server cannot change the value, or answers with success and changes nothing, as
    /// Samba does: the library reads the server afterwards.
    /// [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn server_set_info(&mut self, level: ServerLevel, server: ServerInfo) -> Result<(), Error> {
        server_set_info(self.link, level, server).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        let level = self.server_info.level;
        let info = self.server_info.info.as_ref();
        let comment =
            info.filter(|_| has_comment(level)).map(|info| info.comment.clone().unwrap_or_default());
        Change::SetServer { server: server.to_owned(), level: level.0, comment }
    }
}

async fn server_set_info<C: Connector>(
    link: &mut Link<C>,
    level: ServerLevel,
    server: ServerInfo,
) -> Result<(), Error> {
    let request = Request {
        server_name: link.server_name(),
        server_info: InfoStruct::with(level, server.clone()),
        parm_err: Some(0),
    };
    let status = match link.change(request).await {
        Ok(answer) => answer.status,
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => Win32Error::ERROR_NOT_SUPPORTED,
        Err(error) => return Err(error),
    };
    match status.is_success() && !is_ignored(link, level, &server).await {
        true => Ok(()),
        false if status.is_success() => Err(link.answered(Request::NAME, Win32Error::ERROR_NOT_SUPPORTED)),
        false => Err(link.answered(Request::NAME, status)),
    }
}

/// Returns whether the server answered with success and changed nothing, as Samba does. If it cannot be read, its answer
/// counts.
async fn is_ignored<C: Connector>(link: &mut Link<C>, level: ServerLevel, new: &ServerInfo) -> bool {
    let read = match level {
        ServerLevel::INFO_101 | ServerLevel::INFO_1005 => ServerLevel::INFO_101,
        ServerLevel::INFO_502 | ServerLevel::INFO_503 => level,
        _ => ServerLevel::INFO_102,
    };
    match at_level(link, read).await {
        Ok(now) => !holds(new, &now, has_comment(level)),
        Err(Error::Answered { code, .. }) => code == Win32Error::ERROR_NOT_SUPPORTED,
        Err(_) => false,
    }
}

/// Returns whether the server has the new values. It may lower a number of users to its own limit ([MS-SRVS] 2.2.4.43), but
/// not keep a higher one.
fn holds(new: &ServerInfo, now: &ServerInfo, has_comment: bool) -> bool {
    let same = |new: Option<u32>, now: Option<u32>| new.is_none() || now.is_none() || new == now;
    let comment = |info: &ServerInfo| info.comment.clone().unwrap_or_default();
    let is_limited = new.users.zip(now.users).is_none_or(|(new, now)| now <= new);
    is_limited
        && (!has_comment || comment(new) == comment(now))
        && same(new.disc, now.disc)
        && same(new.hidden, now.hidden)
        && same(new.announce, now.announce)
        && same(new.anndelta, now.anndelta)
}

fn has_comment(level: ServerLevel) -> bool {
    matches!(level, ServerLevel::INFO_101 | ServerLevel::INFO_102 | ServerLevel::INFO_1005)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would report that the number of users is limited although the server ignored the request, or refuse a
    /// change that the server made.
    #[test]
    fn a_server_may_lower_a_limit_and_not_ignore_it() {
        let users = |users| ServerInfo { users, ..ServerInfo::default() };
        let holds = |new, now| holds(&users(new), &users(now), false);
        assert!(holds(Some(10), Some(10)) && holds(Some(u32::MAX), Some(20)) && holds(None, Some(20)));
        assert!(holds(Some(3), None), "the server does not say");
        assert!(!holds(Some(3), Some(u32::MAX)));
    }
}
