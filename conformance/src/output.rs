//! The target folder of cargo ([`target`]), for tests that run without the variables that `cargo xtask test` sets.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Returns the folder for everything that cargo builds: `target`, or the one that `CARGO_TARGET_DIR` or a configuration
/// names.
///
/// # Errors
/// Cargo cannot be started, or refuses.
pub fn target() -> Result<PathBuf> {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    if let Some(target) = TARGET.get() {
        return Ok(target.clone());
    }
    let target = ask_cargo(&mut Command::new("cargo"))?;
    Ok(TARGET.get_or_init(|| target).clone())
}

fn ask_cargo(cargo: &mut Command) -> Result<PathBuf> {
    cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let target = metadata.get("target_directory").and_then(Value::as_str);
    Ok(target.context("cargo metadata names no target_directory")?.into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::ask_cargo;

    /// A failure here would run an old command or library, or none, if `CARGO_TARGET_DIR` is set.
    #[test]
    fn the_target_folder_is_where_the_variable_says() {
        let target = ask_cargo(Command::new("cargo").env("CARGO_TARGET_DIR", "/elsewhere/target")).unwrap();
        assert_eq!(target, Path::new("/elsewhere/target"));
    }
}
