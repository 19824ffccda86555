//! [`Connection`]: TCP, SMB and the pipe `srvsvc`. The protocols are state machines in crates of their own; this module
//! adds the socket, the clock and the random bytes.
//!
//! No task runs in the background: a connection sends and receives only while a caller awaits one of its methods. After
//! a method fails, or its future is dropped half-way, the connection sends no more requests.

mod connect;
mod context;
mod disk;
mod early;
mod kdc;
mod kerberos;
mod login;
mod look_up;
mod pipe;
mod referral;
mod request;
mod resolve;
mod socket;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::time::Duration;

use netsession_rpc::Interface;
use netsession_rpc::ndr::{self, Syntax};
use netsession_smb::auth::ServerIdentity;
use netsession_smb::client::Negotiated;
use netsession_smb::msg::SessionId;

pub use disk::DiskShare;
pub use early::EarlyConnection;
pub(crate) use resolve::addresses;

use crate::calls::Operation;
use crate::{
    ConnectOptions, DfsReferral, Error, KerberosError, Login, ServerAddress, Step, Violation, Win32Error,
};
use context::ErrorContext;
use pipe::{Pipe, Target};
use socket::{Limit, Socket};

/// The longest wait for the response to a logoff. Nothing depends on this response.
const LOGOFF_LIMIT: Duration = Duration::from_secs(1);

/// A logged-on connection to one server with the pipe `srvsvc` open.
pub(crate) struct Connection {
    socket: Socket,
    pipe: Pipe,
    /// The pipes of other interfaces, opened when a call first needs them.
    others: BTreeMap<&'static str, Pipe>,
    call_timeout: Duration,
}

impl Connection {
    /// Connects to the first of `addresses` that answers, logs on, and opens the pipe.
    ///
    /// With SMB 3.1.1 and NTLM it takes six round trips from the TCP handshake to the response to the first call, with
    /// Kerberos and a cached ticket five.
    pub(crate) async fn connect(
        server: &ServerAddress,
        addresses: &[SocketAddr],
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        Self::over(Opening::At(addresses), server, login, options).await
    }

    /// Logs on over a connection that has begun already, and opens the pipe.
    pub(crate) async fn connect_early(
        early: EarlyConnection,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let server = early.server().clone();
        Self::over(Opening::Early(early), &server, login, options).await
    }

    async fn over(
        opening: Opening<'_>,
        server: &ServerAddress,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let mut socket = log_on(server, opening, login, options).await?;
        let limit = Limit::of(options.call_timeout);
        match Pipe::open(&mut socket, server, limit).await {
            Ok(pipe) => {
                Ok(Self { socket, pipe, others: BTreeMap::new(), call_timeout: options.call_timeout })
            }
            Err(error) => {
                socket.log_off(Limit::of(options.call_timeout.min(LOGOFF_LIMIT))).await;
                Err(error)
            }
        }
    }

    /// Calls one operation. The operation's return value, an error code included, is part of the response.
    pub(crate) async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error> {
        self.socket.check()?;
        let step = Step::Call(O::NAME);
        let stub = ndr::encode(request, Syntax::Ndr32);
        let stub = stub.map_err(|_| ErrorContext::too_long(step))?;
        let limit = Limit::of(self.call_timeout);
        let (pipe, socket) = self.pipe_of::<O::Interface>(step, limit).await?;
        let answer = pipe.call(socket, O::OPNUM, &stub, step, limit).await?;
        ndr::decode(&answer, Syntax::Ndr32)
            .map_err(|error| self.socket.context().protocol(step, Violation::ndr(error)))
    }

