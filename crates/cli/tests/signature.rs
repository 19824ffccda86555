//! `netsession signature`: only the declaration on stdout, and a way on for every wrong name.

mod common;

use common::run;

/// If this fails, what is pasted is not the declaration alone.
#[test]
fn prints_the_declaration_alone() {
    let ran = run(&["signature", "netsessiondel", "--lang", "vb"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("''' <summary>"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("As UInteger\nEnd Function\n"), "{}", ran.stdout);
}

/// If this fails, the default language or a structure by its name is lost.
#[test]
fn a_structure_has_a_declaration_too() {
    let ran = run(&["signature", "SESSION_INFO_10"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("typedef struct _SESSION_INFO_10 {\n"), "{}", ran.stdout);
    let sample = run(&["signature", "SESSION_INFO_10", "--sample"]);
    assert_eq!((sample.code, sample.stdout.as_str()), (2, ""));
    assert!(sample.stderr.contains("NetSessionEnum"), "{}", sample.stderr);
}

/// If this fails, a misspelt name leads nowhere, or a script takes an error for a declaration.
#[test]
fn an_unknown_name_is_told_the_nearest() {
    for command in [&["signature", "NetSesionDel"][..], &["signature", "--references", "SESSION_INFO_11"]] {
        let ran = run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        let nearest = if command.len() == 2 { "NetSessionDel" } else { "SESSION_INFO_10" };
        assert!(ran.stderr.contains(nearest), "{}", ran.stderr);
    }
}

/// If this fails, somebody relies on a function that is not there, or was never compiled.
#[test]
fn what_is_not_there_everywhere_is_said_on_stderr() {
    let ran = run(&["signature", "NetShareAdd", "--lang", "c"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("Windows only"), "{}", ran.stderr);
    let ran = run(&["signature", "NetSessionDel", "--lang", "fsharp"]);
    assert!(ran.stderr.contains("not compiled"), "{}", ran.stderr);
}

/// If this fails, the number in a message does not lead to its meaning.
#[test]
fn search_finds_names_and_numbers() {
    let ran = run(&["signature", "--search", "2312"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("NERR_ClientNameNotFound"), "{}", ran.stdout);
    let ran = run(&["signature", "--search", "sess"]);
    assert!(
        ran.stdout.contains("NetSessionDel") && ran.stdout.contains("SESSION_INFO_502"),
        "{}",
        ran.stdout
    );
    assert_eq!(run(&["signature", "--search", "nothing-like-it"]).code, 3);
}

/// If this fails, programs cannot ask which functions belong to a structure, or get a language's text.
#[test]
fn json_is_one_array() -> Result<(), serde_json::Error> {
    let ran = run(&["signature", "--references", "SESSION_INFO_10", "--json"]);
    let found: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout)?;
    let names: Vec<&str> = found.iter().filter_map(|found| found["name"].as_str()).collect();
    assert_eq!(names, ["NetSessionEnum", "NetSessionGetInfo"]);
    let ran = run(&["signature", "NetSessionDel", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout)?;
    assert_eq!(all.len(), 10);
    let vb = run(&["signature", "NetSessionDel", "--lang", "vb"]);
    assert!(all.iter().any(|one| one["language"] == "vb" && one["text"] == vb.stdout.as_str()));
    Ok(())
}
