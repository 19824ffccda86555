//! `NetSessionDel` itself ([MS-SRVS] 3.1.4.6, NetrSessionDel).

use netsession_srvs::MAX_NAME_LENGTH;
use netsession_srvs::session_del::Request;

use crate::calls::Connector;
use crate::link::Link;
use crate::ops::session_enum;
use crate::raw::given;
use crate::{Error, Own, Session, Step, Win32Error, name, own};

const CALL: &str = Request::NAME;

/// Ends every session of `user` from `client`, as `NetSessionDel` does: None or an empty text is any.
///
/// Samba answers "denied" where no session matches, and where the caller's own connection is among what it ends no answer
/// comes at all: both are settled by listing again.
pub(crate) async fn session_del<C: Connector>(
    link: &mut Link<C>,
    client: Option<&str>,
    user: Option<&str>,
) -> Result<(), Error> {
    check(client, user)?;
    let (client, user) = (given(client), given(user));
    match send(link, client, user).await {
        Ok(Win32Error::ERROR_ACCESS_DENIED) => {
            let denied = link.answered(CALL, Win32Error::ERROR_ACCESS_DENIED);
            match session_enum::sessions(link).await {
                Ok(sessions) if !sessions.iter().any(|session| is_meant(session, client, user)) => {
                    Err(link.answered(CALL, Win32Error::NERR_CLIENT_NAME_NOT_FOUND))
                }
                _ => Err(denied),
            }
        }
        Ok(code) if code.is_success() => {
            if means_own(link, client, user) {
                // The server is ending this very session, or has done so.
                link.hang_up();
            }
            Ok(())
        }
        Ok(code) => Err(link.answered(CALL, code)),
        Err(lost @ Error::Disconnected { .. }) => match session_enum::sessions(link).await {
            Ok(sessions) if !sessions.iter().any(|session| is_left(session, client, user)) => Ok(()),
            _ => Err(lost),
        },
        Err(error) => Err(error),
    }
}

/// Sends the call, once, and returns the server's answer.
pub(crate) async fn send<C: Connector>(
    link: &mut Link<C>,
    client: Option<&str>,
    user: Option<&str>,
) -> Result<Win32Error, Error> {
    let (client_name, user_name) = (client.map(Into::into), user.map(Into::into));
    let request = Request { server_name: link.server_name(), client_name, user_name };
    link.call(request).await.map(|answer| answer.status)
}

/// What is wrong before anything is sent.
pub(crate) fn check(client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
    let (client, user) = (given(client), given(user));
    let refuse = |code, why| Err(Error::Parameter { step: Step::Call(CALL), code, why });
    let too_long = |name: &str| name.encode_utf16().count() > MAX_NAME_LENGTH;
    let broken = |name: &str| name.contains('\0');
    match (client, user) {
        (None, None) => refuse(
            Win32Error::ERROR_INVALID_PARAMETER,
            "neither a client nor a user is named, which never means everybody",
        ),
        _ if [client, user].into_iter().flatten().any(too_long) => {
            refuse(Win32Error::ERROR_INVALID_PARAMETER, "a name is longer than 1,023 characters")
        }
        _ if [client, user].into_iter().flatten().any(broken) => {
            refuse(Win32Error::ERROR_INVALID_PARAMETER, "a name has a zero character in it")
        }
        (Some(client), _) if !client.starts_with(r"\\") => {
            refuse(Win32Error::NERR_CLIENT_NAME_NOT_FOUND, r"a client's name begins with \\")
        }
        // Samba cuts the backslashes off, and takes the empty rest for every client.
        (Some(client), _) if client.trim_start_matches('\\').is_empty() => {
            refuse(Win32Error::NERR_CLIENT_NAME_NOT_FOUND, r"nothing follows the \\ of the client's name")
        }
        _ => Ok(()),
    }
}

fn is_meant(session: &Session, client: Option<&str>, user: Option<&str>) -> bool {
    client.is_none_or(|client| name::same(&session.client, client.trim_start_matches('\\')))
        && user.is_none_or(|user| name::same(&session.user, user))
}

/// Whether the own session is among those, as far as it is known how the server lists it.
fn means_own<C: Connector>(link: &Link<C>, client: Option<&str>, user: Option<&str>) -> bool {
    let session = Session::new(client.unwrap_or_default(), user.unwrap_or_default());
    client.is_none_or(|_| own::is_own_address(&session, link.facts()))
        && user.is_none_or(|_| own::is_own_user(&session, link.facts()))
}

/// Whether a session outlived the loss of the connection: the new connection's own session did not.
fn is_left(session: &Session, client: Option<&str>, user: Option<&str>) -> bool {
    session.own != Own::Yes && is_meant(session, client, user)
}
