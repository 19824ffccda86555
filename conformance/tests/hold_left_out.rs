//! Holds at servers whose address or login the configuration no longer has, or has again.
#![cfg(unix)]

#[path = "support/configured.rs"]
mod configured;
#[path = "support/hold_order.rs"]
mod hold_order;
#[path = "support/hold.rs"]
mod support;

use anyhow::{Context, Result, ensure};
use configured::{Configured, end, table};
use hold_order::order;
use netsession_conformance::{Embedded, PASSWORD, wait_until};
use netsession_journal::{HoldLogin, Holds, Location, Moment};
use support::{Person, Running, Stream, text, wait_for_end};

/// A failure here would leave a client free at a server after somebody has changed its address and put it back, without a word.
#[test]
fn a_server_is_taken_back_when_its_address_is_right_again() -> Result<()> {
    let server = Embedded::start()?;
    let port = server.address()?.port();
    let lab = Configured::new(&table("s1", &format!("127.0.0.1:{port}"), "admin"))?;
    lab.leave_hold(&["s1", "--user", "bob"])?;
    lab.write(&table("s1", "127.0.0.1:1", "admin"))?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "left out")?;
    wait_until("the problem", || {
        let row = lab.person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(text(&row, "problem").contains("another address").then_some(()))
    })?;
    let mut bob = server.hold_from("bob", 7)?;
    ensure!(bob.works()?, "nobody has named the other server");
    // In other words, but the same server.
    lab.write(&table("s1", &format!("localhost:{port}"), "admin"))?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    wait_until("no problem", || {
        Ok(lab.person.holds(&[])?.iter().all(|row| row["problem"].is_null()).then_some(()))
    })?;
    end(agent)
}

fn cluster(nodes: &[String]) -> String {
    let login = format!("login = 'admin'\npassword-command = ['echo', '{PASSWORD}']\n");
    let tables = nodes.iter().map(|node| format!("[server.'{node}']\ncluster = true\n{login}"));
    format!("{}[cluster.ha]\nnodes = {nodes:?}\n", tables.collect::<String>())
}

/// A failure here would end the sessions at a server that nobody has named, because it has taken the place of a node of a cluster, and
/// let the held client in at the cluster without a word.
#[test]
fn the_nodes_of_a_cluster_are_those_of_then() -> Result<()> {
    let (node, other) = (Embedded::start()?, Embedded::start()?);
    let (first, second) = (node.address()?.to_string(), other.address()?.to_string());
    let lab = Configured::new(&cluster(std::slice::from_ref(&first)))?;
    lab.leave_hold(&["ha", "--user", "bob"])?;
    // Another server is the only node now.
    lab.write(&cluster(std::slice::from_ref(&second)))?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "ha: none of its nodes")?;
    wait_until("the problem", || {
        let row = lab.person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(text(&row, "problem").contains("none of its nodes").then_some(()))
    })?;
    let (mut here, mut there) = (node.hold_from("bob", 7)?, other.hold_from("bob", 7)?);
    ensure!(here.works()? && there.works()?);
    // It is a node beside the first one, which comes first in the configuration.
    lab.write(&cluster(&[second.clone(), first]))?;
    wait_until("he is ended at the first node", || Ok((!here.works()?).then_some(())))?;
    wait_for_end(node.hold_from("bob", 7))?;
    ensure!(there.works()?, "nobody has named the new node");
    // Without a restart, the hold says so, too.
    let say_new_node = || {
        wait_until("the problem", || {
            let row = lab.person.holds(&[])?.into_iter().next().context("the hold")?;
            Ok(text(&row, "problem").contains("no node had this address").then_some(()))
        })
    };
    say_new_node()?;
    end(agent)?;
    let agent =
        Running::start(lab.run(&["agent"])?, Stream::Out, &format!("{second} (ha): no node had this"))?;
    wait_for_end(node.hold_from("bob", 7))?;
    ensure!(there.works()?);
    say_new_node()?;
    end(agent)
}

