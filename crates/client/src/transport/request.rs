//! [`single`] sends one request; [`body`] and [`require`] check its response.

use netsession_smb::client::{Answer, Chain, Request};
use netsession_smb::msg::{Body, TreeConnectFlags, TreeConnectRequest, TreeId};
use netsession_wire::NtStatus;

use super::context::ErrorContext;
use super::socket::{Limit, Socket};
use crate::{Error, ServerAddress, Step};

/// Builds the request for `\\server\share`. It writes an IPv6 address as the host name that Windows accepts for it.
pub(super) fn tree_connect(server: &ServerAddress, share: &str) -> TreeConnectRequest {
    let host = match server.host() {
        address if address.contains(':') => {
            format!("{}.ipv6-literal.net", address.replace(':', "-").replace('%', "s"))
        }
        name => name.to_owned(),
    };
    let path = format!(r"\\{host}\{share}");
    TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None }
}

/// Sends one request and waits for its response.
pub(super) async fn single<'a, R: Request<'a>>(
    socket: &mut Socket,
    tree_id: TreeId,
    request: &R,
    step: Step,
    limit: Limit,
) -> Result<Answer, Error> {
    let chain = Chain::new(tree_id, request).map_err(|_| ErrorContext::too_long(step))?;
    let mut answers = socket.exchange(chain, step, limit).await?;
    answers.pop().ok_or_else(|| socket.context().broken_rule(step, "the response is missing"))
}

pub(super) fn require(socket: &Socket, answer: &Answer, step: Step) -> Result<(), Error> {
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(socket.context().refused(step, answer.status())),
    }
}

pub(super) fn tree_of(answer: &Answer) -> TreeId {
    answer.header().tree_id().unwrap_or(TreeId::NONE)
}

/// Whether the response has output: its status is success, or the warning that there is more to read.
pub(super) fn has_output(answer: &Answer) -> bool {
    answer.status().is_success() || answer.status() == NtStatus::BUFFER_OVERFLOW
}

pub(super) fn body<'a, B: Body<'a>>(socket: &Socket, answer: &'a Answer, step: Step) -> Result<B, Error> {
    answer.body().map_err(|error| socket.context().rpc(step, error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would make Windows refuse the path of a server that the user names by its IPv6 address.
    #[test]
    fn an_ipv6_address_becomes_a_host_name() {
        let path = |host| tree_connect(&ServerAddress::new(host, 445).unwrap(), "IPC$").path;
        assert_eq!(path("fs1.example.com"), r"\\fs1.example.com\IPC$");
        assert_eq!(path("10.0.0.5"), r"\\10.0.0.5\IPC$");
        assert_eq!(path("fe80::1"), r"\\fe80--1.ipv6-literal.net\IPC$");
    }
}
