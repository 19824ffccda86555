//! Both ends of an association against each other, and against invalid bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

use netsession_rpc::client::{self, Answer};
use netsession_rpc::pdu::{Body, Pdu, PduFlags, Request};
use netsession_rpc::server::{self, Event};
use netsession_rpc::{FaultCode, RpcError, SyntaxId, oracle};
use proptest::prelude::*;

const SRVSVC: SyntaxId = SyntaxId::new(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, 3);
const WKSSVC: SyntaxId = SyntaxId::new(0x6bffd098_a112_3610_9833_46c3f87e345a, 1);

fn server() -> server::Association {
    let interfaces = vec![server::Interface::new(SRVSVC), server::Interface::new(WKSSVC)];
    server::Association::new(server::Config::new(r"\PIPE\srvsvc".into(), interfaces))
}

fn events(server: &mut server::Association) -> Vec<Event> {
    std::iter::from_fn(|| server.poll()).collect()
}

fn sent(server: &mut server::Association) -> Vec<u8> {
    let only_sent = |event| match event {
        Event::Send(bytes) => bytes,
        other => panic!("{other:?}"),
    };
    events(server).into_iter().flat_map(only_sent).collect()
}

/// A client and a server of which the client has bound srvsvc.
fn bound() -> (client::Association, client::Interface, server::Association) {
    let (mut client, mut server) = (client::Association::new(client::Config::default()), server());
    let (interface, bind) = client.bind(SRVSVC).unwrap();
    server.push(&bind);
    let answer = client.push(&sent(&mut server)).unwrap();
    assert_eq!(answer, Some(Answer::Bound { interface, transfer_syntax: SyntaxId::NDR32 }));
    (client, interface, server)
}

fn request(call_id: u32, flags: PduFlags, stub: &[u8]) -> Vec<u8> {
    let request = Request { alloc_hint: 0, context_id: 0, opnum: 12, object: None, stub };
    Pdu { flags, call_id, body: Body::Request(request), auth: None }.encode().unwrap()
}

fn call_of(server: &mut server::Association) -> server::Call {
    match events(server).as_slice() {
        [Event::Call(call)] => call.clone(),
        other => panic!("{other:?}"),
    }
}

fn fault_of(server: &mut server::Association) -> (u32, FaultCode) {
    let events = events(server);
    let Some(Event::Send(bytes)) = events.first() else { panic!("{events:?}") };
    let pdu = Pdu::decode(bytes).unwrap();
    let Body::Fault(fault) = pdu.body else { panic!("{pdu:?}") };
    (pdu.call_id, fault.status)
}

proptest! {
    /// A failure here would change arguments or results on their way, for some length, fragment size or cut.
    #[test]
    fn calls_arrive_however_they_are_cut(
        control in any::<[u8; 4]>(),
        stub in proptest::collection::vec(any::<u8>(), 0..3000),
    ) {
        oracle::exchange(&[control.as_slice(), stub.as_slice()].concat());
    }

    /// A failure here would refuse a client that cuts its call into fragments of other sizes.
    #[test]
    fn fragments_of_any_size_make_a_call(sizes in proptest::collection::vec(0_usize..2000, 1..20)) {
        let (_, _, mut server) = bound();
        let last = sizes.len() - 1;
        let mut expected = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            let stub = vec![u8::try_from(at).unwrap(); *size];
            let mut flags = PduFlags::empty();
            flags.set(PduFlags::FIRST, at == 0);
            flags.set(PduFlags::LAST, at == last);
            prop_assert_eq!(events(&mut server), []);
            server.push(&request(2, flags, &stub));
            expected.extend(stub);
        }
        prop_assert_eq!(call_of(&mut server).stub, expected);
    }

    /// A failure here would accept a response that lost its end.
    #[test]
    fn an_answer_without_its_tail_is_no_answer(length in 0_usize..20_000, lost in 1_usize..500) {
        let (mut client, interface, mut server) = bound();
        for fragment in client.call(interface, 12, b"").unwrap() {
            server.push(&fragment);
        }
        let call_id = call_of(&mut server).call_id;
        server.respond(call_id, &vec![7; length]).unwrap();
        let answer = sent(&mut server);
        let lost = lost.min(answer.len());
        prop_assert_eq!(client.push(&answer[..answer.len() - lost]), Ok(None));
        prop_assert!(client.awaits_answer());
        let whole = client.push(&answer[answer.len() - lost..]);
        prop_assert_eq!(whole, Ok(Some(Answer::Response { stub: vec![7; length] })));
    }

    /// A failure here would let inserted bytes change a response.
    #[test]
    fn garbage_between_fragments_ends_the_association(
        garbage in proptest::collection::vec(any::<u8>(), 16..64),
        after in 0_usize..4,
    ) {
        prop_assume!(garbage[..2] != [5, 0] || garbage[4] != 0x10);
        let (mut client, interface, mut server) = bound();
        for fragment in client.call(interface, 12, b"").unwrap() {
            server.push(&fragment);
        }
        let call_id = call_of(&mut server).call_id;
        server.respond(call_id, &vec![7; 15_000]).unwrap();
        let mut fragments = events(&mut server);
        fragments.insert(after.min(fragments.len() - 1), Event::Send(garbage));
        let mut outcome = Ok(None);
        for event in &fragments {
            let Event::Send(bytes) = event else { unreachable!() };
            outcome = outcome.and_then(|_| client.push(bytes));
        }
        prop_assert!(outcome.is_err(), "{:?}", outcome);
        prop_assert!(client.call(interface, 12, b"").is_err());
    }

    /// A failure here would let bytes from the peer make an association panic or contradict itself.
    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..400)) {
        oracle::pdu(&data);
        oracle::client(&data);
        oracle::server_association(&data);
    }
}

