//! Completion in bash, zsh and fish: each shell sources the script that the command prints for it.
#![cfg(unix)]

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Prints a candidate per line. bash itself passes these variables to a completion function.
const BASH: &str = r#"
source <(netsession completions bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_netsession netsession "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// zsh shows candidates only in a terminal, so this replaces the functions of its completion system by ones that print.
const ZSH: &str = r#"
compdef() { }
_describe() { while [[ $1 == -* ]]; do shift; done; print -l -- "${(@P)2}" }
source <(netsession completions zsh)
words=("$@"); CURRENT=$#
_clap_dynamic_completer_netsession
"#;

const FISH: &str = r#"
netsession completions fish | source
complete --do-complete "$argv"
"#;

/// A folder with a file `decoy`, and a configuration with the servers `fs1` and `fs2`.
fn place() -> Result<TempDir, Box<dyn Error>> {
    let place = TempDir::with_prefix("netsession-completion-")?;
    fs::write(place.path().join("decoy"), "")?;
    let config = place.path().join("config.toml");
    fs::write(&config, "[server.fs1]\nlogin = 'adm'\n[server.fs2]\n")?;
    Ok(place)
}

/// Returns a shell's candidates for the last of these words; `None` if the shell is not installed.
fn candidates(shell: &str, place: &Path, words: &[&str]) -> Result<Option<Vec<String>>, Box<dyn Error>> {
    let mut command = Command::new(shell);
    match shell {
        "bash" => command.args(["--norc", "-c", BASH, "bash"]).args(words),
        "zsh" => command.args(["-f", "-c", ZSH, "zsh"]).args(words),
        _ => command.args(["--no-config", "-c", FISH]).arg(words.join(" ")),
    };
    let own = Path::new(env!("CARGO_BIN_EXE_netsession")).parent().ok_or("no folder of the command")?;
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).env("HOME", place).env("TMPDIR", place).env_remove("XDG_RUNTIME_DIR");
    command.env("NETSESSION_CONFIG", place.join("config.toml")).current_dir(place);
    let output = match command.output() {
        // `cargo xtask test` installs every shell.
        Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("NETSESSION_BIN").is_none() => {
            println!("left out: {shell} is not installed");
            return Ok(None);
        }
        output => output?,
    };
    let text = String::from_utf8(output.stdout)?;
    // fish and zsh print a description after the candidate.
    let candidate = |line: &str| line.split(['\t', ':']).next().unwrap_or_default().trim().to_owned();
    Ok(Some(text.lines().map(candidate).filter(|line| !line.is_empty()).collect()))
}

/// A failure here would leave a user of one shell without the names of servers, languages and functions, or offer files where the
/// command reads none.
#[test]
fn each_shell_offers_what_belongs_there() -> Result<(), Box<dyn Error>> {
    let place = place()?;
    for shell in ["bash", "zsh", "fish"] {
        for (words, present, absent) in [
            (&["netsession", "sessions", ""][..], &["fs1", "fs2"][..], &["decoy"][..]),
            (&["netsession", "end", "f"], &["fs1", "fs2"], &["decoy"]),
            (&["netsession", "shares", "remove", "f"], &["fs1", "fs2"], &["decoy"]),
            (&["netsession", "signature", "NetSessionD"], &["NetSessionDel"], &["decoy", "NetSessionEnum"]),
            (&["netsession", "signature", "NERR_Cl"], &["NERR_ClientNameNotFound"], &["decoy"]),
        ] {
            let Some(found) = candidates(shell, place.path(), words)? else { break };
            let offers = |name: &&str| found.iter().any(|found| found.trim_end_matches('/') == *name);
            assert!(present.iter().all(offers), "{shell} {words:?}: {found:?}");
            assert!(!absent.iter().any(offers), "{shell} {words:?}: {found:?}");
        }
        let value = |flag: &str, text: &str, command: &str| {
            candidates(shell, place.path(), &["netsession", command, flag, text])
        };
        let Some(languages) = value("--lang", "", "signature")? else { continue };
        let all = netsession_reference::Language::ALL.map(|language| language.id().to_owned());
        assert!(all.iter().all(|language| languages.contains(language)), "{shell}: {languages:?}");
        // A word that the command cannot complete.
        assert_eq!(value("--user", "", "sessions")?, Some(Vec::new()), "{shell}");
        let files = value("--authentication-file", "", "sessions")?.unwrap_or_default();
        assert!(files.iter().any(|file| file == "decoy"), "{shell}: {files:?}");
    }
    Ok(())
}
