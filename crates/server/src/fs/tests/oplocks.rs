//! Changes of a file's data, and what other clients keep of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::fs::{Break, OplockKind};

/// A failure here would let a client read old data from its cache after another one has changed the file.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn every_change_of_data_ends_the_shared_oplocks() {
    let share = Share::new();
    let file = share.create("f", |_| {}).unwrap().open;
    let range = Range::new(0, 1).unwrap();
    let changes: [(&str, &dyn Fn()); 6] = [
        ("write", &|| assert_eq!(file.write(0, b"data"), Ok(4))),
        ("size", &|| file.set_end_of_file(100).unwrap()),
        ("allocation", &|| file.set_allocation(8192).unwrap()),
        ("hole", &|| file.zero(0, 50).unwrap()),
        ("lock", &|| file.lock(range, Mode::Exclusive).unwrap()),
        ("overwriting", &|| {
            let overwrite = |request: &mut Request<'_>| request.disposition = CreateDisposition::OVERWRITE;
            drop(share.create("f", overwrite).unwrap());
        }),
    ];
    for (what, change) in changes {
        let ended = Arc::new(AtomicUsize::new(0));
        let (reader, count) = (share.open("f").unwrap().open, Arc::clone(&ended));
        let on_break = move |what| {
            assert_eq!(what, Break::Oplock(None));
            count.fetch_add(1, Ordering::Relaxed);
            true
        };
        let granted = reader.grant_oplock(OplockKind::LevelTwo, Box::new(on_break));
        assert_eq!(granted, Some(OplockKind::LevelTwo), "{what}");
        assert!(reader.info().is_ok() && ended.load(Ordering::Relaxed) == 0, "{what}");
        change();
        assert_eq!((ended.load(Ordering::Relaxed), reader.oplock()), (1, None), "{what}");
        let _ = file.unlock(range);
    }
}
