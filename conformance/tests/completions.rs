//! Completion at the terminal of bash, zsh and fish, which load the script from where packages install it.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use netsession_conformance::{Netsession, Terminal};
use tempfile::TempDir;

/// What a user types before the Tab, and the last word that the command then receives.
const CASES: [(&str, &str); 16] = [
    ("netsession sessions fs-al", "fs-alpha:4460"),
    // bash splits the word at the colon.
    ("netsession sessions fs-alpha:44", "fs-alpha:4460"),
    ("netsession top nas-o", "nas-one"),
    // bash splits the word at the `@`, too, and completes names of hosts after it.
    ("netsession sessions @fi", "@files"),
    ("netsession end fs-alpha:4460 --exclude @fi", "@files"),
    ("netsession end --exclude=@fi", "--exclude=@files"),
    ("netsession signature NetSessionDe", "NetSessionDel"),
    ("netsession signature SESSION_INFO_50", "SESSION_INFO_502"),
    ("netsession signature NERR_ClientN", "NERR_ClientNameNotFound"),
    ("netsession signature NetSessionDel --lang pyt", "python"),
    ("netsession signature NetSessionDel --lang=pyt", "--lang=python"),
    // A list offers no value twice: one of two that begin with `us` is left.
    ("netsession sessions --columns us", "user"),
    ("netsession servers --columns user,us", "user,user_from"),
    ("netsession servers --sort=user:desc,us", "--sort=user:desc,user_from"),
    // No file is named where a name belongs, and files are where a file belongs.
    ("netsession signature dec", "dec"),
    ("netsession sessions --authentication-file dec", "decoy"),
];

/// A failure here would leave users of bash, zsh or fish without the names of servers, functions and languages, spoil what they
/// typed, or offer files where the command reads none.
#[test]
fn tab_completes_names_in_each_shell() -> Result<()> {
    for shell in ["bash", "zsh", "fish"] {
        let mut terminal = start(shell)?;
        terminal.wait_for("ready> ").context(shell)?;
        for (number, (typed, word)) in CASES.into_iter().enumerate() {
            // To the beginning of the line (Ctrl-A), where the command becomes text that is printed.
            terminal.press(&format!("{typed}\t\u{1}printf '<%s>' {number} \r"))?;
            let whole =
                typed.split(' ').rev().skip(1).fold(String::new(), |rest, word| format!("<{word}>{rest}"));
            terminal
                .wait_for(&format!("<{number}>{whole}<{word}>"))
                .with_context(|| format!("{shell}: {typed}"))?;
        }
    }
    Ok(())
}

/// Starts a shell in a folder with the file `decoy`, and with a configuration that names a server, an alias and a group.
fn start(shell: &str) -> Result<Terminal> {
    let home = TempDir::with_prefix("netsession-completion-")?;
    let (run, _unused) = Netsession::bare()?.into_parts();
    let folder = Path::new(run.get_program()).parent().context("the command has no folder")?;
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let script = Netsession::bare()?.args(["completions", shell]).run()?.expect_code(0)?.stdout;
    let write = |name: &str, text: &str| -> Result<()> {
        let file = home.path().join(name);
        std::fs::create_dir_all(file.parent().context("no folder")?)?;
        Ok(std::fs::write(file, text)?)
    };
    write("decoy", "")?;
    let tables = [
        "[server.'fs-alpha:4460']\nlogin = 'adm'\n",
        "[server.nas-one]\naddress = '10.0.0.9'\n",
        "[group.files]\nservers = ['fs-alpha:4460', 'nas-one']\n",
    ];
    write("config.toml", &tables.concat())?;
    write("completion.bash", &script)?;
    write("bashrc", "source ~/completion.bash\nPS1='ready> '\n")?;
    write("functions/_netsession", &script)?;
    let zshrc = "fpath=(~/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\nPS1='ready> '\n";
    write(".zshrc", zshrc)?;
    write(".config/fish/completions/netsession.fish", &script)?;
    write(".config/fish/config.fish", "function fish_prompt; echo 'ready> '; end\nset fish_greeting\n")?;
    let mut command = Command::new(shell);
    if shell == "bash" {
        command.arg("--rcfile").arg(home.path().join("bashrc"));
    }
    command.arg("-i").env("HOME", home.path()).env("ZDOTDIR", home.path()).env("PATH", path);
    command.env("XDG_RUNTIME_DIR", home.path()).env("TMPDIR", home.path());
    command.env("NETSESSION_CONFIG", home.path().join("config.toml"));
    command.current_dir(home.path());
    Terminal::start_other(&command, home)
}
