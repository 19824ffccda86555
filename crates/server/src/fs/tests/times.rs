//! The times that clients see and set.

use netsession_smb::fscc::FileTime;

use super::*;
use crate::fs::open::Basic;

/// 2001-01-01 and a second later.
const THEN: FileTime = FileTime(126_227_808_000_000_000);
const LATER: FileTime = FileTime(126_227_808_010_000_000);

/// A failure here would lose the ChangeTime that a client has restored, or show it after the file has changed.
#[test]
#[cfg_attr(windows, ignore = "the server sets no change time on Windows")]
fn a_set_change_time_stays_until_the_file_changes() {
    let share = Share::new();
    let file = share.create("f", |_| {}).unwrap().open;
    let set = |change| file.set_basic(&Basic { last_write: THEN, change, ..Basic::default() }).unwrap();
    for ending in ["write", "rename", "attributes"] {
        set(LATER);
        assert_eq!(share.open("f").unwrap().info.change, LATER, "{ending}");
        set(FileTime::THAW);
        assert_eq!(file.info().unwrap().change, LATER, "{ending}");
        match ending {
            "write" => drop(share.open("f").unwrap().open.write(0, b"x").unwrap()),
            "rename" => {
                file.rename(&SharePath::parse("g").unwrap(), false).unwrap();
                file.rename(&SharePath::parse("f").unwrap(), false).unwrap();
            }
            _ => {
                let attributes = FileAttributes::HIDDEN;
                file.set_basic(&Basic { attributes, ..Basic::default() }).unwrap();
            }
        }
        assert!(share.open("f").unwrap().info.change > LATER, "{ending}");
    }
}

/// A failure here would make Explorer read a file again at each write, or hide from it that the file has changed.
#[test]
fn a_write_shows_its_time_later() {
    let share = Share::new();
    let file = share.create("f", |_| {}).unwrap().open;
    // Another program has set the time, so it stays for nobody.
    share.open("f").unwrap().open.set_basic(&Basic { last_write: THEN, ..Basic::default() }).unwrap();
    let shown = || file.info().unwrap().last_write;
    for round in ["flush", "size", "attributes"] {
        let before = shown();
        file.write(0, b"x").unwrap();
        file.write(1, b"y").unwrap();
        assert_eq!(shown(), before, "{round}");
        assert!(file.own_info().unwrap().last_write > before, "{round}");
        match round {
            "flush" => file.flush().unwrap(),
            "size" => file.set_end_of_file(1).unwrap(),
            _ => file.set_basic(&Basic::default()).unwrap(),
        }
        assert!(shown() > before, "{round}");
    }
    file.write(0, b"x").unwrap();
    let (other, before) = (share.open("f").unwrap().open, shown());
    assert_eq!(other.info().unwrap().last_write, before);
    let closed_at = FileTime::from_system(std::time::SystemTime::now());
    file.close();
    assert!(
        other.info().unwrap().last_write >= closed_at,
        "as on Windows, the file has the time of the closing"
    );
}

/// A failure here would give each copied file the time of the copy.
#[test]
fn a_set_write_time_stays_for_the_open_that_set_it() {
    let share = Share::new();
    let file = share.create("f", |_| {}).unwrap().open;
    let set = |last_write| file.set_basic(&Basic { last_write, ..Basic::default() }).unwrap();
    let truth = || file.own_info().unwrap().last_write;
    set(THEN);
    file.write(0, b"xyz").unwrap();
    file.set_end_of_file(1).unwrap();
    assert_eq!((truth(), file.info().unwrap().last_write), (THEN, THEN));
    share.open("f").unwrap().open.write(0, b"x").unwrap();
    let written = truth();
    assert!(written > THEN, "another open has set no time");
    set(FileTime::FREEZE);
    file.write(0, b"y").unwrap();
    assert_eq!(truth(), written);
    set(FileTime::THAW);
    file.write(0, b"z").unwrap();
    assert!(truth() > written);
}
