//! An oracle, which the fuzzer calls with arbitrary scripts. It panics if an invariant does not hold.
//!
//! A script is a sequence of steps of four bytes: what happens, which client acts and how, and two bytes of arguments. Eight
//! clients of SMB 2.1 to 3.1.1, one of which encrypts, send valid requests, some of them with a changed byte or with the ids
//! of another client, in any order, alone or in compounds; they log on halfway, bind sessions, cancel, and disconnect. Between their requests, administrators and the
//! program that runs the server end sessions and close opens.

mod client;
mod keys;
mod ledger;
mod script;
mod stage;
mod stories;

use std::path::Path;

use stage::Stage;
pub use stories::stories;

/// Runs a script against a server that shares `folder`, which must be empty.
///
/// After each step:
/// - tables and budgets agree with each other, and with the reported events;
/// - every session that ended was ended by somebody who may end it;
/// - nothing of an ended session or a closed open is left, and its requests are refused;
/// - only requests with a session, a tree connection and an open of the client's own succeed;
/// - each request has one final answer, an announced answer, or a closed connection.
///
/// At the end, when all clients are gone, the server is empty.
pub fn sessions(folder: &Path, script: &[u8]) {
    let Some(mut stage) = Stage::begin(folder) else { return };
    play(&mut stage, script);
    stage.end();
}

fn play(stage: &mut Stage, script: &[u8]) {
    for step in script::steps(script) {
        stage.play(step);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use netsession_smb::msg::Command;
    use netsession_wire::NtStatus;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use crate::EndReason;

    use super::*;

    fn run(script: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        sessions(folder.path(), script);
    }

    /// A failure here would break the rules in the course of ordinary work.
    #[test]
    fn the_stories_keep_the_rules() {
        for story in stories() {
            run(&story);
        }
    }

    /// A failure here would let the oracle pass without ever reaching what it checks.
    #[test]
    fn the_stories_reach_every_command_and_every_end() {
        let mut answers = BTreeSet::new();
        let (mut reasons, mut is_bound, mut has_encrypted) = (Vec::new(), false, false);
        let (mut reclaimed, mut lost_closed, mut singles) = (0, 0, 0);
        for story in stories() {
            let folder = tempfile::tempdir().unwrap();
            let mut stage = Stage::begin(folder.path()).unwrap();
            play(&mut stage, &story);
            answers.append(&mut stage.ledger.answers);
            reasons.append(&mut stage.ledger.reasons);
            is_bound |= stage.ledger.bound > 0;
            reclaimed += stage.ledger.reclaimed;
            singles += stage.ledger.singles;
            lost_closed += stage.ledger.lost_closed;
            has_encrypted |= stage.ledger.encrypted > 0;
        }
        for command in
            (0..=Command::OPLOCK_BREAK.0).map(Command).filter(|command| *command != Command::CANCEL)
        {
            assert!(answers.contains(&(command.0, NtStatus::SUCCESS.0)), "no {command:?} succeeds");
        }
        for (command, status) in [
            (Command::CHANGE_NOTIFY, NtStatus::CANCELLED),
            (Command::LOCK, NtStatus::PENDING),
            (Command::CREATE, NtStatus::PENDING),
            (Command::READ, NtStatus::FILE_CLOSED),
            (Command::FLUSH, NtStatus::USER_SESSION_DELETED),
        ] {
            assert!(answers.contains(&(command.0, status.0)), "no {command:?} ends with {status:?}");
        }
        let by_root = EndReason::EndedBy(Some("root".into()));
        for reason in [
            EndReason::LoggedOff,
            EndReason::Disconnected,
            EndReason::Replaced,
            EndReason::EndedBy(None),
            by_root,
        ] {
            assert!(reasons.contains(&reason), "no session ends because of {reason:?}");
        }
        assert!(is_bound, "no session is bound to a second connection");
        assert_eq!(reclaimed, 3, "each version of a durable open, and one with a lease, is reclaimed once");
        assert_eq!(lost_closed, 1, "an administrator closes what a lost connection keeps");
        assert_eq!(singles, 2, "an administrator ends two sessions of one client by their ids");
        assert!(has_encrypted, "no encrypted request succeeds");
    }

    /// Returns scripts that begin as a story does and go on with other steps, some of them in its middle.
    fn scripts() -> impl Strategy<Value = Vec<[u8; 4]>> {
        let steps = || proptest::collection::vec((any::<u16>(), any::<[u8; 4]>()), 0..32);
        (any::<u16>(), steps()).prop_map(|(story, steps)| {
            let stories = stories();
            let story = &stories[usize::from(story) % stories.len()];
            let mut script: Vec<[u8; 4]> = story.as_chunks().0.to_vec();
            for (place, step) in steps {
                let half = script.len() / 2;
                script.insert(half + usize::from(place) % (script.len() - half + 1), step);
            }
            script
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 600,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        /// A failure here would leave a part of an ended session, or let a client use what another one has.
        #[test]
        fn any_script_keeps_the_rules(script in scripts()) {
            run(script.as_flattened());
        }
    }
}
