//! The record of changes against the pages as they are.

use netsession_pages::{Record, Repository, pages};

/// If it failed, a page would say something else than before, and readers of the feed would not be told.
#[test]
fn every_page_says_what_the_record_knows_of() {
    let record = Record::read().unwrap();
    let changed = record.unrecorded(&pages(&record, &Repository::of_workspace()));
    assert!(changed.is_empty(), "cargo run -p netsession-pages -- record \"WHAT\": {changed:?}");
}
