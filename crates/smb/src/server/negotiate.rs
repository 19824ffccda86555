use netsession_wire::{Guid, NtStatus};

use super::connection::{Connection, Negotiated};
use super::facts::Facts;
use super::fatal::Fatal;
use super::host::{Host, NegotiationRefusal};
use super::output::Output;
use super::reply::{Outcome, Reply};
use super::settings::{Encryption, Settings};
use crate::auth::spnego;
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::fscc::FileTime;
use crate::msg::fsctl::{ValidateNegotiateRequest, ValidateNegotiateResponse};
use crate::msg::{
    Capabilities, Command, CtlCode, Dialect, FileId, HashAlgorithm, Header, IoctlRequest, IoctlResponse,
    MessageId, NegotiateContext, NegotiateRequest, NegotiateResponse, Packet, SecurityMode, SessionId,
    Smb1Negotiate,
};
use crate::{Structure, msg};

/// The most dialects that a refusal lists.
const MOST_DIALECTS: usize = Dialect::ALL.len();
/// The bytes that one credit pays for, which is the most for a client without requests of several credits.
const ONE_CREDIT: u32 = 65_536;

impl Connection {
    /// Selects the dialect and the algorithms ([MS-SMB2] 3.3.5.4).
    pub(super) fn negotiate(
        &mut self,
        packet: &Packet<'_>,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Result<Outcome, Fatal> {
        if self.negotiated.is_some() {
            return Err(Fatal::OutOfTurn);
        }
        let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
        let selected = packet
            .body::<NegotiateRequest>()
            .map_err(|_| NtStatus::INVALID_PARAMETER)
            .and_then(|request| select(&self.settings, &request).map(|selected| (request, selected)));
        let (request, Selected { facts, capabilities }) = match selected {
            Ok(selected) => selected,
            Err(status) => {
                reply.error(status);
                let outcome = reply.outcome(SessionId::NONE);
                host.not_negotiated(&refusal(packet, status));
                return Ok(outcome);
            }
        };
        let mut salt = [0; 32];
        host.random(&mut salt);
        let contexts = contexts(&request, &facts, salt.to_vec());
        let hint = hint(&self.settings, host);
        let response = response(&self.settings, facts.dialect, capabilities, host.now(), hint, contexts);
        reply.ok(&response);
        let outcome = reply.outcome(SessionId::NONE);
        self.preauth.update(packet.bytes);
        self.preauth.update(output.from(start));
        let client_security = request.security_mode;
        // Keep only the short part, for the later comparison.
        let request = NegotiateRequest { dialects: Vec::new(), contexts: Vec::new(), ..request };
        self.negotiated = Some(Negotiated {
            facts,
            request,
            is_by_smb1: false,
            server_capabilities: capabilities,
            client_security,
        });
        Ok(outcome)
    }

    /// Answers a client that starts with SMB1 ([MS-SMB2] 3.3.5.3): it must negotiate again in SMB2, unless SMB 2.0.2 is the
    /// only dialect that both sides speak.
    pub(super) fn negotiate_smb1(
        &mut self,
        frame: &[u8],
        host: &mut dyn Host,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        let request = Smb1Negotiate::decode(frame)?;
        if self.negotiated.is_some() || !self.window.take(0, 1) {
            return Err(Fatal::OutOfTurn);
        }
        let dialect = match select_smb1(&self.settings, &request) {
            Ok(dialect) => dialect,
            Err(why) => {
                host.not_negotiated(&why);
                return Err(Fatal::NothingInCommon);
            }
        };
        // The client's message has no charge to return.
        let header =
            Header { credit_charge: 0, credits: 1, ..Header::request(Command::NEGOTIATE, MessageId(0)) };
        let mut open = output.open(false);
        let start = output.message(&mut open);
        let mut reply = Reply::to(&header, output, start, &mut self.window);
        let none = Capabilities::empty();
        let hint = hint(&self.settings, host);
        reply.ok(&response(&self.settings, dialect, none, host.now(), hint, Vec::new()));
        if dialect == Dialect::SMB_2_0_2 {
            self.negotiated = Some(negotiated_by_smb1());
        }
        output.close(open, None)
    }
}

/// Returns the dialect of the answer to a client that starts with SMB1: [`Dialect::WILDCARD`] if it must negotiate again.
fn select_smb1(settings: &Settings, request: &Smb1Negotiate) -> Result<Dialect, NegotiationRefusal> {
    let knows_2_0_2 = request.offers(Smb1Negotiate::SMB_2_002);
    if request.offers(Smb1Negotiate::SMB_2_WILDCARD) && *settings.dialects.end() > Dialect::SMB_2_0_2 {
        return Ok(Dialect::WILDCARD);
    }
    match knows_2_0_2 {
        false => Err(NegotiationRefusal::Smb1),
        true if !settings.dialects.contains(&Dialect::SMB_2_0_2) => {
            Err(NegotiationRefusal::Dialects(vec![Dialect::SMB_2_0_2]))
        }
        true if settings.encryption == Encryption::Required => Err(NegotiationRefusal::Encryption),
        true => Ok(Dialect::SMB_2_0_2),
    }
}

