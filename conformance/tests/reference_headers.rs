//! The reference's declarations in C, compared with the Windows headers of mingw-w64, which are independent of them.
#![cfg(test)]
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_reference::{Language, Model, Options, languages, signature};
use tempfile::TempDir;

/// The folder of the headers in Debian's package mingw-w64-common.
const HEADERS: &str = "/usr/share/mingw-w64/include";
/// The definitions that a compiler for Windows has by itself. `long` has 32 bits there; the headers correct that
/// themselves.
const WINDOWS: [&str; 9] = [
    "-D_WIN32",
    "-D_WIN64",
    "-D__int64=long long",
    "-D__cdecl=",
    "-D__stdcall=",
    "-D__fastcall=",
    "-D__declspec(x)=",
    "-DMINGW_HAS_SECURE_API=0",
    "-fshort-wchar",
];
const INCLUDE: &str = "#include <stddef.h>\n#include <windows.h>\n#include <lm.h>\n#include <dsgetdc.h>\n";

/// Compiles, without the warnings about the headers themselves.
fn compile(name: &str, text: &str) -> Result<()> {
    let folder = TempDir::with_prefix("netsession-headers-")?;
    let source = folder.path().join("main.c");
    fs::write(&source, text)?;
    let own = Command::new("cc").arg("-print-file-name=include").output()?;
    let own = String::from_utf8(own.stdout)?;
    let output = Command::new("cc")
        .args(["-std=gnu11", "-fsyntax-only", "-w", "-nostdinc", "-isystem", own.trim()])
        .args(["-isystem", HEADERS])
        .args(WINDOWS)
        .arg(&source)
        .output()?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Returns whether the headers have it.
fn known(name: &str) -> Result<bool> {
    let own = ["lmshare.h", "lmserver.h", "lmremutl.h", "lmapibuf.h", "lmwksta.h", "lmjoin.h"];
    let headers = own.into_iter().chain(["lmstats.h", "lmuse.h"]);
    let texts: Result<Vec<String>> = headers
        .map(|header| fs::read_to_string(Path::new(HEADERS).join(header)).with_context(|| header.to_owned()))
        .collect();
    let whole =
        |text: &String| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name);
    Ok(texts?.iter().any(whole))
}

/// A failure here would print a prototype that contradicts the headers of Windows programs.
#[test]
fn every_prototype_agrees_with_the_headers() -> Result<()> {
    let (mut text, mut compared) = (String::from(INCLUDE), 0);
    for function in &Model::get().functions {
        text += &signature(function, Language::C, &Options::default());
        compared += usize::from(known(&function.name)?);
    }
    ensure!(compared >= 30, "only {compared} functions are in the headers");
    compile("prototypes", &text)
}

/// A failure here would print a structure whose size, order or types differ from Windows'.
#[test]
fn every_structure_agrees_with_the_headers() -> Result<()> {
    let (mut text, mut compared) = (String::from(INCLUDE), 0);
    for structure in &Model::get().structures {
        let theirs = &structure.name;
        if !known(theirs)? {
            continue;
        }
        let ours = format!("{theirs}_ours");
        text += &languages::structure(structure, Language::C).replace(theirs, &ours);
        let (places, size) = structure.layout(8);
        writeln!(text, "_Static_assert(sizeof({ours}) == sizeof({theirs}), \"{theirs}\");")?;
        writeln!(text, "_Static_assert(sizeof({theirs}) == {size}, \"{theirs} in the model\");")?;
        for (field, place) in structure.fields.iter().zip(&places) {
            let (name, offset) = (&field.name, place.offset);
            writeln!(text, "_Static_assert(offsetof({theirs}, {name}) == {offset}, \"{name}\");")?;
            let (mine, other) = (format!("(({ours} *)0)->{name}"), format!("(({theirs} *)0)->{name}"));
            writeln!(
                text,
                "_Static_assert(_Generic(&{mine}, __typeof__(&{other}): 1, default: 0), \"{name}\");"
            )?;
        }
        compared += 1;
    }
    ensure!(compared >= 50, "only {compared} structures are in the headers");
    compile("structures", &text)
}

