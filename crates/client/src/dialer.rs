//! [`Dialer`]: connects to a server over the network, as often as a [`Link`](crate::link::Link) needs.

use std::sync::{Mutex, PoisonError};

use netsession_smb::msg;
use netsession_srvs::unc_name;
use tokio::time::Instant;

use crate::calls::{Calls, Connector, Facts, Operation};
use crate::{
    ConnectOptions, DfsReferral, Dialect, EarlyConnection, Error, Login, LogonMechanism, ServerAddress,
    ServerNames, SessionId, Step, Violation, transport,
};

/// A server, a login and options: everything that a connection needs.
pub(crate) struct Dialer {
    pub(crate) server: ServerAddress,
    pub(crate) login: Login,
    pub(crate) options: ConnectOptions,
    /// A connection that has begun already; the first logon takes it.
    pub(crate) early: Mutex<Option<EarlyConnection>>,
}

/// A connection and the facts about it.
pub(crate) struct Dialed {
    connection: transport::Connection,
    facts: Facts,
    server: ServerAddress,
}

impl Connector for Dialer {
    type Connection = Dialed;

    async fn connect(&self) -> Result<Dialed, Error> {
        let since = Instant::now();
        let early = self.early.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (server, login, options) = (&self.server, &self.login, &self.options);
        let connection = match early.filter(EarlyConnection::is_fresh) {
            Some(early) => transport::Connection::connect_early(early, login, options).await?,
            None => {
                let addresses = transport::addresses(server, options).await?;
                transport::Connection::connect(server, &addresses, login, options).await?
            }
        };
        let facts = self.facts(&connection, since)?;
        Ok(Dialed { connection, facts, server: server.clone() })
    }
}

impl Dialer {
    fn facts(&self, connection: &transport::Connection, since: Instant) -> Result<Facts, Error> {
        let identity = connection.server_identity();
        let names = identity.map(|identity| [&identity.netbios_computer, &identity.dns_computer]);
        let names = names.into_iter().flatten().flatten().cloned();
        let kerberos = connection.kerberos();
        let full_user = kerberos.map_or_else(|| self.login.to_string(), |names| names.user.clone());
        let user = kerberos.map_or(self.login.user.as_str(), |names| &names.user);
        let user = user.split('@').next().unwrap_or_default().to_owned();
        Ok(Facts {
            server: self.options.shown(&self.server),
            unc: unc_name(self.server.host()),
            names: match kerberos {
                Some(kerberos) => ServerNames::new(kerberos.server_names()),
                None => ServerNames::new(names),
            },
            user,
            mechanism: kerberos.map_or(LogonMechanism::Ntlm, |_| LogonMechanism::Kerberos),
            full_user,
            own_address: connection.own_address().map(|address| address.ip()),
            session: connection.session().and_then(|session| SessionId::new(session.0)),
            call_timeout: self.options.call_timeout,
            since,
            dialect: self.dialect(connection)?,
            guid: connection.negotiated().map_or([0; 16], |negotiated| negotiated.server_guid.0),
            signed: true,
            encrypted: connection.is_encrypted(),
        })
    }

    fn dialect(&self, connection: &transport::Connection) -> Result<Dialect, Error> {
        match connection.negotiated().map(|negotiated| negotiated.dialect) {
            Some(msg::Dialect::SMB_2_1) => Ok(Dialect::Smb2_1),
            Some(msg::Dialect::SMB_3_0) => Ok(Dialect::Smb3_0),
            Some(msg::Dialect::SMB_3_0_2) => Ok(Dialect::Smb3_0_2),
            Some(msg::Dialect::SMB_3_1_1) => Ok(Dialect::Smb3_1_1),
            _ => Err(Error::Protocol {
                server: self.options.shown(&self.server),
                step: Step::Negotiate,
                cause: Violation::rule("the chosen dialect is not SMB 2 or 3"),
            }),
        }
    }
}

/// Finds out whether an SMB server answers at this address, without a logon, and returns its GUID.
///
/// # Errors
/// Those of a connection until its negotiation.
pub(crate) async fn probe(server: &ServerAddress, options: &ConnectOptions) -> Result<[u8; 16], Error> {
    let addresses = transport::addresses(server, options).await?;
    transport::probe(server, &addresses, options).await
}

impl Calls for Dialed {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error> {
        self.connection.call(request).await
    }

    async fn referral(&mut self, path: &str) -> Result<Option<DfsReferral>, Error> {
        self.connection.referral(path).await
    }

    async fn has_path(&mut self, share: &str, name: &str) -> Result<bool, Error> {
        self.connection.has_path(&self.server, share, name).await
    }

    fn is_open(&self) -> bool {
        self.connection.is_open()
    }

    #[cfg(unix)]
    fn socket(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        use std::os::fd::AsFd as _;
        Some(self.connection.as_fd())
    }

    async fn close(self) -> Result<(), Error> {
        self.connection.close().await
    }
}
