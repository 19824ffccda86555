//! Bindings that the server refuses, and with which status.

use crate::state::Session as Listed;
use netsession_smb::crypto::{Cipher, SigningAlgorithm};
use netsession_smb::msg::{Capabilities, Dialect, EchoRequest, SessionId, SessionSetupFlags, TreeId};
use netsession_wire::NtStatus;

use super::raw::{Offer, Raw, Session, Signed, packet, start};
use super::{Pair, world};
use crate::simulation::world::World;

const BINDING: SessionSetupFlags = SessionSetupFlags::BINDING;

/// The session works as before.
fn assert_alive(first: &mut Raw, session: &Session) {
    assert_eq!(first.ask(session.id, TreeId::NONE, &session.key, &EchoRequest).0, NtStatus::SUCCESS);
}

/// A failure here would move a session to a less protected connection or to another client, or send a refusal that the
/// client cannot trust.
#[test]
fn a_bound_connection_must_match_the_first() {
    use Signed::{Not, Properly};
    let usual = Offer::usual();
    let gmac = Offer { signing: SigningAlgorithm::AesGmac, ..usual };
    let cases = [
        (usual, gmac, NtStatus::NOT_SUPPORTED, Properly),
        (gmac, usual, NtStatus::REQUEST_OUT_OF_SEQUENCE, Properly),
        (gmac, gmac, NtStatus::REQUEST_NOT_ACCEPTED, Properly),
        (usual, Offer { dialect: Dialect::SMB_2_1, ..usual }, NtStatus::REQUEST_NOT_ACCEPTED, Properly),
        (usual, Offer { dialect: Dialect::SMB_3_0_2, ..usual }, NtStatus::INVALID_PARAMETER, Properly),
        (Offer { dialect: Dialect::SMB_3_0, ..usual }, usual, NtStatus::INVALID_PARAMETER, Properly),
        (Offer { dialect: Dialect::SMB_2_1, ..usual }, usual, NtStatus::INVALID_PARAMETER, Properly),
        (usual, Offer { cipher: Cipher::Aes128Ccm, ..usual }, NtStatus::INVALID_PARAMETER, Properly),
        (
            usual,
            Offer { capabilities: usual.capabilities | Capabilities::NOTIFICATIONS, ..usual },
            NtStatus::INVALID_PARAMETER,
            Properly,
        ),
        (
            usual,
            Offer { capabilities: Capabilities::ENCRYPTION, ..usual },
            NtStatus::REQUEST_NOT_ACCEPTED,
            Properly,
        ),
        // The session exists: no answer signed with its key may deny that.
        (usual, Offer { guid: 2, ..usual }, NtStatus::USER_SESSION_DELETED, Not),
    ];
    for (one, other, status, signed) in cases {
        let world = world();
        let mut first = Raw::new(&world, 1, one);
        let session = first.log_on("alice");
        let mut second = Raw::new(&world, 2, other);
        for _ in 0..2 {
            let refused = second.bind(&session, "alice", "secret").err();
            assert_eq!(refused, Some((status, signed)), "{one:?} and {other:?}");
        }
        assert_eq!(world.state.session(session.id).unwrap().connections().len(), 1);
        assert_alive(&mut first, &session);
    }
}

/// A failure here would let sessions have several connections on a server that does not offer this.
#[test]
fn multichannel_is_off_by_default() {
    for signing in [SigningAlgorithm::AesCmac, SigningAlgorithm::AesGmac] {
        let world = World::new();
        let offer = Offer { signing, ..Offer::usual() };
        let mut first = Raw::new(&world, 1, offer);
        let session = first.log_on("alice");
        let mut second = Raw::new(&world, 2, offer);
        assert!(!second.capabilities.contains(Capabilities::MULTI_CHANNEL));
        let refused = second.bind(&session, "alice", "secret").err();
        assert_eq!(refused, Some((NtStatus::REQUEST_NOT_ACCEPTED, Signed::Properly)));
        assert_alive(&mut first, &session);
    }
}

/// A failure here would let another user, or a client without the password, take a session over, or end it by trying.
#[test]
fn binding_requires_the_sessions_user() {
    let world = world();
    let mut first = Raw::new(&world, 1, Offer::usual());
    let session = first.log_on("alice");
    let mut second = Raw::new(&world, 2, Offer::usual());
    let wrong = second.bind(&session, "alice", "wrong").err();
    assert_eq!(wrong, Some((NtStatus::LOGON_FAILURE, Signed::Properly)));
    let mut third = Raw::new(&world, 3, Offer::usual());
    let other = third.bind(&session, "root", "secret").err();
    assert_eq!(other, Some((NtStatus::ACCESS_DENIED, Signed::Properly)));
    assert_eq!(world.state.session(session.id).unwrap().connections().len(), 1);
    assert_alive(&mut first, &session);
    assert!(third.bind(&session, "alice", "secret").is_ok(), "a refusal leaves nothing behind");
}

