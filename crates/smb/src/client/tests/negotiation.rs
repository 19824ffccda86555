//! Negotiations: the choices of a server, and an attacker who changes them on the way.

use netsession_wire::NtStatus;

use super::*;
use crate::client::Violation;
use crate::msg::{
    Capabilities, Cipher, Dialect, ErrorResponse, HashAlgorithm, Header, HeaderFlags, MessageId,
    NegotiateContext, NegotiateResponse, SecurityMode, SigningAlgorithm, encode,
};

fn response() -> NegotiateResponse {
    NegotiateResponse {
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialect: Dialect::SMB_3_1_1,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        max_transact_size: 1 << 20,
        max_read_size: 1 << 20,
        max_write_size: 1 << 20,
        system_time: FileTime(NOW),
        server_start_time: FileTime(0),
        security_buffer: Vec::new(),
        contexts: vec![preauth()],
    }
}

fn preauth() -> NegotiateContext {
    NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: vec![1] }
}

fn header(status: NtStatus) -> Header {
    let header = Header::request(Command::NEGOTIATE, MessageId(0));
    Header { status, flags: HeaderFlags::SERVER_TO_REDIR, ..header }
}

/// Returns the client's result for that answer to its offer.
fn offered(config: Config, response: &NegotiateResponse) -> Result<(), Error> {
    let mut bench = Bench::new(config, settings());
    bench.client.transmit().unwrap();
    bench.client.receive(&framed(&encode(&header(NtStatus::SUCCESS), response).unwrap()))
}

/// A failure here would let a server choose what the client did not offer, or refuse a server's legal choice.
#[test]
fn a_server_chooses_among_what_was_offered() {
    let chosen =
        |contexts: Vec<NegotiateContext>| offered(config(), &NegotiateResponse { contexts, ..response() });
    assert_eq!(chosen(vec![preauth()]), Ok(()));
    assert_eq!(chosen(vec![preauth(), NegotiateContext::Encryption(vec![Cipher::NONE])]), Ok(()));
    assert_eq!(chosen(vec![preauth(), NegotiateContext::Encryption(vec![Cipher::AES_256_GCM])]), Ok(()));
    assert_eq!(chosen(vec![NegotiateContext::Signing(vec![SigningAlgorithm::AES_CMAC]), preauth()]), Ok(()));
    let unknown = NegotiateContext::Unknown { context_type: 0x0100, data: vec![1] };
    assert_eq!(chosen(vec![unknown, preauth()]), Ok(()));
    let two = vec![Cipher::AES_128_GCM, Cipher::AES_256_GCM];
    let bad = [
        vec![],
        vec![preauth(), preauth()],
        vec![NegotiateContext::Preauth { algorithms: vec![HashAlgorithm(2)], salt: vec![] }],
        vec![NegotiateContext::Preauth { algorithms: vec![], salt: vec![] }],
        vec![preauth(), NegotiateContext::Encryption(vec![Cipher(9)])],
        vec![preauth(), NegotiateContext::Encryption(vec![])],
        vec![preauth(), NegotiateContext::Encryption(two)],
        vec![preauth(), NegotiateContext::Signing(vec![SigningAlgorithm(3)])],
    ];
    for contexts in bad {
        let error = chosen(contexts.clone()).unwrap_err();
        let refused = matches!(error, Error::Violation(Violation::ChoiceNotOffered { .. }));
        assert!(refused, "{contexts:?}: {error:?}");
    }
    let ccm_only = Config { ciphers: vec![crate::crypto::Cipher::Aes128Ccm], ..config() };
    let contexts = vec![preauth(), NegotiateContext::Encryption(vec![Cipher::AES_128_GCM])];
    assert!(offered(ccm_only, &NegotiateResponse { contexts, ..response() }).is_err());
}

