/// Declares an enumeration from the wire that keeps unknown values.
///
/// The type is a newtype over its integer with a constant for each known value, so that an unknown one
/// survives decoding, can be compared, and is shown as a number.
#[macro_export]
macro_rules! open_enum {
    ($(#[$meta:meta])* $vis:vis struct $name:ident($int:ty) { $($(#[$vmeta:meta])* $variant:ident = $value:expr,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis struct $name(pub $int);

        impl $name {
            $(
                $(#[$vmeta])*
                #[doc = concat!("`", stringify!($value), "`")]
                pub const $variant: Self = Self($value);
            )+

            /// Returns the value's name; `None` for an unknown value.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some(stringify!($variant)),)+
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({:#x})"), self.0),
                }
            }
        }
    };
}
