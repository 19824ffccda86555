//! `cargo xtask fuzz`: runs every fuzz target for a while, starting from the golden captures.
//!
//! The pinned stable toolchain is enough: a pass of LLVM adds coverage. With a nightly toolchain and cargo-fuzz, use
//! `FUZZ_TARGET=NAME cargo +nightly fuzz run --features libfuzzer fuzz`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::root;
use crate::steps::Steps;

/// The flags for edge counters and traced comparisons, which guide libFuzzer.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// The targets to fuzz, and the time for each.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fuzz only this target
    target: Option<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Builds the fuzzer and runs the targets in turn; each is a check.
pub(crate) fn run(options: &Options, steps: &mut Steps) -> Result<()> {
    let targets = write_seeds()?;
    let chosen: Vec<&String> =
        targets.iter().filter(|name| options.target.as_ref().is_none_or(|wanted| wanted == *name)).collect();
    ensure!(!chosen.is_empty(), "no such target; there are {}", targets.join(", "));
    let fuzzer = build(steps)?;
    for target in chosen {
        let artifacts = root().join("fuzz/artifacts").join(target);
        std::fs::create_dir_all(&artifacts)?;
        let passed = steps.check(
            &format!("fuzz {target}"),
            Command::new(&fuzzer)
                .env("FUZZ_TARGET", target)
                .arg(root().join("fuzz/corpus").join(target))
                .arg(format!("-artifact_prefix={}/", artifacts.display()))
                .arg(format!("-max_total_time={}", options.seconds))
                .args([
                    "-max_len=8192",
                    "-timeout=10",
                    "-rss_limit_mb=1024",
                    "-verbosity=0",
                    "-print_final_stats=1",
                ]),
        )?;
        if !passed {
            println!("found: see fuzz/artifacts/{target}; once fixed, keep it in fuzz/regressions/{target}");
        }
    }
    Ok(())
}

/// Writes the seeds, and returns the names of the targets.
fn write_seeds() -> Result<Vec<String>> {
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package=netsession-fuzz", "--bin=seeds", "--", "fuzz/corpus"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the seeds could not be written");
    Ok(String::from_utf8(output.stdout)?.lines().map(Into::into).collect())
}

/// Builds the fuzzer with coverage, in a target folder of its own. Naming the host keeps coverage out of build scripts
/// and macros.
fn build(steps: &mut Steps) -> Result<PathBuf> {
    let host = host()?;
    let flags = [&["--cfg=fuzzing", "-Ccodegen-units=1"], &COVERAGE[..]].concat().join(" ");
    let built = steps.check(
        "build the fuzzer",
        Command::new("cargo")
            .args(["build", "--package=netsession-fuzz", "--features=libfuzzer", "--bin=fuzz"])
            .args(["--profile=fuzz", "--target-dir=fuzz/target", &format!("--target={host}")])
            .env("RUSTFLAGS", flags),
    )?;
    ensure!(built, "the fuzzer does not build");
    Ok(root().join("fuzz/target").join(host).join("fuzz/fuzz"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(Into::into).context("rustc does not name its host")
}
