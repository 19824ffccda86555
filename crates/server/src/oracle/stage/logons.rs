//! Negotiations and logons, whole and half done.

use netsession_smb::auth::ntlm::{self, Credentials};
use netsession_smb::auth::{Inputs, Mechanism as _};
use netsession_smb::msg::{
    Capabilities, Cipher, Command, Dialect, HashAlgorithm, NegotiateContext, NegotiateRequest, SecurityMode,
    SessionId, SessionSetupFlags, SessionSetupRequest,
};
use netsession_wire::Guid;

use super::{PASSWORD, Stage, USERS};
use crate::oracle::client::{Client, Ids, LogOn};
use crate::oracle::script::{Action, Step};

/// Adds the NEGOTIATE request.
pub(super) fn negotiate(client: &mut Client) {
    let contexts = match client.dialect {
        Dialect::SMB_3_1_1 => vec![
            NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: vec![5; 32] },
            NegotiateContext::Encryption(vec![Cipher::AES_128_GCM]),
        ],
        _ => Vec::new(),
    };
    let request = NegotiateRequest {
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::MULTI_CHANNEL,
        // Only clients with one GUID can share a session.
        client_guid: Guid([1; 16]),
        dialects: vec![client.dialect],
        contexts,
    };
    client.add(Ids::NONE, false, false, &request);
}

/// Carries out a step of a logon.
pub(super) fn play(stage: &mut Stage, who: usize, step: Step) {
    match step.action {
        Action::Prove => {
            prove(stage, who);
            stage.flush(who, step);
        }
        Action::BeginLogOn => {
            begin(stage, who, step, None);
            stage.flush(who, step);
        }
        Action::Bind => {
            let from = usize::from(step.a & 7) % stage.clients.len().max(1);
            let Some(other) = stage.clients.get(from) else { return };
            let Some(session) = other.sessions.last().copied() else { return };
            let user = stage.ledger.sessions.get(&session).map(|known| known.user.clone());
            let key = other.session_keys.get(&session).cloned();
            begin(stage, who, step, Some((session, user.unwrap_or_default())));
            let logon = stage.clients.get_mut(who).and_then(|client| client.link.as_mut()?.logon.as_mut());
            if let Some(logon) = logon {
                logon.signer = key;
            }
            stage.send(who, step);
            prove(stage, who);
            stage.send(who, step);
        }
        _ => {
            begin(stage, who, step, None);
            stage.send(who, step);
            prove(stage, who);
            stage.send(who, step);
        }
    }
}

/// Adds the first message of a logon: of a user whom the step selects, or of the user whose session the client binds.
fn begin(stage: &mut Stage, who: usize, step: Step, bound: Option<(SessionId, String)>) {
    let user = USERS.get(usize::from(step.a & 3) % USERS.len()).copied().unwrap_or_default().to_owned();
    let flags = if bound.is_some() { SessionSetupFlags::BINDING } else { SessionSetupFlags::empty() };
    let previous = if step.b & 0x10 == 0 {
        None
    } else {
        let other = stage.clients.get(usize::from(step.b & 7) % stage.clients.len().max(1));
        other.and_then(|client| client.sessions.last().copied())
    };
    let Some(client) = stage.clients.get_mut(who) else { return };
    // A session can authenticate again.
    let again = if step.a & 0x20 == 0 { None } else { client.sessions.last().copied() };
    let (session, user) = bound.unwrap_or((again.unwrap_or(SessionId::NONE), user));
    let password = if step.a & 0x80 == 0 { PASSWORD } else { "wrong" };
    let Ok(mechanism) = ntlm::Client::new(Credentials::with_password(&user, "", password), "cifs/s", "")
    else {
        return;
    };
    let Some(link) = client.link.as_mut() else { return };
    let previous = previous.unwrap_or(SessionId::NONE);
    let preauth = Some(link.preauth.clone());
    link.logon = Some(LogOn { mechanism, flags, previous, session, challenge: None, signer: None, preauth });
    add(client);
}

/// Adds the answer to the newest challenge.
fn prove(stage: &mut Stage, who: usize) {
    let Some(client) = stage.clients.get_mut(who) else { return };
    let has_challenge =
        client.link.as_ref().and_then(|link| link.logon.as_ref()?.challenge.as_ref()).is_some();
    if has_challenge {
        add(client);
    }
}

fn add(client: &mut Client) {
    let Some(logon) = client.link.as_mut().and_then(|link| link.logon.as_mut()) else { return };
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(1);
        Ok(())
    };
    let mut inputs = Inputs::new(0x01db_3d6e_0000_0000, &mut random);
    let challenge = logon.challenge.take();
    let Ok(taken) = logon.mechanism.step(challenge.as_deref(), &mut inputs) else { return };
    let Some(security_buffer) = taken.token else { return };
    let request = SessionSetupRequest {
        flags: logon.flags,
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::empty(),
        previous_session_id: logon.previous,
        security_buffer,
    };
    let ids = Ids { session: logon.session, ..Ids::NONE };
    let is_binding = logon.flags.contains(SessionSetupFlags::BINDING);
    client.add(ids, false, is_binding, &request);
}

/// Returns whether a command belongs to a logon.
pub(super) fn is_logon(command: Command) -> bool {
    command == Command::SESSION_SETUP || command == Command::NEGOTIATE
}
