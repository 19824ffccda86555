use std::fmt;

use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

/// An information level of one family of structures. Numbers that are not known survive.
pub trait Level: Copy + Eq + Default + fmt::Debug + 'static {
    /// From its number on the wire.
    fn from_number(number: u32) -> Self;

    /// Its number on the wire.
    fn number(self) -> u32;
}

/// What is known of one thing, of which each level tells a part.
pub trait Info: Default {
    /// The family's levels.
    type Level: Level;

    /// The levels of the enumeration's union.
    const ENUM_LEVELS: &'static [Self::Level] = &[];

    /// The levels of the union that tells of one thing.
    const GET_LEVELS: &'static [Self::Level] = &[];

    /// Levels that the latter union has besides, for setting. Asking for them is an error
    /// (`ERROR_INVALID_LEVEL`), and their pointer in the answer is null.
    const SET_LEVELS: &'static [u32] = &[];

    /// The alignment of the structure of `level`.
    fn alignment(level: Self::Level) -> Alignment;

    /// Writes or reads the members of the structure of `level`.
    ///
    /// # Errors
    /// [`NdrError`]: while writing, a text that cannot be sent; while reading, anything that is malformed.
    fn members(&mut self, level: Self::Level, ndr: &mut Ndr<'_>) -> Result<(), NdrError>;
}

/// Declares a family's levels; the first is the default.
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
            /// All that are known here.
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

/// A number that only some levels carry, at a level that does.
pub(crate) fn carried(
    ndr: &mut Ndr<'_>,
    value: &mut Option<u32>,
    what: &'static str,
) -> Result<(), NdrError> {
    ndr.u32(value.get_or_insert_default(), what)
}

/// Flags that only some levels carry, at a level that does. Unknown flags survive.
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
