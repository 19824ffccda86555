//! Bytes of one file that become those of another.

use super::*;
use crate::fs::Duplicate;

/// A failure here would destroy bytes beside those that a client duplicates, take them from a file that it must not read, or lose the
/// end of a file.
#[test]
fn duplicated_bytes_replace_only_what_is_there() {
    let share = Share::new();
    let cluster = u64::from(share.disk.volume().unwrap().unit);
    let bytes = |value: u8, clusters: u64, more: usize| {
        vec![value; usize::try_from(clusters * cluster).unwrap() + more]
    };
    let open = |name: &str| share.create(name, |_| {}).unwrap().open;
    let (source, target) = (open("source"), open("target"));
    source.write(0, &bytes(1, 2, 10)).unwrap();
    target.write(0, &bytes(2, 4, 0)).unwrap();
    let from_to = |source: &super::super::open::Open, from: u64, to: u64, length: u64| {
        let part = Duplicate { source_offset: from, target_offset: to, length };
        target.duplicate(source, &part, &Effort::UNLIMITED)
    };
    let data = || std::fs::read(share.folder.path().join("target")).unwrap();

    assert_eq!(from_to(&source, 0, cluster, cluster), Ok(()));
    assert_eq!(data(), [bytes(2, 1, 0), bytes(1, 1, 0), bytes(2, 2, 0)].concat());
    // The last cluster of the source has ten bytes, which clients name in both ways.
    for length in [10, cluster] {
        assert_eq!(from_to(&source, 2 * cluster, 3 * cluster, length), Ok(()), "{length}");
    }
    let expected = [bytes(2, 1, 0), bytes(1, 1, 0), bytes(2, 1, 0), bytes(1, 0, 10), bytes(2, 1, 0)].concat();
    assert_eq!(data(), expected[..data().len()]);
    assert_eq!(from_to(&source, 0, 0, 0), Ok(()));

    let (not_there, wrong) = (Err(NtStatus::NOT_SUPPORTED), Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(from_to(&source, 2 * cluster, 0, 2 * cluster), not_there, "beyond the source");
    assert_eq!(from_to(&source, 0, 3 * cluster, 2 * cluster), not_there, "beyond the target");
    assert_eq!(from_to(&target, 0, cluster, 2 * cluster), not_there, "it overlaps");
    for (from, to, length) in [(1, 0, cluster), (0, 1, cluster), (0, 0, 1), (0, 0, u64::MAX)] {
        assert!([wrong, not_there].contains(&from_to(&source, from, to, length)), "{from} {to} {length}");
    }
    let blind = share.create("source", |request| request.access = AccessMask::WRITE_DATA).unwrap().open;
    assert_eq!(from_to(&blind, 0, 0, cluster), wrong);
    let read = share.create("target", |request| request.access = AccessMask::READ_DATA).unwrap().open;
    let part = Duplicate { source_offset: 0, target_offset: 0, length: cluster };
    assert_eq!(read.duplicate(&source, &part, &Effort::UNLIMITED), Err(NtStatus::ACCESS_DENIED));

    let other = open("target");
    other.lock(Range::new(0, 10).unwrap(), Mode::Shared).unwrap();
    assert_eq!(from_to(&source, 0, 0, cluster), Err(NtStatus::FILE_LOCK_CONFLICT));
    assert_eq!(from_to(&source, 0, cluster, cluster), Ok(()));
    drop(other);
    source.set_sparse(true).unwrap();
    assert_eq!(from_to(&source, 0, 0, cluster), not_there, "the target is not sparse");
    target.set_sparse(true).unwrap();
    assert_eq!(from_to(&source, 0, 0, cluster), Ok(()));
    assert_eq!(data()[..5], [1; 5]);
}
