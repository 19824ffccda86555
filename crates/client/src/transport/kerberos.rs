//! [`Client`]: the mechanism Kerberos behind SPNEGO, by the system's library.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use netsession_gssapi::{Credential, Error as GssError, Established, Initiator, Library, Service, User};
use netsession_smb::auth::spnego::Oid;
use netsession_smb::auth::{AuthError, Inputs, Mechanism, MechanismError, Step};
use netsession_smb::crypto::SessionKey;

use crate::{ConnectOptions, Kerberos, KerberosError, Login, Secret, ServerAddress};

/// The identifiers of Kerberos: first the one with a shifted digit that Windows 2000 introduced ([MS-SPNG] 3.1.5.2), then
/// that of RFC 4121.
pub(super) static OIDS: [Oid<'static>; 2] =
    [Oid(b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"), Oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")];

/// The names of both sides of a logon by Kerberos.
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
    /// Whether these options allow a logon by Kerberos to this server. It needs the server's name: there are no tickets
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

/// The client's side of a logon by Kerberos.
#[derive(Debug)]
pub(super) struct Client {
    service: Service,
    login: Login,
    initiator: Option<Initiator>,
    key: Option<SessionKey>,
    names: SharedNames,
}

impl Client {
    pub(super) fn new(service: Service, login: &Login, names: SharedNames) -> Self {
        Self { service, login: login.clone(), initiator: None, key: None, names }
    }

    fn credential(&self) -> Result<Credential, GssError> {
        let library = Library::get()?;
        tracing::debug!("Kerberos by {} ({})", library.flavor(), library.file());
        let user = User::new(&self.login.user, self.login.domain.as_deref());
        match &self.login.secret {
            Secret::Password(password) => Credential::from_password(library, &user, password),
            Secret::Keytab(keytab) => Credential::from_keytab(library, Some(&user), keytab),
            // `mechanisms` does not offer Kerberos for a hash.
            Secret::Ticket | Secret::NtHash(_) => Credential::from_cache(library, Some(&user)),
        }
    }

    fn run(&mut self, token: Option<&[u8]>) -> Result<Step, GssError> {
        let mut initiator = match self.initiator.take() {
            Some(initiator) => initiator,
            None => Initiator::new(self.credential()?, &self.service)?,
        };
        let step = initiator.step(token)?;
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

    /// The first step may ask a domain controller. Later ones only compute.
    fn may_block(&self) -> bool {
        self.initiator.is_none()
    }

    fn step(&mut self, token: Option<&[u8]>, _: &mut Inputs<'_>) -> Result<Step, AuthError> {
        let is_first = self.initiator.is_none();
        self.run(token).map_err(|error| {
            let error = KerberosError::Library(error);
            tracing::info!("Kerberos for {} failed: {error}", self.service);
            let is_final = !is_first || error.is_judgement();
            let wrap =
                if is_final { MechanismError::without_fallback } else { MechanismError::with_fallback };
            wrap(error).into()
        })
    }

    fn session_key(&self) -> Option<&SessionKey> {
        self.key.as_ref()
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.established()?.mic(message).ok()
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let established = self.established().ok_or(AuthError::WrongMechListMic)?;
        established.verify_mic(message, mic).map_err(|_| AuthError::WrongMechListMic)
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
