//! Operations of an interface: the number, the name, the request and the response of each, in one declaration.
//!
//! [`operation!`](macro@crate::operation) declares an operation beside its messages and implements [`Operation`] for the
//! request. [`Description`] is the same declaration without its types, for tables: names in errors and logs, the
//! inputs of the fuzzer, documentation.
//!
//! ```
//! use netsession_rpc::ndr::{Message, Ndr, NdrError};
//! use netsession_rpc::{Description, Interface, Operation, Response as _, SyntaxId};
//! use netsession_wire::Win32Error;
//!
//! /// An interface with one operation.
//! #[derive(Debug)]
//! struct Clock;
//!
//! impl Interface for Clock {
//!     const ID: SyntaxId = SyntaxId::new(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10, 1);
//!     const PIPE: &'static str = "clock";
//!     const OPERATIONS: &'static [Description] = &[Description::of::<Request>("get_time")];
//! }
//!
//! #[derive(Debug, Clone, Default, PartialEq)]
//! struct Request;
//!
//! #[derive(Debug, Clone, Default, PartialEq)]
//! struct Response {
//!     seconds: u32,
//!     status: Win32Error,
//! }
//!
//! netsession_rpc::operation! { Clock: GetTime = 3, Request -> Response { status: Win32Error } }
//!
//! impl Message for Request {
//!     fn parameters(&mut self, _: &mut Ndr<'_>) -> Result<(), NdrError> {
//!         Ok(())
//!     }
//! }
//!
//! impl Message for Response {
//!     fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
//!         ndr.u32(&mut self.seconds, "seconds")?;
//!         ndr.u32(&mut self.status.0, "status")
//!     }
//! }
//!
//! assert_eq!((Request::OPNUM, Request::NAME), (3, "GetTime"));
//! assert_eq!(Response::default().status(), Win32Error::NERR_SUCCESS);
//! assert_eq!(Clock::operation(3).map(|operation| operation.stem), Some("get_time"));
//! ```

use std::fmt::Debug;

use crate::SyntaxId;
use crate::ndr::{Message, Syntax, encode, oracle};

/// An interface: a set of operations that one bind makes available.
pub trait Interface {
    /// The UUID and the version.
    const ID: SyntaxId;

    /// The name of the pipe on `IPC$`, without `\PIPE\`.
    const PIPE: &'static str;

    /// The operations whose messages this crate knows, in no order.
    const OPERATIONS: &'static [Description];

    /// Returns the operation with that number, or `None` if this table has no messages for it.
    #[must_use]
    fn operation(opnum: u16) -> Option<&'static Description> {
        Self::OPERATIONS.iter().find(|operation| operation.opnum == opnum)
    }
}

/// The request of an operation. The type knows its interface, its number, its name and its response.
///
/// [`operation!`](macro@crate::operation) implements this trait.
pub trait Operation: Message {
    /// The interface that the operation belongs to.
    type Interface: Interface;

    /// The response of the server.
    type Response: Response;

    /// The number of the operation in its interface.
    const OPNUM: u16;

    /// The name of the operation, as its specification spells it.
    const NAME: &'static str;
}

/// The response of an operation.
pub trait Response: Message {
    /// The type of the return value.
    type Status;

    /// Returns the return value of the method. The other members can be present with any status, most of all with
    /// `ERROR_MORE_DATA`.
    fn status(&self) -> Self::Status;
}

/// An operation without its types.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Description {
    /// The number of the operation in its interface.
    pub opnum: u16,
    /// The name of the operation, as its specification spells it.
    pub name: &'static str,
    /// The stem of the files about the operation, such as `session_del`.
    pub stem: &'static str,
    /// The request of the operation.
    pub request: MessageDescription,
    /// The response of the operation.
    pub response: MessageDescription,
}

/// A message without its type.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MessageDescription {
    /// Panics if octets can be read as the message, but the message cannot be written and read again without a change;
    /// see [`oracle::round_trip`].
    pub oracle: fn(&[u8], Syntax),
    /// Returns the octets of the message whose members have their default values: the fuzzer starts from these.
    pub sample: fn(Syntax) -> Vec<u8>,
}

impl MessageDescription {
    const fn of<M: Message + Clone + Debug + PartialEq>() -> Self {
        // A message of default values has no text with a NUL and no long array, so that writing it cannot fail.
        Self {
            oracle: oracle::round_trip::<M>,
            sample: |syntax| encode(M::default(), syntax).unwrap_or_default(),
        }
    }
}

impl Description {
    /// Describes the operation of the request `O`, whose files have the name `stem`.
    #[must_use]
    pub const fn of<O>(stem: &'static str) -> Self
    where
        O: Operation + Clone + Debug + PartialEq,
        O::Response: Clone + Debug + PartialEq,
    {
        Self {
            opnum: O::OPNUM,
            name: O::NAME,
            stem,
            request: MessageDescription::of::<O>(),
            response: MessageDescription::of::<O::Response>(),
        }
    }
}

/// Declares an operation: its interface, its name, its number, the type of its request and the type of its response.
///
/// The macro implements [`Operation`] for the request, and gives it the constants `OPNUM` and `NAME`, which need no
/// import. With `{ FIELD: TYPE }` after the response it implements [`Response`] as well; leave this out if another
/// operation has the same response.
///
/// The [module](mod@crate::operation) has an example.
#[macro_export]
macro_rules! operation {
    ($interface:ty: $name:ident = $opnum:literal, $request:ty => $response:ty) => {
        impl $request {
            #[doc = concat!("The number of ", stringify!($name), " in its interface.")]
            pub const OPNUM: u16 = $opnum;

            #[doc = concat!("The name of the operation: `", stringify!($name), "`.")]
            pub const NAME: &'static str = stringify!($name);
        }

        impl $crate::Operation for $request {
            type Interface = $interface;
            type Response = $response;
            const OPNUM: u16 = $opnum;
            const NAME: &'static str = stringify!($name);
        }
    };
    ($interface:ty: $name:ident = $opnum:literal, $request:ident -> $response:ident { $field:ident: $status:ty }) => {
        $crate::operation! { $interface: $name = $opnum, $request => $response }

        impl $crate::Response for $response {
            type Status = $status;

            fn status(&self) -> $status {
                self.$field
            }
        }
    };
    ($interface:ty: $name:ident = $opnum:literal, $request:ident -> $response:path) => {
        $crate::operation! { $interface: $name = $opnum, $request => $response }
    };
}
