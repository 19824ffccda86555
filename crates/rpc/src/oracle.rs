//! Oracles: properties that must hold for any bytes. The fuzzer runs them, and the tests run them with everything that the
//! fuzzer has found.

use crate::client::{self, Answer};
use crate::ndr::Syntax;
use crate::pdu::{Body, Pdu, SyntaxId};
use crate::server::{self, Event};
use crate::{Description, FaultCode, Interface, RpcError};

const INTERFACE: SyntaxId = SyntaxId::new(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, 3);

/// The limit of both ends: small, so that inputs reach it.
const LIMIT: usize = 4096;

/// The length of a [`selector`] in octets.
pub const SELECTOR: usize = 2;

/// Returns the octets with which an input of [`messages`] selects a message: the opnum; then the syntax in bit 0, and
/// the direction in bit 1. So an input keeps its meaning when the interface gets another operation.
///
/// `None` for an opnum above 255, which no interface of a file server has.
#[must_use]
pub fn selector(operation: &Description, syntax: Syntax, is_response: bool) -> Option<[u8; SELECTOR]> {
    let wide = u8::from(syntax == Syntax::Ndr64);
    Some([u8::try_from(operation.opnum).ok()?, wide | u8::from(is_response) << 1])
}

/// Returns an input of [`messages`] for each message of the interface `I` in each syntax, with default values.
#[must_use]
pub fn samples<I: Interface>() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for operation in I::OPERATIONS {
        for (is_response, message) in [(false, operation.request), (true, operation.response)] {
            for syntax in Syntax::ALL {
                let selector = selector(operation, syntax, is_response);
                samples.extend(selector.map(|selector| [&selector, &(message.sample)(syntax)[..]].concat()));
            }
        }
    }
    samples
}

/// Reads `data` as the message of the interface `I` that its first octets select (see [`selector`]), writes it, and
/// reads it again.
///
/// # Panics
/// Panics if the message can be read but not written, or if it reads differently after that.
pub fn messages<I: Interface>(data: &[u8]) {
    let Some(([opnum, bits], stub)) = data.split_first_chunk::<SELECTOR>() else { return };
    let Some(operation) = I::operation(u16::from(*opnum)) else { return };
    let syntax = if bits & 1 == 0 { Syntax::Ndr32 } else { Syntax::Ndr64 };
    let message = if bits & 2 == 0 { operation.request } else { operation.response };
    (message.oracle)(stub, syntax);
}

fn server() -> server::Association {
    let interfaces = vec![server::Interface::new(INTERFACE)];
    let config =
        server::Config { max_request: LIMIT, ..server::Config::new(r"\PIPE\srvsvc".into(), interfaces) };
    server::Association::new(config)
}

/// Cuts the input into pieces whose size is its first byte.
fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (size, bytes) =
        data.split_first().map_or((1, data), |(first, rest)| (usize::from(*first).max(1), rest));
    bytes.chunks(size)
}

/// Reads `data` as a PDU, writes it, and reads it again.
pub fn pdu(data: &[u8]) {
    let Ok(pdu) = Pdu::decode(data) else { return };
    match pdu.encode() {
        Ok(bytes) => {
            assert_eq!(Pdu::decode(&bytes), Ok(pdu), "a PDU was read, and is another after writing it");
        }
        // A bind_nak of full length without its list of versions gets one more byte.
        Err(error) => assert_eq!(error, RpcError::TooLong { what: "frag_length" }),
    }
}

/// Lets a client receive `data`: it keeps its limit, and accepts nothing after an error.
pub fn client(data: &[u8]) {
    let transfer_syntaxes = vec![SyntaxId::NDR32, SyntaxId::bind_time_features(3)];
    let config = client::Config { max_response: LIMIT, transfer_syntaxes, ..client::Config::default() };
    let mut client = client::Association::new(config);
    let Ok((interface, _)) = client.bind(INTERFACE) else { return };
    for piece in pieces(data) {
        match client.push(piece) {
            Ok(Some(Answer::Response { stub })) => assert!(stub.len() <= LIMIT, "the limit was passed"),
            Ok(_) => {}
            Err(_) => {
                assert!(client.push(piece).is_err(), "an association that failed goes on");
                return;
            }
        }
        if !client.awaits_answer() {
            assert!(client.call(interface, 12, b"arguments").is_ok(), "a bound association takes no call");
        }
    }
}