/// A failure here would refuse a second interface on a pipe, or send a call to the wrong interface.
#[test]
fn an_association_carries_several_interfaces() {
    let (mut client, srvsvc, mut server) = bound();
    let (wkssvc, alter) = client.bind(WKSSVC).unwrap();
    server.push(&alter);
    let bound = Answer::Bound { interface: wkssvc, transfer_syntax: SyntaxId::NDR32 };
    assert_eq!(client.push(&sent(&mut server)), Ok(Some(bound)));
    for (interface, id) in [(wkssvc, WKSSVC), (srvsvc, SRVSVC)] {
        server.push(&client.call(interface, 0, b"in").unwrap().concat());
        let call = call_of(&mut server);
        assert_eq!((call.interface, call.stub.as_slice()), (id, b"in".as_slice()));
        server.respond(call.call_id, b"out").unwrap();
        let answer = client.push(&sent(&mut server));
        assert_eq!(answer, Ok(Some(Answer::Response { stub: b"out".to_vec() })));
    }
}

/// A failure here would lose a fault, or end an association that can continue.
#[test]
fn a_fault_ends_the_call_only() {
    let (mut client, interface, mut server) = bound();
    server.push(&client.call(interface, 99, b"").unwrap().concat());
    let call_id = call_of(&mut server).call_id;
    server.fault(call_id, FaultCode::NCA_S_OP_RNG_ERROR).unwrap();
    let fault = Answer::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, did_not_execute: true };
    assert_eq!(client.push(&sent(&mut server)), Ok(Some(fault)));
    assert!(server.respond(call_id, b"").is_err(), "answered twice");

    server.push(&client.call(interface, 12, b"").unwrap().concat());
    let call_id = call_of(&mut server).call_id;
    server.fault(call_id, FaultCode(0)).unwrap();
    let fault = Answer::Fault { code: FaultCode::NCA_S_FAULT_UNSPEC, did_not_execute: false };
    assert_eq!(client.push(&sent(&mut server)), Ok(Some(fault)), "a code that must not be sent");
}

/// A failure here would let a client fill the memory of the server.
#[test]
fn a_call_that_is_too_large_is_refused_and_the_next_is_served() {
    let (_, _, mut server) = bound();
    let stub = vec![0; 4000];
    server.push(&request(2, PduFlags::FIRST, &stub));
    for _ in 0..1100 {
        server.push(&request(2, PduFlags::empty(), &stub));
    }
    assert_eq!(fault_of(&mut server), (2, FaultCode::ACCESS_DENIED));
    server.push(&request(2, PduFlags::LAST, &stub));
    assert_eq!(events(&mut server), [], "the rest of the refused call is passed over");
    server.push(&request(3, PduFlags::WHOLE, b"next"));
    assert_eq!(call_of(&mut server).stub, b"next");
}

