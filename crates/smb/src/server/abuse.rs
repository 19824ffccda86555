//! Clients that try to exhaust the server.

use netsession_wire::NtStatus;
use proptest::prelude::*;

use super::tests::{Pair, config, settings};
use super::{Encryption, Fatal, Settings};
use crate::auth::ntlm::{Negotiate, NegotiateFlags, Version};
use crate::auth::spnego::{NegTokenInit, Oid};
use crate::client::{Chain, Event};
use crate::msg::{
    self, Body, Capabilities, Command, FileId, Header, HeaderFlags, MessageId, Packet, ReadRequest,
    SecurityMode, SessionId, SessionSetupFlags, SessionSetupRequest, TreeId,
};

/// Messages that our client would never send.
struct Raw {
    pair: Pair,
    next: u64,
}

impl Raw {
    /// Returns a connection that has negotiated; `next` is the first number that the client has not used.
    fn negotiated() -> Self {
        let mut pair = Pair::new(config(|_| ()), settings());
        pair.run().unwrap();
        Self { pair, next: 1 }
    }

    /// Sends one request, and returns the answer's status and session.
    fn ask<'a>(
        &mut self,
        command: Command,
        session_id: SessionId,
        body: &impl Body<'a>,
    ) -> Result<(NtStatus, SessionId), Fatal> {
        let header = Header { session_id, credits: 64, ..Header::request(command, MessageId(self.next)) };
        self.next += 1;
        let mut frame = msg::encode(&header, body).unwrap();
        let Pair { server, stage, output, .. } = &mut self.pair;
        output.clear(0);
        server.receive(&mut frame, stage, output)?;
        let answer = Packet::split(&output.as_slice()[4..]).next().unwrap().unwrap().header;
        output.clear(0);
        Ok((answer.status, answer.session_id))
    }

    fn set_up(&mut self, session: SessionId, token: &[u8]) -> (NtStatus, SessionId) {
        self.ask(Command::SESSION_SETUP, session, &setup(token)).unwrap()
    }
}

fn setup(token: &[u8]) -> SessionSetupRequest {
    SessionSetupRequest {
        flags: SessionSetupFlags::empty(),
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::empty(),
        previous_session_id: SessionId::NONE,
        security_buffer: token.to_vec(),
    }
}

/// Returns the first message of NTLM, with this number of bytes after it.
fn first_token(more: usize) -> Vec<u8> {
    let flags = NegotiateFlags::UNICODE
        | NegotiateFlags::NTLM
        | NegotiateFlags::EXTENDED_SESSIONSECURITY
        | NegotiateFlags::KEY_128;
    let mut token = Negotiate { flags, version: Version::default() }.encode().unwrap();
    token.resize(token.len() + more, 0);
    token
}

/// A failure here would let an unknown client fill the server's memory with unfinished logons.
#[test]
fn unfinished_logons_are_limited() {
    let mut raw = Raw::negotiated();
    let most = settings().max_logons;
    let begun: Vec<SessionId> = (0..3 * most)
        .map(|_| {
            let (status, session) = raw.set_up(SessionId::NONE, &first_token(0));
            assert_eq!(status, NtStatus::MORE_PROCESSING_REQUIRED);
            session
        })
        .collect();
    assert_eq!(raw.pair.server.sessions.len(), most);
    let (status, _) = raw.set_up(begun[0], &first_token(0));
    assert_eq!(status, NtStatus::USER_SESSION_DELETED, "the oldest has given way");
    let newest = begun.last().unwrap();
    assert!(raw.pair.server.sessions.contains_key(newest), "the newest goes on");
}

/// A failure here would let unfinished logons on a connection take the place of its users.
#[test]
fn logged_on_users_keep_their_sessions() {
    // The logon has used the numbers up to 2.
    let mut raw = Raw { pair: Pair::logged_in(config(|_| ()), settings()), next: 3 };
    for _ in 0..2 * settings().max_logons {
        raw.set_up(SessionId::NONE, &first_token(0));
    }
    assert_eq!(raw.pair.server.sessions().collect::<Vec<_>>(), [SessionId(1)]);
}

/// A failure here would let each unfinished logon keep as much memory as a message carries.
#[test]
fn long_first_tokens_are_not_kept() {
    let many = vec![Oid(&[0x2a; 120]); 20];
    let mechanisms = [&[crate::auth::ntlm::OID][..], &many].concat();
    let wrapped = NegTokenInit { mech_types: mechanisms, ..NegTokenInit::default() }.encode();
    for token in [first_token(60_000), wrapped] {
        let mut raw = Raw::negotiated();
        let (status, _) = raw.set_up(SessionId::NONE, &token);
        assert!(status.is_error(), "{status}");
        assert!(raw.pair.server.sessions.is_empty());
    }
}

