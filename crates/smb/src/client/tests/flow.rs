//! Requests, answers, credits, and the end of sessions.

use netsession_wire::NtStatus;
use proptest::prelude::*;

use super::*;
use crate::client::Violation;
use crate::msg::{Capabilities, EchoRequest, IoctlResponse, LogoffRequest, ReadResponse, WriteRequest};

fn data(answer: &Answer) -> Vec<u8> {
    answer.body::<ReadResponse<'_>>().unwrap().data.to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A failure here would match a response to the wrong request.
    #[test]
    fn answers_may_come_in_any_order(order in Just((1..9u8).collect::<Vec<_>>()).prop_shuffle(), encrypted: bool) {
        let mut bench = if encrypted { Bench::encrypted() } else { Bench::signed() };
        let sent: Vec<_> = (1..9).map(|byte| (bench.send(read(byte, 10)), byte)).collect();
        let frames = bench.answers();
        for place in order {
            bench.client.receive(&frames[usize::from(place - 1)]).unwrap();
        }
        let answers = answered(bench.events());
        prop_assert_eq!(answers.len(), sent.len());
        for answer in answers {
            let (_, byte) = sent.iter().find(|(id, _)| *id == answer.request()).unwrap();
            prop_assert_eq!(data(&answer), vec![*byte; 10]);
        }
    }

    /// A failure here would let the result depend on how TCP cuts and joins the stream.
    #[test]
    fn answers_may_be_cut_anywhere(cuts in prop::collection::vec(1..90usize, 1..50)) {
        let mut bench = Bench::signed();
        for byte in 1..5 {
            bench.send(read(byte, 100));
        }
        let stream = bench.answers().concat();
        let mut rest = stream.as_slice();
        for cut in cuts.into_iter().cycle() {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            bench.client.receive(piece).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let answers = answered(bench.events());
        prop_assert_eq!(answers.iter().map(data).collect::<Vec<_>>(), (1..5).map(|it| vec![it; 100]).collect::<Vec<_>>());
    }
}

/// A failure here would abandon a slow request, or hold up the requests after it.
#[test]
fn an_answer_may_be_announced_and_come_later() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        let slow = bench.send(slow());
        let quick = bench.send(read(1, 1));
        let events = bench.run().unwrap();
        assert!(matches!(events[0], Event::Pending(id) if id == slow), "{events:?}");
        assert_eq!(answered(events)[0].request(), quick);
        let id = bench.stage.announced[0];
        let reply = |reply: &mut Reply<'_>| {
            reply.ok(&IoctlResponse {
                ctl_code: CtlCode::PIPE_TRANSCEIVE,
                file_id: FILE,
                input: &[],
                output: b"y",
            });
        };
        bench.server.complete(id, &mut bench.output, reply).unwrap();
        let answer = answered(bench.run().unwrap()).remove(0);
        assert_eq!((answer.request(), answer.status()), (slow, NtStatus::SUCCESS));
        assert_eq!(answer.body::<IoctlResponse<'_>>().unwrap().output, b"y");
    }
}

/// A failure here would make a request impossible to cancel, or break the connection when it is cancelled.
#[test]
fn a_request_can_be_cancelled() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        let request = bench.send(slow());
        bench.run().unwrap();
        bench.client.cancel(request).unwrap();
        let answer = answered(bench.run().unwrap()).remove(0);
        assert_eq!((answer.request(), answer.status()), (request, NtStatus::CANCELLED));
        bench.client.cancel(request).unwrap();
        assert!(bench.client.transmit().is_none(), "what was answered is not cancelled");
        assert_eq!(bench.ask(read(1, 1))[0].status(), NtStatus::SUCCESS);
    }
}