/// A failure here would let a server fill the memory of the client.
#[test]
fn an_answer_that_is_too_large_ends_the_association() {
    let config = client::Config { max_response: 9999, ..client::Config::default() };
    let (mut client, mut server) = (client::Association::new(config), server());
    let (interface, bind) = client.bind(SRVSVC).unwrap();
    server.push(&bind);
    client.push(&sent(&mut server)).unwrap();
    for (size, fits) in [(9999, true), (10_000, false)] {
        server.push(&client.call(interface, 12, b"").unwrap().concat());
        let call_id = call_of(&mut server).call_id;
        server.respond(call_id, &vec![0; size]).unwrap();
        let answer = client.push(&sent(&mut server));
        assert_eq!(answer.is_ok(), fits);
        assert!(fits || answer == Err(RpcError::TooLarge { limit: 9999 }));
    }
}

/// A failure here would mix the fragments of two calls, or accept a second call while the first is in progress.
#[test]
fn calls_are_not_mixed() {
    let begun = |then: Vec<u8>| {
        let (_, _, mut server) = bound();
        server.push(&request(2, PduFlags::FIRST, b"first half"));
        server.push(&then);
        let fault = fault_of(&mut server).1;
        server.push(&request(9, PduFlags::WHOLE, b""));
        assert_eq!(events(&mut server), [], "the association is closed");
        fault
    };
    assert_eq!(begun(request(3, PduFlags::LAST, b"other")), FaultCode::NCA_S_PROTO_ERROR);
    assert_eq!(begun(request(2, PduFlags::WHOLE, b"again")), FaultCode::NCA_S_PROTO_ERROR);
    let (_, _, mut server) = bound();
    server.push(&request(2, PduFlags::WHOLE, b""));
    call_of(&mut server);
    server.push(&request(3, PduFlags::WHOLE, b""));
    assert_eq!(fault_of(&mut server), (3, FaultCode::NCA_S_PROTO_ERROR));
}

/// A failure here would give a client that abandons a call the response of that call as the response of the next.
#[test]
fn an_orphaned_call_is_not_answered() {
    let (_, _, mut server) = bound();
    server.push(&request(2, PduFlags::WHOLE, b""));
    call_of(&mut server);
    let pdu = |body| Pdu::whole(2, body).encode().unwrap();
    server.push(&pdu(Body::CoCancel));
    server.push(&pdu(Body::Orphaned));
    assert_eq!(events(&mut server), [Event::Cancel { call_id: 2 }, Event::Orphaned { call_id: 2 }]);
    server.respond(2, b"late").unwrap();
    assert_eq!(events(&mut server), []);
    server.push(&request(3, PduFlags::FIRST, b"half"));
    server.push(&Pdu::whole(3, Body::Orphaned).encode().unwrap());
    server.push(&request(4, PduFlags::WHOLE, b"next"));
    assert_eq!(call_of(&mut server).stub, b"next");
}

/// A failure here would let one client fill the memory of the server with presentation contexts.
#[test]
fn contexts_are_limited() {
    let (mut client, _, mut server) = bound();
    for _ in 0..63 {
        let (_, alter) = client.bind(SRVSVC).unwrap();
        server.push(&alter);
        assert!(client.push(&sent(&mut server)).is_ok());
    }
    server.push(&client.bind(SRVSVC).unwrap().1);
    let events = events(&mut server);
    let [Event::Send(nak), Event::Close(RpcError::BindRefused { .. })] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert!(matches!(Pdu::decode(nak).unwrap().body, Body::BindNak(_)));
}

/// A failure here would accept the response to another call, or one without a call.
#[test]
fn answers_that_were_not_asked_for_are_refused() {
    let (mut client, interface, mut server) = bound();
    server.push(&client.call(interface, 12, b"").unwrap().concat());
    let call_id = call_of(&mut server).call_id;
    server.respond(call_id, b"results").unwrap();
    let answer = sent(&mut server);
    let mut other = answer.clone();
    other[12] ^= 1;
    assert!(matches!(client.push(&other), Err(RpcError::Mismatch { what: "call_id", .. })));
    let (mut idle, _, _) = bound();
    assert!(matches!(idle.push(&answer), Err(RpcError::Unexpected { .. })));
    let (mut client, interface, _) = bound();
    client.call(interface, 12, b"").unwrap();
    assert!(client.push(&[answer.as_slice(), b"more"].concat()).is_err(), "more than was asked for");
}
