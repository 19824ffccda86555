//! Every declaration of the reference in every language with a compiler on this machine: pasted into an empty program,
//! compiled, and called with arguments that show that each parameter arrives whole.
#![cfg(test)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netapi32::not_offered::NAMES;
use netsession_conformance::languages::declarations::{
    Programs, Runner, compile_only, compile_within_powershell,
};
use netsession_conformance::languages::prefix;
use netsession_conformance::proxy::Direction;
use netsession_conformance::samba::OTHER_SCRIPT;
use netsession_conformance::{ADMIN, Either, Embedded, Outcome, PASSWORD, Put};
use netsession_reference::model::{Argument, Arguments, Function, Shape};
use netsession_reference::{Language, Model, Options, signature};

/// A call, and the output of its program.
struct Case {
    /// The program's name.
    name: &'static str,
    function: &'static str,
    arguments: Arguments,
    /// The rows of fields; a star matches any number.
    rows: Vec<String>,
    /// The lines after them.
    lines: Vec<String>,
}

/// A server with two users from two clients, each with a file open.
struct Scene {
    server: Either,
    _held: Vec<Put>,
    cases: Vec<Case>,
}

/// Returns a case: the arguments after the server are `name=text` or `name=number`.
fn case(server: &str, name: &'static str, function: &'static str, given: &[(&str, &str)]) -> Case {
    let known = Model::get().function(function).map_or(&[][..], |it| &it.parameters);
    let first = known.first().filter(|parameter| parameter.kind.is_text());
    let mut arguments = Arguments::new();
    if let Some(first) = first {
        arguments.insert(first.name.clone(), Argument::Text(server.to_owned()));
    }
    for (parameter, value) in given {
        let text = known.iter().any(|it| it.name == *parameter && it.kind.is_text());
        let number = value.parse().ok().filter(|_| !text).map(Argument::Number);
        arguments
            .insert((*parameter).to_owned(), number.unwrap_or_else(|| Argument::Text((*value).to_owned())));
    }
    Case { name, function, arguments, rows: Vec::new(), lines: vec![format!("{function}: 0")] }
}

impl Case {
    fn rows(mut self, rows: &[String]) -> Self {
        self.rows = rows.to_vec();
        self
    }

    /// Returns the status that the function returns.
    fn status_text(&self) -> String {
        let status = self.lines.last().and_then(|line| line.rsplit(' ').next());
        status.unwrap_or_default().to_owned()
    }

    fn status(mut self, status: u32) -> Self {
        self.lines = vec![format!("{}: {status}", self.function)];
        self
    }

    fn lines(mut self, lines: &[&str]) -> Self {
        self.lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self
    }

    /// Compares with the output, whose rows may have any order.
    fn check(&self, outcome: &Outcome) -> Result<()> {
        let mut printed: Vec<&str> = outcome.stdout.lines().collect();
        let lines = printed.split_off(printed.len().saturating_sub(self.lines.len()));
        ensure!(lines == self.lines, "{}: {lines:?}, not {:?}: {outcome:?}", self.name, self.lines);
        let shape = Model::get().function(self.function).map(Function::shape);
        // A refused list has no pages.
        if shape == Some(Shape::List) && self.lines.iter().any(|line| line.ends_with(": 0")) {
            self.check_pages(&mut printed).with_context(|| format!("{}: {outcome:?}", self.name))?;
        }
        ensure!(printed.len() == self.rows.len(), "{}: {} rows: {outcome:?}", self.name, printed.len());
        for row in &self.rows {
            let like = |line: &&str| {
                let (cells, wanted): (Vec<&str>, Vec<&str>) =
                    (line.split('\t').collect(), row.split('\t').collect());
                cells.len() == wanted.len()
                    && cells
                        .iter()
                        .zip(&wanted)
                        .all(|(cell, wanted)| cell == wanted || *wanted == "*" && cell.parse::<i64>().is_ok())
            };
            ensure!(printed.iter().any(like), "{}: no row {row:?}: {outcome:?}", self.name);
        }
        Ok(())
    }
}

impl Case {
    /// Removes the lines such as `1 of 3`, one for each call: the number of returned entries, and the number of entries
    /// from there on.
    fn check_pages(&self, printed: &mut Vec<&str>) -> Result<()> {
        let page = |line: &str| {
            let (count, total) = line.split_once(" of ")?;
            Some((count.parse::<usize>().ok()?, total.parse::<usize>().ok()?))
        };
        let pages: Vec<(usize, usize)> = printed.iter().filter_map(|line| page(line)).collect();
        printed.retain(|line| page(line).is_none());
        let mut left = self.rows.len();
        for (count, total) in &pages {
            ensure!(*total == left && *count <= left, "{pages:?}");
            left -= count;
        }
        ensure!(left == 0 && pages.len() > usize::from(self.name.ends_with("by_pages")), "{pages:?}");
        Ok(())
    }
}

