//! Lists the functions, and sets the name by which programs find the shared library.
//!
//! The crate `netsession-netapi32-wchar32` has the same build script and the same source, with `cfg(wchar32)`.

use std::io::Error;
use std::path::PathBuf;
use std::{env, fs};

/// The files of the functions, one each.
const FUNCTIONS: &str = "../netapi32/src/functions";

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=../netapi32/build.rs");
    println!("cargo::rustc-check-cfg=cfg(wchar32)");
    let is_wchar32 = env::var("CARGO_PKG_NAME").is_ok_and(|name| name.ends_with("-wchar32"));
    let is_macos = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos");
    let is_windows = env::var_os("CARGO_CFG_WINDOWS").is_some();
    if is_wchar32 {
        println!("cargo::rustc-cfg=wchar32");
    }
    // A program on macOS finds the library along its own run path, in any folder. On other systems the library for 16 bits
    // has no such name: with one, the loader's cache would know only that name, but .NET and Mono look for others. The
    // other library has one, so that a process which needs both does not take one for the other.
    match (is_macos, is_wchar32) {
        (true, false) => link("-install_name,@rpath/libnetapi32.dylib"),
        (true, true) => link("-install_name,@rpath/libnetapi32-wchar32.dylib"),
        (false, true) if !is_windows => link("-soname,libnetapi32-wchar32.so"),
        (false, _) => {}
    }
    // A program may unload the library while another thread is in a call. The code and the connections then stay in
    // memory, and the program uses them again when it loads the library the next time. On Windows the library sees to it itself.
    if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor != "apple") && !is_windows {
        link("-z,nodelete");
    }
    list_functions()
}

/// Passes an option to the linker of the shared library.
fn link(option: &str) {
    println!("cargo::rustc-cdylib-link-arg=-Wl,{option}");
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