/// Lets a server receive `data`: its events do not depend on how the bytes are cut, clients can read its PDUs, it keeps
/// its limits, and sends nothing after it has closed.
pub fn server_association(data: &[u8]) {
    let mut whole = server();
    whole.push(data.get(1..).unwrap_or_default());
    let mut cut = server();
    for piece in pieces(data) {
        cut.push(piece);
    }
    let expected: Vec<Event> = std::iter::from_fn(|| whole.poll()).collect();
    let events: Vec<Event> = std::iter::from_fn(|| cut.poll()).collect();
    assert_eq!(events, expected, "the server's answers depend on how its input was cut");
    let closes = events.iter().position(|event| matches!(event, Event::Close(_)));
    assert!(closes.is_none_or(|position| position + 1 == events.len()), "something follows the end");
    for event in &events {
        match event {
            Event::Send(bytes) => assert!(Pdu::decode(bytes).is_ok(), "what was sent cannot be read"),
            Event::Call(call) => assert!(call.stub.len() <= LIMIT, "the limit was passed"),
            _ => {}
        }
    }
    let calls = events.iter().filter(|event| matches!(event, Event::Call(_))).count();
    assert!(calls <= 1, "a second call was let in before the first was answered");
}

/// Lets a client call a server: arguments, results and faults arrive unchanged, however the bytes are cut.
pub fn exchange(data: &[u8]) {
    let (control, stub) = data.split_at(data.len().min(4));
    let [cut, size, copies, fault] = *control.first_chunk().unwrap_or(&[1, 0, 1, 0]);
    // A little more than the limit is enough to test it.
    let longest = stub.iter().cycle().take(stub.len().saturating_mul(copies.into()).min(3 * LIMIT));
    let stub: Vec<u8> = longest.copied().collect();
    let max_fragment = u16::from(size) << 8;
    let config = client::Config { max_fragment, ..client::Config::default() };
    let mut pair = Pair { client: client::Association::new(config), server: server(), cut: cut.into() };
    let Ok((interface, bind)) = pair.client.bind(INTERFACE) else { return };
    let bound = Answer::Bound { interface, transfer_syntax: SyntaxId::NDR32 };
    assert_eq!(pair.carry(&[bind], |_| unreachable_call()), Ok(Some(bound)));
    let Ok(fragments) = pair.client.call(interface, 12, &stub) else { return };
    let code = FaultCode(0x1c01_0000 + u32::from(fault));
    let echo = |call: &server::Call| {
        assert_eq!(call.stub, stub, "the arguments arrived as others");
        if fault == 0 { Ok(call.stub.clone()) } else { Err(code) }
    };
    let answer = pair.carry(&fragments, echo);
    if stub.len() > LIMIT {
        assert!(matches!(answer, Ok(Some(Answer::Fault { code: FaultCode::ACCESS_DENIED, .. }))));
    } else if fault == 0 {
        assert_eq!(answer, Ok(Some(Answer::Response { stub })));
    } else {
        assert!(matches!(answer, Ok(Some(Answer::Fault { code: arrived, .. })) if arrived == code));
    }
}

fn unreachable_call() -> Result<Vec<u8>, FaultCode> {
    Err(FaultCode::NCA_S_PROTO_ERROR)
}

/// A client and a server that exchange their bytes in pieces.
struct Pair {
    client: client::Association,
    server: server::Association,
    cut: usize,
}

impl Pair {
    /// Sends the messages of the client, and returns the complete response of the server.
    fn carry(
        &mut self,
        messages: &[Vec<u8>],
        operation: impl Fn(&server::Call) -> Result<Vec<u8>, FaultCode>,
    ) -> Result<Option<Answer>, RpcError> {
        for piece in messages.concat().chunks(self.cut.max(1)) {
            self.server.push(piece);
        }
        let mut answers = Vec::new();
        while let Some(event) = self.server.poll() {
            match event {
                Event::Send(bytes) => {
                    let answer = matches!(Pdu::decode(&bytes), Ok(Pdu { body: Body::Fault(_), .. }));
                    answers.extend(bytes);
                    if answer {
                        break;
                    }
                }
                Event::Call(call) => match operation(&call) {
                    Ok(stub) => self.server.respond(call.call_id, &stub)?,
                    Err(code) => self.server.fault(call.call_id, code)?,
                },
                Event::Close(error) => return Err(error),
                Event::Cancel { .. } | Event::Orphaned { .. } => {}
            }
        }
        let (last, others) = split_last(&answers, self.cut.max(1));
        for piece in others {
            assert_eq!(self.client.push(piece)?, None, "an answer was whole before its last byte");
        }
        self.client.push(last)
    }
}

/// Splits bytes into pieces of `size`, and the last one.
fn split_last(bytes: &[u8], size: usize) -> (&[u8], Vec<&[u8]>) {
    let mut pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    (pieces.pop().unwrap_or_default(), pieces)
}
