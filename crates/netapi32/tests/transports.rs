//! Calls `NetServerTransportEnum` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use netapi32::NetServerTransportEnum;
use netapi32::structures::{SERVER_TRANSPORT_INFO_0, SERVER_TRANSPORT_INFO_1, SERVER_TRANSPORT_INFO_2};
use stage::{Answer, Stage, narrow};

fn list(stage: &Stage, level: u32) -> Answer {
    Answer::of(0, |answer| {
        // SAFETY: the name ends in zero; the others are variables.
        unsafe {
            NetServerTransportEnum(
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

/// A failure here would let a program read past the address of a transport, or show other transports than there are.
#[test]
fn the_transport_is_listed_at_each_level() {
    let stage = Stage::start();
    stage.add_session("10.0.0.7", "alice");
    let answer = list(&stage, 0);
    let row = answer.one::<SERVER_TRANSPORT_INFO_0>();
    assert_eq!((row.svti0_numberofvcs, narrow(row.svti0_transportname)), (2, r"\Device\NetbiosSmb".into()));
    let length = usize::try_from(row.svti0_transportaddresslength).unwrap_or_default();
    // SAFETY: the library promises so many octets there.
    let address = unsafe { std::slice::from_raw_parts(row.svti0_transportaddress, length) };
    assert_eq!((address, narrow(row.svti0_networkaddress)), (&b"STAGE"[..], "0".repeat(12)));
    let answer = list(&stage, 1);
    assert_eq!(narrow(answer.one::<SERVER_TRANSPORT_INFO_1>().svti1_domain), "STAGE");
    let answer = list(&stage, 2);
    let row = answer.one::<SERVER_TRANSPORT_INFO_2>();
    assert_eq!((narrow(row.svti2_domain), row.svti2_flags), ("STAGE".into(), 0));
    for level in [3, 4, 100] {
        assert_eq!(list(&stage, level).code, 124, "{level}");
    }
}
