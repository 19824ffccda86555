//! The frames that a client sends, and what it reads: each request has one final answer, and only a session and an open of the
//! client's own lead to success.

use std::collections::BTreeMap;

use netsession_smb::auth::Mechanism as _;
use netsession_smb::crypto::SigningKey;
use netsession_smb::msg::{
    self, AsyncId, Command, CreateResponse, Dialect, Form, HeaderFlags, IoctlResponse, MessageId, Packet,
    ReadResponse, SessionId, SessionSetupFlags, SessionSetupResponse,
};
use netsession_wire::NtStatus;

use super::is_answered;
use super::logons::is_logon;
use crate::oracle::client::{Client, Ids, Link, Sent};
use crate::oracle::keys::Keys;
use crate::oracle::ledger::Ledger;
use crate::state::OpenNumber;

/// Where the flags and the id of an asynchronous operation stand in a header.
const FLAGS: usize = 16;
const ASYNC_ID: usize = 32;
const ASYNC_COMMAND: u8 = 2;
/// The first byte of an encrypted frame.
const ENCRYPTED: u8 = 0xfd;
/// Where the id of the session stands in a transform header.
const SESSION_OF_TRANSFORM: std::ops::Range<usize> = 44..52;

/// Makes a CANCEL name the request by its number of an asynchronous operation.
pub(super) fn make_asynchronous(link: &mut Link, id: Option<AsyncId>) {
    let (Some((message, _)), Some(id)) = (link.queue.last_mut(), id) else { return };
    if let Some(flags) = message.get_mut(FLAGS) {
        *flags |= ASYNC_COMMAND;
    }
    if let Some(place) = message.get_mut(ASYNC_ID..ASYNC_ID + 8) {
        place.copy_from_slice(&id.0.to_le_bytes());
    }
}

/// Returns the queued requests as one frame; none if there are none, or the connection takes none.
pub(super) fn frame(client: &mut Client, ledger: &Ledger, is_related: bool) -> Option<Vec<u8>> {
    let keys: BTreeMap<SessionId, SigningKey> =
        client.session_keys.iter().filter_map(|(id, keys)| Some((*id, keys.signing()?))).collect();
    let link = client.link.as_mut()?;
    let (mut messages, mut sent): (Vec<_>, Vec<_>) = std::mem::take(&mut link.queue).into_iter().unzip();
    if messages.is_empty() || link.is_waiting() || msg::link(&mut messages, is_related).is_err() {
        return None;
    }
    let has_changed_header = sent.iter().any(|sent| sent.has_changed_header);
    let signer = link.logon.as_ref().and_then(|logon| logon.signer.as_ref()?.signing());
    let session = sent.first().map_or(SessionId::NONE, |sent| sent.ids.session);
    let is_one = sent.iter().all(|sent| sent.ids.session == session && !is_logon(sent.command));
    let cipher =
        client.cipher_keys.get(&session).filter(|_| client.encrypts && is_one && !has_changed_header);
    for (index, (message, sent)) in messages.iter_mut().zip(&mut sent).enumerate() {
        let is_binding = sent.command == Command::SESSION_SETUP;
        let key = if is_binding { signer.as_ref() } else { keys.get(&sent.ids.session) };
        if let Some(key) = key.filter(|_| sent.is_signed && cipher.is_none()) {
            key.sign(message).ok()?;
        }
        sent.is_exact &= !(has_changed_header || is_related && index > 0);
        sent.is_expected = !has_changed_header && is_answered(sent.command);
        sent.may_succeed = may_succeed(sent, link.peer, ledger);
        sent.is_of_ended = ledger.has_ended(sent.ids.session);
        let id = message.get(24..32).and_then(|id| <[u8; 8]>::try_from(id).ok()).map(u64::from_le_bytes);
        let id = MessageId(id.unwrap_or(u64::MAX));
        if is_answered(sent.command) && !link.answered.contains(&id) {
            link.sent.entry(id).or_insert_with(|| sent.clone());
        }
    }
    link.has_changed_headers |= has_changed_header;
    note_logon(link, &messages, &sent);
    let mut frame = messages.concat();
    match cipher {
        None => Some(frame),
        Some((key, _)) => {
            let header = key.encrypt(session.0, &mut frame).ok()?;
            Some([&header[..], &frame].concat())
        }
    }
}

/// Adds the messages of a negotiation or a logon to their hashes.
fn note_logon(link: &mut Link, messages: &[Vec<u8>], sent: &[Sent]) {
    let Some(logs_on) = sent.iter().find(|sent| is_logon(sent.command)) else { return };
    let only = if let [message] = messages { Some(message) } else { None };
    match (logs_on.command, only, &mut link.logon) {
        (Command::NEGOTIATE, Some(message), _) => link.preauth.update(message),
        (Command::SESSION_SETUP, Some(message), Some(logon)) => {
            if let Some(preauth) = &mut logon.preauth {
                preauth.update(message);
            }
        }
        (Command::SESSION_SETUP, None, Some(logon)) => logon.preauth = None,
        _ => {}
    }
}

