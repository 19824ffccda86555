//! Finds the manual: each page in `docs/`, `docs/commands/` and `docs/tasks/`, so that nobody keeps a list of them here.

use std::fmt::Write as _;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Error> {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let docs = here.join("../../docs");
    let mut files = Vec::new();
    for folder in ["", "commands/", "tasks/"] {
        let path = docs.join(folder);
        println!("cargo::rerun-if-changed={}", path.display());
        for entry in fs::read_dir(path)? {
            let name = entry?.file_name().into_string().map_err(|_| ErrorKind::InvalidFilename)?;
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                files.push(format!("{folder}{name}"));
            }
        }
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let path = docs.join(&file);
        let _ = writeln!(list, "    ({file:?}, include_str!({:?})),", path);
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("manual.rs"), list)
}
