//! `netsession signature`: stdout has only the declaration, and a wrong name gets suggestions.

mod common;

use common::run;

/// A failure here would paste more than the declaration.
#[test]
fn prints_the_declaration_alone() {
    let ran = run(&["signature", "netsessiondel", "--lang", "vb"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("''' <summary>"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("As UInteger\nEnd Function\n"), "{}", ran.stdout);
}

/// A failure here would lose the default language, or structures.
#[test]
fn a_structure_has_a_declaration_too() {
    let ran = run(&["signature", "SESSION_INFO_10"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("typedef struct _SESSION_INFO_10 {\n"), "{}", ran.stdout);
    let sample = run(&["signature", "SESSION_INFO_10", "--sample"]);
    assert_eq!((sample.code, sample.stdout.as_str()), (2, ""));
    assert!(sample.stderr.contains("NetSessionEnum"), "{}", sample.stderr);
}

/// A failure here would leave a misspelt name without a suggestion, or print an error as a declaration.
#[test]
fn an_unknown_name_gets_the_nearest_names() {
    for command in [&["signature", "NetSesionDel"][..], &["signature", "--references", "SESSION_INFO_11"]] {
        let ran = run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        let nearest = if command.len() == 2 { "NetSessionDel" } else { "SESSION_INFO_10" };
        assert!(ran.stderr.contains(nearest), "{}", ran.stderr);
    }
}

/// A failure here would let somebody rely on a function that does not exist, or was never compiled.
#[test]
fn limits_of_a_declaration_go_to_stderr() {
    let ran = run(&["signature", "NetServerAliasAdd", "--lang", "c"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("Windows only"), "{}", ran.stderr);
    let ran = run(&["signature", "NetSessionDel", "--lang", "fsharp"]);
    assert!(ran.stderr.contains("not compiled"), "{}", ran.stderr);
}

/// A failure here would hide what the number in a message means.
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

/// A failure here would break programs that look up a structure's functions, or a language's text.
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

/// A failure here would hide the name, the value and the remedy of an error number.
#[test]
fn constants_and_codes_have_declarations() {
    for (name, language, line) in [
        ("nerr_clientnamenotfound", "c", "#define NERR_ClientNameNotFound 2312u\n"),
        ("NERR_ClientNameNotFound", "vb", "Friend Const NERR_ClientNameNotFound As UInteger = 2312UI\n"),
        ("MAX_PREFERRED_LENGTH", "python", "MAX_PREFERRED_LENGTH = 0xFFFFFFFF\n"),
    ] {
        let ran = run(&["signature", name, "--lang", language]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, line), "{name} {}", ran.stderr);
    }
    let ran = run(&["signature", "NERR_ClientNameNotFound", "--sample"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("NetSessionDel"), "{}", ran.stderr);
}

/// A failure here would refuse the common names of a language.
#[test]
fn a_language_has_its_common_names() {
    let text = |language: &str| {
        let ran = run(&["signature", "NetSessionDel", "--lang", language]);
        assert_eq!(ran.code, 0, "{language} {}", ran.stderr);
        ran.stdout
    };
    for (id, others) in [("csharp", ["c#", "cs"]), ("c", ["c++", "cpp"]), ("node", ["js", "javascript"])] {
        assert!(others.iter().all(|other| text(other) == text(id)), "{id}");
    }
}

/// A failure here would answer `signature` without a name with an error instead of a list.
#[test]
fn bare_signature_lists_functions_and_structures() {
    let ran = run(&["signature"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("NetSessionDel") && ran.stdout.contains("SESSION_INFO_502"),
        "{}",
        ran.stdout
    );
}

/// A failure here would hide the code that a program got among names that contain its digit.
#[test]
fn search_puts_the_code_of_a_number_first() {
    let ran = run(&["signature", "--search", "5"]);
    let first = ran.stdout.lines().nth(1).unwrap_or_default();
    assert!(first.starts_with("code") && first.contains("ERROR_ACCESS_DENIED"), "{}", ran.stdout);
}
