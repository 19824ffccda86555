//! [`Connection`]: a connection to a database, with a time limit for each piece of work.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};

use super::bounded::{Allowance, Bounded};
use super::failure::Fault;
use super::guarded::Guarded;
use super::place::{DatabaseUrl, Host, Protection};
use super::proof_only::ProofOnly;
use super::session::Session;
use super::tls::{NoTls, Tls};

/// How long to wait for a connection, and then for the logon. A person waits for an ending meanwhile.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long to wait until a server knows that the connection ends.
const GOODBYE_LIMIT: Duration = Duration::from_millis(100);

/// A connection. Its runtime has no thread: the connection moves only while [`Connection::run`] works.
pub(super) struct Connection {
    runtime: OwnRuntime,
    client: Option<Client>,
    allowance: Allowance,
    /// Moves the connection, and ends when it is closed.
    carrier: JoinHandle<()>,
}

impl Connection {
    /// Connects and logs on.
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, Fault> {
        let runtime = OwnRuntime(Some(Builder::new_current_thread().enable_io().enable_time().build()?));
        let allowance = Allowance::default();
        allowance.renew();
        let connected = runtime.block_on(|| connect(url, &allowance))?;
        let (client, carrier) = connected.map_err(|fault| allowance.judge(fault))?;
        Ok(Self { runtime, client: Some(client), allowance, carrier })
    }

    /// Does work within a time limit. After a fault the state of the connection is not known.
    pub(super) fn run<T: Send>(
        &mut self,
        limit: Duration,
        work: &(impl AsyncFn(&Session<'_>) -> Result<T, Fault> + Sync),
    ) -> Result<T, Fault> {
        let Some(client) = &self.client else { return Err(Fault::Closed) };
        let allowance = &self.allowance;
        allowance.renew();
        self.runtime.block_on(|| async {
            let session = Session::new(client);
            let done = timeout(limit, work(&session)).await;
            done.unwrap_or_else(|_| Err(Fault::no_answer()))
                .map_err(|fault| allowance.judge(session.judge(fault)))
        })?
    }
}

/// Says goodbye, so that the server's log has no error.
impl Drop for Connection {
    fn drop(&mut self) {
        // The connection ends when nobody can send a request any more.
        drop(self.client.take());
        let carrier = &mut self.carrier;
        let _ = self.runtime.block_on(|| async { timeout(GOODBYE_LIMIT, carrier).await.is_ok() });
    }
}

/// A runtime without threads. The caller may be a task of another runtime, in which no second one can block or be dropped.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    /// Works on a thread of its own while the caller waits.
    fn block_on<F: Future<Output: Send>>(&self, work: impl FnOnce() -> F + Send) -> Result<F::Output, Fault> {
        let Some(runtime) = &self.0 else { return Err(Fault::Closed) };
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("journal".to_owned());
            let thread = thread.spawn_scoped(scope, || runtime.block_on(work()))?;
            thread.join().map_err(|_| Fault::lost("the connection panicked"))
        })
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // This does not wait, not even for a name that is still being looked up.
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

async fn connect(url: &DatabaseUrl, allowance: &Allowance) -> Result<(Client, JoinHandle<()>), Fault> {
    let password = url.password().map_err(Fault::Lost)?;
    let mut config = Config::new();
    config.user(&url.user).dbname(&url.database).application_name("netsession");
    password.iter().for_each(|password| {
        config.password(password.as_bytes());
    });
    let logon = async {
        match &url.host {
            Host::Named(name) => {
                let stream = Guarded::new(dial(name, url.port).await?, ProofOnly::default());
                match &url.protection {
                    Protection::Plain => {
                        let stream = Guarded::new(stream, Bounded::new(allowance.clone()));
                        carried(config.ssl_mode(SslMode::Disable), stream, NoTls).await
                    }
                    Protection::Tls(trust) => {
                        let tls = Tls::new(trust, name, allowance.clone())?;
                        carried(config.ssl_mode(SslMode::Require), stream, tls).await
                    }
                }
            }
            #[cfg(unix)]
            Host::Socket(folder) => {
                let path = folder.join(format!(".s.PGSQL.{}", url.port));
                let stream = tokio::net::UnixStream::connect(path).await?;
                let stream = Guarded::new(stream, ProofOnly::default());
                let stream = Guarded::new(stream, Bounded::new(allowance.clone()));
                carried(config.ssl_mode(SslMode::Disable), stream, NoTls).await
            }
            #[cfg(not(unix))]
            Host::Socket(_) => Err(std::io::Error::from(std::io::ErrorKind::Unsupported).into()),
        }
    };
    let logged_on = timeout(CONNECT_LIMIT.saturating_mul(2), logon).await;
    let logged_on = logged_on.unwrap_or_else(|_| Err(Fault::no_answer()));
    logged_on.map_err(|fault| if password.is_none() { fault.without_password() } else { fault })
}

/// Connects to the first of the computer's addresses that answers.
async fn dial(name: &str, port: u16) -> Result<TcpStream, Fault> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name, port)).await?.collect();
    let count = u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let limit = CONNECT_LIMIT.checked_div(count).unwrap_or(CONNECT_LIMIT);
    let mut last = Fault::lost("the name has no address");
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error.into(),
            Err(_) => last = Fault::no_answer(),
        }
    }
    Err(last)
}

/// Logs on, and gives the connection to a task that moves it.
async fn carried<S, T>(config: &Config, stream: S, tls: T) -> Result<(Client, JoinHandle<()>), Fault>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio_postgres::tls::TlsConnect<S>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let carrier = tokio::spawn(async move {
        // The client's requests fail with the same error.
        if let Err(error) = connection.await {
            tracing::debug!("the connection to the journal: {error}");
        }
    });
    Ok((client, carrier))
}