/// A failure here would print a constant with another value than on Windows.
#[test]
fn every_constant_agrees_with_the_headers() -> Result<()> {
    let mut text = String::from(INCLUDE);
    let model = Model::get();
    let codes = model.codes.iter().map(|code| (&code.name, i64::from(code.number)));
    for (name, value) in model.constants.iter().map(|constant| (&constant.name, constant.value)).chain(codes)
    {
        writeln!(text, "#ifdef {name}\n_Static_assert((long long)({name}) == {value}, \"{name}\");\n#endif")?;
    }
    // The headers must have most of them.
    for name in ["MAX_PREFERRED_LENGTH", "STYPE_SPECIAL", "NERR_ClientNameNotFound", "SESS_GUEST"] {
        writeln!(text, "#ifndef {name}\n#error {name}\n#endif")?;
    }
    compile("constants", &text)
}

/// A failure here would print a declaration that does not compile in an empty file on Windows.
#[test]
fn every_program_compiles_with_the_headers() -> Result<()> {
    let options = Options { types: true, sample: true, arguments: None };
    let (mut text, mut compiled) = (String::new(), 0);
    for function in &Model::get().functions {
        let program = signature(function, Language::C, &options);
        // These headers are older than some structures.
        let missing =
            Model::get().structures_of(function).map(|structure| Ok((structure, known(&structure.name)?)));
        let missing = missing.collect::<Result<Vec<_>>>()?;
        let main = program.split_once("#include <stdio.h>").map_or("", |(_, main)| main);
        if missing.iter().any(|(structure, known)| !known && main.contains(&structure.name)) {
            continue;
        }
        compiled += 1;
        // Compile all of them as one file: reading the headers takes longest.
        for name in ["main", "print_text"] {
            writeln!(text, "#undef {name}\n#define {name} {name}_{}", function.name)?;
        }
        text += &program;
    }
    ensure!(compiled >= 28, "only {compiled} programs can be compiled");
    compile("programs", &text)
}

/// Returns the text of one of the library's headers for sources for Windows.
fn own_header(name: &str) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32/include/netsession");
    fs::read_to_string(folder.join(name)).with_context(|| name.to_owned())
}

/// A failure here would let a source for Windows ask for another kind of server, or test another flag, than on Windows.
#[test]
fn every_constant_of_the_librarys_headers_agrees() -> Result<()> {
    let (mut text, mut compared) = (format!("{INCLUDE}#include <dsgetdc.h>\n"), 0);
    for header in ["lmserver.h", "lmaccess.h", "lmcons.h", "lmuse.h", "lmremutl.h", "dsgetdc.h", "winbase.h"]
    {
        let header = own_header(header)?;
        for line in header.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let ["#define", name, value, ..] = words[..] else { continue };
            if !value.starts_with(|first: char| first.is_ascii_digit()) {
                continue;
            }
            writeln!(
                text,
                "#ifdef {name}\n_Static_assert((unsigned)({name}) == {value}, \"{name}\");\n#endif"
            )?;
            compared += 1;
        }
    }
    ensure!(compared > 80, "only {compared} constants");
    compile("own constants", &text)
}

/// A failure here would let a source for Windows write a member of a structure of users or groups at another place than on Windows.
#[test]
fn every_structure_of_users_and_groups_agrees() -> Result<()> {
    let header = own_header("lmaccess.h")?;
    let (mut text, mut compared) = (String::from(INCLUDE), 0);
    for part in header.split("typedef struct ").skip(1) {
        let (name, rest) = part.split_once(" {").context("a structure without a name")?;
        let (members, _) = rest.split_once('}').context("a structure without an end")?;
        writeln!(text, "struct ours_{name} {{{members}}};")?;
        writeln!(text, "_Static_assert(sizeof(struct ours_{name}) == sizeof({name}), \"{name}\");")?;
        for member in members.lines().filter_map(|line| line.trim().strip_suffix(';')) {
            let (_, member) = member.rsplit_once(' ').context("a member without a type")?;
            writeln!(
                text,
                "_Static_assert(offsetof(struct ours_{name}, {member}) == offsetof({name}, {member}), \"{member}\");"
            )?;
        }
        compared += 1;
    }
    ensure!(compared >= 15, "only {compared} structures");
    compile("own structures", &text)
}
