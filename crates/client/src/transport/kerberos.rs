//! [`Client`]: the mechanism Kerberos behind SPNEGO, by the system's library.

use std::net::IpAddr;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use netsession_gssapi::{
    Credential, Error as GssError, Established, Initiator, Library, MECHANISM_NAMES, Service,
    Step as GssStep, User,
};
use netsession_smb::auth::spnego::Oid;
use netsession_smb::auth::{AuthError, Inputs, Mechanism, MechanismError, Step};
use netsession_smb::crypto::SessionKey;

use super::kdc::Attempt;
use crate::kerberos::take_found;
use crate::{ConnectOptions, Kerberos, KerberosError, Login, Secret, ServerAddress};

/// The identifiers of Kerberos.
pub(super) static OIDS: [Oid<'static>; 2] = [Oid(MECHANISM_NAMES[0]), Oid(MECHANISM_NAMES[1])];

/// The name of the threads that ask domain controllers.
pub(super) const THREAD: &str = "netsession-login";

/// The names of both sides of a logon with Kerberos.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// The user, such as `adm1@LAB.TEST`.
    pub(crate) user: String,
    /// The service, such as `cifs/fs1.lab.test@LAB.TEST`.
    pub(crate) service: String,
}

impl Names {
    /// Returns the server's host name, and its first label. The domain vouches for both.
    pub(crate) fn server_names(&self) -> Vec<String> {
        let host = self.service.split_once('/').map_or("", |(_, host)| host);
        let host = host.split('@').next().unwrap_or_default();
        let label = host.split('.').next().unwrap_or_default();
        vec![label.to_owned(), host.to_owned()]
    }
}

/// Where the mechanism leaves the names once the logon is complete.
pub(super) type SharedNames = Arc<OnceLock<Names>>;

/// Returns the service for which the server needs a ticket. None if the server is named by an address or as the local
/// computer, and the options name it in no other way.
pub(super) fn service(server: &ServerAddress, options: &ConnectOptions) -> Option<Service> {
    let named = options.kerberos_name.as_deref().unwrap_or_else(|| server.host());
    let host = named.split('%').next().unwrap_or_default().trim_end_matches('.');
    let is_name =
        !host.is_empty() && host.parse::<IpAddr>().is_err() && !host.eq_ignore_ascii_case("localhost");
    is_name.then(|| Service::new("cifs", host))
}

impl ConnectOptions {
    /// Whether these options allow a logon with Kerberos to this server. It needs the server's name: there are no tickets
    /// for an address or for `localhost`.
    ///
    /// ```
    /// let options = netsession::ConnectOptions::default();
    /// assert!(options.allow_kerberos_to(&"fs1.lab.test".parse()?));
    /// assert!(!options.allow_kerberos_to(&"10.0.0.5".parse()?));
    /// # Ok::<(), netsession::ParseAddressError>(())
    /// ```
    #[must_use]
    pub fn allow_kerberos_to(&self, server: &ServerAddress) -> bool {
        self.kerberos != Kerberos::Off && service(server, self).is_some()
    }
}

/// The client's side of a logon with Kerberos.
#[derive(Debug)]
pub(super) struct Client {
    plan: Plan,
    /// The first step, if it was begun before the server asked for it.
    head_start: Option<HeadStart>,
    initiator: Option<Initiator>,
    key: Option<SessionKey>,
    names: SharedNames,
}

/// Everything that the first step needs. It does not depend on the server's answer.
#[derive(Debug, Clone)]
struct Plan {
    service: Service,
    login: Login,
    attempt: Arc<Attempt>,
}

/// The result of the first step.
type First = Result<(Initiator, GssStep), KerberosError>;

/// A first step on a thread of its own.
#[derive(Debug)]
struct HeadStart {
    result: Mutex<Receiver<First>>,
    finished: OnceLock<First>,
}

impl Plan {
    fn credential(&self) -> Result<Credential, GssError> {
        let library = Library::get()?;
        tracing::debug!("Kerberos by {} ({})", library.flavor(), library.file());
        let user = User::new(&self.login.user, self.login.domain.as_deref());
        match &self.login.secret {
            Secret::Password(password) => Credential::from_password(library, &user, password),
            Secret::Keytab(keytab) => Credential::from_keytab(library, Some(&user), keytab),
            // `mechanisms` does not offer Kerberos for a hash.
            Secret::Ticket | Secret::NtHash(_) => {
                take_found(&self.login.user).map_or_else(|| Credential::from_cache(library, Some(&user)), Ok)
            }
        }
    }

    /// Takes the first step, which may ask a domain controller.
    fn begin(&self) -> First {
        self.attempt.run(|| {
            let mut initiator = Initiator::new(self.credential()?, &self.service)?;
            let step = initiator.step(None)?;
            Ok((initiator, step))
        })
    }
}

impl HeadStart {
    /// Begins the first step. Returns None if the system gives no thread: the step begins later then.
    fn new(plan: &Plan) -> Option<Self> {
        let (sender, result) = channel();
        let plan = plan.clone();
        let begun = thread::Builder::new().name(THREAD.into()).spawn(move || {
            // Nobody receives the result if the server is not reached.
            let _ = sender.send(plan.begin());
        });
        begun.ok().map(|_| Self { result: Mutex::new(result), finished: OnceLock::new() })
    }

