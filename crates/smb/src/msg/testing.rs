//! The common parts of the tests of every codec.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Body, Command, Header, MessageId, encode};
use crate::{Structure, oracle};

/// Returns the message with an empty header.
pub(crate) fn bytes_of<'a>(body: &impl Body<'a>) -> Vec<u8> {
    encode(&Header::request(Command(0xffff), MessageId(0)), body).unwrap()
}

/// Checks that no truncation, change or continuation of `bytes` makes the decoder panic, or read a value that it cannot
/// write.
pub(crate) fn withstands(bytes: &[u8], rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    for length in 0..bytes.len() {
        oracle::stable(&bytes[..length], &rewrite);
    }
    let mutations = proptest::collection::vec((0..bytes.len().max(1), any::<u8>()), 1..6);
    let strategy = (mutations, proptest::collection::vec(any::<u8>(), 0..24));
    let run = TestRunner::new(Config { failure_persistence: None, ..Config::default() }).run(
        &strategy,
        |(mutations, tail)| {
            let mut bytes = bytes.to_vec();
            for (at, byte) in mutations {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            bytes.extend(tail);
            oracle::stable(&bytes, &rewrite);
            Ok(())
        },
    );
    run.unwrap();
}

/// Checks that a body reads as it was written, and that its decoder [`withstands`] any bytes.
macro_rules! survives {
    ($body:ty, $example:expr) => {{
        let example: $body = $example;
        let bytes = $crate::msg::testing::bytes_of(&example);
        let packet = $crate::msg::Packet::split(&bytes).next().unwrap().unwrap();
        assert_eq!(packet.body::<$body>().unwrap(), example);
        $crate::msg::testing::withstands(&bytes, |bytes| $crate::oracle::rewrite::<$body>(bytes));
    }};
}
pub(crate) use survives;

/// Checks that a structure reads as it was written, and that its decoder [`withstands`] any bytes.
pub(crate) fn keeps<T: Structure + PartialEq + std::fmt::Debug>(example: &T) {
    let bytes = example.to_bytes().unwrap();
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(example));
    withstands(&bytes, oracle::rewrite_structure::<T>);
}