/// What is known of a client that has negotiated SMB 2.0.2 by SMB1 ([MS-SMB2] 3.3.5.3.2).
const fn negotiated_by_smb1() -> Negotiated {
    let none = Capabilities::empty();
    let client_security = SecurityMode::SIGNING_ENABLED;
    let facts = Facts {
        dialect: Dialect::SMB_2_0_2,
        client_guid: Guid([0; 16]),
        client_capabilities: none,
        cipher: None,
        signing: SigningAlgorithm::HmacSha256,
    };
    let request = NegotiateRequest {
        security_mode: client_security,
        capabilities: none,
        client_guid: Guid([0; 16]),
        dialects: Vec::new(),
        contexts: Vec::new(),
    };
    Negotiated { facts, request, is_by_smb1: true, server_capabilities: none, client_security }
}

/// Returns why the server refuses a client with this status.
fn refusal(packet: &Packet<'_>, status: NtStatus) -> NegotiationRefusal {
    let request = packet.body::<NegotiateRequest>();
    match (status, request) {
        (NtStatus::NOT_SUPPORTED, Ok(request)) => {
            let mut offered = request.dialects;
            offered.truncate(MOST_DIALECTS);
            NegotiationRefusal::Dialects(offered)
        }
        (NtStatus::ACCESS_DENIED, _) => NegotiationRefusal::Encryption,
        _ => NegotiationRefusal::Protocol,
    }
}

/// The selected dialect and algorithms.
struct Selected {
    facts: Facts,
    capabilities: Capabilities,
}

fn select(settings: &Settings, request: &NegotiateRequest) -> Result<Selected, NtStatus> {
    if request.dialects.is_empty() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let spoken = |dialect: &Dialect| Dialect::ALL.contains(dialect) && settings.dialects.contains(dialect);
    let dialect = request.dialects.iter().copied().filter(spoken).max().ok_or(NtStatus::NOT_SUPPORTED)?;
    let encrypting = settings.encryption != Encryption::Off;
    let asked = request.capabilities.contains(Capabilities::ENCRYPTION);
    let multi_channel = settings.multi_channel
        && dialect >= Dialect::SMB_3_0
        && request.capabilities.contains(Capabilities::MULTI_CHANNEL);
    let (cipher, signing) = match dialect {
        Dialect::SMB_3_1_1 => {
            let preauth = request.contexts.iter().filter(|it| matches!(it, NegotiateContext::Preauth { .. }));
            let [NegotiateContext::Preauth { algorithms, .. }] = preauth.collect::<Vec<_>>()[..] else {
                return Err(NtStatus::INVALID_PARAMETER);
            };
            if !algorithms.contains(&HashAlgorithm::SHA_512) {
                return Err(NtStatus::SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP);
            }
            (cipher(settings, request).filter(|_| encrypting), signing(settings, request, multi_channel))
        }
        Dialect::SMB_3_0 | Dialect::SMB_3_0_2 => {
            let known = settings.ciphers.contains(&Cipher::Aes128Ccm);
            ((encrypting && asked && known).then_some(Cipher::Aes128Ccm), SigningAlgorithm::AesCmac)
        }
        _ => (None, SigningAlgorithm::HmacSha256),
    };
    if settings.encryption == Encryption::Required && cipher.is_none() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let mut capabilities = Capabilities::empty();
    capabilities.set(Capabilities::LARGE_MTU | Capabilities::LEASING, dialect >= Dialect::SMB_2_1);
    let says_so = matches!(dialect, Dialect::SMB_3_0 | Dialect::SMB_3_0_2);
    capabilities.set(Capabilities::ENCRYPTION, cipher.is_some() && says_so);
    let notified =
        request.capabilities.contains(Capabilities::NOTIFICATIONS) && dialect == Dialect::SMB_3_1_1;
    capabilities.set(Capabilities::NOTIFICATIONS, notified);
    let bindable = multi_channel && signing != SigningAlgorithm::AesGmac;
    capabilities.set(Capabilities::MULTI_CHANNEL, bindable);
    let facts = Facts {
        dialect,
        client_guid: request.client_guid,
        client_capabilities: request.capabilities,
        cipher,
        signing,
    };
    Ok(Selected { facts, capabilities })
}

/// Returns the server's preference among the client's ciphers.
fn cipher(settings: &Settings, request: &NegotiateRequest) -> Option<Cipher> {
    let offered = request.contexts.iter().find_map(|context| match context {
        NegotiateContext::Encryption(ciphers) => Some(ciphers),
        _ => None,
    })?;
    settings.ciphers.iter().copied().find(|cipher| offered.contains(&msg::Cipher(cipher.id())))
}

