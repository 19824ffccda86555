//! NetrSessionDel ([MS-SRVS] 3.1.4.6).

use netsession_srvs::session_del::{Request, Response};
use netsession_wire::Win32Error;

use super::Caller;
use super::names::{given, same_client};
use crate::fs::name::same;
use crate::state::Gone;

pub(super) fn answer(caller: &Caller<'_>, request: &Request) -> Response {
    Response { status: end(caller, request).err().unwrap_or(Win32Error::NERR_SUCCESS) }
}

fn end(caller: &Caller<'_>, request: &Request) -> Result<(), Win32Error> {
    caller.must_be_admin()?;
    let (client, user) = (given(request.client_name.as_deref())?, given(request.user_name.as_deref())?);
    if client.is_none() && user.is_none() {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    if client.is_some_and(|client| !client.starts_with(r"\\")) {
        return Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    }
    let matching = caller.server.sessions().into_iter().filter(|session| {
        client.is_none_or(|client| same_client(client, session))
            && user.is_none_or(|user| same(user, &session.user))
    });
    let by = Gone::Ended(Some(caller.session.user.clone()));
    let ended = matching.filter(|session| caller.server.end(session.id, by.clone())).count();
    if ended == 0 { Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND) } else { Ok(()) }
}
