//! What must hold for any octets: run by the fuzzer, and by tests on what the fuzzer found.

use std::fmt::Debug;

use netsession_rpc::ndr::{Message, Syntax, decode, encode};

use crate::{
    Operation, connection_enum, file_close, file_enum, file_get_info, remote_tod, server_get_info,
    session_del, session_enum, share_check, share_enum, share_enum_sticky, share_get_info,
};

/// Every message, by number: for each operation in the order of its opnum the request, then the response.
const MESSAGES: [fn(&[u8], Syntax); 24] = [
    message::<connection_enum::Request>,
    message::<<connection_enum::Request as Operation>::Answer>,
    message::<file_enum::Request>,
    message::<<file_enum::Request as Operation>::Answer>,
    message::<file_get_info::Request>,
    message::<<file_get_info::Request as Operation>::Answer>,
    message::<file_close::Request>,
    message::<<file_close::Request as Operation>::Answer>,
    message::<session_enum::Request>,
    message::<<session_enum::Request as Operation>::Answer>,
    message::<session_del::Request>,
    message::<<session_del::Request as Operation>::Answer>,
    message::<share_enum::Request>,
    message::<<share_enum::Request as Operation>::Answer>,
    message::<share_get_info::Request>,
    message::<<share_get_info::Request as Operation>::Answer>,
    message::<share_check::Request>,
    message::<<share_check::Request as Operation>::Answer>,
    message::<server_get_info::Request>,
    message::<<server_get_info::Request as Operation>::Answer>,
    message::<remote_tod::Request>,
    message::<<remote_tod::Request as Operation>::Answer>,
    message::<share_enum_sticky::Request>,
    message::<<share_enum_sticky::Request as Operation>::Answer>,
];

/// How many first octets [`srvs`] tells apart.
pub const CHOICES: u8 = 48;

/// Reads `data` as the message and in the syntax that its first octet chooses (the lowest bit the syntax, the
/// rest the message; the level is in the octets themselves). What can be read must be writable, and read as
/// the same again.
pub fn srvs(data: &[u8]) {
    let Some((choice, stub)) = data.split_first() else { return };
    let syntax = if choice & 1 == 0 { Syntax::Ndr32 } else { Syntax::Ndr64 };
    if let Some(check) = MESSAGES.get(usize::from(choice >> 1) % MESSAGES.len()) {
        check(stub, syntax);
    }
}

fn message<M: Message + Clone + Debug + PartialEq>(stub: &[u8], syntax: Syntax) {
    if let Ok(message) = decode::<M>(stub, syntax) {
        let again = encode(message.clone(), syntax).and_then(|octets| decode(&octets, syntax));
        assert_eq!(again, Ok(message), "a message was read, and is another after writing it");
    }
}
