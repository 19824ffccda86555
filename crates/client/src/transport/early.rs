//! [`EarlyConnection`]: a TCP connection that begins before the login is known.

use std::fmt;
use std::net;
use std::thread;
use std::time::Duration;

use netsession_gssapi::is_in_ticket_file;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::connect::connect;
use super::context::ErrorContext;
use super::kerberos::service;
use super::resolve::addresses;
use super::socket::Limit;
use crate::{ConnectOptions, Error, Kerberos, ServerAddress, Step, SystemResource};

/// How old a connection may be when it is used: a server closes one that does not negotiate.
const MAX_AGE: Duration = Duration::from_secs(2);

/// A TCP connection to a server, which begins while the program still looks for the user's Kerberos ticket.
///
/// Both take about a millisecond or two: the system's Kerberos library is loaded and reads the ticket cache, and the server
/// accepts the connection. Nothing is sent over the connection before
/// [`Server::connect_early`](crate::Server::connect_early). Dropping it closes it.
///
/// ```no_run
/// use netsession::{ConnectOptions, EarlyConnection, Login, Secret, Server, ServerAddress, Ticket};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let (server, options) = ("fs1.lab.test".parse::<ServerAddress>()?, ConnectOptions::default());
/// let early = EarlyConnection::begin(&server, &options);
/// let login = Login::new(&Ticket::find(None)?.user, Secret::Ticket)?;
/// let server = match early {
///     Some(early) => Server::connect_early(early, &login, &options).await?,
///     None => Server::connect(&server.into(), &login, &options).await?,
/// };
/// # Ok(())
/// # }
/// ```
pub struct EarlyConnection {
    server: ServerAddress,
    begun: std::time::Instant,
    stream: oneshot::Receiver<Result<net::TcpStream, Error>>,
}

impl fmt::Debug for EarlyConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyConnection").field("server", &self.server).finish_non_exhaustive()
    }
}

impl EarlyConnection {
    /// Begins to connect, on a thread of its own, if the options allow Kerberos to this server and the user's ticket cache is
    /// a file that mentions it. Otherwise a logon may need a question or a domain controller first, and the result is None.
    #[must_use]
    pub fn begin(server: &ServerAddress, options: &ConnectOptions) -> Option<Self> {
        let service = service(server, options).filter(|_| options.kerberos != Kerberos::Off)?;
        is_in_ticket_file(&service).then(|| Self::open(server, options))?
    }

    /// Begins to connect. None if the system gives no thread.
    pub(super) fn open(server: &ServerAddress, options: &ConnectOptions) -> Option<Self> {
        let (sender, stream) = oneshot::channel();
        let (to, options) = (server.clone(), options.clone());
        let begun = thread::Builder::new().name("netsession-connect".into()).spawn(move || {
            // Nobody receives the result if the login is not found.
            let _ = sender.send(open_here(&to, &options));
        });
        begun.ok().map(|_| Self { server: server.clone(), begun: std::time::Instant::now(), stream })
    }

    /// Returns the server.
    #[must_use]
    pub const fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// Returns whether the connection is so new that no server has closed it for its silence.
    pub(crate) fn is_fresh(&self) -> bool {
        self.begun.elapsed() < MAX_AGE
    }

    /// Waits for the stream.
    pub(super) async fn wait(self, limit: Limit, context: &ErrorContext) -> Result<TcpStream, Error> {
        match timeout_at(limit.deadline, self.stream).await {
            Ok(Ok(stream)) => TcpStream::from_std(stream?).map_err(|cause| context.unreachable(cause)),
            // The thread panicked.
            Ok(Err(lost)) => Err(context.unreachable(std::io::Error::other(lost))),
            Err(_) => Err(context.no_answer(Step::Connect, limit.after)),
        }
    }
}

/// Looks the server up and connects, on this thread.
fn open_here(server: &ServerAddress, options: &ConnectOptions) -> Result<net::TcpStream, Error> {
    let system = |cause| Error::System { resource: SystemResource::Runtime, cause };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(system)?;
    let opened = runtime.block_on(async {
        let context = ErrorContext::of_nobody(server, options);
        let addresses = addresses(server, options).await?;
        let stream = connect(&addresses, Limit::of(options.connect_timeout), &context).await?;
        stream.into_std().map_err(|cause| context.unreachable(cause))
    });
    // Does not wait for the thread that still looks up a name.
    runtime.shutdown_background();
    opened
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would connect for a user without a ticket before the user has answered the question for a password.
    #[test]
    fn nothing_begins_without_a_ticket_or_where_kerberos_is_ruled_out() {
        let options = ConnectOptions::default();
        let off = ConnectOptions { kerberos: Kerberos::Off, ..ConnectOptions::default() };
        for (server, options) in
            [("no-ticket.invalid", &options), ("127.0.0.1", &options), ("no-ticket.invalid", &off)]
        {
            assert!(EarlyConnection::begin(&server.parse().unwrap(), options).is_none(), "{server}");
        }
    }
}
