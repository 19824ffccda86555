//! Foreign servers, clients and proxies for the tests, and the tests that need them.
#![forbid(unsafe_code)]