/// A failure here would let an attacker between the client and the server end a session by a logon that the client
/// never sent.
#[test]
fn a_session_is_renewed_by_its_own_client_only() {
    let mut raw = Raw { pair: Pair::logged_in(config(|_| ()), settings()), next: 3 };
    for token in [&b"no token"[..], &first_token(0)] {
        let (status, _) = raw.set_up(SessionId(1), token);
        assert_eq!(status, NtStatus::ACCESS_DENIED, "it is not signed");
        assert_eq!(raw.pair.server.sessions().collect::<Vec<_>>(), [SessionId(1)]);
    }
}

/// A failure here would let any client make the server keep as much memory as a message carries.
#[test]
fn a_negotiation_keeps_little_memory() {
    let raw = Raw::negotiated();
    let request = &raw.pair.server.negotiated.as_ref().unwrap().request;
    assert!(request.dialects.is_empty() && request.contexts.is_empty());
}

/// A failure here would make the server answer an encrypted or signed request unprotected, once it has forgotten the
/// keys.
#[test]
fn late_answers_without_keys_are_not_sent() {
    for encryption in [Encryption::Off, Encryption::Required] {
        let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption, ..settings() });
        pair.ask(Chain::new(TreeId(7), &super::tests::ioctl()).unwrap());
        let id = pair.stage.announced[0];
        pair.server.sessions.clear();
        pair.server.complete(id, &mut pair.output, |reply| reply.error(NtStatus::CANCELLED)).unwrap();
        assert!(pair.output.is_empty());
    }
}

/// A failure here would let one frame of small requests make the server build a response that is too large to send.
#[test]
fn answers_to_one_frame_are_bounded() {
    for encryption in [Encryption::Off, Encryption::Required] {
        let settings = Settings { encryption, ..settings() };
        let most = settings.max_size;
        let mut pair = Pair::logged_in(config(|_| ()), settings);
        let read = || ReadRequest::new(FileId { persistent: 1, volatile: 1 }, 0, most);
        let chain =
            (0..3).fold(Chain::new(TreeId(7), &read()).unwrap(), |chain, _| chain.then(&read()).unwrap());
        pair.client.send(chain).unwrap();
        let events = pair.run().unwrap();
        let statuses: Vec<NtStatus> = events
            .iter()
            .filter_map(|event| match event {
                Event::Answered(answer) => Some(answer.status()),
                _ => None,
            })
            .collect();
        let full = NtStatus::INSUFFICIENT_RESOURCES;
        assert_eq!(statuses, [NtStatus::SUCCESS, full, full, full]);
    }
}

/// Requests that are partly valid, alone or in compounds.
fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let sessions = [SessionId::NONE, SessionId(1), SessionId(2), SessionId::RELATED];
    let flags = [HeaderFlags::empty(), HeaderFlags::SIGNED, HeaderFlags::RELATED_OPERATIONS];
    let header = (0..20_u16, 0..12_u64, any::<u16>(), 0..4_u16);
    let part = (header, prop::sample::select(sessions.to_vec()), prop::sample::select(flags.to_vec()));
    let body = prop::collection::vec(any::<u8>(), 0..120);
    let message = (part, body, any::<bool>()).prop_map(|((header, session_id, flags), body, is_token)| {
        let (command, id, credits, credit_charge) = header;
        let header = Header {
            session_id,
            flags,
            credits,
            credit_charge,
            ..Header::request(Command(command), MessageId(id))
        };
        let mut writer = netsession_wire::Writer::new();
        header.encode(&mut writer);
        match (header.command, is_token) {
            (Command::SESSION_SETUP, true) => setup(&first_token(0)).encode(&mut writer).unwrap(),
            _ => writer.bytes(&body),
        }
        writer.finish()
    });
    let frame = prop::collection::vec(message, 1..4).prop_map(|mut messages| {
        msg::link(&mut messages, false).unwrap();
        messages.concat()
    });
    prop::collection::vec(frame, 1..8)
}

proptest! {
    /// A failure here would let a client crash the server, get two responses to one request, or get one that nobody
    /// can read.
    #[test]
    fn strange_requests_are_answered_once(frames in frames()) {
        let settings = Settings { signing_required: false, max_logons: 2, ..settings() };
        let mut pair = Pair::logged_in(config(|_| ()), settings);
        let mut answered = std::collections::BTreeSet::new();
        for mut frame in frames {
            let done = pair.server.receive(&mut frame, &mut pair.stage, &mut pair.output);
            let mut rest = pair.output.as_slice();
            while let (true, Some((length, after))) = (done.is_ok(), rest.split_first_chunk::<4>()) {
                let (answers, after) = after.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
                for answer in Packet::split(answers) {
                    let header = answer.unwrap().header;
                    prop_assert!(header.is_response());
                    let is_final = header.status != NtStatus::PENDING;
                    prop_assert!(!is_final || answered.insert(header.message_id), "{header:?}");
                }
                rest = after;
            }
            pair.output.clear(0);
            prop_assert!(pair.server.sessions.len() <= 1 + 2);
            if done.is_err() {
                break;
            }
        }
    }
}
