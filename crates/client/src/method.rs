//! [`method!`]: writes a method with async and its blocking form from one signature.

/// Adds a method to a type, and its blocking form to the type of the same name in [`blocking`](crate::blocking).
///
/// The type is `Server` or `Raw`:
///
/// ```text
/// method! { Raw;
///     /// Returns the time of the server's clock.
///     pub async fn remote_tod(&mut self) -> Result<TimeOfDayInfo, Error> {
///         remote_tod(self.link).await
///     }
/// }
/// ```
macro_rules! method {
    (Server; $($method:tt)+) => {
        $crate::method::method! {
            @twins crate::Server, crate::blocking::Server, server, "crate::Server";
            $($method)+
        }
    };
    (Raw; $($method:tt)+) => {
        $crate::method::method! {
            @twins crate::raw::Raw<'_>, crate::blocking::Raw<'_>, raw, "crate::raw::Raw";
            $($method)+
        }
    };
    (
        @twins $type:ty, $blocking:ty, $inner:ident, $path:literal;
        $(#[$attribute:meta])*
        pub async fn $name:ident(&mut $self:ident $(, $argument:ident: $argument_type:ty)* $(,)?) -> $result:ty
        $body:block
    ) => {
        impl $type {
            $(#[$attribute])*
            pub async fn $name(&mut $self $(, $argument: $argument_type)*) -> $result $body
        }

        impl $blocking {
            #[doc = concat!("The blocking form of [`", $path, "::", stringify!($name), "`].")]
            ///
            /// # Errors
            #[doc = concat!("Those of [`", $path, "::", stringify!($name), "`].")]
            pub fn $name(&mut self $(, $argument: $argument_type)*) -> $result {
                self.runtime.block_on(self.$inner.$name($($argument),*))
            }
        }
    };
}

pub(crate) use method;