/// Returns whether the ids of a request are the client's own, and still in use.
fn may_succeed(sent: &Sent, peer: std::net::SocketAddr, ledger: &Ledger) -> bool {
    let Ids { session, tree, file } = sent.ids;
    if is_logon(sent.command) || (sent.command == Command::ECHO && session == SessionId::NONE) {
        return true;
    }
    let needs_tree = !matches!(sent.command, Command::ECHO | Command::LOGOFF | Command::TREE_CONNECT);
    let is_own_tree = ledger.trees.get(&tree) == Some(&session);
    let number = OpenNumber::of(file).map(|number| number.0);
    let is_own_file = ledger.files.get(&file) == Some(&(session, tree))
        && number.and_then(|number| ledger.opens.get(&number)).is_some_and(|open| !open.is_closed);
    // FSCTL_QUERY_NETWORK_INTERFACE_INFO needs no open.
    let needs_file = sent.has_file && sent.command != Command::IOCTL;
    ledger.is_usable(session, peer) && (!needs_tree || is_own_tree) && (!needs_file || is_own_file)
}

/// Judges a postponed request again: what it needs may have ended while it waited.
pub(super) fn reconsider(link: &mut Link, ledger: &Ledger) {
    let peer = link.peer;
    // The answers to the requests before it in the frame may have been written already.
    let mut open: Vec<&mut Sent> = link.sent.values_mut().filter(|sent| sent.announced.is_none()).collect();
    if let [only] = open.as_mut_slice() {
        only.may_succeed &= may_succeed(only, peer, ledger);
    }
}

/// Reads everything that the server has sent.
pub(super) fn read(client: &mut Client, ledger: &mut Ledger) {
    let Some(link) = client.link.as_mut() else { return };
    let bytes = link.output.as_slice().to_vec();
    link.output.clear(usize::MAX);
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let frame = after.split_at_checked(length);
        assert!(frame.is_some(), "a frame is cut off");
        let Some((frame, after)) = frame else { return };
        let is_encrypted = frame.first() == Some(&ENCRYPTED);
        let frame = decrypted(client, frame);
        for packet in Packet::split(&frame) {
            assert!(packet.is_ok(), "an answer cannot be read: {packet:?}");
            if let Ok(packet) = packet {
                let counts = is_encrypted && packet.header.status == NtStatus::SUCCESS;
                ledger.encrypted = ledger.encrypted.saturating_add(counts.into());
                note(client, &packet, ledger);
            }
        }
        rest = after;
    }
}

/// Returns a frame without its encryption.
fn decrypted(client: &Client, frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let session = frame.get(SESSION_OF_TRANSFORM).and_then(|id| <[u8; 8]>::try_from(id).ok());
    let keys = session.and_then(|id| client.cipher_keys.get(&SessionId(u64::from_le_bytes(id))));
    match keys.filter(|_| frame.first() == Some(&ENCRYPTED)) {
        None => frame,
        Some((_, key)) => {
            let message = key.decrypt(&mut frame);
            assert!(message.is_ok(), "an answer cannot be decrypted: {message:?}");
            message.map(|message| message.to_vec()).unwrap_or_default()
        }
    }
}

/// Notes an answer.
fn note(client: &mut Client, packet: &Packet<'_>, ledger: &mut Ledger) {
    let header = packet.header;
    assert!(header.is_response(), "{header:?}");
    let Some(link) = client.link.as_mut() else { return };
    if header.message_id == MessageId::UNSOLICITED {
        let is_notice =
            matches!(header.command, Command::OPLOCK_BREAK | Command::SERVER_TO_CLIENT_NOTIFICATION);
        assert!(is_notice || link.has_changed_headers, "{header:?}");
        return;
    }
    assert!(!link.answered.contains(&header.message_id), "answered twice: {header:?}");
    ledger.answers.insert((header.command.0, header.status.0));
    let is_final = header.status != NtStatus::PENDING;
    let found = link.sent.get(&header.message_id).cloned();
    assert!(found.is_some() || link.has_changed_headers, "an answer without a request: {header:?}");
    let mut sent = found.unwrap_or_else(|| Sent::unknown(header.command));
    check(&sent, packet, link.has_changed_headers);
    if is_final {
        link.sent.remove(&header.message_id);
        link.answered.insert(header.message_id);
    } else {
        assert!(sent.announced.is_none(), "announced twice: {header:?}");
        let Form::Async(id) = header.form else { return };
        sent.announced = Some(id);
        link.sent.insert(header.message_id, sent);
        return;
    }
    // An answer that no key can sign repeats the signature of the request.
    let has_key = !is_logon(header.command) && header.status != NtStatus::USER_SESSION_DELETED;
    let is_signed = has_key && header.flags.contains(HeaderFlags::SIGNED);
    if let Some(key) = client.signing_key(header.session_id).filter(|_| is_signed) {
        assert!(key.verify(packet.bytes).is_ok(), "the signature is wrong: {header:?}");
    }
    learn(client, &sent, packet, ledger);
}

