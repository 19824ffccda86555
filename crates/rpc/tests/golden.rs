//! Replays the messages of real peers on a pipe to both ends of an association.
//!
//! Each file in `golden/` is one pipe: `>` marks the bytes that the client wrote, `<` those that it read, in
//! hexadecimal.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

use std::path::Path;

use netsession_rpc::client::{self, Answer};
use netsession_rpc::pdu::{Body, ContextReason, ContextResult, Framer, Pdu, RejectReason};
use netsession_rpc::server::{self, Event};
use netsession_rpc::{FaultCode, RpcError, SyntaxId};

const SRVSVC: SyntaxId = SyntaxId::new(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, 3);

/// The sender of a message, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Client(Vec<u8>),
    Server(Vec<u8>),
}

impl Line {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Client(bytes) | Self::Server(bytes) => bytes,
        }
    }
}

fn golden(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("hex");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (sign, hex) = line.split_at(2);
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        match sign {
            "> " => lines.push(Line::Client(bytes.collect())),
            "< " => lines.push(Line::Server(bytes.collect())),
            _ => match lines.last_mut().unwrap() {
                Line::Client(last) | Line::Server(last) => last.extend(bytes),
            },
        }
    }
    lines
}

fn all() -> Vec<(String, Vec<Line>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    names.map(|name| (name.clone(), golden(&name))).collect()
}

fn pdus(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::new();
    framer.push(bytes);
    let found = std::iter::from_fn(|| framer.next_pdu(u16::MAX).unwrap().map(<[u8]>::to_vec)).collect();
    assert!(framer.rest().is_empty());
    found
}

