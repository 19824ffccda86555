//! An attacker between the client and the server.

use netsession_wire::NtStatus;

use super::*;
use crate::client::Violation;
use crate::msg::{
    EchoRequest, ErrorResponse, Form, Header, HeaderFlags, MessageId, ServerNotification, encode,
};

/// Returns the header with which the server would answer the client's next request.
fn forged(bench: &Bench, command: Command, message_id: MessageId, status: NtStatus) -> Header {
    Header {
        status,
        flags: HeaderFlags::SERVER_TO_REDIR,
        session_id: bench.client.session().unwrap(),
        ..Header::request(command, message_id)
    }
}

fn error(header: &Header) -> Vec<u8> {
    framed(&encode(header, &ErrorResponse::default()).unwrap())
}

/// Returns the message id of the request that the client has just sent in plain text.
fn sent_id(bench: &mut Bench) -> MessageId {
    let frame = bench.client.transmit().unwrap();
    MessageId(u64::from_le_bytes(frame[28..36].try_into().unwrap()))
}

/// A failure here would let an attacker between client and server change a response unnoticed.
#[test]
fn a_flipped_bit_in_an_answer_is_always_noticed() {
    for make in [Bench::signed, Bench::encrypted] {
        let mut bench = make();
        bench.send(read(1, 20));
        let length = bench.answers()[0].len();
        for position in FRAME_HEADER_LEN * 8..length * 8 {
            // Flip one bit of each byte: all bits would take long.
            if position % 8 != (position / 8) % 8 {
                continue;
            }
            let mut bench = make();
            bench.send(read(1, 20));
            let mut frame = bench.answers().remove(0);
            frame[position / 8] ^= 1 << (position % 8);
            let received = bench.client.receive(&frame);
            assert!(received.is_err() && bench.events().is_empty(), "bit {position} of {length} bytes");
            assert_eq!(bench.client.send(read(1, 1)).map(drop), received, "the connection goes on");
        }
    }
}

/// A failure here would let an attacker weaken a negotiation or a logon unnoticed.
#[test]
fn a_flipped_bit_in_a_login_is_always_noticed() {
    let lengths: Vec<_> = {
        let mut bench = Bench::new(config(), settings());
        let frames = std::iter::from_fn(|| {
            let frames = bench.answers();
            frames.iter().for_each(|frame| bench.client.receive(frame).unwrap());
            frames.first().map(Vec::len)
        });
        frames.collect()
    };
    assert_eq!(lengths.len(), 3, "negotiation and two steps of NTLM");
    for (answer, length) in lengths.into_iter().enumerate() {
        for byte in FRAME_HEADER_LEN..length {
            let mut bench = Bench::new(config(), settings());
            for count in 0.. {
                let Some(mut frame) = bench.answers().pop() else {
                    let events = bench.events();
                    let done = events.iter().any(|event| matches!(event, Event::LoggedIn));
                    assert!(!done, "byte {byte} of answer {answer}");
                    break;
                };
                if count == answer {
                    frame[byte] ^= 1 << (byte % 8);
                }
                if bench.client.receive(&frame).is_err() || bench.run_login_steps().is_err() {
                    break;
                }
            }
        }
    }
}

/// A failure here would let anybody answer in the server's name.
#[test]
fn an_unsigned_answer_is_refused() {
    let mut bench = Bench::signed();
    bench.send(read(1, 1));
    let id = sent_id(&mut bench);
    let answer = error(&forged(&bench, Command::READ, id, NtStatus::ACCESS_DENIED));
    assert_eq!(bench.client.receive(&answer), Err(Violation::Unsigned.into()));

    let mut bench = Bench::signed();
    bench.send(read(1, 1));
    let id = sent_id(&mut bench);
    let header = forged(&bench, Command::READ, id, NtStatus::ACCESS_DENIED);
    let header = Header { flags: header.flags | HeaderFlags::SIGNED, signature: [7; 16], ..header };
    assert_eq!(bench.client.receive(&error(&header)), Err(Violation::BadSignature.into()));
}

/// A failure here would make a server that has forgotten a session look like an attack, or trust its unsigned
/// response as proof.
#[test]
fn an_unsigned_report_that_the_session_ended_proves_nothing() {
    // Servers without a key return the request's own signature.
    for signature in [None, Some([7; 16])] {
        let mut bench = Bench::signed();
        bench.send(read(1, 1));
        let id = sent_id(&mut bench);
        let mut header = forged(&bench, Command::READ, id, NtStatus::USER_SESSION_DELETED);
        header.flags.set(HeaderFlags::SIGNED, signature.is_some());
        header.signature = signature.unwrap_or_default();
        let received = bench.client.receive(&error(&header));
        assert_eq!(received, Err(Error::SessionDeleted { proven: false }));
        assert!(bench.events().is_empty());
    }
}

