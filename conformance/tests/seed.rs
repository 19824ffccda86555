//! The two declarations that programmers paste, byte for byte as in `examples/seed`, in programs that run on Mono
//! and on .NET: the result of NetSessionDel, and the last error.
#![cfg(test)]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use netsession_conformance::languages::{self, Call, Program, examples};
use netsession_conformance::samba::OTHER_SCRIPT;
use netsession_conformance::{ADMIN, Either, PASSWORD, Serve, Smbclient};
use tempfile::TempDir;

/// One call: client, user, and what it returns.
type Row<'a> = (Option<&'a str>, Option<&'a str>, u32);

/// Makes all the calls in one process, and compares each result and last error with the expected ones.
fn expect(call: Call, server: Option<&str>, rows: &[Row<'_>]) -> Result<()> {
    let null = |name: Option<&str>| name.unwrap_or("NULL").to_owned();
    let arguments = rows.iter().flat_map(|(client, user, _)| [null(server), null(*client), null(*user)]);
    let outcome = call.args(arguments).run()?.expect_code(0)?;
    let mut lines = outcome.stdout.lines();
    for (client, user, expected) in rows {
        let line = lines.next().with_context(|| format!("a line is missing: {outcome:?}"))?;
        let wanted = format!("{expected} {expected}");
        ensure!(line == wanted, "{client:?}, {user:?}: {line:?}, not {wanted:?}; {}", outcome.stderr);
    }
    Ok(())
}

/// Checks the calls that must end no session.
fn ends_nobody(program: &Program, name: &str) -> Result<()> {
    let (long, longest) = (format!(r"\\{}", "c".repeat(1022)), format!(r"\\{}", "c".repeat(1021)));
    let (long_user, longest_user) = ("u".repeat(1024), "u".repeat(1023));
    let rows: &[Row<'_>] = &[
        (None, None, 87),
        (Some(""), Some(""), 87),
        (Some(r"\\127.0.0.99"), None, 2312),
        (Some(r"\\127.0.0.99"), Some("alice"), 2312),
        (None, Some("nobody"), 2312),
        // Without backslashes it is not the name of a client.
        (Some("127.0.0.7"), Some("alice"), 2312),
        (Some(&long), None, 87),
        (None, Some(&long_user), 87),
        (Some(&longest), None, 2312),
        (None, Some(&longest_user), 2312),
        (None, Some("Łukasz 🙂"), 2312),
        (Some(r"\\名前"), None, 2312),
    ];
    expect(program.call()?.login(ADMIN, name), Some(name), rows)?;
    expect(program.call()?.login("carol", name), Some(name), &[(Some(r"\\127.0.0.7"), Some("alice"), 5)])?;
    // No login at all.
    expect(program.call()?, Some(name), &[(Some(r"\\127.0.0.7"), Some("alice"), 5)])
}

/// Checks each way to select sessions: it must end those sessions, and no others.
fn ends_only_the_selected_sessions(program: &Program, server: &Either) -> Result<()> {
    let (name, unc) = (server.name()?, format!(r"\\{}", server.name()?));
    let mut left =
        vec![(7, "alice"), (7, "bob"), (8, "alice"), (8, "carol"), (9, OTHER_SCRIPT), (10, "carol")];
    let _held = left.iter().map(|(last, user)| server.hold_from(user, *last)).collect::<Result<Vec<_>>>()?;
    ends_nobody(program, &name)?;
    server.wait_for(&left)?;
    let admin = || Ok::<_, anyhow::Error>(program.call()?.login(ADMIN, &name));
    expect(admin()?, Some(&unc), &[(Some(r"\\127.0.0.7"), Some("alice"), 0)])?;
    left.retain(|it| *it != (7, "alice"));
    server.wait_for(&left)?;
    expect(admin()?, Some(&name), &[(Some(r"\\127.0.0.8"), None, 0)])?;
    left.retain(|(last, _)| *last != 8);
    server.wait_for(&left)?;
    expect(admin()?, Some(&name), &[(None, Some("BOB"), 0), (None, Some("bob"), 2312)])?;
    left.retain(|(_, user)| *user != "bob");
    server.wait_for(&left)?;
    expect(admin()?, Some(&name), &[(None, Some(OTHER_SCRIPT), 0)])?;
    left.retain(|(_, user)| *user != OTHER_SCRIPT);
    server.wait_for(&left)?;
    // NULL is the local computer.
    let local = program.call()?.login(ADMIN, "").env("NETSESSION_LOCAL", &name);
    expect(local, None, &[(None, None, 87), (Some(r"\\127.0.0.10"), Some("carol"), 0)])?;
    server.wait_for(&[])
}

/// NULL is a server that the same user runs: the user need not set anything.
fn null_is_the_running_server(program: &Program) -> Result<()> {
    let folder = TempDir::with_prefix("netsession-seed-")?;
    let (data, users) = (folder.path().join("data"), folder.path().join("users"));
    fs::create_dir(&data)?;
    fs::write(&users, format!("alice:{PASSWORD}\nbob:{PASSWORD}\n"))?;
    fs::set_permissions(&users, Permissions::from_mode(0o600))?;
    let serve = Serve::start(
        folder.path(),
        &[&data.display().to_string(), "--users-file", &users.display().to_string()],
    )?;
    let hold = |user: &str| Smbclient::new(serve.address(), user).hold();
    let (mut alice, mut bob) = (hold("alice")?, hold("bob")?);
    let call = program.call()?.env("XDG_RUNTIME_DIR", folder.path());
    expect(call, None, &[(None, Some("nobody"), 2312), (Some(r"\\127.0.0.1"), Some("alice"), 0)])?;
    ensure!(!alice.works()? && bob.works()?, "only alice was meant");
    Ok(())
}

/// A failure here would make a program with the commonly pasted declaration end other sessions than on Windows, or return
/// something else.
macro_rules! declarations {
    ($($program:ident: $embedded:ident, $samba:ident, $local:ident;)*) => {$(
        #[test]
        fn $local() -> Result<()> {
            null_is_the_running_server(&languages::$program)
        }

        #[test]
        fn $embedded() -> Result<()> {
            ends_only_the_selected_sessions(&languages::$program, &Either::embedded()?)
        }

        #[test]
        fn $samba() -> Result<()> {
            ends_only_the_selected_sessions(&languages::$program, &Either::samba()?)
        }
    )*};
}

declarations! {
    MONO_SEED: csharp_on_mono_and_our_server, csharp_on_mono_and_samba, csharp_on_mono_and_a_running_serve;
    CSHARP_SEED: dotnet_csharp_and_our_server, dotnet_csharp_and_samba, dotnet_csharp_and_a_running_serve;
    VISUAL_BASIC_SEED: dotnet_visual_basic_and_our_server, dotnet_visual_basic_and_samba, dotnet_visual_basic_and_a_running_serve;
}

/// A failure here would mean that the programs do not contain the declarations as people paste them.
#[test]
fn the_programs_have_the_declarations_byte_for_byte() -> Result<()> {
    for language in ["cs", "vb"] {
        let read = |name: &str| fs::read_to_string(examples().join("seed").join(name));
        let (program, declaration) =
            (read(&format!("Program.{language}"))?, read(&format!("NetSessionDel.{language}"))?);
        ensure!(declaration.contains("NetSessionDel") && program.contains(&declaration), "{language}");
    }
    Ok(())
}
