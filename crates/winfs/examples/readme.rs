//! The program in the README.

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::path::Path;

    use netsession_winfs::access::{Others, to_make_private};
    use netsession_winfs::fs::{CWD, Mode, OFlags, openat};

    // A name that is a junction or a symbolic link is refused.
    let folder = openat(CWD, "share", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
    let _file = openat(&folder, "budget.xlsx", OFlags::RDONLY, Mode::empty())?;

    let secrets = Path::new("password.txt");
    if !Others::at(secrets).have_nothing() {
        println!("other users can use this file: run {}", to_make_private(secrets));
    }
    Ok(())
}

#[cfg(not(windows))]
fn main() {}