/// A failure here would let the held client in at a node whose address is right again, or show a problem that nobody has any more.
#[test]
fn a_node_of_then_is_taken_back_and_another_one_forgotten() -> Result<()> {
    let (node, second, other) = (Embedded::start()?, Embedded::start()?, Embedded::start()?);
    let place = |server: &Embedded| -> Result<String> { Ok(server.address()?.to_string()) };
    let places = [place(&node)?, place(&second)?, place(&other)?];
    let configure = |nodes: [usize; 2]| cluster(&nodes.map(|node| places[node].clone()));
    let lab = Configured::new(&configure([0, 1]))?;
    lab.leave_hold(&["ha", "--user", "bob"])?;
    lab.write(&configure([0, 2]))?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "no node had this")?;
    // These nodes are no real cluster, which is another problem.
    let wait_for_problem = |is_left_out: bool| {
        wait_until(&format!("a node is left out: {is_left_out}"), || {
            let row = lab.person.holds(&[])?.into_iter().next().context("the hold")?;
            Ok((text(&row, "problem").contains("no node had this address") == is_left_out).then_some(()))
        })
    };
    wait_for_problem(true)?;
    lab.write(&configure([0, 1]))?;
    wait_for_problem(false)?;
    // The first node is gone: the hold acts at the other node that it had at the start.
    drop(node);
    wait_for_end(second.hold_from("bob", 7))?;
    ensure!(other.hold_from("bob", 7)?.works()?, "nobody has named this one");
    end(agent)
}

/// A failure here would free somebody at every server after the next start of the agent, because the login of one of them is gone.
#[test]
fn a_server_without_a_login_frees_nobody_at_the_others() -> Result<()> {
    let (server, other) = (Embedded::start()?, Embedded::start()?);
    let first = table("s1", &server.address()?.to_string(), "admin");
    let second = table("s2", &other.address()?.to_string(), "admin");
    let lab = Configured::new(&format!("{first}{second}"))?;
    lab.leave_hold(&["s1", "s2", "--user", "bob"])?;
    lab.write(&format!("{first}{}", second.replace("'echo'", "'false'")))?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "left out")?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended at the first", || Ok((!bob.works()?).then_some(())))?;
    let mut bob = other.hold_from("bob", 7)?;
    ensure!(bob.works()?);
    lab.write(&format!("{first}{second}"))?;
    wait_until("he is ended at the second", || Ok((!bob.works()?).then_some(())))?;
    end(agent)
}

/// A failure here would hold nobody without a word while a command that should print a password hangs, or run it for each hold.
#[test]
fn holds_that_wait_for_one_password_command_say_so_and_share_it() -> Result<()> {
    const HOLDS: usize = 12;
    let server = Embedded::start()?;
    let lab = Configured::new("")?;
    let folder = lab.person.state.path();
    let (counted, go) = (folder.join("runs"), folder.join("go"));
    let script = folder.join("password");
    let text_of_script = format!(
        "#!/bin/sh\necho x >> '{}'\nuntil [ -e '{}' ]; do sleep 0.05; done\necho '{PASSWORD}'\n",
        counted.display(),
        go.display()
    );
    std::fs::write(&script, text_of_script)?;
    let command = format!("['echo', '{PASSWORD}']");
    let config = table("s1", &server.address()?.to_string(), "admin");
    lab.write(&config.replace(&command, &format!("['sh', '{}']", script.display())))?;
    record(&lab.person, HOLDS)?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Err, "has not answered")?;
    wait_until("the problem of each hold", || {
        let rows = lab.person.holds(&[])?;
        let is_told = |row: &serde_json::Value| text(row, "problem").contains("has not answered");
        Ok((rows.len() == HOLDS && rows.iter().all(is_told)).then_some(()))
    })?;
    std::fs::write(&go, "")?;
    wait_until("every hold is carried on", || {
        let is_fine = |row: &serde_json::Value| !row["carrier"].is_null() && row["problem"].is_null();
        Ok(lab.person.holds(&[])?.iter().all(is_fine).then_some(()))
    })?;
    ensure!(std::fs::read_to_string(&counted)? == "x\n", "one run serves all holds");
    end(agent)
}

/// Records holds at `s1`, each of another user.
fn record(person: &Person, count: usize) -> Result<()> {
    let mut holds = Holds::open(&Location::File(person.state.path().join("netsession/journal.db")))?;
    for number in 0..count {
        let order = order(&["s1".to_owned()], &[format!("absent{number}")], HoldLogin::default());
        holds.add(&order, &Moment::now())?;
    }
    Ok(())
}
