//! Runs libFuzzer with the target that the environment variable `FUZZ_TARGET` names.
#![no_main]

use std::env;
use std::sync::LazyLock;

use netsession_fuzz::targets::Target;

static TARGET: LazyLock<Option<&Target>> =
    LazyLock::new(|| env::var("FUZZ_TARGET").ok().and_then(|name| Target::named(&name)));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match *TARGET {
        Some(target) => target.run(data),
        None => {
            eprintln!("FUZZ_TARGET must name a target");
            std::process::exit(2);
        }
    }
});