/// Returns the server's preference among the client's signing algorithms; AES-CMAC if the client names none. AES-GMAC
/// comes last if sessions may have several connections.
fn signing(settings: &Settings, request: &NegotiateRequest, multi_channel: bool) -> SigningAlgorithm {
    let offered = request.contexts.iter().find_map(|context| match context {
        NegotiateContext::Signing(algorithms) => Some(algorithms),
        _ => None,
    });
    let common = offered.and_then(|offered| {
        let known = |own: &SigningAlgorithm| offered.contains(&msg::SigningAlgorithm(own.id()));
        let late = |own: &SigningAlgorithm| multi_channel && *own == SigningAlgorithm::AesGmac;
        let own = || settings.signing_algorithms.iter().copied();
        own().filter(|own| !late(own)).chain(own().filter(late)).find(known)
    });
    common.unwrap_or(SigningAlgorithm::AesCmac)
}

/// Returns the contexts about the algorithms, if the client has asked for them ([MS-SMB2] 3.3.5.4).
fn contexts(request: &NegotiateRequest, facts: &Facts, salt: Vec<u8>) -> Vec<NegotiateContext> {
    if facts.dialect != Dialect::SMB_3_1_1 {
        return Vec::new();
    }
    let mut contexts = vec![NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt }];
    for context in &request.contexts {
        match context {
            NegotiateContext::Encryption(_) => {
                let cipher = msg::Cipher(facts.cipher.map_or(0, Cipher::id));
                contexts.push(NegotiateContext::Encryption(vec![cipher]));
            }
            NegotiateContext::Signing(_) => {
                let signing = msg::SigningAlgorithm(facts.signing.id());
                contexts.push(NegotiateContext::Signing(vec![signing]));
            }
            _ => {}
        }
    }
    contexts
}

/// Returns the token that lists the mechanisms by which clients can log on.
fn hint(settings: &Settings, host: &mut dyn Host) -> Vec<u8> {
    spnego::Server::new(host.acceptors(settings)).hint()
}

fn response(
    settings: &Settings,
    dialect: Dialect,
    capabilities: Capabilities,
    now: FileTime,
    security_buffer: Vec<u8>,
    contexts: Vec<NegotiateContext>,
) -> NegotiateResponse {
    let size = if dialect >= Dialect::SMB_2_1 { settings.max_size.max(ONE_CREDIT) } else { ONE_CREDIT };
    NegotiateResponse {
        security_mode: security_mode(settings),
        dialect,
        server_guid: settings.server_guid,
        capabilities,
        max_transact_size: size,
        max_read_size: size,
        max_write_size: size,
        system_time: now,
        server_start_time: FileTime::ZERO,
        security_buffer,
        contexts,
    }
}

fn security_mode(settings: &Settings) -> SecurityMode {
    let mut mode = SecurityMode::SIGNING_ENABLED;
    mode.set(SecurityMode::SIGNING_REQUIRED, settings.signing_required);
    mode
}

impl Negotiated {
    /// Lets the client compare the negotiation that both sides have seen ([MS-SMB2] 3.3.5.15.12).
    ///
    /// # Errors
    /// [`Fatal::NothingInCommon`] if somebody has changed it on the way: close the connection.
    pub(super) fn validate(
        &self,
        settings: &Settings,
        packet: &Packet<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fatal> {
        let Ok(ioctl) = packet.body::<IoctlRequest<'_>>() else {
            reply.error(NtStatus::INVALID_PARAMETER);
            return Ok(());
        };
        let info = ValidateNegotiateRequest::from_bytes(ioctl.input).map_err(|_| Fatal::NothingInCommon)?;
        // SMB1's negotiation has dialects only; a better common one shows that somebody has changed it.
        let is_same_client = self.is_by_smb1
            || info.capabilities == self.request.capabilities
                && info.client_guid == self.request.client_guid
                && info.security_mode == self.request.security_mode;
        let same = is_same_client
            && select(settings, &NegotiateRequest { dialects: info.dialects, ..self.request.clone() })
                .is_ok_and(|selected| selected.facts.dialect == self.facts.dialect);
        if !same || self.facts.dialect == Dialect::SMB_3_1_1 {
            return Err(Fatal::NothingInCommon);
        }
        let answer = ValidateNegotiateResponse {
            capabilities: self.server_capabilities,
            server_guid: settings.server_guid,
            security_mode: security_mode(settings),
            dialect: self.facts.dialect,
        };
        match answer.to_bytes() {
            Ok(output) => reply.ok(&IoctlResponse {
                ctl_code: CtlCode::VALIDATE_NEGOTIATE_INFO,
                file_id: FileId::NONE,
                input: &[],
                output: &output,
            }),
            Err(_) => reply.error(NtStatus::INTERNAL_ERROR),
        }
        Ok(())
    }
}
