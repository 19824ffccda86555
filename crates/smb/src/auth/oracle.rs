//! Oracles, which the fuzzer calls with arbitrary bytes and the tests with recorded ones. Each function panics if
//! an invariant does not hold.

use super::ntlm::{Authenticate, Challenge, Negotiate, NtHash, NtlmV2ClientChallenge, ServerConfig};
use super::spnego::{self, Action, NegTokenInit, NegTokenResp, Progress};
use super::{AuthError, Inputs, Mechanism, Verifier, ntlm};

/// NTLM messages: a message that can be read can be written, and then reads the same.
pub fn ntlm_messages(bytes: &[u8]) {
    if let Ok(message) = Negotiate::decode(bytes) {
        assert_eq!(message.encode().map(|bytes| Negotiate::decode(&bytes)), Ok(Ok(message)));
    }
    if let Ok(message) = Challenge::decode(bytes)
        && message.flags.contains(ntlm::NegotiateFlags::UNICODE | ntlm::NegotiateFlags::TARGET_INFO)
    {
        let again = message.encode().map(|bytes| Challenge::decode(&bytes));
        assert_eq!(again, Ok(Ok(message)));
    }
    if let Ok(message) = Authenticate::decode(bytes)
        && message.flags.contains(ntlm::NegotiateFlags::UNICODE)
    {
        let again = message.encode().map(|bytes| Authenticate::decode(&bytes));
        assert_eq!(again, Ok(Ok(message)));
    }
    if let Ok(message) = NtlmV2ClientChallenge::decode(bytes) {
        assert_eq!(message.encode().map(|bytes| NtlmV2ClientChallenge::decode(&bytes)), Ok(Ok(message)));
    }
}

/// SPNEGO tokens: a token that can be read can be written, and then reads the same.
pub fn spnego_tokens(bytes: &[u8]) {
    if let Ok(NegTokenInit { mech_types, mech_token, .. }) = NegTokenInit::decode(bytes) {
        let written = NegTokenInit { mech_types, mech_token, ..NegTokenInit::default() };
        let encoded = written.encode();
        let again = NegTokenInit::decode(&encoded).map(|token| (token.mech_types, token.mech_token));
        assert_eq!(again, Ok((written.mech_types, written.mech_token)));
    }
    if let Ok(token) = NegTokenResp::decode(bytes) {
        assert_eq!(NegTokenResp::decode(&token.encode()), Ok(token));
    }
}

/// A server that receives arbitrary tokens logs nobody on. The first byte is the length of the first token.
pub fn server(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (first, second) = rest.split_at_checked(usize::from(*length)).unwrap_or((rest, &[]));
    let names = ServerConfig {
        netbios_computer: "FS1".into(),
        netbios_domain: "FS1".into(),
        dns_computer: "fs1.example.com".into(),
        dns_domain: "example.com".into(),
        require_mic: false,
    };
    let mut server = spnego::Server::new(vec![Box::new(ntlm::Server::new(names))]);
    // No input matches the secret and the challenge by chance.
    let verifier = Verifier::NtHash(NtHash::of_password("not to be guessed"));
    for token in [first, second] {
        assert!(!server.may_block(token), "NTLM waits for nothing");
        let progress = with_inputs(0x5a, |inputs| server.step(token, inputs));
        if matches!(progress, Ok(Progress::Claimed(_))) {
            assert!(server.verify(&verifier).is_err(), "let in by arbitrary bytes");
        }
    }
    assert!(server.verify(&verifier).is_err(), "verified without a claim");
    assert!(server.confirm(first).is_err() && server.confirm(second).is_err(), "confirmed without a claim");
}

/// A client that receives an arbitrary challenge answers or refuses, and accepts no arbitrary success.
pub fn client(bytes: &[u8]) {
    let credentials = ntlm::Credentials::with_password("alice", "LAB", "not to be guessed");
    let Ok(mechanism) = ntlm::Client::new(credentials, "cifs/fs1.example.com", "") else { return };
    let Ok(mut client) = spnego::Client::new(vec![Box::new(mechanism) as Box<dyn Mechanism>], &[]) else {
        return;
    };
    let start = client.start();
    if run(&mut client, start).is_ok() {
        let step = client.step(bytes);
        if run(&mut client, step).is_err() {
            let finish = client.finish(&[]);
            assert!(run(&mut client, finish).is_err(), "done without a challenge");
        }
    }
}

/// Runs the steps that the client asks for.
fn run(client: &mut spnego::Client, action: Result<Action, AuthError>) -> Result<(), AuthError> {
    with_inputs(1, |inputs| client.run(action?, inputs)).map(drop)
}

fn with_inputs<T>(seed: u8, step: impl FnOnce(&mut Inputs<'_>) -> T) -> T {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(seed);
        Ok(())
    };
    step(&mut Inputs::new(0x01db_3d6e_0000_0000, &mut random))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that pass the first check: a signature and a type of NTLM before arbitrary bytes.
    fn ntlm_like() -> impl Strategy<Value = Vec<u8>> {
        (1..4_u32, prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(message_type, rest)| [&b"NTLMSSP\0"[..], &message_type.to_le_bytes(), &rest].concat())
    }

    proptest! {
        /// A failure here would let some token make a decoder panic, or decode to a value that cannot be encoded
        /// again.
        #[test]
        fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            ntlm_messages(&bytes);
            spnego_tokens(&bytes);
            server(&bytes);
            client(&bytes);
        }

        /// A failure here would let some NTLM message make a decoder panic, or log an unknown client on.
        #[test]
        fn arbitrary_ntlm(first in ntlm_like(), second in ntlm_like()) {
            ntlm_messages(&first);
            client(&NegTokenResp { response_token: Some(&first), ..NegTokenResp::default() }.encode());
            server(&[&[u8::try_from(first.len()).unwrap()], &first[..], &second].concat());
        }

        /// A failure here would decode some SPNEGO token to a different value than the encoded one.
        #[test]
        fn written_tokens_are_read_back(
            state in prop::option::of(any::<u8>()),
            token in prop::option::of(prop::collection::vec(any::<u8>(), 0..70_000)),
            mic in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        ) {
            let written = NegTokenResp {
                neg_state: state.map(spnego::NegState),
                supported_mech: Some(ntlm::OID),
                response_token: token.as_deref(),
                mech_list_mic: mic.as_deref(),
            };
            let encoded = written.encode();
            prop_assert_eq!(NegTokenResp::decode(&encoded), Ok(written));
        }
    }
}
