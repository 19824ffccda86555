//! Java 22 or later.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, prefix, runtime};

/// `examples/java`.
pub static JAVA: Program = Program::new("java", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    let classes = workshop.target("classes");
    let mut javac = Command::new(runtime("bin")?.join("javac"));
    compile(javac.arg("-d").arg(&classes).arg(workshop.source("java/Sessions.java")))?;
    let java = runtime("bin")?.join("java");
    let options = ["--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp"];
    let mut words = vec![java.into()];
    words.extend(options.map(OsString::from));
    words.extend([classes.into(), "Sessions".into()]);
    Ok(words)
}

/// `examples/java/SessionsJna.java`, with Debian's JNA and the library for characters of 32 bits.
pub static JNA: Program = Program::new("java-jna", |workshop| {
    const JAR: &str = "/usr/share/java/jna.jar";
    let classes = workshop.target("classes");
    let mut javac = Command::new(runtime("bin")?.join("javac"));
    javac.args(["-cp", JAR, "-d"]).arg(&classes);
    compile(javac.arg(workshop.source("java/SessionsJna.java")))?;
    let java = runtime("bin")?.join("java");
    let (wide, path) = (prefix()?.join("lib/netsession/wchar32"), format!("{JAR}:{}", classes.display()));
    let mut words = vec![java.into()];
    words.extend(["--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"].map(OsString::from));
    words.push(format!("-Djna.library.path={}", wide.display()).into());
    words.extend(["-cp", &path, "SessionsJna"].map(OsString::from));
    Ok(words)
});
