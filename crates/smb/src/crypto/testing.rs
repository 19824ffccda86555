//! The common parts of the tests of this folder.

/// Returns the bytes of hexadecimal digits.
pub(super) fn hex<const N: usize>(digits: &str) -> [u8; N] {
    assert_eq!(digits.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}