/// A failure here would let an attacker remove the protection of an encrypted session by answering in plain text.
#[test]
fn a_plain_answer_in_an_encrypted_session_is_refused() {
    let statuses =
        [NtStatus::SUCCESS, NtStatus::ACCESS_DENIED, NtStatus::PENDING, NtStatus::USER_SESSION_DELETED];
    for status in statuses {
        let mut bench = Bench::encrypted();
        bench.send(read(1, 1));
        bench.answers();
        for id in 0..40 {
            let mut header = forged(&bench, Command::READ, MessageId(id), status);
            if status == NtStatus::PENDING {
                header.form = Form::Async(AsyncId(1));
            }
            match bench.client.receive(&error(&header)) {
                Err(Error::Violation(Violation::Plain)) => break,
                Err(Error::Violation(Violation::UnknownMessageId { .. })) if id < 39 => {
                    bench.client.failure = None;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(bench.events().is_empty());
    }
}

/// A failure here would let an attacker replay a recorded response in place of the expected one.
#[test]
fn an_answer_is_accepted_once() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        bench.send(read(1, 1));
        let first = bench.answers().remove(0);
        bench.client.receive(&first).unwrap();
        bench.events();
        bench.send(read(2, 1));
        bench.answers();
        let again = bench.client.receive(&first);
        assert!(matches!(again, Err(Error::Violation(Violation::UnknownMessageId { .. }))), "{again:?}");
    }
}

/// A failure here would let an attacker reflect the client's own request to it as a response.
#[test]
fn a_reflected_request_is_refused() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        bench.send(Chain::new(TreeId::NONE, &EchoRequest).unwrap());
        let frame = bench.client.transmit().unwrap();
        let reflected = bench.client.receive(&frame);
        let expected = [Violation::NotAReply, Violation::Undecryptable];
        assert!(expected.into_iter().any(|violation| reflected == Err(violation.into())), "{reflected:?}");
    }
}

/// A failure here would read other protocols, or forms of SMB that were not negotiated, as SMB2.
#[test]
fn other_messages_are_refused() {
    type Expected = fn(&Error) -> bool;
    let cases: [(&[u8], Expected); 5] = [
        (b"\xffSMB\x72\0\0\0", |error| *error == Error::Smb1Only),
        (b"\xfcSMB\0\0\0\0", |error| *error == Violation::Compressed.into()),
        (b"\xfdSMB\0\0\0\0", |error| *error == Violation::Undecryptable.into()),
        (b"\xfeSMB\0\0", |error| matches!(error, Error::Violation(Violation::Malformed(_)))),
        (b"HTTP/1.1", |error| *error == Error::NotSmb),
    ];
    for (message, expected) in cases {
        for mut bench in [Bench::new(config(), settings()), Bench::signed(), Bench::encrypted()] {
            let error = bench.client.receive(&framed(message)).unwrap_err();
            assert!(expected(&error), "{message:?}: {error:?}");
        }
    }
}

/// A failure here would stop a server from reporting that it closed the session, or let anybody report it in an
/// encrypted one.
#[test]
fn a_notification_is_a_hint_only() {
    let notification = |bench: &Bench| {
        let command = Command::SERVER_TO_CLIENT_NOTIFICATION;
        let header = forged(bench, command, MessageId::UNSOLICITED, NtStatus::SUCCESS);
        framed(&encode(&header, &ServerNotification::SessionClosed).unwrap())
    };
    let mut bench = Bench::signed();
    let frame = notification(&bench);
    bench.client.receive(&frame).unwrap();
    assert!(matches!(&bench.events()[..], [Event::SessionClosing]));
    assert_eq!(bench.ask(read(1, 1))[0].status(), NtStatus::SUCCESS, "the session is still there");
    let mut bench = Bench::encrypted();
    let frame = notification(&bench);
    assert_eq!(bench.client.receive(&frame), Err(Violation::Plain.into()));
}

/// A failure here would send requests to a share that requires encryption in plain text.
#[test]
fn a_share_can_demand_encryption() {
    let mut bench = Bench::new(config(), settings());
    bench.run().unwrap();
    bench.client.session.as_mut().unwrap().encrypt = false;
    bench.stage.share_flags = Some(ShareFlags::ENCRYPT_DATA);
    bench.ask(Chain::new(TreeId::NONE, &tree_connect()).unwrap());
    bench.send(read(1, 1));
    let frame = bench.client.transmit().unwrap();
    assert_eq!(frame[FRAME_HEADER_LEN..][..4], *b"\xfdSMB");

    let mut bench = Bench::new(config(), Settings { encryption: Encryption::Off, ..settings() });
    bench.run().unwrap();
    bench.stage.share_flags = Some(ShareFlags::ENCRYPT_DATA);
    bench.send(Chain::new(TreeId::NONE, &tree_connect()).unwrap());
    assert_eq!(bench.run().map(drop), Err(Error::EncryptionDemanded));
}
