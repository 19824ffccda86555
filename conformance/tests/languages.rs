//! The examples in each language list and end sessions, on the embedded server and on Samba, with the installed library.
#![cfg(test)]
#![cfg(unix)]

use anyhow::{Result, ensure};
use netsession_conformance::half_logon::HalfLogon;
use netsession_conformance::languages::{self, Program, listed};
use netsession_conformance::{ADMIN, Either, Proxy};

/// Returns the sessions as the examples print them.
fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(client, user)| (client.to_owned(), user.to_owned())).collect()
}

/// Checks what every example does: it lists the sessions of a server; it ends those of a client and a user, and no
/// others; it reports errors; without a server it uses the local computer.
fn lists_and_ends(program: &Program, server: &Either) -> Result<()> {
    let name = server.name()?;
    let unc = format!(r"\\{name}");
    let run = |arguments: &[&str]| program.call()?.login(ADMIN, &name).args(arguments).run();
    let mut alice = server.hold_from("alice", 7)?;
    let mut bob = server.hold_from("bob", 7)?;

    let list = run(&[&unc])?.expect_code(0)?;
    let mut others = listed(&list);
    others.retain(|(_, user)| user != ADMIN);
    ensure!(others == pairs(&[("127.0.0.7", "alice"), ("127.0.0.7", "bob")]), "{list:?}");
    ensure!(!list.stdout.contains("ended"), "{list:?}");

    let nobody = run(&[&unc, r"\\127.0.0.99", "alice"])?.expect_code(1)?;
    ensure!(nobody.stderr.contains("2312") || nobody.stderr.contains("no such session"), "{nobody:?}");
    ensure!(alice.works()? && bob.works()?, "nobody was meant");

    // A script whose $user is unset.
    let unset = run(&[&unc, r"\\127.0.0.7", ""])?;
    ensure!(matches!(unset.code, Some(1 | 2)) && !unset.stdout.contains("ended"), "{unset:?}");
    ensure!(alice.works()? && bob.works()?, "an empty user is not every user: {unset:?}");

    let end = run(&[&unc, r"\\127.0.0.7", "alice"])?.expect_code(0)?;
    ensure!(listed(&end) == pairs(&[("127.0.0.7", "alice")]), "{end:?}");
    ensure!(end.stdout.ends_with("ended\n"), "{end:?}");
    ensure!(!alice.works()? && bob.works()?, "only alice was meant");

    let denied =
        program.call()?.login("bob", &name).args([unc.as_str(), "-", "bob"]).run()?.expect_code(1)?;
    ensure!(denied.stderr.contains("error 5"), "{denied:?}");

    let local =
        program.call()?.login(ADMIN, "").env("NETSESSION_LOCAL", &name).args([".", "-", "bob"]).run()?;
    ensure!(local.expect_code(0)?.stdout.ends_with("ended\n"), "the local computer");
    server.wait_for(&[])
}

/// A failure here would make the example in this language differ from the manual, on one of the two kinds of server.
macro_rules! examples {
    ($($program:ident: $embedded:ident, $samba:ident;)*) => {$(
        #[test]
        fn $embedded() -> Result<()> {
            lists_and_ends(&languages::$program, &Either::embedded()?)
        }

        #[test]
        fn $samba() -> Result<()> {
            lists_and_ends(&languages::$program, &Either::samba()?)
        }
    )*};
}

examples! {
    C: c_and_our_server, c_and_samba;
    MONO: csharp_on_mono_and_our_server, csharp_on_mono_and_samba;
    CSHARP: dotnet_csharp_and_our_server, dotnet_csharp_and_samba;
    VISUAL_BASIC: dotnet_visual_basic_and_our_server, dotnet_visual_basic_and_samba;
    PYTHON: python_and_our_server, python_and_samba;
    GO: go_and_our_server, go_and_samba;
    NODE: node_and_our_server, node_and_samba;
    JAVA: java_and_our_server, java_and_samba;
    JNA: java_jna_and_our_server, java_jna_and_samba;
    PASCAL: pascal_and_our_server, pascal_and_samba;
    WINDOWS_C: c_for_windows_and_our_server, c_for_windows_and_samba;
    MONO_PASTED: pasted_csharp_and_our_server, pasted_csharp_and_samba;
    VISUAL_BASIC_PASTED: dotnet_pasted_visual_basic_and_our_server, dotnet_pasted_visual_basic_and_samba;
    WHEEL: python_wheel_and_our_server, python_wheel_and_samba;
    UNCHANGED_PYTHON: unchanged_python_and_our_server, unchanged_python_and_samba;
    PACKAGED_CSHARP: dotnet_package_and_our_server, dotnet_package_and_samba;
    PACKAGED_PASTED: dotnet_package_with_pasted_csharp_and_our_server, dotnet_package_with_pasted_csharp_and_samba;
}

/// A failure here would send the empty name of an unfinished logon from the managed API, and end all sessions from that
/// client.
#[test]
fn csharp_never_sends_an_empty_name() -> Result<()> {
    let server = Either::samba()?;
    let name = server.name()?;
    let from_7 = Proxy::from(7).to(server.address()?)?;
    let half = HalfLogon::start(from_7.address())?;
    let mut bob = server.hold_from("bob", 7)?;
    let run =
        languages::MONO.call()?.login(ADMIN, &name).args([&name, r"\\127.0.0.7"]).run()?.expect_code(0)?;
    ensure!(listed(&run) == pairs(&[("127.0.0.7", "bob")]), "{run:?}");
    ensure!(!bob.works()? && half.connected()?, "only bob was meant");
    Ok(())
}

/// A failure here would end everybody from a client, for a script that ends the row of an unfinished logon with the functions of
/// the example that it has copied.
#[test]
fn functions_of_examples_pass_an_empty_user_on() -> Result<()> {
    let server = Either::samba()?;
    let name = server.name()?;
    let from_7 = Proxy::from(7).to(server.address()?)?;
    let half = HalfLogon::start(from_7.address())?;
    let mut bob = server.hold_from("bob", 7)?;
    let run = languages::PYTHON_ROWS.call()?.login(ADMIN, &name).args([&name]).run()?.expect_code(1)?;
    ensure!(run.stderr.contains("NetSessionDel: error 87"), "{run:?}");
    ensure!(bob.works()? && half.connected()?, "{run:?}");
    Ok(())
}