const EVERYTHING: &str = "4294967295";

impl Scene {
    fn set() -> Result<Self> {
        let server = Either::embedded()?;
        let Either::Embedded(embedded) = &server else { unreachable!("it was just started so") };
        let held = vec![
            // Compilers take their time.
            embedded.copy_from("alice", 7, Direction::ToClient, 4 << 20, &["--timeout=600"])?,
            embedded.copy_from(OTHER_SCRIPT, 8, Direction::ToClient, 4 << 20, &["--timeout=600"])?,
        ];
        let cases = cases(embedded)?;
        Ok(Self { server, _held: held, cases })
    }
}

/// Returns the number of the file that this user has open.
fn open_file(server: &Embedded, user: &str) -> Result<(u32, String)> {
    let opens = server.server()?.opens();
    let open = opens.iter().find(|open| open.path().contains(user)).context("no open file")?;
    Ok((open.file_id(), format!(r"{}\{}", server.share_path(), open.path())))
}

fn cases(server: &Embedded) -> Result<Vec<Case>> {
    let unc = format!(r"\\{}", server.name()?);
    let new = |name, function, given: &[(&str, &str)]| case(&unc, name, function, given);
    let (alice, other) = (open_file(server, "alice")?, open_file(server, OTHER_SCRIPT)?);
    let (id, wrong) = (alice.0.to_string(), (alice.0 | 0x8000_0000).to_string());
    let row = |file: &(u32, String), user: &str| format!("{}\t{}\t{user}\t0", file.0, file.1);
    let session = |client: &str, user: &str| format!("\\\\{client}\t{user}\t*\t*");
    let all =
        [session("127.0.0.7", "alice"), session("127.0.0.8", OTHER_SCRIPT), session("127.0.0.1", ADMIN)];
    let path = server.share_path();
    // Room for one share, but not for two, as the server counts.
    let one_share = (96 + 2 * (path.len() + "dataData".len())).to_string();
    Ok(vec![
        new(
            "sessions_of_one",
            "NetSessionEnum",
            &[
                ("UncClientName", r"\\127.0.0.8"),
                ("username", OTHER_SCRIPT),
                ("level", "10"),
                ("prefmaxlen", "65536"),
            ],
        )
        .rows(&all[1..2]),
        // So little that one call cannot return all of them.
        new("sessions_by_pages", "NetSessionEnum", &[("level", "10"), ("prefmaxlen", "100")]).rows(&all),
        new(
            "a_session",
            "NetSessionGetInfo",
            &[("UncClientName", r"\\127.0.0.7"), ("username", "alice"), ("level", "10")],
        )
        .rows(&all[..1]),
        new(
            "files_of_one",
            "NetFileEnum",
            &[("basepath", &path), ("username", OTHER_SCRIPT), ("level", "3"), ("prefmaxlen", EVERYTHING)],
        )
        .rows(&[row(&other, OTHER_SCRIPT)]),
        new("files_by_pages", "NetFileEnum", &[("basepath", &path), ("level", "3"), ("prefmaxlen", "300")])
            .rows(&[row(&alice, "alice"), row(&other, OTHER_SCRIPT)]),
        new("a_file", "NetFileGetInfo", &[("fileid", &id), ("level", "3")]).rows(&[row(&alice, "alice")]),
        new(
            "connections_by_pages",
            "NetConnectionEnum",
            &[("qualifier", "data"), ("level", "1"), ("prefmaxlen", "100")],
        )
        .rows(&["alice\t\\\\127.0.0.7\t*\t*".to_owned(), format!("{OTHER_SCRIPT}\t\\\\127.0.0.8\t*\t*")]),
        new("shares_by_pages", "NetShareEnum", &[("level", "1"), ("prefmaxlen", &one_share)])
            .rows(&["data\t0\tData".to_owned(), "IPC$\t2147483651\tRemote IPC".to_owned()]),
        new("a_share", "NetShareGetInfo", &[("netname", "data"), ("level", "2")])
            .rows(&[format!("data\t0\tData\t{path}\t2")]),
        new("a_folder", "NetShareCheck", &[("device", &path)]).lines(&["type: 0", "NetShareCheck: 0"]),
        new("another_folder", "NetShareCheck", &[("device", r"C:\elsewhere")])
            .lines(&["type: 0", "NetShareCheck: 2311"]),
        new(
            "a_new_share",
            "NetShareAdd",
            &[
                ("level", "2"),
                ("shi2_netname", "added"),
                ("shi2_type", "0"),
                ("shi2_remark", "Added"),
                ("shi2_max_uses", EVERYTHING),
                ("shi2_path", &path),
            ],
        ),
        new(
            "a_new_comment",
            "NetShareSetInfo",
            &[("netname", "added"), ("level", "1004"), ("shi1004_remark", "Changed")],
        ),
        new("the_share_again", "NetShareDel", &[("netname", "added")]),
        new(
            "no_share_of_that_name",
            "NetShareDelEx",
            &[("level", "503"), ("shi503_netname", "added"), ("shi503_servername", "*")],
        )
        .status(2310),
        new("the_server", "NetServerGetInfo", &[("level", "101")])
            .rows(&["127.0.0.1\t500\t*\t*\t*\tnetsession".to_owned()]),
        new(
            "a_new_comment_of_the_server",
            "NetServerSetInfo",
            &[("level", "1005"), ("sv1005_comment", "Files")],
        ),
        new("the_server_again", "NetServerGetInfo", &[("level", "101")])
            .rows(&["127.0.0.1\t500\t*\t*\t*\tFiles".to_owned()]),
        new("the_transport", "NetServerTransportEnum", &[("level", "0"), ("prefmaxlen", EVERYTHING)])
            .rows(&[format!("\\Device\\NetbiosSmb\t{}\t*", "0".repeat(12))]),
        // The configuration file of these programs names no server.
        case("", "servers_of_the_file", "NetServerEnum", &[("level", "101"), ("prefmaxlen", EVERYTHING)])
            .status(6118),
        new("the_time", "NetRemoteTOD", &[]).rows(&["*\t*\t*\t*\t*".to_owned()]),
        new("the_computer", "NetWkstaGetInfo", &[("level", "100")])
            .rows(&["EMBEDDED\tEMBEDDED\t500\t*\t*".to_owned()]),
        new(
            "the_statistics",
            "NetStatisticsGet",
            &[("Service", "LanmanServer"), ("Level", "0"), ("Options", "0")],
        )
        .rows(&["*\t*\t*\t*\t*".to_owned()]),
        new("what_it_supports", "NetRemoteComputerSupports", &[("OptionsWanted", "6")])
            .lines(&["OptionsSupported: 6", "NetRemoteComputerSupports: 0"]),
        // Each program is a process of its own, which begins without a connection.
        case(
            "",
            "a_login",
            "NetUseAdd",
            &[
                ("LevelFlags", "2"),
                ("ui2_remote", &format!(r"{unc}\IPC$")),
                ("ui2_password", PASSWORD),
                ("ui2_asg_type", "3"),
                ("ui2_username", ADMIN),
                ("ui2_domainname", ""),
            ],
        ),
        case("", "logins", "NetUseEnum", &[("LevelFlags", "2"), ("PreferedMaximumSize", EVERYTHING)]),
        case("", "no_login", "NetUseGetInfo", &[("UseName", r"\\fs1\IPC$"), ("LevelFlags", "2")])
            .status(2250),
        case("", "no_login_to_remove", "NetUseDel", &[("UseName", r"\\fs1\IPC$"), ("ForceLevelFlags", "2")])
            .status(2250),
        // No domain has this name: nothing is sent.
        case("", "a_controller", "DsGetDcNameW", &[("DomainName", "a/b"), ("Flags", "0")]).status(1212),
        new("users_by_pages", "NetWkstaUserEnum", &[("level", "1"), ("prefmaxlen", "150")])
            .rows(&[ADMIN, "alice", OTHER_SCRIPT].map(|user| format!("{user}\tEMBEDDED\tEMBEDDED"))),
        memory("allocating", "NetApiBufferAllocate"),
        memory("reallocating", "NetApiBufferReallocate"),
        memory("measuring", "NetApiBufferSize"),
        memory("freeing", "NetApiBufferFree"),
        // If the upper half were lost, the call would close the file.
        new("no_file_to_close", "NetFileClose", &[("fileid", &wrong)]).status(2314),
        new("closing", "NetFileClose", &[("fileid", &id)]),
        new(
            "nobody_to_end",
            "NetSessionDel",
            &[("UncClientName", r"\\127.0.0.7"), ("username", OTHER_SCRIPT)],
        )
        .status(2312),
        new("ending", "NetSessionDel", &[("UncClientName", r"\\127.0.0.8"), ("username", OTHER_SCRIPT)]),
    ])
}

