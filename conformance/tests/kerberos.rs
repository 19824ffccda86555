//! Kerberos in a real domain: a controller, a member server and a client in network namespaces of their own. All tests are in
//! one program, because starting the domain takes some seconds.
#![cfg(test)]
#![cfg(target_os = "linux")]

#[path = "support/driver.rs"]
mod driver;

/// The tests. `cargo xtask test` leaves out everything in this module where no domain can start.
mod in_domain {
    mod accounts;
    mod c_library;
    mod commands;
    mod controller_search;
    mod failures;
    mod harness;
    mod late;
    mod libraries;
    mod paths;
    mod server;
    mod server_refusals;
    mod support;
    mod wire;
}
