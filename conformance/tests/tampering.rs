//! A man in the middle: the client detects every change of a signed or encrypted answer.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession::{ConnectOptions, Encryption, Login, Secret, blocking};
use netsession_conformance::proxy::meddlers;
use netsession_conformance::{ADMIN, Netsession, Outcome, PASSWORD, Proxy, Samba};

/// In 3.1.1 the keys depend on every byte of NEGOTIATE and SESSION_SETUP. In earlier dialects those answers are not
/// signed, and nobody detects a change of their reserved bits.
const WITH_PREAUTHENTICATION: usize = 0;
const SIGNED: usize = 2;

struct Line {
    samba: Samba,
    encrypt: bool,
}

impl Line {
    fn run(&self, proxy: &Proxy) -> Result<Outcome> {
        let arguments = ["sessions", &proxy.name(), "--timeout", "3", "--json"];
        Netsession::admin()?.args(arguments).args(self.encrypt.then_some("--encrypt")).run()
    }

    /// Returns the number of answers until the list has arrived. The answers to the logoff follow, on which the command
    /// does not act.
    fn answers(&self) -> Result<usize> {
        let mut options = ConnectOptions::default();
        if self.encrypt {
            options.encryption = Encryption::Required;
        }
        let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
        // Samba sends an interim response before some answers, above all while it starts its helpers for the first
        // list. The smallest count has no interim responses, so the test stops before the answers to the logoff.
        let mut answers = usize::MAX;
        for _ in 0..3 {
            let proxy = Proxy::plain().to(self.samba.address())?;
            let mut server = blocking::Server::connect(&proxy.name().parse()?, &login, &options)?;
            server.sessions()?;
            answers = answers.min(proxy.counts().answers);
        }
        Ok(answers)
    }
}

/// Flips `bits` different bits in each answer from number `first` on. Each run must fail and print no list.
fn every_flip_is_noticed(settings: &[&str], encrypt: bool, first: usize, bits: &[usize]) -> Result<()> {
    let line = Line { samba: Samba::start_with(settings)?, encrypt };
    let answers = line.answers()?;
    assert!(answers >= 5, "{answers}");
    let mut unnoticed = Vec::new();
    for answer in first..answers {
        for &bit in bits {
            let proxy = Proxy::plain().meddle(meddlers::flip(answer, bit)).to(line.samba.address())?;
            if line.run(&proxy)?.code != Some(1) {
                unnoticed.push((answer, bit));
            }
        }
    }
    assert_eq!(unnoticed, [], "(answer, bit) of {answers} answers with {settings:?}");
    Ok(())
}

/// Bits in the header's status, command, message identifier, session identifier and signature, and in the body.
/// The framing of a transform header has nonce, size and flags at these places.
const BITS: &[usize] =
    &[8 * 8, 9 * 8 + 6, 24 * 8, 44 * 8 + 1, 50 * 8 + 7, 63 * 8, 66 * 8 + 2, 75 * 8 + 5, 1_000_003];

/// A failure here would let an attacker on the line change a signed answer (3.1.1, AES-128-GMAC).
#[test]
fn a_flipped_bit_in_a_signed_answer() -> Result<()> {
    every_flip_is_noticed(&["server signing = mandatory"], false, WITH_PREAUTHENTICATION, BITS)
}

/// A failure here would let an attacker on the line change an encrypted answer.
#[test]
fn a_flipped_bit_in_an_encrypted_answer() -> Result<()> {
    every_flip_is_noticed(&["server smb encrypt = required"], true, WITH_PREAUTHENTICATION, BITS)
}

/// A failure here would let an attacker on the line change an answer signed with AES-CMAC in an older dialect, which
/// does not sign its first two answers.
#[test]
fn a_flipped_bit_with_older_dialects() -> Result<()> {
    for dialect in ["SMB2_10", "SMB3_00"] {
        let highest = format!("server max protocol = {dialect}");
        every_flip_is_noticed(&[&highest, "server signing = mandatory"], false, SIGNED, BITS)?;
    }
    Ok(())
}

/// A failure here would let an attacker change an answer by removing its signature.
#[test]
fn a_stripped_signature() -> Result<()> {
    let line = Line { samba: Samba::start_with(&["server signing = mandatory"])?, encrypt: false };
    let answers = line.answers()?;
    for answer in SIGNED..answers {
        let proxy = Proxy::plain().meddle(meddlers::strip_signature(answer)).to(line.samba.address())?;
        let outcome = line.run(&proxy)?;
        assert_eq!(outcome.code, Some(1), "answer {answer} of {answers}: {outcome:?}");
    }
    Ok(())
}

/// A failure here would accept a plain answer although the session is encrypted.
#[test]
fn a_plain_answer_after_encryption() -> Result<()> {
    let line = Line { samba: Samba::start_with(&["server smb encrypt = required"])?, encrypt: true };
    let proxy = Proxy::plain().meddle(meddlers::answer_in_plain()).to(line.samba.address())?;
    let outcome = line.run(&proxy)?.expect_code(1)?;
    assert!(!outcome.stderr.contains("ACCESS_DENIED"), "the forged answer was believed: {outcome:?}");
    Ok(())
}