/// Checks the status of an answer.
fn check(sent: &Sent, packet: &Packet<'_>, has_changed_headers: bool) {
    let header = packet.header;
    assert!(sent.command == header.command || has_changed_headers, "{header:?} answers {sent:?}");
    if !sent.is_exact {
        return;
    }
    let is_success =
        matches!(header.status, NtStatus::SUCCESS | NtStatus::BUFFER_OVERFLOW | NtStatus::PENDING);
    assert!(sent.may_succeed || !is_success, "{header:?} answers {sent:?}");
    if sent.is_of_ended && !is_logon(sent.command) {
        assert_eq!(header.status, NtStatus::USER_SESSION_DELETED, "{sent:?}");
    }
}

/// Learns the ids in an answer.
fn learn(client: &mut Client, sent: &Sent, packet: &Packet<'_>, ledger: &mut Ledger) {
    let header = packet.header;
    let is_success = header.status == NtStatus::SUCCESS;
    match header.command {
        Command::NEGOTIATE => {
            if let Some(link) = client.link.as_mut() {
                link.preauth.update(packet.bytes);
            }
        }
        Command::SESSION_SETUP => {
            let Some(link) = client.link.as_mut() else { return };
            if header.status == NtStatus::MORE_PROCESSING_REQUIRED {
                if let (Some(logon), Ok(body)) = (&mut link.logon, packet.body::<SessionSetupResponse>()) {
                    (logon.challenge, logon.session) = (Some(body.security_buffer), header.session_id);
                    if let Some(preauth) = &mut logon.preauth {
                        preauth.update(packet.bytes);
                    }
                }
                return;
            }
            let Some(logon) = link.logon.take().filter(|_| is_success) else { return };
            let is_new = !client.sessions.contains(&header.session_id);
            if is_new {
                client.sessions.push(header.session_id);
            }
            let is_bound = logon.flags.contains(SessionSetupFlags::BINDING);
            // A session that authenticates again keeps its key.
            let key = logon.mechanism.session_key().filter(|_| is_new || is_bound);
            let Some((key, preauth)) = key.zip(logon.preauth) else { return };
            let keys = Keys::new(key.clone(), client.dialect, preauth);
            if let Some(cipher) = keys.cipher().filter(|_| !is_bound && client.dialect == Dialect::SMB_3_1_1)
            {
                client.cipher_keys.insert(header.session_id, cipher);
            }
            client.session_keys.insert(header.session_id, keys);
        }
        Command::TREE_CONNECT if is_success => {
            let Some(tree) = header.tree_id() else { return };
            let session = header.session_id;
            assert!(ledger.trees.insert(tree, session).is_none(), "two trees have the id {tree:?}");
            client.trees.push(tree);
        }
        Command::TREE_DISCONNECT if is_success && sent.is_exact => {
            ledger.trees.remove(&sent.ids.tree);
        }
        Command::CREATE if is_success => {
            let Ok(created) = packet.body::<CreateResponse>() else { return };
            let Some(tree) = header.tree_id().or(sent.is_exact.then_some(sent.ids.tree)) else { return };
            if let Some((before, _)) = ledger.files.insert(created.file_id, (header.session_id, tree)) {
                ledger.check_reclaimed(before, header.session_id);
                let number = OpenNumber::of(created.file_id).map_or(0, |number| number.0);
                let is_closed = ledger.opens.get(&number).is_some_and(|known| known.is_closed);
                assert!(!is_closed, "an open was reclaimed that was closed");
            }
            client.files.push(created.file_id);
        }
        Command::IOCTL | Command::READ => {
            let bytes = match header.command {
                Command::IOCTL => packet.body::<IoctlResponse<'_>>().map(|body| body.output.to_vec()),
                _ => packet.body::<ReadResponse<'_>>().map(|body| body.data.to_vec()),
            };
            if let (Ok(bytes), Some(calls)) = (bytes, client.pipes.get_mut(&sent.ids.file))
                && calls.association.push(&bytes).is_err()
            {
                client.pipes.remove(&sent.ids.file);
            }
        }
        _ => {}
    }
}

/// Checks that the server has answered or announced every request.
pub(super) fn check_all_answered(link: &mut Link) {
    for (id, sent) in &link.sent {
        let is_owed = sent.is_expected && sent.announced.is_none();
        assert!(!is_owed, "no answer to {id:?}: {sent:?}");
    }
    link.sent.retain(|_, sent| sent.announced.is_some());
}