    /// Whether the result is there.
    fn is_finished(&self) -> bool {
        if self.finished.get().is_some() {
            return true;
        }
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).try_recv();
        match result {
            Ok(first) => self.finished.set(first).is_ok(),
            // The thread panicked.
            Err(TryRecvError::Disconnected) => true,
            Err(TryRecvError::Empty) => false,
        }
    }

    /// Waits for the result.
    fn wait(self) -> First {
        let Self { result, finished } = self;
        let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
        // A thread that panicked leaves no result.
        let lost = |_| KerberosError::Library(GssError::OutOfTurn);
        finished.into_inner().unwrap_or_else(|| result.recv().map_err(lost)?)
    }
}

impl Client {
    /// Prepares a logon that gives up at `deadline`. A logon by a ticket begins at once, while the connection is made: it
    /// sends no password anywhere. With a password the first step waits until the server offers Kerberos.
    pub(super) fn new(service: Service, login: &Login, names: SharedNames, deadline: Instant) -> Self {
        let attempt = Arc::new(Attempt::new(login, &service, deadline));
        let plan = Plan { service, login: login.clone(), attempt };
        let is_early = matches!(plan.login.secret, Secret::Ticket);
        let head_start = if is_early { HeadStart::new(&plan) } else { None };
        Self { plan, head_start, initiator: None, key: None, names }
    }

    fn run(&mut self, token: Option<&[u8]>) -> Result<Step, KerberosError> {
        let (initiator, step) = match (self.initiator.take(), token) {
            (Some(mut initiator), _) => {
                let step = initiator.step(token).map_err(KerberosError::Library)?;
                (initiator, step)
            }
            (None, None) => match self.head_start.take() {
                Some(head_start) => head_start.wait()?,
                None => self.plan.begin()?,
            },
            (None, Some(_)) => return Err(KerberosError::Library(GssError::OutOfTurn)),
        };
        if let Some(established) = initiator.established() {
            self.key = Some(SessionKey::new(established.session_key()));
            // MIT leaves the realm out where the KDC has not said which one it is.
            let service = established.service().trim_end_matches('@').to_owned();
            let user = established.user().to_owned();
            tracing::info!("Kerberos: {user} has proved its identity to {service}");
            let _ = self.names.set(Names { user, service });
        }
        self.initiator = Some(initiator);
        Ok(Step { token: step.token, is_complete: step.is_complete })
    }

    fn established(&self) -> Option<&Established> {
        self.initiator.as_ref()?.established()
    }
}

impl Mechanism for Client {
    fn oids(&self) -> &'static [Oid<'static>] {
        &OIDS
    }

    /// The first step may ask a domain controller, unless it is already finished. Later ones only compute.
    fn may_block(&self) -> bool {
        self.initiator.is_none() && !self.head_start.as_ref().is_some_and(HeadStart::is_finished)
    }

    fn step(&mut self, token: Option<&[u8]>, _: &mut Inputs<'_>) -> Result<Step, AuthError> {
        let is_first = self.initiator.is_none();
        self.run(token).map_err(|error| {
            tracing::info!("Kerberos for {} failed: {error}", self.plan.service);
            // Another logon's password may still be on its way to a domain controller that is silent now.
            let is_silence = matches!(error, KerberosError::TimedOut(_));
            let is_final = !is_first || error.counts_towards_lockout() || is_silence;
            let wrap =
                if is_final { MechanismError::without_fallback } else { MechanismError::with_fallback };
            wrap(error).into()
        })
    }

    fn session_key(&self) -> Option<&SessionKey> {
        self.key.as_ref()
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Established::mic_of(self.established(), message)
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let is_right = Established::has_signed(self.established(), message, mic);
        if is_right { Ok(()) } else { Err(AuthError::WrongMechListMic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service_of(host: &str, kerberos_name: Option<&str>) -> Option<String> {
        let server = ServerAddress::new(host, 445).unwrap();
        let kerberos_name = kerberos_name.map(str::to_owned);
        let options = ConnectOptions { kerberos_name, ..ConnectOptions::default() };
        service(&server, &options).map(|service| service.to_string())
    }

    /// A failure here would ask a domain controller for a ticket for an address, which no domain has, or would not use the
    /// name that a person configured for it.
    #[test]
    fn the_service_has_the_servers_name_and_never_an_address() {
        assert_eq!(service_of("fs1.lab.test", None).as_deref(), Some("cifs/fs1.lab.test"));
        assert_eq!(service_of("FS1.", None).as_deref(), Some("cifs/FS1"));
        for host in ["10.0.0.5", "::1", "fe80::1%eth0", "localhost", "LOCALHOST."] {
            assert_eq!(service_of(host, None), None, "{host}");
            assert_eq!(
                service_of(host, Some("fs1.lab.test")).as_deref(),
                Some("cifs/fs1.lab.test"),
                "{host}"
            );
        }
        assert_eq!(service_of("fs1", Some("10.0.0.5")), None);
    }

    /// A failure here would not find the local user `FS1\bob` by the name `bob`.
    #[test]
    fn the_servers_names_come_from_the_service() {
        let names = |service: &str| Names { user: String::new(), service: service.into() }.server_names();
        assert_eq!(names("cifs/fs1.lab.test@LAB.TEST"), ["fs1", "fs1.lab.test"]);
        assert_eq!(names("cifs/FS1@"), ["FS1", "FS1"]);
        assert_eq!(names("strange"), ["", ""]);
    }
}
