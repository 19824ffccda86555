use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::tree::Files;
use super::{check, circles_of, judge};

/// Files by their paths, in place of a disk.
struct Texts<'a>(BTreeMap<&'a Path, &'a str>);

impl Files for Texts<'_> {
    fn read(&self, file: &Path) -> Option<String> {
        self.0.get(file).map(|text| (*text).to_owned())
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|file| file.parent() == Some(folder)).map(|file| file.to_path_buf()).collect()
    }
}

/// The circles of a crate whose files are these; the first is the root.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let texts = Texts(files.iter().map(|(name, text)| (Path::new(*name), *text)).collect());
    circles_of(Path::new(files[0].0), Path::new("src"), &texts).unwrap()
}

/// The one circle, as lines.
fn only_circle(files: &[(&str, &str)]) -> String {
    let mut circles = circles(files);
    assert_eq!(circles.len(), 1, "{circles:?}");
    circles.remove(0)
}

/// A failure here would let a crate tie its files together again.
#[test]
fn the_workspace_has_no_circles() {
    assert_eq!(check().unwrap(), Vec::<String>::new());
}

/// A failure here would make the check above pass whatever the files do.
#[test]
fn two_files_that_use_each_other_are_a_circle() {
    let circle = only_circle(&[
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "pub struct B; fn f(a: &super::a::A) {}"),
    ]);
    assert_eq!(
        circle,
        "a circle of files:\n    a.rs uses b.rs: crate::b::B\n    b.rs uses a.rs: super::a::A"
    );
}

/// A failure here would miss the longer circles, which are the harder ones to see.
#[test]
fn three_files_are_a_circle() {
    let circle = only_circle(&[
        ("src/main.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "use crate::b;"),
        ("src/b.rs", "use crate::c::*;"),
        ("src/c.rs", "fn f() { crate::a::g() }"),
    ]);
    assert_eq!(circle.lines().count(), 4, "{circle}");
}

/// A failure here would report every module that shares a type with its children.
#[test]
fn a_module_and_its_children_may_use_each_other() {
    let files = [
        ("src/lib.rs", "mod a; pub struct Error;"),
        ("src/a/mod.rs", "mod one; mod two; use one::One; pub struct A; use crate::Error;"),
        ("src/a/one.rs", "use super::A; use super::two::Two; pub struct One;"),
        ("src/a/two.rs", "use super::A; use crate::Error; pub struct Two;"),
    ];
    assert!(circles(&files).is_empty());
}

/// A failure here would hide a circle behind a module that only leads through its child.
#[test]
fn a_circle_through_a_child_of_another_module_is_found() {
    let circle = only_circle(&[
        ("src/lib.rs", "mod link; mod ops;"),
        ("src/link.rs", "use crate::ops;"),
        ("src/ops/mod.rs", "mod list; pub(crate) fn all() { list::list() }"),
        ("src/ops/list.rs", "use crate::link::Link; pub(super) fn list() {}"),
    ]);
    assert!(circle.contains("ops/list.rs uses link.rs: crate::link::Link"), "{circle}");
}

/// A failure here would report a module for names that it only re-exports, or lose the file that defines them.
#[test]
fn a_name_that_is_passed_on_counts_for_the_file_that_defines_it() {
    let passed_on = [
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "pub use crate::b::B;"),
        ("src/b.rs", "pub struct B;"),
        ("src/c.rs", "use crate::a::B as Other;"),
    ];
    assert!(circles(&passed_on).is_empty());
    let mut tied = passed_on;
    tied[2].1 = "pub struct B; use crate::c::C;";
    assert_eq!(
        only_circle(&tied),
        "a circle of files:\n    b.rs uses c.rs: crate::c::C\n    c.rs uses b.rs: crate::a::B"
    );
    let through_globs = [
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a/mod.rs", "mod inner; pub use inner::*;"),
        ("src/a/inner.rs", "define! { pub enum B { One = 1 } }"),
        ("src/b.rs", "use crate::a::B; pub struct D;"),
        ("src/c.rs", "use crate::b::D;"),
    ];
    assert!(circles(&through_globs).is_empty());
    let mut tied = through_globs;
    tied[2].1 = "define! { pub enum B { One = 1 } } use crate::c::C;";
    let circle = only_circle(&tied);
    assert!(circle.contains("b.rs uses a/inner.rs: crate::a::B"), "{circle}");
}

/// A failure here would let a macro's call hide what a file uses, or the modules that a macro declares.
#[test]
fn macros_hide_nothing() {
    let calls = [
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "pub fn f() -> String { format!(\"{}\", crate::b::g(1)) }"),
        ("src/b.rs", "use crate::a;"),
    ];
    assert_eq!(circles(&calls).len(), 1);
    let declared = [
        ("src/lib.rs", "operations! { a, b => Second }"),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "use crate::a::A; pub struct B;"),
    ];
    assert_eq!(circles(&declared).len(), 1);
}

/// A failure here would hide every circle of files whose names a build script finds, such as those of the operations.
#[test]
fn files_that_a_macro_receives_from_elsewhere_are_seen() {
    let declare =
        "macro_rules! modules { ($($stem:ident)*) => { $(pub mod $stem;)* } } other::all!(modules);";
    let files = [
        ("src/lib.rs", declare),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "use crate::a::A; pub struct B;"),
        ("src/main.rs", "this is another crate"),
        ("src/b/inner.rs", "this belongs to nobody"),
    ];
    assert_eq!(circles(&files).len(), 1);
    let with_tests = format!("{declare} #[cfg(test)] mod b;");
    let mut for_tests = files;
    for_tests[0].1 = &with_tests;
    assert!(circles(&for_tests).is_empty());
}

/// A failure here would forbid tests to use what they test, or not report that other code uses it.
#[test]
fn code_for_tests_only_does_not_count() {
    let code = "use crate::b::B; pub struct A;";
    for (test, count) in [
        ("#[cfg(test)] mod tests { use crate::a::A; } pub struct B;", 0),
        ("#[cfg(test)] use crate::a::A; pub struct B;", 0),
        ("#[cfg(all(test, unix))] fn f(a: crate::a::A) {} pub struct B;", 0),
        ("#[cfg(not(test))] fn f(a: crate::a::A) {} pub struct B;", 1),
        ("mod tests { use crate::a::A; } pub struct B;", 1),
    ] {
        let found = circles(&[("src/lib.rs", "mod a; mod b;"), ("src/a.rs", code), ("src/b.rs", test)]);
        assert_eq!(found.len(), count, "{test}");
    }
}

/// A failure here would report a circle where a crate, a visibility or an associated item only looks like a module.
#[test]
fn what_only_looks_like_a_module_is_no_use() {
    let files = [
        ("src/lib.rs", "mod a; mod b;"),
        (
            "src/a.rs",
            "use std::b::B; use serde_json::{self, Value}; pub(in crate::b) struct A; fn f() { Self::b() }",
        ),
        ("src/b.rs", "use crate::a::A;"),
    ];
    assert!(circles(&files).is_empty());
}

/// A failure here would keep a crate on the list of the unfinished ones, where new circles are not reported.
#[test]
fn a_crate_without_circles_leaves_the_list() {
    let circle = || vec!["a circle".to_owned()];
    assert_eq!(judge("a", circle(), &[]), circle());
    assert_eq!(judge("a", circle(), &["a"]), Vec::<String>::new());
    assert_eq!(judge("b", Vec::new(), &["a"]), Vec::<String>::new());
    assert_eq!(judge("a", Vec::new(), &["a"]).len(), 1);
}
