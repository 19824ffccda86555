//! The subcommands, a file each.
//!
//! A subcommand is a module with `Args`, which declares its help and flags, and `run`. A new one is its file, its `mod`
//! line, and its line in the list of [`Command`].

mod agent;
mod close;
mod completions;
mod config;
mod connections;
mod demo;
mod end;
mod exporter;
mod files;
mod goodbye;
mod hold;
mod holds;
mod hosts;
mod info;
mod journal;
mod list;
mod manual;
mod nothing_open;
mod reference;
mod release;
mod serve;
mod servers;
mod sessions;
mod shares;
mod signature;
mod top;
mod totals;
pub(crate) mod waiting;
mod watch;
mod who;

use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) use completions::answer_shell;

/// What a subcommand can need beyond its own flags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// Builds the definition of the whole command line.
    pub(crate) command_line: fn() -> clap::Command,
}

/// Declares the subcommands, in the order of `--help`: the variant's name is the name on the command line.
macro_rules! commands {
    ($($(#[$attribute:meta])* $Variant:ident => $module:ident ($($field:ident)?),)+) => {
        /// A subcommand with its flags.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $($(#[$attribute])* $Variant($module::Args),)+
        }

        impl Command {
            /// Runs the subcommand.
            pub(crate) fn run(&self, context: &Context) -> Result<Exit, Failure> {
                match self {
                    $($(#[$attribute])* Command::$Variant(args) => $module::run(args $(, context.$field)?),)+
                }
            }
        }
    };
}

commands! {
    Sessions => sessions(),
    End => end(),
    Files => files(),
    Close => close(),
    Who => who(),
    Connections => connections(),
    Shares => shares(),
    Top => top(),
    Hold => hold(),
    Holds => holds(),
    Release => release(),
    Agent => agent(),
    Journal => journal(),
    Exporter => exporter(),
    Info => info(),
    Servers => servers(),
    Config => config(),
    Serve => serve(),
    Demo => demo(),
    Signature => signature(),
    Reference => reference(),
    Completions => completions(),
    Manual => manual(command_line),
}