fn memory(name: &'static str, function: &'static str) -> Case {
    case("", name, function, &[]).lines(&[
        "NetApiBufferAllocate: 0",
        "NetApiBufferReallocate: 0",
        "NetApiBufferSize: 0",
        "at least 128: yes",
        "NetApiBufferFree: 0",
    ])
}

/// Builds the program of every case, and runs them in turn.
fn every_declaration_works(runner: Runner, language: Language, folder: &str) -> Result<()> {
    let scene = Scene::set()?;
    let Either::Embedded(server) = &scene.server else { unreachable!("it was started so") };
    let text = |case: &Case| {
        let options = Options { types: true, sample: true, arguments: Some(case.arguments.clone()) };
        let function = Model::get().function(case.function).context("no such function")?;
        Ok((case.name.to_owned(), signature(function, language, &options)))
    };
    let texts = scene.cases.iter().map(text).collect::<Result<Vec<_>>>()?;
    let programs = Programs::build(runner, folder, &texts)?;
    let name = server.name()?;
    for case in &scene.cases {
        case.check(&programs.call(case.name)?.login(ADMIN, &name).run()?)?;
    }
    ensure!(open_file(server, "alice").is_err(), "alice's file was not closed");
    let left: BTreeSet<String> = server.who()?.into_iter().map(|(_, user)| user).collect();
    ensure!(left.contains("alice") && !left.contains(OTHER_SCRIPT), "left are {left:?}");
    Ok(())
}

