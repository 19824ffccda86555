//! Arbitrary bytes in place of a server's messages.

use proptest::prelude::*;

use crate::client::oracle;
use crate::msg::{AsyncId, Command, Form, Header, HeaderFlags, MessageId, SessionId, TreeId};
use netsession_wire::{NtStatus, Writer};

/// Messages that are partly valid.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let statuses =
        [NtStatus::SUCCESS, NtStatus::PENDING, NtStatus::USER_SESSION_DELETED, NtStatus::ACCESS_DENIED];
    let ids = prop_oneof![0..5u64, Just(u64::MAX)];
    let part = (0..20u16, prop::sample::select(statuses.to_vec()), ids, any::<bool>(), any::<u16>());
    let body = prop::collection::vec(any::<u8>(), 0..120);
    (part, body).prop_map(|((command, status, id, is_async, credits), body)| {
        let tree_id = TreeId(7);
        let header = Header {
            status,
            credits,
            flags: HeaderFlags::SERVER_TO_REDIR | HeaderFlags::SIGNED,
            form: if is_async { Form::Async(AsyncId(1)) } else { Form::Sync { reserved: 0, tree_id } },
            session_id: SessionId(5),
            ..Header::request(Command(command), MessageId(id))
        };
        let mut writer = Writer::new();
        header.encode(&mut writer);
        writer.bytes(&body);
        writer.finish()
    })
}

proptest! {
    /// A failure here would let a server, or an attacker in its place, crash the client or make it believe a false
    /// response.
    #[test]
    fn a_client_withstands_any_server(message in message(), stray in prop::collection::vec(any::<u8>(), 0..100)) {
        for bytes in [&message, &stray] {
            oracle::negotiation(bytes);
            oracle::login(bytes);
            oracle::server(bytes);
            for first in [0, 1] {
                oracle::strangers(&[&[first], bytes.as_slice()].concat());
            }
        }
    }
}
