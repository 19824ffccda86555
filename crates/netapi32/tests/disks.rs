//! Calls `NetServerDiskEnum` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use netapi32::{NetServerDiskEnum, WCHAR};
use stage::{Answer, Stage, narrow};

fn list(stage: &Stage, level: u32) -> Answer {
    Answer::of(0, |answer| {
        // SAFETY: the name ends in zero; the others are variables.
        unsafe {
            NetServerDiskEnum(
                stage.unc().as_ptr(),
                level,
                &raw mut answer.buffer,
                u32::MAX,
                &raw mut answer.read,
                &raw mut answer.total,
                &raw mut answer.resume,
            )
        }
    })
}

/// A failure here would let a program read past the last drive.
#[test]
fn drives_are_texts_and_an_empty_one_ends_them() {
    let stage = Stage::start();
    let answer = list(&stage, 0);
    assert_eq!((answer.code, answer.read, answer.total), (0, 1, 1));
    let first = answer.buffer.cast_const().cast::<WCHAR>();
    // SAFETY: the buffer has a text of three characters, and an empty one.
    let second = unsafe { first.add(3) };
    assert_eq!((narrow(first), narrow(second)), ("C:".to_owned(), String::new()));
    assert_eq!(list(&stage, 1).code, 124);
}
