//! [`Tls`]: encrypts a connection after it has verified the server's certificate.

use std::pin::Pin;
use std::sync::Arc;
use std::{fmt, io};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use super::bounded::{Allowance, Bounded};
use super::failure::Fault;
use super::guarded::Guarded;
use super::place::{Authorities, Trust};
use super::proof_only::ProofOnly;

pub(super) use tokio_postgres::NoTls;

/// Whom to trust, and the name of the server.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    allowance: Allowance,
}

impl Tls {
    pub(super) fn new(trust: &Trust, name: &str, allowance: Allowance) -> Result<Self, Fault> {
        let roots = Arc::new(roots(&trust.authorities)?);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let verifier = verifier.build().map_err(Fault::lost)?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_protocol_versions(&[&rustls::version::TLS13]).map_err(Fault::lost)?;
        let config = match trust.is_name_verified {
            true => config.with_webpki_verifier(verifier).with_no_client_auth(),
            false => {
                let verifier = Arc::new(AnyName { roots, provider, verifier });
                config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
        };
        let name = ServerName::try_from(name.to_owned()).map_err(Fault::lost)?;
        Ok(Self { connector: Arc::new(config).into(), name, allowance })
    }
}

/// Reads the certificates of the authorities.
fn roots(authorities: &Authorities) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::System => {
            let found = rustls_native_certs::load_native_certs();
            found.errors.iter().for_each(|error| tracing::warn!("the system's certificates: {error}"));
            roots.add_parsable_certificates(found.certs);
        }
        Authorities::File(path) => {
            let unreadable = |error: &dyn fmt::Display| {
                Fault::lost(format!("cannot read the certificates in {}: {error}", path.display()))
            };
            let found = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in found {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
    }
    if roots.is_empty() {
        let place = match authorities {
            Authorities::System => "the system has no certificate of an authority".to_owned(),
            Authorities::File(path) => format!("{} has no certificate", path.display()),
        };
        return Err(Fault::lost(place));
    }
    Ok(roots)
}

/// Verifies who signed a certificate, and not its name (`sslmode=verify-ca`).
#[derive(Debug)]
struct AnyName {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let certificate = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// An encrypted stream.
type Encrypted<S> = Guarded<Guarded<tokio_rustls::client::TlsStream<S>, ProofOnly>, Bounded>;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.connector.connect(self.name, stream);
        Box::pin(async move {
            let proving = Guarded::new(connecting.await?, ProofOnly::default());
            Ok(Guarded::new(proving, Bounded::new(self.allowance)))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    /// The certificate is verified, so that nobody else can be at the other end.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}
