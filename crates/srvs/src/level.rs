use std::fmt;

use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

/// An information level of one family of structures. Unknown numbers survive.
pub trait Level: Copy + Eq + Default + fmt::Debug + 'static {
    /// Returns the level of a number on the wire.
    fn from_number(number: u32) -> Self;

    /// Returns the number on the wire.
    fn number(self) -> u32;
}

/// The information about one file, session, connection, share or server. Each level carries a part of it.
pub trait Info: Default {
    /// The levels of the family.
    type Level: Level;

    /// The levels of the enumeration's union.
    const ENUM_LEVELS: &'static [Self::Level] = &[];

    /// The levels of the union for one item.
    const GET_LEVELS: &'static [Self::Level] = &[];

    /// Further levels of that union, whose structure has one number. This crate reads the number and drops it, because no
    /// server of today uses these values. In a request that reads them, the pointer to the structure is null.
    const TUNING_LEVELS: &'static [u32] = &[];

    /// Returns the alignment of the structure of `level`.
    fn alignment(level: Self::Level) -> Alignment;

    /// Writes or reads the members of the structure of `level`.
    ///
    /// # Errors
    /// Returns [`NdrError::Nul`] or [`NdrError::TooLong`] for a member that cannot be written, and
    /// [`NdrError::Malformed`] for octets that cannot be read.
    fn members(&mut self, level: Self::Level, ndr: &mut Ndr<'_>) -> Result<(), NdrError>;
}

/// Declares the levels of a family; the first is the default.
macro_rules! levels {
    ($(#[$meta:meta])* $name:ident { $first:ident = $number:literal, $($level:ident = $value:literal,)* }) => {
        netsession_wire::open_enum! {
            $(#[$meta])*
            pub struct $name(u32) {
                #[doc = concat!("Level ", stringify!($number), ".")]
                $first = $number,
                $(#[doc = concat!("Level ", stringify!($value), ".")] $level = $value,)*
            }
        }

        impl $name {
            /// All levels that this crate knows.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$level),*];
        }

        impl Default for $name {
            fn default() -> Self {
                Self::$first
            }
        }

        impl $crate::Level for $name {
            fn from_number(number: u32) -> Self {
                Self(number)
            }

            fn number(self) -> u32 {
                self.0
            }
        }
    };
}

pub(crate) use levels;

/// Writes or reads a number that only some levels carry, at one of these levels.
pub(crate) fn carried(
    ndr: &mut Ndr<'_>,
    value: &mut Option<u32>,
    what: &'static str,
) -> Result<(), NdrError> {
    ndr.u32(value.get_or_insert_default(), what)
}

/// Writes or reads flags that only some levels carry, at one of these levels. Unknown flags survive.
pub(crate) fn carried_flags<F: bitflags::Flags<Bits = u32>>(
    ndr: &mut Ndr<'_>,
    value: &mut Option<F>,
    what: &'static str,
) -> Result<(), NdrError> {
    let mut bits = value.as_ref().map_or(0, F::bits);
    ndr.u32(&mut bits, what)?;
    *value = Some(F::from_bits_retain(bits));
    Ok(())
}
