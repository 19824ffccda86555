//! Reads settings and logins from files and the environment: [`Config`] is the configuration file, [`AuthFile`] an
//! authentication file in Samba's format. [`printed_password`] runs a command that prints a password, and
//! [`password_from_environment`] reads `NETSESSION_PASSWORD`. [`Error`] has a [`Hint`] for the person.
//!
//! This crate asks no questions, and does not choose between logins: `netsession-admin` does both, for the command and
//! the C library.
//!
//! ```
//! use netsession_config::Config;
//!
//! let config = Config::parse("[server.fs1]\nlogin = 'LAB\\adm1'\nencrypt = true")?;
//! let fs1 = config.for_server("FS1", 445);
//! assert_eq!(fs1.login.as_deref(), Some(r"LAB\adm1"));
//! # Ok::<(), netsession_config::Mistake>(())
//! ```
#![forbid(unsafe_code)]

mod auth_file;
mod check;
mod config;
mod error;
mod journal_table;
mod mark;
mod password;
mod serve_file;
mod settings;
mod tables;
mod time_limit;
mod user;

pub use auth_file::AuthFile;
pub use check::mistakes;
pub use config::Config;
pub use error::{Error, Hint, Mistake, MistakeKind, Risk, to_make_private};
pub use journal_table::{ForwardTo, JournalTable, ReasonRule};
pub use mark::without_mark;
pub use netsession::Password;
pub use password::{
    asked_password_within, first_line, kill_password_commands, password_from_environment, printed_password,
    printed_password_within,
};
pub use serve_file::{Required, ServeFile, ShareTable, UserTable, is_server_name};
pub use settings::Settings;
pub use time_limit::parse_time_limit;
pub use user::{bare_user, has_password};

/// The environment variable that names the configuration file. An empty value means that there is no file.
pub const CONFIG_VARIABLE: &str = "NETSESSION_CONFIG";

/// The environment variable that contains a password.
pub const PASSWORD_VARIABLE: &str = "NETSESSION_PASSWORD";