/// A failure here would give access, or a signed answer, to an attacker who knows only a session's number.
#[test]
fn binding_requires_the_sessions_key() {
    let world = world();
    let mut first = Raw::new(&world, 1, Offer::usual());
    let session = first.log_on("alice");
    let other = Raw::new(&world, 1, Offer::usual()).log_on("alice");
    let mut second = Raw::new(&world, 2, Offer::usual());
    let cases = [
        (session.id, None, NtStatus::INVALID_PARAMETER),
        (session.id, Some(&other.key), NtStatus::ACCESS_DENIED),
        (SessionId(12_345), Some(&session.key), NtStatus::USER_SESSION_DELETED),
        (other.id, Some(&other.key), NtStatus::USER_SESSION_DELETED),
    ];
    for (id, key, status) in cases {
        let (_, token) = start("alice", "secret", 1);
        let sent = second.setup(id, BINDING, token, key);
        let answer = second.exchange(&sent);
        assert_eq!(packet(&answer).header.status, status);
        assert!(session.key.verify(&answer).is_err() && other.key.verify(&answer).is_err());
    }
    assert_alive(&mut first, &session);
}

/// A failure here would turn an unfinished binding into another session, or let it outlive its session.
#[test]
fn an_unfinished_binding_has_no_effect() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let mut third = Raw::new(&world, 3, Offer::usual());
    let (status, _) = third.half_bind(&pair.session, SessionSetupFlags::empty());
    assert_eq!(status, NtStatus::USER_SESSION_DELETED);

    let (_, token) = start("alice", "secret", 1);
    let mut fourth = Raw::new(&world, 4, Offer::usual());
    let step = |raw: &mut Raw, session: &Session| {
        let sent = raw.setup(session.id, BINDING, token.clone(), Some(&session.key));
        let answer = raw.exchange(&sent);
        assert!(session.key.verify(&answer).is_ok());
        packet(&answer).header.status
    };
    assert_eq!(step(&mut fourth, &pair.session), NtStatus::MORE_PROCESSING_REQUIRED);
    let echo = fourth.message(pair.session.id, TreeId::NONE, &EchoRequest);
    assert_eq!(packet(&fourth.exchange(&echo)).header.status, NtStatus::USER_SESSION_DELETED);
    drop(fourth);
    assert_eq!(pair.read_on_second(), NtStatus::END_OF_FILE);

    let mut fifth = Raw::new(&world, 5, Offer::usual());
    assert_eq!(step(&mut fifth, &pair.session), NtStatus::MORE_PROCESSING_REQUIRED);
    assert!(world.end(pair.session.id));
    assert_eq!(step(&mut fifth, &pair.session), NtStatus::USER_SESSION_DELETED);
}

/// A failure here would let a client make the server keep an unfinished logon for each of its sessions.
#[test]
fn unfinished_bindings_are_limited() {
    let world = World::with(|settings| {
        settings.multi_channel = true;
        settings.max_logons = 2;
    });
    let mut first = Raw::new(&world, 1, Offer::usual());
    let sessions = [1, 2, 3].map(|_| first.log_on("alice"));
    let mut second = Raw::new(&world, 2, Offer::usual());
    let (_, token) = start("alice", "secret", 1);
    let mut step = |session: &Session, flags| {
        let sent = second.setup(session.id, flags, token.clone(), Some(&session.key));
        packet(&second.exchange(&sent)).header.status
    };
    for session in &sessions {
        assert_eq!(step(session, BINDING), NtStatus::MORE_PROCESSING_REQUIRED);
    }
    let statuses = sessions.each_ref().map(|session| step(session, BINDING));
    assert_eq!(statuses[0], NtStatus::MORE_PROCESSING_REQUIRED, "it was forgotten, and begins again");
    assert_ne!(statuses[2], NtStatus::MORE_PROCESSING_REQUIRED, "this one went on, with a wrong token");
    assert_eq!(world.state.session_count(), 3);
}

/// A failure here would bind a connection twice, or give a session any number of connections.
#[test]
fn connections_of_a_session_are_limited() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let (_, token) = start("alice", "secret", 1);
    let sent = pair.second.setup(pair.session.id, BINDING, token, Some(&pair.key));
    let answer = pair.second.exchange(&sent);
    assert_eq!(packet(&answer).header.status, NtStatus::REQUEST_NOT_ACCEPTED, "it is bound already");
    assert!(pair.key.verify(&answer).is_ok());
    let mut more = Vec::new();
    let refused = loop {
        let mut raw = Raw::new(&world, 3, Offer::usual());
        match raw.bind(&pair.session, "alice", "secret") {
            Ok(_) => more.push(raw),
            Err(refused) => break refused,
        }
        assert!(more.len() < 100, "no limit");
    };
    assert_eq!(refused, (NtStatus::INSUFFICIENT_RESOURCES, Signed::Properly));
    assert_eq!(more.len() + 2, Listed::CONNECTIONS);
    more.pop();
    assert!(Raw::new(&world, 3, Offer::usual()).bind(&pair.session, "alice", "secret").is_ok());
}

/// A failure here would let an attacker guess a password at full speed by binding, or break a binding that has waited.
#[test]
fn a_binding_waits_like_a_logon() {
    let world = world();
    let mut first = Raw::new(&world, 1, Offer::usual());
    let session = first.log_on("alice");
    let now = world.state.environment.uptime();
    (0..4).for_each(|_| world.state.penalties.failed([127, 0, 0, 2].into(), "alice", now));
    let mut second = Raw::new(&world, 2, Offer::usual());
    let refused = second.bind(&session, "alice", "wrong").unwrap_err();
    assert_eq!(refused, (NtStatus::LOGON_FAILURE, Signed::Properly));
    let mut third = Raw::new(&world, 2, Offer::usual());
    assert!(third.bind(&session, "alice", "secret").is_ok());
    assert!(second.waited.iter().chain(&third.waited).all(|wait| !wait.is_zero()));
    assert_eq!((second.waited.len(), third.waited.len()), (1, 1));
}
