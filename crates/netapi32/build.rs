//! Lists the functions, and sets the name by which programs find the shared library.

use std::io::Error;
use std::path::PathBuf;
use std::{env, fs};

/// The files of the functions, one each.
const FUNCTIONS: &str = "src/functions";

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=build.rs");
    // A program on macOS finds the library along its own run path, in any folder. On other systems the library has no
    // such name: with one, the loader's cache would know only that name, but .NET and Mono look for others.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libnetapi32.dylib");
    }
    // A program may unload the library while another thread is in a call. The code and the connections then stay in
    // memory, and the program uses them again when it loads the library the next time.
    if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor != "apple") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    list_functions()
}

/// Writes the macro `functions!`, which passes the names of the files to another macro.
fn list_functions() -> Result<(), Error> {
    println!("cargo::rerun-if-changed={FUNCTIONS}");
    let mut stems = Vec::new();
    for entry in fs::read_dir(FUNCTIONS)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            stems.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    stems.sort();
    let names = stems.join(" ");
    let visitor =
        format!("macro_rules! functions {{\n    ($visit:ident) => {{ $visit! {{ {names} }} }};\n}}\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("functions.rs"), visitor)
}
