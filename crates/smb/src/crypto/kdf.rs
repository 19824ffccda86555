use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use zeroize::Zeroizing;

use super::CryptoError;

/// SP800-108 in counter mode with HMAC-SHA256, r = 32 and L = 8 * `N` ([MS-SMB2] 3.1.4.2).
///
/// `label` and `context` include the terminating zeros, as in the specification.
pub(super) fn derive<const N: usize>(
    key: &[u8],
    label: &[u8],
    context: &[u8],
) -> Result<Zeroizing<[u8; N]>, CryptoError> {
    let bits = u32::try_from(N.saturating_mul(8)).map_err(|_| CryptoError::Library)?;
    let fixed_info = [label, &[0], context, &bits.to_be_bytes()].concat();
    let algorithm =
        get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(CryptoError::Library)?;
    let mut derived = Zeroizing::new([0; N]);
    kbkdf_ctr_hmac(algorithm, key, &fixed_info, derived.as_mut())?;
    Ok(derived)
}