/// A failure here would make a program with this language's declarations end, read or close something other than its author intends,
/// or print declarations that do not compile.
macro_rules! declarations {
    ($($name:ident: $runner:ident, $language:ident;)*) => {$(
        #[test]
        fn $name() -> Result<()> {
            every_declaration_works(Runner::$runner, Language::$language, concat!("declarations-", stringify!($name)))
        }
    )*};
}

declarations! {
    c_declarations: C, C;
    csharp_declarations_on_mono: Mono, CSharp;
    dotnet_csharp_declarations: DotnetCSharp, CSharp;
    dotnet_vb_declarations: DotnetVb, Vb;
    python_declarations: Python, Python;
    rust_declarations: Rust, Rust;
    go_declarations: Go, Go;
    java_declarations: Java, Java;
    node_declarations: Node, Node;
}

/// A failure here would document a level that the library refuses, or hide one that it has.
#[test]
fn every_level_is_there_or_said_to_be_windows_alone() -> Result<()> {
    let scene = Scene::set()?;
    let Either::Embedded(server) = &scene.server else { unreachable!("it was started so") };
    let (mut texts, mut expected) = (Vec::new(), Vec::new());
    // A structure that goes in has another name for each level.
    let returns = |function: &&Function| function.exported && function.shape() != Shape::Write;
    let has_levels = |it: &&Function| it.parameter("level").is_some() && !it.levels.is_empty();
    for function in Model::get().functions.iter().filter(returns).filter(has_levels) {
        let case = scene.cases.iter().find(|case| case.function == function.name).context("no case")?;
        for level in &function.levels {
            let mut arguments = case.arguments.clone();
            arguments.insert("level".to_owned(), Argument::Number(level.level));
            let options = Options { types: true, sample: true, arguments: Some(arguments) };
            let name = format!("{}_{}", function.name, level.level);
            texts.push((name.clone(), signature(function, Language::C, &options)));
            let status = if level.windows_only { "124".to_owned() } else { case.status_text() };
            expected.push((name, status));
        }
    }
    let programs = Programs::build(Runner::C, "levels", &texts)?;
    for (name, wanted) in expected {
        let outcome = programs.call(&name)?.login(ADMIN, &server.name()?).run()?;
        let status = outcome.stdout.lines().last().and_then(|line| line.rsplit(' ').next());
        ensure!(status == Some(&*wanted), "{name}: {outcome:?}");
    }
    Ok(())
}

