//! `cargo xtask model`: extracts `crates/reference/model/netapi32.json` from the curated Windows metadata.
//!
//! The metadata is a file of the crate `windows-bindgen` 0.66. Later versions read the headers instead, and lack the links, the
//! flags and most constants. `crates/reference/model/overlay` corrects its mistakes.

/// The options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail where the committed file differs
    #[arg(long)]
    check: bool,
}

impl Options {
    /// Only comparing.
    pub(crate) fn checking() -> Self {
        Self { check: true }
    }
}

/// Builds this program again with the reader of metadata, and runs it.
#[cfg(not(feature = "model"))]
pub(crate) fn run(options: &Options, steps: &mut crate::steps::Steps) -> anyhow::Result<()> {
    let mut again = std::process::Command::new("cargo");
    again.args(["run", "--quiet", "--locked", "--package=xtask", "--features=model", "--", "model"]);
    again.args(options.check.then_some("--check"));
    steps.check("the model of the reference", &mut again)?;
    Ok(())
}

#[cfg(feature = "model")]
pub(crate) use extract::run;

#[cfg(feature = "model")]
mod extract;
