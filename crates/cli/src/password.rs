//! [`random`] makes random passwords.

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Letters and digits that do not look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Returns a password of 16 characters, with 80 random bits.
pub(crate) fn random() -> Result<Zeroizing<String>, Failure> {
    let mut random = Zeroizing::new([0; 16]);
    getrandom::fill(random.as_mut()).map_err(|error| {
        Failure::failed(format!("the operating system returned no random bytes: {error}"))
    })?;
    let letters = random.iter().map(|byte| {
        let letter = LETTERS.get(usize::from(byte % 32)).copied().unwrap_or_default();
        char::from(letter)
    });
    Ok(Zeroizing::new(letters.collect()))
}