/// The first step of a programmer: the block of NetSessionDel alone, in an empty file.
fn the_pasted_block_ends_a_session(runner: Runner, language: Language, folder: &str) -> Result<()> {
    let server = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let _bob = server.hold_from("bob", 7)?;
    let (name, given) = (server.name()?, [("UncClientName", r"\\127.0.0.7"), ("username", "alice")]);
    let case = case(&format!(r"\\{name}"), "pasted", "NetSessionDel", &given);
    let function = Model::get().function(case.function).context("no such function")?;
    let options = Options { types: true, sample: true, arguments: Some(case.arguments.clone()) };
    let text = (case.name.to_owned(), signature(function, language, &options));
    let programs = Programs::build(runner, folder, &[text])?;
    case.check(&programs.call(case.name)?.login(ADMIN, &name).run()?)?;
    // The program's own session may take a moment to end.
    let mut left = server.who()?;
    left.retain(|(_, user)| user != ADMIN);
    ensure!(left == [("127.0.0.7".to_owned(), "bob".to_owned())], "left are {left:?}");
    Ok(())
}

/// A failure here would make the declaration of Visual Basic depend on a line that the tests above add around it.
#[test]
fn dotnet_vb_block_alone_ends_a_session() -> Result<()> {
    the_pasted_block_ends_a_session(Runner::DotnetVb, Language::Vb, "pasted-vb")
}

/// A failure here would make the declaration of Java depend on a line that the tests above add around it.
#[test]
fn java_block_alone_ends_a_session() -> Result<()> {
    the_pasted_block_ends_a_session(Runner::Java, Language::Java, "pasted-java")
}

/// Returns the functions that only Windows has, with their samples if there are any.
fn windows_only(runner: Runner, language: Language, folder: &str) -> Result<()> {
    let functions =
        Model::get().functions.iter().filter(|function| !function.exported && function.sample.is_some());
    let options = Options { types: true, sample: true, arguments: None };
    let text = |function: &Function| (function.name.clone(), signature(function, language, &options));
    let texts: Vec<(String, String)> = functions.map(text).collect();
    // Their number shrinks whenever the library gains one.
    ensure!(!texts.is_empty(), "the library has every function: this test has nothing left to compile");
    compile_only(runner, folder, &texts)
}

/// A failure here would print a declaration that does not compile, for a function that our library lacks.
macro_rules! windows_only {
    ($($name:ident: $runner:ident, $language:ident;)*) => {$(
        #[test]
        fn $name() -> Result<()> {
            windows_only(Runner::$runner, Language::$language, stringify!($name))
        }
    )*};
}

windows_only! {
    csharp_for_windows_only_compiles: Mono, CSharp;
    dotnet_vb_for_windows_only_compiles: DotnetVb, Vb;
    python_for_windows_only_compiles: Python, Python;
    rust_for_windows_only_compiles: Rust, Rust;
    go_for_windows_only_compiles: Go, Go;
    java_for_windows_only_compiles: Java, Java;
    node_for_windows_only_compiles: Node, Node;
}

/// A failure here would print scripts for PowerShell that Add-Type refuses.
#[test]
fn the_csharp_within_powershell_compiles() -> Result<()> {
    for name in ["NetSessionDel", "NetFileEnum", "NetServerSetInfo", "NetServerTransportAddEx"] {
        let function = Model::get().function(name).context("no such function")?;
        for types in [false, true] {
            let options = Options { types, ..Options::default() };
            compile_within_powershell(name, &signature(function, Language::PowerShell, &options))?;
        }
    }
    Ok(())
}

/// Functions without a page: `DsGetDcNameA` is `DsGetDcNameW` with texts of 8 bits, and two only return that they have no answer.
const WITHOUT_PAGE: [&str; 3] = ["DsGetDcNameA", "NetFreeAadJoinInformation", "NetGetAadJoinInformation"];

/// A failure here would promise a function that the library lacks, or call one "Windows only" that it has.
#[test]
fn the_reference_says_what_the_library_has() -> Result<()> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(prefix()?.join("lib/libnetapi32.so"))
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let symbols: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.rsplit(' ').next())
        .filter(|name| name.starts_with("Net") || name.starts_with("Ds"))
        .filter(|name| !NAMES.contains(name) && !WITHOUT_PAGE.contains(name))
        .collect();
    let functions = Model::get().functions.iter().filter(|function| function.exported);
    let promised: BTreeSet<&str> = functions.map(|function| function.name.as_str()).collect();
    ensure!(symbols == promised, "the library has {symbols:?}, the reference {promised:?}");
    let scene = Scene::set()?;
    let called: BTreeSet<&str> = scene.cases.iter().map(|case| case.function).collect();
    // Their answers are texts alone, which the samples do not print; the tests of the C library call them.
    let without_sample = ["NetGetJoinInformation", "NetServerDiskEnum"];
    let expected: BTreeSet<&str> =
        promised.iter().copied().filter(|name| !without_sample.contains(name)).collect();
    ensure!(called == expected, "the tests above call {called:?}");
    Ok(())
}
