//! Finds the operations: each file of `src/` that declares one with `netsession_rpc::operation!`.
//!
//! The result is the macro `operations!`, which gives the names of these files to another macro. So nobody keeps a list
//! of operations: adding a file is enough.

use std::io::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const DECLARATION: &str = "\nnetsession_rpc::operation! {";

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=src");
    let mut stems = Vec::new();
    for entry in fs::read_dir("src")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") && declares_operation(&path)? {
            stems.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    stems.sort();
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("operations.rs"), visitor(&stems))
}

fn declares_operation(file: &Path) -> Result<bool, Error> {
    Ok(fs::read_to_string(file)?.replace("\r\n", "\n").contains(DECLARATION))
}

fn visitor(stems: &[String]) -> String {
    format!(
        "/// Expands to `visit! {{ STEM STEM ... }}` with the name of each operation's module, in alphabetical order.\n\
         ///\n\
         /// The names come from the files of this crate, so that every table of operations is complete. This\n\
         /// prints the names of all requests:\n\
         ///\n\
         /// ```\n\
         /// macro_rules! print_names {{\n\
         ///     ($($stem:ident)*) => {{\n\
         ///         $(println!(\"{{}}\", netsession_srvs::$stem::Request::NAME);)*\n\
         ///     }};\n\
         /// }}\n\
         ///\n\
         /// netsession_srvs::operations!(print_names);\n\
         /// ```\n\
         #[macro_export]\n\
         macro_rules! operations {{\n    ($visit:ident) => {{\n        $visit! {{ {} }}\n    }};\n}}\n",
        stems.join(" ")
    )
}
