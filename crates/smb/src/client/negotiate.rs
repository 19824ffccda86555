//! NEGOTIATE: agreeing on dialect and algorithms ([MS-SMB2] 3.2.4.2.2.2, 3.2.5.2).

use netsession_wire::{DecodeError, Guid};

use super::{Config, Encryption, Entropy, Error, Stage, Violation};
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::fscc::FileTime;
use crate::msg::{
    self, Capabilities, Dialect, HashAlgorithm, NegotiateContext, NegotiateRequest, NegotiateResponse,
    Packet, SecurityMode,
};

/// The size that every server must accept (3.2.5.2).
const LEAST_SIZE: u32 = 65_536;

/// What the client and the server have agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The dialect.
    pub dialect: Dialect,
    /// `ServerGuid`: the same on all nodes of a cluster.
    pub server_guid: Guid,
    /// What the server is able to do.
    pub capabilities: Capabilities,
    /// Whether the server requires signing.
    pub security_mode: SecurityMode,
    /// The cipher; `None` without encryption.
    pub cipher: Option<Cipher>,
    /// How messages are signed.
    pub signing: SigningAlgorithm,
    /// The longest buffer of IOCTL, QUERY_INFO, QUERY_DIRECTORY and SET_INFO, in bytes.
    pub max_transact_size: u32,
    /// The longest READ, in bytes.
    pub max_read_size: u32,
    /// The longest WRITE, in bytes.
    pub max_write_size: u32,
    /// The server's clock.
    pub system_time: FileTime,
    /// The server's mechanisms for logging in, as a GSS token; may be empty. Before 3.1.1 nothing protects it.
    pub security_buffer: Vec<u8>,
}

/// The request.
pub(super) fn request(config: &Config, entropy: &Entropy) -> NegotiateRequest {
    NegotiateRequest {
        security_mode: SecurityMode::SIGNING_ENABLED | SecurityMode::SIGNING_REQUIRED,
        capabilities: capabilities(config),
        client_guid: entropy.client_guid,
        dialects: config.dialects.clone(),
        contexts: contexts(config, entropy),
    }
}

/// Clients without a dialect of 3.x send none (2.2.3).
fn capabilities(config: &Config) -> Capabilities {
    if !config.dialects.iter().any(|dialect| *dialect >= Dialect::SMB_3_0) {
        return Capabilities::empty();
    }
    let mut capabilities = Capabilities::LARGE_MTU;
    capabilities.set(Capabilities::ENCRYPTION, !config.ciphers.is_empty());
    capabilities.set(Capabilities::NOTIFICATIONS, config.dialects.contains(&Dialect::SMB_3_1_1));
    capabilities
}

fn contexts(config: &Config, entropy: &Entropy) -> Vec<NegotiateContext> {
    let preauth =
        NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: entropy.salt.to_vec() };
    let ciphers = config.ciphers.iter().map(|cipher| msg::Cipher(cipher.id())).collect();
    let signing = config.signing_algorithms.iter().map(|it| msg::SigningAlgorithm(it.id())).collect();
    let mut contexts = vec![preauth];
    if !config.ciphers.is_empty() {
        contexts.push(NegotiateContext::Encryption(ciphers));
    }
    if !config.server_name.is_empty() {
        contexts.push(NegotiateContext::NetName(config.server_name.clone()));
    }
    if !config.signing_algorithms.is_empty() {
        contexts.push(NegotiateContext::Signing(signing));
    }
    contexts
}

/// Checks the answer against what the client has offered and what it requires.
pub(super) fn accept(config: &Config, answer: &Packet<'_>) -> Result<Negotiated, Error> {
    if !answer.header.status.is_success() {
        return Err(Error::Refused { stage: Stage::Negotiate, status: answer.header.status });
    }
    let response: NegotiateResponse = answer.body()?;
    if !config.dialects.contains(&response.dialect) {
        return Err(Error::DialectNotOffered { chosen: response.dialect.0 });
    }
    let least = response.max_transact_size.min(response.max_read_size).min(response.max_write_size);
    if least < LEAST_SIZE {
        return Err(DecodeError::invalid("maximum size").into());
    }
    let cipher = cipher(config, &response)?;
    if cipher.is_none() && config.encryption == Encryption::Required {
        return Err(Error::EncryptionNotOffered);
    }
    Ok(Negotiated {
        dialect: response.dialect,
        server_guid: response.server_guid,
        capabilities: response.capabilities,
        security_mode: response.security_mode,
        cipher,
        signing: signing(config, &response)?,
        max_transact_size: response.max_transact_size,
        max_read_size: response.max_read_size,
        max_write_size: response.max_write_size,
        system_time: response.system_time,
        security_buffer: response.security_buffer,
    })
}

fn cipher(config: &Config, response: &NegotiateResponse) -> Result<Option<Cipher>, Error> {
    const WHAT: &str = "cipher";
    match response.dialect {
        Dialect::SMB_3_1_1 => {
            preauth(response)?;
            let chosen = one(response, WHAT, |context| match context {
                NegotiateContext::Encryption(ciphers) => Some(ciphers.as_slice()),
                _ => None,
            })?;
            match chosen {
                None | Some(msg::Cipher::NONE) => Ok(None),
                Some(id) => {
                    let cipher = Cipher::from_id(id.0).filter(|cipher| config.ciphers.contains(cipher));
                    cipher.map(Some).ok_or_else(|| Violation::ChoiceNotOffered { what: WHAT }.into())
                }
            }
        }
        dialect if dialect >= Dialect::SMB_3_0 => {
            let able = response.capabilities.contains(Capabilities::ENCRYPTION);
            Ok((able && config.ciphers.contains(&Cipher::Aes128Ccm)).then_some(Cipher::Aes128Ccm))
        }
        _ => Ok(None),
    }
}

fn signing(config: &Config, response: &NegotiateResponse) -> Result<SigningAlgorithm, Error> {
    const WHAT: &str = "signing algorithm";
    if response.dialect < Dialect::SMB_3_0 {
        return Ok(SigningAlgorithm::HmacSha256);
    }
    let chosen = one(response, WHAT, |context| match context {
        NegotiateContext::Signing(algorithms) => Some(algorithms.as_slice()),
        _ => None,
    })?;
    let Some(id) = chosen else { return Ok(SigningAlgorithm::AesCmac) };
    SigningAlgorithm::from_id(id.0)
        .filter(|algorithm| config.signing_algorithms.contains(algorithm))
        .ok_or_else(|| Violation::ChoiceNotOffered { what: WHAT }.into())
}

fn preauth(response: &NegotiateResponse) -> Result<(), Error> {
    const WHAT: &str = "preauthentication hash";
    let chosen = one(response, WHAT, |context| match context {
        NegotiateContext::Preauth { algorithms, .. } => Some(algorithms.as_slice()),
        _ => None,
    })?;
    match chosen {
        Some(HashAlgorithm::SHA_512) => Ok(()),
        _ => Err(Violation::ChoiceNotOffered { what: WHAT }.into()),
    }
}

/// Returns the only choice of the only context of a kind; `None` if there is none.
fn one<T: Copy>(
    response: &NegotiateResponse,
    what: &'static str,
    choices: impl Fn(&NegotiateContext) -> Option<&[T]>,
) -> Result<Option<T>, Error> {
    let mut found = response.contexts.iter().filter_map(choices);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some([choice]), None) => Ok(Some(*choice)),
        _ => Err(Violation::ChoiceNotOffered { what }.into()),
    }
}
