//! `cargo xtask dist` also makes a tarball for any Linux. Its name says which glibc it needs.
//!
//! [`package`] lays the files out as `cargo xtask install` does ([`Layout`]), below one folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::built::Built;
use crate::install::Layout;
use crate::packaged::{crates, glibc, output};
use crate::{documents, workspace};

/// The folder of the documents in the tarball.
const DOCUMENTS: &str = "share/doc/netsession";

/// How to install it: the folder works where it is, and a copy of it for everybody.
pub(crate) const INSTALL: &str = "    bin/netsession demo                  # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The folder works where it is. To install it for every user of this computer:

    sudo cp -r --no-dereference --no-preserve=ownership,timestamps bin include lib share /usr/local/
    sudo ldconfig

That is the command, its manual pages (`man netsession`), completions for bash, zsh and fish, the C library `netapi32` under each of its
names with its headers, and the units for systemd.
";

/// Makes the tarball of what was built, and returns its path.
pub(crate) fn package(built: &Built) -> Result<PathBuf> {
    let programs = [&built.command, &built.library, &built.wchar32_library];
    let needed = programs.iter().map(|path| glibc(&fs::read(path)?)).collect::<Result<Vec<_>>>()?;
    let (major, minor) = needed.into_iter().max().context("nothing was built")?;
    let architecture = std::env::consts::ARCH;
    let name = format!("netsession-{}-linux-{architecture}-glibc{major}.{minor}", env!("CARGO_PKG_VERSION"));
    let folder = workspace::target()?.join("tarball");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let stage = folder.join(&name);
    fs::create_dir_all(&stage)?;
    let layout = Layout { built, stage: &stage, prefix: Path::new("/usr/local"), libraries: "lib" };
    layout.lay_out()?;
    let documents = stage.join(DOCUMENTS);
    documents::write(&documents, INSTALL)?;
    documents::mend_links(&documents)?;
    let crates = crates(&["netsession-cli", "netsession-netapi32"])?;
    layout.write(&format!("{DOCUMENTS}/crates"), crates.as_bytes())?;
    // What a person reads first is beside the folders.
    let readme = fs::read_to_string(documents.join("README.md"))?;
    layout.write("README.md", documents::moved(&readme, &format!("{DOCUMENTS}/")).as_bytes())?;
    for file in ["bin/netsession", "lib/libnetapi32.so", "lib/libnetapi32-wchar32.so"] {
        let file = stage.join(file);
        output("strip", &["--strip-unneeded", "--remove-section=.comment", &file.to_string_lossy()])?;
    }
    let tarball = folder.join(format!("{name}.tar.gz"));
    let place = folder.to_string_lossy();
    // The same content gives the same bytes.
    let same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    let options = ["--create", "--gzip", "--file", &tarball.to_string_lossy(), "--directory", &place, &name]
        .map(str::to_owned);
    let arguments: Vec<&str> = same.into_iter().chain(options.iter().map(String::as_str)).collect();
    output("tar", &arguments)?;
    Ok(tarball)
}
