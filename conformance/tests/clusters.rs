//! A Samba cluster (CTDB) of three nodes in network namespaces of their own. All tests are in one program, because starting the
//! cluster takes half a minute.
#![cfg(test)]
#![cfg(target_os = "linux")]

/// The tests. `cargo xtask test` leaves out everything in this module where no cluster can start.
mod in_cluster {
    use std::time::{Duration, Instant};

    use anyhow::{Result, ensure};
    use netsession_conformance::{Cluster, Outcome, wait_until};

    /// How long a process may take to start on a busy computer.
    const START: Duration = Duration::from_secs(5);

    /// Waits until the cluster lists alice's session again.
    fn wait_for_alice(cluster: &Cluster) -> Result<()> {
        wait_until("alice's session to be listed again", || {
            let listed = cluster.netsession(&["sessions", "nas", "--user", "alice", "-o", "name"])?;
            Ok((listed.code == Some(0) && listed.stdout.contains("alice@")).then_some(()))
        })
    }

    /// A failure here would list a session once for each node, not find the own one, or end a session at its own node only.
    #[test]
    fn one_node_answers_for_all() -> Result<()> {
        let Some(cluster) = Cluster::shared()? else { return Ok(()) };
        let (mut alice, mut bob) = (cluster.hold(1, "alice")?, cluster.hold(2, "bob")?);
        let listed = cluster.netsession(&["sessions", "@all", "--json"])?.expect_code(0)?;
        let rows = listed.json()?;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (row["server"].as_str(), row["user"].as_str(), row["self"].as_bool()))
            .collect();
        let nas = Some("nas");
        let expected = [
            (nas, Some("adm1"), Some(true)),
            (nas, Some("alice"), Some(false)),
            (nas, Some("bob"), Some(false)),
        ];
        for row in expected {
            assert_eq!(shown.iter().filter(|shown| **shown == row).count(), 1, "{row:?}: {shown:?}");
        }
        assert_eq!(shown.len(), 3, "{shown:?}");
        let ended =
            cluster.netsession(&["end", "nas", "--user", "bob", "--yes", "--json"])?.expect_code(0)?;
        assert_eq!(ended.one()?["ended"][0]["user"], "bob", "{ended:?}");
        assert!(!bob.works()? && alice.works()?);
        let twice = cluster.netsession(&["end", "nas", "n2", "--user", "alice", "--yes"])?.expect_code(2)?;
        assert!(twice.stderr.contains("nas and n2 are the cluster nas"), "{twice:?}");
        let twice = cluster.netsession(&["sessions", "n2", "10.77.3.13"])?.expect_code(0)?;
        assert!(twice.stderr.contains("n2 and 10.77.3.13 are the cluster nas"), "{twice:?}");
        assert!(alice.works()?);
        // Other names of the nodes, of which the configuration knows nothing.
        let unknown = ["sessions", "[::ffff:10.77.3.11]", "[::ffff:10.77.3.12]", "-U", "adm1"];
        let alike = cluster.netsession(&unknown)?.expect_code(0)?;
        assert!(alike.stderr.contains("list the same sessions, as the nodes of a cluster do"), "{alike:?}");
        let dry_run = ["end", unknown[1], unknown[2], "-U", "adm1", "--user", "alice", "--dry-run"];
        let alike = cluster.netsession(&dry_run)?.expect_code(0)?;
        assert!(alike.stderr.contains("list the same sessions, as the nodes of a cluster do"), "{alike:?}");
        Ok(())
    }

    /// A failure here would take a listing for complete that lacks the sessions of a frozen node, or take them for gone.
    #[test]
    fn a_frozen_node_is_said_and_not_forgotten() -> Result<()> {
        let Some(cluster) = Cluster::shared()? else { return Ok(()) };
        let (mut alice, _bob) = (cluster.hold(1, "alice")?, cluster.hold(2, "bob")?);
        let frozen = cluster.freeze(1)?;
        const LIMIT: Duration = Duration::from_secs(40);
        const RECOVERY: Duration = Duration::from_secs(300);
        let list = || cluster.netsession(&["sessions", "nas", "--timeout", "40", "--json"]);
        // The other nodes answer when the cluster gives the frozen one up, and the command waits no longer than its limit.
        let first = list()?;
        let is_in_time = |listed: &Outcome| {
            ensure!(listed.elapsed < LIMIT + LIMIT / 10 + START, "{listed:?}");
            ensure!(matches!(listed.code, Some(1 | 4)), "{listed:?}");
            ensure!(listed.stderr.contains("n2 does not answer: its sessions are missing"), "{listed:?}");
            Ok(())
        };
        is_in_time(&first)?;
        cluster.wait_until_given_up(1)?;
        // They recover their databases then, and answer nobody meanwhile.
        let given_up = Instant::now();
        let during = loop {
            let listed = list()?;
            is_in_time(&listed)?;
            if listed.code == Some(4) {
                break listed;
            }
            ensure!(given_up.elapsed() < RECOVERY, "{listed:?}");
        };
        let users: Vec<_> = during.json()?.iter().map(|row| row["user"].clone()).collect();
        assert!(users.contains(&"bob".into()) && !users.contains(&"alice".into()), "{users:?}");
        const SILENT: &str = "error: nas: n2 does not answer: its sessions are missing here";
        assert_eq!(
            during.stderr.matches("does not answer:").count(),
            1,
            "no healthy node is called silent: {during:?}"
        );
        assert!(during.stderr.contains(SILENT), "{during:?}");
        for command in ["sessions", "end"] {
            let mut arguments = vec![command, "nas", "--user", "alice"];
            arguments.extend((command == "end").then_some("--yes"));
            let after = cluster.netsession(&arguments)?.expect_code(4)?;
            assert!(after.stderr.contains(SILENT), "{after:?}");
            assert!(after.stderr.contains("no session matches on the nodes that answer"), "{after:?}");
        }
        let close = cluster.netsession(&["close", "n2", "--user", "alice", "--yes"])?;
        ensure!(close.code == Some(1), "the node itself does not answer: {close:?}");
        let ended =
            cluster.netsession(&["end", "nas", "--user", "bob", "--yes", "--json"])?.expect_code(4)?;
        assert_eq!(ended.one()?["ended"][0]["user"], "bob", "{ended:?}");
        assert!(
            ended.one()?["error"].as_str().is_some_and(|error| error.contains("n2 does not answer")),
            "{ended:?}"
        );
        drop(frozen);
        wait_for_alice(&cluster)?;
        assert!(alice.works()?);
        Ok(())
    }

    /// A failure here would call a session ended that goes on when its node thaws.
    #[test]
    fn a_node_that_freezes_before_the_end_makes_the_outcome_unknown() -> Result<()> {
        let Some(cluster) = Cluster::shared()? else { return Ok(()) };
        let mut alice = cluster.hold(1, "alice")?;
        let mut end = cluster.terminal(&["end", "nas", "--user", "alice", "--timeout", "40"])?;
        end.wait_for("End 1 session on nas?")?;
        let frozen = cluster.freeze(1)?;
        end.type_line("y")?;
        let (code, seen) = end.finish()?;
        drop(frozen);
        assert_eq!(code, Some(1), "{seen}");
        assert!(seen.contains("not known") && seen.contains("n2"), "{seen}");
        assert!(!seen.contains("1 ended"), "{seen}");
        wait_for_alice(&cluster)?;
        assert!(alice.works()?);
        Ok(())
    }

    /// A failure here would let somebody back in by another node of the cluster, or say nothing about a node of which the hold knows
    /// nothing.
    #[test]
    fn a_hold_keeps_a_user_out_of_every_node() -> Result<()> {
        let Some(cluster) = Cluster::shared()? else { return Ok(()) };
        let (mut alice, mut bob) = (cluster.hold(0, "alice")?, cluster.hold(2, "bob")?);
        let arguments = ["hold", "nas", "--user", "alice", "--for", "1h", "--yes", "--timeout", "40"];
        let mut hold = cluster.terminal(&arguments)?;
        hold.wait_for("Ctrl-C stops it")?;
        wait_until("the first session to end", || Ok((!alice.works()?).then_some(())))?;
        let comes_back = |node: usize| -> Result<()> {
            // It may be ended while it logs on.
            let Ok(mut again) = cluster.hold(node, "alice") else { return Ok(()) };
            wait_until("the session at another node to end", || Ok((!again.works()?).then_some(())))
        };
        (0..3).try_for_each(comes_back)?;
        assert!(bob.works()?);
        let frozen = cluster.freeze(1)?;
        hold.wait_for("n2 does not answer: its sessions do not end until it does")?;
        drop(frozen);
        hold.wait_for("n2 answers again")?;
        (0..3).try_for_each(comes_back)?;
        assert!(bob.works()?);
        Ok(())
    }

    /// A failure here would close the file of one user together with that of another one.
    #[test]
    fn two_files_under_one_id_are_not_closed() -> Result<()> {
        let Some(cluster) = Cluster::shared()? else { return Ok(()) };
        for name in ["a.txt", "b.txt"] {
            cluster.write(name)?;
        }
        // An id is made of the number of smbd's process, and each node counts its own processes.
        for attempt in 0..20 {
            let open = |node, user, name: &str| {
                cluster.set_next_process(node, 20_000 + attempt * 100)?;
                let mut held = cluster.hold(node, user)?;
                held.open(name)?;
                Ok::<_, anyhow::Error>(held)
            };
            let (mut alice, mut bob) = (open(1, "alice", "a.txt")?, open(2, "bob", "b.txt")?);
            let files = cluster.netsession(&["files", "nas", "--json"])?.expect_code(0)?.json()?;
            let of = |name: &str| {
                let is_named = |file: &&serde_json::Value| {
                    file["path"].as_str().is_some_and(|path| path.ends_with(name))
                };
                files.iter().find(is_named).and_then(|file| file["id"].as_u64())
            };
            let Some(id) = of("a.txt").filter(|id| of("b.txt") == Some(*id)) else { continue };
            let close =
                cluster.netsession(&["close", "nas", "--id", &id.to_string(), "--yes"])?.expect_code(1)?;
            assert!(close.stderr.contains("lists the ids of these files more than once"), "{close:?}");
            assert!(close.stderr.contains("a.txt") && close.stderr.contains("b.txt"), "{close:?}");
            assert!(alice.works()? && bob.works()?);
            let still = cluster.netsession(&["files", "nas", "--json"])?.json()?;
            assert_eq!(still.iter().filter(|file| file["id"] == id).count(), 2, "{still:?}");
            return Ok(());
        }
        anyhow::bail!("the two nodes never used one id");
    }
}