    /// Returns the pipe of an interface, and the socket. It opens the pipe for the first call of another interface than MS-SRVS.
    async fn pipe_of<I: Interface>(
        &mut self,
        step: Step,
        limit: Limit,
    ) -> Result<(&mut Pipe, &mut Socket), Error> {
        if I::ID == netsession_srvs::INTERFACE {
            return Ok((&mut self.pipe, &mut self.socket));
        }
        let pipe = match self.others.entry(I::PIPE) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let target = Target { name: I::PIPE, interface: I::ID, open: step, bind: step };
                // In a box, because every call would carry the room for it.
                let open = Box::pin(Pipe::open_in_steps(&mut self.socket, self.pipe.ipc(), target, limit));
                place.insert(open.await?)
            }
        };
        Ok((pipe, &mut self.socket))
    }

    /// Asks where a DFS path leads.
    pub(crate) async fn referral(&mut self, path: &str) -> Result<Option<DfsReferral>, Error> {
        self.socket.check()?;
        let limit = Limit::of(self.call_timeout);
        referral::ask(&mut self.socket, self.pipe.ipc(), path, limit).await
    }

    /// Whether a share of the server has a file or a folder.
    pub(crate) async fn has_path(
        &mut self,
        server: &ServerAddress,
        share: &str,
        name: &str,
    ) -> Result<bool, Error> {
        self.socket.check()?;
        let limit = Limit::of(self.call_timeout);
        // In a box, because every call would carry the room for it.
        Box::pin(look_up::has(&mut self.socket, server, share, name, limit)).await
    }

    /// Closes the pipe, logs off, and closes the connection.
    pub(crate) async fn close(mut self) -> Result<(), Error> {
        let limit = Limit::of(self.call_timeout.min(LOGOFF_LIMIT));
        self.pipe.close(&mut self.socket, limit).await
    }

    /// Whether the connection is usable and the server has not closed it.
    pub(crate) fn is_open(&self) -> bool {
        self.socket.is_open()
    }

    /// The result of the negotiation.
    pub(crate) fn negotiated(&self) -> Option<&Negotiated> {
        self.socket.negotiated()
    }

    /// Whether every message is encrypted. If not, every message is signed.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.socket.is_encrypted()
    }

    /// The session of this connection.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.socket.session()
    }

    /// The names that the server gave during the logon.
    pub(crate) fn server_identity(&self) -> Option<&ServerIdentity> {
        self.socket.server_identity()
    }

    /// The names of both sides, if the user is logged on with Kerberos.
    pub(crate) fn kerberos(&self) -> Option<&kerberos::Names> {
        self.socket.kerberos()
    }

    /// The address of this side of the connection.
    pub(crate) fn own_address(&self) -> Option<SocketAddr> {
        self.socket.own_address()
    }
}

/// The descriptor of the connection's socket.
#[cfg(unix)]
impl std::os::fd::AsFd for Connection {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Connects to the first of `addresses` that answers, negotiates, and closes the connection. It sends no login. Returns the server's GUID.
pub(crate) async fn probe(
    server: &ServerAddress,
    addresses: &[SocketAddr],
    options: &ConnectOptions,
) -> Result<[u8; 16], Error> {
    let limit = Limit::of(options.connect_timeout);
    let context = ErrorContext::of_nobody(server, options);
    let stream = connect::connect(addresses, limit, &context).await?;
    let mut socket = Socket::new(stream, context, server, options)?;
    socket.negotiate(limit).await?;
    Ok(socket.negotiated().map_or([0; 16], |negotiated| negotiated.server_guid.0))
}

/// Where the stream of a connection comes from.
enum Opening<'a> {
    /// From the first of these addresses that answers.
    At(&'a [SocketAddr]),
    /// From a connection that has begun already.
    Early(EarlyConnection),
}

/// Connects and logs on.
async fn log_on(
    server: &ServerAddress,
    opening: Opening<'_>,
    login: &Login,
    options: &ConnectOptions,
) -> Result<Socket, Error> {
    let limit = Limit::of(options.connect_timeout);
    let context = ErrorContext::new(server, login, options);
    // Before the connection: meanwhile, the library takes the first step of a logon by a ticket.
    let offers = if login.user.is_empty() {
        Err(KerberosError::NeedsName)
    } else {
        login::mechanisms(login, server, options, limit.deadline)
    };
    let stream = match opening {
        Opening::At(addresses) => connect::connect(addresses, limit, &context).await?,
        Opening::Early(early) => early.wait(limit, &context).await?,
    };
    if let Ok(address) = stream.peer_addr() {
        tracing::info!("connected to {server} at {address}");
    }
    let mut socket = Socket::new(stream, context, server, options)?;
    if login.user.is_empty() {
        let code = Win32Error::ERROR_INVALID_PARAMETER;
        return Err(Error::Parameter { step: Step::Logon, code, why: "the user's name is empty" });
    }
    let offers = offers.map_err(|cause| socket.context().kerberos(cause))?;
    socket.log_in(offers, limit).await?;
    if let Some(negotiated) = socket.negotiated() {
        let (dialect, cipher, signing) = (negotiated.dialect, negotiated.cipher, negotiated.signing);
        tracing::debug!(
            "{server} chose the dialect {dialect:?}, the cipher {cipher:?} and signatures by {signing:?}"
        );
    }
    Ok(socket)
}