/// A failure here would send more than the server allows, or never send the requests that had to wait.
#[test]
fn requests_wait_for_credits() {
    let mut bench = Bench::ready(config(), Settings { max_credits: 4, ..settings() });
    for byte in 0..20 {
        bench.send(read(byte, 5));
    }
    let first = std::iter::from_fn(|| bench.client.transmit()).count();
    assert!((1..=4).contains(&first), "{first} requests with 4 credits");
    let mut bench = Bench::ready(config(), Settings { max_credits: 4, ..settings() });
    for byte in 0..20 {
        bench.send(read(byte, 5));
    }
    let answers = answered(bench.run().unwrap());
    assert_eq!(answers.iter().map(|it| data(it)[0]).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
}

/// A failure here would pay too few credits for a long read, which the server then refuses.
#[test]
fn long_requests_take_several_credits() {
    let mut bench = Bench::signed();
    let answers = bench.ask(read(7, 1 << 20));
    assert_eq!((answers[0].status(), data(&answers[0]).len()), (NtStatus::SUCCESS, 1 << 20));
    let mut bench = Bench::ready(config(), Settings { max_credits: 4, ..settings() });
    let stuck = bench.client.send(read(7, 1 << 20)).map(drop);
    assert_eq!(stuck, Err(Violation::NoCredits.into()), "it would wait forever");
}

/// A failure here would send requests to a session that has ended, or miss its end.
#[test]
fn an_ended_session_is_reported_and_takes_no_more_requests() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        let id = bench.client.session().unwrap();
        bench.server.end_session(id);
        bench.send(read(1, 1));
        let events = bench.run().unwrap();
        assert!(matches!(&events[..], [Event::Answered(answer), Event::SessionEnded]
            if answer.status() == NtStatus::USER_SESSION_DELETED));
        assert_eq!(bench.client.send(read(1, 1)), Err(Error::NoSession));
    }
}

/// A failure here would leave the session open at the server after a logoff, or usable here.
#[test]
fn a_logoff_ends_the_session() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        bench.send(Chain::new(TreeId::NONE, &LogoffRequest).unwrap());
        let events = bench.run().unwrap();
        assert!(matches!(&events[..], [Event::Answered(_), Event::SessionEnded]), "{events:?}");
        assert_eq!(bench.server.sessions().count(), 0);
        assert_eq!(bench.client.send(read(1, 1)), Err(Error::NoSession));
    }
}

/// A failure here would send a request before the logon without protection.
#[test]
fn nothing_is_sent_before_the_login() {
    let mut bench = Bench::new(config(), settings());
    assert_eq!(bench.client.send(read(1, 1)), Err(Error::NoSession));
    assert_eq!(bench.client.log_in(Vec::new()), Err(Error::LoginBegun));
}

/// A failure here would mix up the responses to a compound.
#[test]
fn a_compound_is_answered_part_by_part() {
    for mut bench in [Bench::signed(), Bench::encrypted()] {
        let chain = Chain::new(TreeId::NONE, &tree_connect()).unwrap();
        let chain = chain.then(&ReadRequest::new(FILE, 3, 4)).unwrap().then(&EchoRequest).unwrap();
        let sent = bench.client.send(chain).unwrap();
        let answers = answered(bench.run().unwrap());
        assert_eq!(answers.iter().map(Answer::request).collect::<Vec<_>>(), sent);
        assert_eq!((answers[0].header().tree_id(), data(&answers[1])), (Some(TREE), vec![3; 4]));
    }
}

/// A failure here would let a request that cannot be sent use up message ids, and the connection with them.
#[test]
fn a_request_that_cannot_be_sent_is_refused() {
    let mut bench = Bench::signed();
    let long = vec![0; 0x0100_0000];
    let write = Chain::new(TREE, &WriteRequest::new(FILE, 0, &long)).unwrap();
    assert!(matches!(bench.client.send(write), Err(Error::Encode(_))));
    bench.client.negotiated.as_mut().unwrap().capabilities.remove(Capabilities::LARGE_MTU);
    assert!(matches!(bench.client.send(read(1, 65_537)), Err(Error::Encode(_))));
    bench.client.negotiated.as_mut().unwrap().capabilities.insert(Capabilities::LARGE_MTU);
    assert_eq!(data(&bench.ask(read(1, 1))[0]), [1]);
}
