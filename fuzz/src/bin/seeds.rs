//! Writes the seeds of each target into a folder of its name beneath the first argument, and prints the names.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use netsession_fuzz::{seeds, targets::TARGETS};

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = env::args_os().nth(1).map(PathBuf::from).ok_or("usage: seeds FOLDER")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for target in TARGETS {
        let folder = corpus.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds::of(target.name, &root)?.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:05}")), seed)?;
        }
        println!("{}", target.name);
    }
    Ok(())
}
