//! Sets the name by which programs find the shared library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A program on macOS looks for it along its own run path, wherever it was installed. Elsewhere it has no such name: with
    // one, the loader's cache would know that name alone, and .NET and Mono look for others.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libnetapi32.dylib");
    }
}
