//! Many sessions on few connections of the embedded server.
#![cfg(test)]
#![cfg(unix)]

use anyhow::{Result, ensure};
use netsession_conformance::{Crowd, Embedded, Netsession, wait_until};

/// A failure here would list sessions of one connection as one, end them together, or keep them after the connection.
#[test]
fn sessions_that_share_a_connection_are_each_their_own() -> Result<()> {
    let server = Embedded::start()?;
    let mut crowds = [Crowd::connect(server.address()?)?, Crowd::connect(server.address()?)?];
    for crowd in &mut crowds {
        for number in 0..100 {
            crowd.join(if number % 4 == 0 { "bob" } else { "alice" }, "data")?;
        }
    }
    let count = |user: &str| -> Result<usize> {
        Ok(server.server()?.sessions().iter().filter(|session| session.user() == user).count())
    };
    let listed = Netsession::admin()?.args(["sessions", &server.name()?, "--json"]).run()?.expect_code(0)?;
    ensure!(listed.json()?.len() == 201, "{} sessions are listed", listed.json()?.len());
    let end = ["end", &server.name()?, "--user", "bob", "--yes", "--json"];
    let ended = Netsession::admin()?.args(end).run()?.expect_code(0)?;
    let of_bob = ended.one()?["ended"].as_array().map(Vec::len);
    ensure!(of_bob == Some(50), "{of_bob:?} sessions were ended");
    ensure!(count("bob")? == 0 && count("alice")? == 150, "others were ended as well");
    let [first, mut second] = crowds;
    drop(first);
    wait_until("the first connection to be gone", || Ok((count("alice")? == 75).then_some(())))?;
    second.join("bob", "data")?;
    drop(second);
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    ensure!(
        server.server()?.shares().iter().all(|share| share.connection_count() == 0),
        "a share counts wrongly"
    );
    Ok(())
}
