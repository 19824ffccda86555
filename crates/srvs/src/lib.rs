//! MS-SRVS: one file per operation, both roles.
#![forbid(unsafe_code)]