/// A failure here would silently give a user less protection than the options require.
#[test]
fn less_than_is_required_is_refused() {
    let required = || Config { encryption: crate::client::Encryption::Required, ..config() };
    assert_eq!(offered(required(), &response()), Err(Error::EncryptionNotOffered));
    let old = NegotiateResponse { dialect: Dialect::SMB_3_0, ..response() };
    assert_eq!(offered(required(), &old), Err(Error::EncryptionNotOffered));
    let able = NegotiateResponse { capabilities: Capabilities::ENCRYPTION, ..old.clone() };
    assert_eq!(offered(required(), &able), Ok(()));
    let new_only = Config { dialects: vec![Dialect::SMB_3_1_1], ..config() };
    assert_eq!(offered(new_only, &old), Err(Error::DialectNotOffered { chosen: 0x0300 }));
    let tiny = NegotiateResponse { max_read_size: 65_535, ..response() };
    assert!(offered(config(), &tiny).is_err());
}

/// A failure here would report a server without a common dialect as faulty.
#[test]
fn a_refusal_has_its_status() {
    let mut bench = Bench::new(config(), settings());
    bench.client.transmit().unwrap();
    let refusal = encode(&header(NtStatus::NOT_SUPPORTED), &ErrorResponse::default()).unwrap();
    let error = bench.client.receive(&framed(&refusal)).unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::NOT_SUPPORTED));
}

/// A failure here would let an attacker change the negotiation of a dialect before 3.1.1 on its way, unnoticed.
#[test]
fn a_changed_negotiation_of_an_old_dialect_is_noticed() {
    const CAPABILITIES: usize = FRAME_HEADER_LEN + 64 + 24;
    const SECURITY_MODE: usize = FRAME_HEADER_LEN + 64 + 2;
    const GUID: usize = FRAME_HEADER_LEN + 64 + 8;
    for dialect in [Dialect::SMB_2_1, Dialect::SMB_3_0, Dialect::SMB_3_0_2] {
        for (byte, bit) in [(CAPABILITIES, 0x10), (SECURITY_MODE, 2), (GUID, 1)] {
            let settings = Settings { dialects: Dialect::SMB_2_1..=dialect, ..settings() };
            let mut bench = Bench::new(config(), settings);
            let mut frame = bench.answers().remove(0);
            frame[byte] ^= bit;
            bench.client.receive(&frame).unwrap();
            bench.run().unwrap();
            bench.send(Chain::new(TreeId::NONE, &tree_connect()).unwrap());
            let error = bench.run().unwrap_err();
            assert!(matches!(error, Error::Violation(Violation::NegotiationChanged { .. })), "{error:?}");
            assert!(
                error.is_tampering() && bench.events().is_empty(),
                "the tree was handed out all the same"
            );
        }
    }
}

/// A failure here would skip the validation where it is required, or send it where nothing can have changed.
#[test]
fn the_negotiation_is_checked_once_where_it_is_due() {
    let requests = |config: Config, last: Dialect| {
        let settings =
            Settings { dialects: Dialect::SMB_2_1..=last, encryption: Encryption::Off, ..settings() };
        let mut bench = Bench::new(config, settings);
        bench.run().unwrap();
        let mut count = 0;
        for _ in 0..2 {
            bench.send(Chain::new(TreeId::NONE, &tree_connect()).unwrap());
            while let Some(frame) = bench.client.transmit() {
                count += 1;
                let mut message = frame[FRAME_HEADER_LEN..].to_vec();
                bench.server.receive(&mut message, &mut bench.stage, &mut bench.output).unwrap();
                let answers = bench.output();
                answers.iter().for_each(|answer| bench.client.receive(answer).unwrap());
            }
            assert_eq!(answered(bench.events()).len(), 1);
        }
        count
    };
    assert_eq!(requests(config(), Dialect::SMB_3_1_1), 2);
    assert_eq!(requests(config(), Dialect::SMB_3_0_2), 3);
    assert_eq!(requests(config(), Dialect::SMB_2_1), 3);
    assert_eq!(requests(Config { dialects: vec![Dialect::SMB_2_1], ..config() }, Dialect::SMB_2_1), 2);
}
