//! Java 22 or later.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, runtime};

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