/// A failure here would lose a part of what a real peer sends, or write it differently.
#[test]
fn every_pdu_is_written_as_it_was_read() {
    let mut seen = 0;
    for (name, lines) in all() {
        for line in lines.iter().filter(|line| line.bytes()[0] == 5) {
            for pdu in pdus(line.bytes()) {
                let decoded = Pdu::decode(&pdu).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(decoded.encode().as_ref(), Ok(&pdu), "{name}: {decoded:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

/// The call identifiers of a capture, renumbered to start at 1.
fn renumbered(lines: &[Line]) -> Vec<Line> {
    let first = Pdu::decode(lines[0].bytes()).unwrap().call_id;
    let renumber = |bytes: &[u8]| {
        let pdus = pdus(bytes).into_iter().flat_map(|bytes| {
            let mut pdu = Pdu::decode(&bytes).unwrap();
            pdu.call_id = pdu.call_id + 1 - first;
            pdu.encode().unwrap()
        });
        pdus.collect()
    };
    let line = |line: &Line| match line {
        Line::Client(bytes) => Line::Client(renumber(bytes)),
        Line::Server(bytes) => Line::Server(renumber(bytes)),
    };
    lines.iter().map(line).collect()
}

/// Opnum and arguments of each call in a capture.
fn calls(lines: &[Line]) -> Vec<(u16, Vec<u8>)> {
    let mut calls: Vec<(u16, Vec<u8>)> = Vec::new();
    for line in lines {
        let pdu = Pdu::decode(line.bytes()).unwrap();
        if let Body::Request(request) = pdu.body {
            if pdu.flags.contains(netsession_rpc::pdu::PduFlags::FIRST) {
                calls.push((request.opnum, Vec::new()));
            }
            calls.last_mut().unwrap().1.extend_from_slice(request.stub);
        }
    }
    calls
}

/// A failure here would make the client differ from Samba's own client, or misread Samba's responses, wherever the pipe
/// cuts them.
#[test]
fn the_client_says_what_rpcclient_says() {
    for name in ["rpcclient_share_enum", "rpcclient_session_enum", "rpcclient_long_request"] {
        for cut in [1, 7, 1024, usize::MAX] {
            let lines = renumbered(&golden(name));
            let mut answers = lines.iter().filter(|line| matches!(line, Line::Server(_))).map(Line::bytes);
            let mut said = Vec::new();
            let mut client = client::Association::new(client::Config::default());
            let mut hear = |client: &mut client::Association| loop {
                for piece in answers.next().unwrap().chunks(cut) {
                    if let Some(answer) = client.push(piece).unwrap() {
                        return answer;
                    }
                }
            };
            let (interface, bind) = client.bind(SRVSVC).unwrap();
            said.push(bind);
            let bound = Answer::Bound { interface, transfer_syntax: SyntaxId::NDR32 };
            assert_eq!(hear(&mut client), bound);
            for (opnum, stub) in calls(&lines) {
                said.extend(client.call(interface, opnum, &stub).unwrap());
                let Answer::Response { stub } = hear(&mut client) else { panic!("{name}: no results") };
                let expected = lines.iter().filter(|line| matches!(line, Line::Server(_))).skip(1);
                let expected: usize = expected.map(|line| line.bytes().len() - 24).sum();
                assert_eq!(stub.len(), expected, "{name}");
            }
            let expected = lines.iter().filter(|line| matches!(line, Line::Client(_))).map(Line::bytes);
            assert!(said.iter().map(Vec::as_slice).eq(expected), "{name}");
        }
    }
}

/// Replays a capture's client to our server, which answers calls as the capture's server did.
fn replay(lines: &[Line], transfer_syntaxes: &[SyntaxId]) -> Vec<Vec<u8>> {
    let group = lines.iter().find_map(|line| match Pdu::decode(line.bytes()).ok()?.body {
        Body::BindAck(ack) => Some(ack.assoc_group_id),
        _ => None,
    });
    let interface = server::Interface { id: SRVSVC, transfer_syntaxes: transfer_syntaxes.to_vec() };
    let config = server::Config {
        assoc_group_id: group.unwrap_or(1),
        ..server::Config::new(r"\pipe\srvsvc".into(), vec![interface])
    };
    let mut server = server::Association::new(config);
    let mut said = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Line::Client(bytes) = line else { continue };
        server.push(bytes);
        while let Some(event) = server.poll() {
            match event {
                Event::Send(bytes) => said.push(bytes),
                Event::Call(call) => answer_as(&mut server, &call, &lines[at + 1..]),
                Event::Close(_) => return said,
                other => panic!("{other:?}"),
            }
        }
    }
    said
}

fn answer_as(server: &mut server::Association, call: &server::Call, lines: &[Line]) {
    let mut results = Vec::new();
    for line in lines.iter().take_while(|line| matches!(line, Line::Server(_))) {
        match Pdu::decode(line.bytes()).unwrap().body {
            Body::Response(response) => results.extend_from_slice(response.stub),
            Body::Fault(fault) => return server.fault(call.call_id, fault.status).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    server.respond(call.call_id, &results).unwrap();
}

/// A failure here would make the server differ from Samba where the specification leaves no choice, or where Samba's
/// choice is as good as any.
#[test]
fn the_server_says_what_samba_says() {
    let same = [
        "rpcclient_share_enum",
        "rpcclient_session_enum",
        "rpcclient_long_request",
        "impacket",
        "two_syntaxes_in_one_context",
        "refused_version",
        "refused_no_contexts",
        "refused_interface",
        "refused_ndr64",
        "refused_authentication",
    ];
    for name in same {
        let lines = golden(name);
        let said = replay(&lines, &[SyntaxId::NDR32]);
        let expected: Vec<_> = lines.iter().filter(|line| matches!(line, Line::Server(_))).collect();
        assert!(said.iter().map(Vec::as_slice).eq(expected.iter().map(|line| line.bytes())), "{name}");
    }
}

/// A failure here would negotiate features and encodings with Windows clients differently from their own servers.
#[test]
fn a_windows_bind_is_negotiated() {
    let lines = golden("windows_style_bind");
    let said = replay(&lines, &[SyntaxId::NDR32, SyntaxId::NDR64]);
    let Body::BindAck(ack) = Pdu::decode(&said[0]).unwrap().body else { panic!() };
    let results: Vec<_> = ack.results.iter().map(|outcome| outcome.result).collect();
    use ContextResult as Is;
    assert_eq!(results, [Is::ACCEPTANCE, Is::PROVIDER_REJECTION, Is::NEGOTIATE_ACK]);
    assert_eq!(ack.results[0].transfer_syntax, SyntaxId::NDR32);
    assert_eq!(ack.results[2].reason, ContextReason(2), "orphaned calls leave the connection open");
    assert_eq!(ack.results[2].transfer_syntax, SyntaxId::NONE);
    // Our server must answer everything after the bind as Samba does.
    for name in ["windows_style_bind", "refused_second_bind"] {
        let lines = golden(name);
        let said = replay(&lines, &[SyntaxId::NDR32, SyntaxId::NDR64]);
        let expected = lines.iter().filter(|line| matches!(line, Line::Server(_))).skip(1).map(Line::bytes);
        assert!(said[1..].iter().map(Vec::as_slice).eq(expected), "{name}");
    }

    let said = replay(&lines, &[SyntaxId::NDR64, SyntaxId::NDR32]);
    let Body::BindAck(ack) = Pdu::decode(&said[0]).unwrap().body else { panic!() };
    assert_eq!(ack.results[0].result, ContextResult::PROVIDER_REJECTION);
    assert_eq!(ack.results[1].transfer_syntax, SyntaxId::NDR64);
    let said = replay(&golden("refused_ndr64"), &[SyntaxId::NDR32, SyntaxId::NDR64]);
    let Body::BindAck(ack) = Pdu::decode(&said[0]).unwrap().body else { panic!() };
    assert_eq!(ack.results[0].transfer_syntax, SyntaxId::NDR64);
}

/// A failure here would leave a client that calls before it binds without a fault.
#[test]
fn a_call_before_a_bind_is_a_protocol_error() {
    let said = replay(&golden("refused_request_first"), &[SyntaxId::NDR32]);
    let Body::Fault(fault) = Pdu::decode(&said[0]).unwrap().body else { panic!() };
    assert_eq!(fault.status, FaultCode::NCA_S_PROTO_ERROR);
    assert_eq!(said.len(), 1);
}

/// A failure here would hide why Samba refused a bind, or take the refusal for success.
#[test]
fn the_client_says_why_samba_refused() {
    let hear = |name: &str| {
        let mut client = client::Association::new(client::Config::default());
        client.bind(SRVSVC).unwrap();
        let lines = renumbered(&golden(name));
        client.push(lines.iter().find(|line| matches!(line, Line::Server(_))).unwrap().bytes())
    };
    let refused = |reason| Err(RpcError::BindRefused { reason });
    assert_eq!(hear("refused_request_first"), refused(RejectReason::PROTOCOL_VERSION_NOT_SUPPORTED));
    assert_eq!(hear("refused_no_contexts"), refused(RejectReason::NOT_SPECIFIED));
    let rejected =
        |reason| Err(RpcError::ContextRefused { result: ContextResult::PROVIDER_REJECTION, reason });
    assert_eq!(hear("refused_interface"), rejected(ContextReason::ABSTRACT_SYNTAX_NOT_SUPPORTED));
    assert_eq!(hear("refused_ndr64"), rejected(ContextReason::PROPOSED_TRANSFER_SYNTAXES_NOT_SUPPORTED));
}
