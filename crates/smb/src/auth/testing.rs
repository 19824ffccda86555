//! Time and random bytes for tests.

use super::Inputs;

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
