//! The record of changes against the pages as they are.

use netsession_pages::{Record, Repository, pages};

/// A failure here would change a page without telling the readers of the feed.
#[test]
fn every_page_says_what_the_record_knows_of() {
    let record = Record::read().unwrap();
    let changed = record.unrecorded(&pages(&record, &Repository::of_workspace()));
    assert!(changed.is_empty(), "cargo run -p netsession-pages -- record \"WHAT\": {changed:?}");
}
