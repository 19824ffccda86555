//! Time and random bytes for tests, and a mechanism that is not NTLM.

use super::oid::Oid;
use super::{Accepted, Acceptor, AcceptorStep, AuthError, Claim, Inputs, Mechanism, Step, Verifier};
use crate::crypto::SessionKey;

/// The time of every test.
pub(crate) const FILETIME: u64 = 0x01db_3d6e_0000_0000;

/// Calls `step` with a fixed time and random bytes that are all `byte`.
pub(crate) fn with_inputs<T>(byte: u8, step: impl FnOnce(&mut Inputs<'_>) -> T) -> T {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(byte);
        Ok(())
    };
    step(&mut Inputs::new(FILETIME, &mut random))
}

/// Two names of the fake mechanism.
pub(crate) const FAKE_OIDS: [Oid<'static>; 2] = [Oid(&[0x2a, 1, 1]), Oid(&[0x2a, 1, 2])];
/// How many random bytes its first token has.
pub(crate) const FAKE_RANDOM: usize = 100;

/// How the client's side of the fake mechanism behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    Works,
    /// It may wait for another program.
    Blocks,
    /// It fails before its first token.
    FailsAtOnce(AuthError),
    /// It fails on the server's answer.
    FailsOnAnswer(AuthError),
}

/// A mechanism like Kerberos: one message of the client, one of the server, and a key of 32 bytes.
#[derive(Debug)]
pub(crate) struct FakeMechanism {
    pub(crate) oids: &'static [Oid<'static>],
    pub(crate) manner: Manner,
    key: Option<SessionKey>,
    is_complete: bool,
}

impl FakeMechanism {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { oids: &FAKE_OIDS, manner, key: None, is_complete: false }
    }

    pub(crate) fn boxed(manner: Manner) -> Box<dyn Mechanism> {
        Box::new(Self::new(manner))
    }
}

/// The key is the first 32 of the random bytes.
fn fake_key(random: &[u8]) -> SessionKey {
    SessionKey::new(random.get(..32).unwrap_or_default())
}

fn fake_mic(key: &SessionKey, sender: u8, message: &[u8]) -> Vec<u8> {
    let sum = message.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    [&[sender, sum], &key.as_bytes()[..4]].concat()
}

impl Mechanism for FakeMechanism {
    fn oids(&self) -> &'static [Oid<'static>] {
        self.oids
    }

    fn may_block(&self) -> bool {
        self.manner == Manner::Blocks
    }

    fn step(&mut self, token: Option<&[u8]>, inputs: &mut Inputs<'_>) -> Result<Step, AuthError> {
        match (token, &self.manner) {
            (None, Manner::FailsAtOnce(error)) | (Some(_), Manner::FailsOnAnswer(error)) => {
                Err(error.clone())
            }
            (None, _) => {
                let random = inputs.random::<FAKE_RANDOM>()?;
                self.key = Some(fake_key(&random));
                Ok(Step { token: Some([&b"alice\0"[..], &random].concat()), is_complete: false })
            }
            (Some(b"welcome"), _) => {
                self.is_complete = true;
                Ok(Step { token: None, is_complete: true })
            }
            (Some(_), _) => Err(AuthError::OutOfTurn("the fake mechanism")),
        }
    }

    fn session_key(&self) -> Option<&SessionKey> {
        self.key.as_ref().filter(|_| self.is_complete)
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(fake_mic(self.key.as_ref()?, b'C', message))
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let expected = self.key.as_ref().map(|key| fake_mic(key, b'S', message));
        if expected.as_deref() == Some(mic) { Ok(()) } else { Err(AuthError::WrongMechListMic) }
    }
}

/// The server's side of the fake mechanism.
#[derive(Debug)]
pub(crate) struct FakeAcceptor {
    pub(crate) oids: &'static [Oid<'static>],
    key: Option<SessionKey>,
}

impl FakeAcceptor {
    pub(crate) fn boxed(oids: &'static [Oid<'static>]) -> Box<dyn Acceptor> {
        Box::new(Self { oids, key: None })
    }
}

impl Acceptor for FakeAcceptor {
    fn oids(&self) -> &'static [Oid<'static>] {
        self.oids
    }

    fn may_block(&self) -> bool {
        true
    }

    fn step(&mut self, token: &[u8], _: &mut Inputs<'_>) -> Result<AcceptorStep, AuthError> {
        let random = token.strip_prefix(b"alice\0").ok_or(AuthError::OutOfTurn("the fake mechanism"))?;
        assert_eq!(random.len(), FAKE_RANDOM);
        self.key = Some(fake_key(random));
        Ok(AcceptorStep::Claimed(Claim::of_user("alice")))
    }

    fn verify(&mut self, verifier: &Verifier) -> Result<Accepted, AuthError> {
        match (verifier, &self.key) {
            (Verifier::NtHash(_), Some(key)) => Ok(Accepted {
                claim: Claim::of_user("alice"),
                target_name: None,
                session_key: key.clone(),
                token: Some(b"welcome".to_vec()),
            }),
            _ => Err(AuthError::LogonFailure),
        }
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(fake_mic(self.key.as_ref()?, b'S', message))
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let expected = self.key.as_ref().map(|key| fake_mic(key, b'C', message));
        if expected.as_deref() == Some(mic) { Ok(()) } else { Err(AuthError::WrongMechListMic) }
    }
}
