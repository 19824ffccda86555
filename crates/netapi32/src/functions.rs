//! The functions, one file each. The build script finds the files in this folder, so there is no list of them.

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

macro_rules! modules {
    ($($stem:ident)*) => {$(
        mod $stem;
        pub use $stem::*;
    )*};
}

functions!(modules);
