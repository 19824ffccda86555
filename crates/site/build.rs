//! Builds the pages, and writes them, compressed, for `src/files.rs` to include.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

fn main() -> Result<()> {
    // The pages' own sources are a crate that this program is linked with: cargo knows when that changes.
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env::var_os("OUT_DIR").context("no OUT_DIR")?);
    let mut table = String::from("static FILES: &[File] = &[\n");
    for (path, content) in netsession_pages::build(&netsession_pages::Repository::of_workspace())? {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content)?;
        let digest: String =
            Sha256::digest(&content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let file = folder.join(format!("{path}.gz"));
        fs::write(&file, encoder.finish()?)?;
        writeln!(table, "File {{ path: {path:?}, digest: {digest:?}, gzip: include_bytes!({file:?}) }},")?;
    }
    table.push_str("];\n");
    fs::write(folder.join("files.rs"), table)?;
    Ok(())
}
