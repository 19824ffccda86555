//! See who is connected to SMB file servers, and disconnect them.
#![forbid(unsafe_code)]
