use std::collections::HashMap;
use std::time::Duration;

use netsession::{EndPreview, FileId, Permissions, PlannedFate, ServerNames};
use netsession_admin::{QueryTimes, SilentNode};

use super::*;
use crate::commands::end::lines;

/// A view of two servers, and its clock.
pub(in crate::commands::top) struct Test {
    pub(in crate::commands::top) state: State,
    pub(in crate::commands::top) now: Instant,
    pub(in crate::commands::top) time: SystemTime,
    began: Instant,
    /// The nodes of the cluster that do not answer.
    pub(in crate::commands::top) silent: Vec<SilentNode>,
}

impl Test {
    pub(in crate::commands::top) fn new(servers: &[&str]) -> Test {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(45_296);
        let state = State::new(servers.iter().map(|name| (*name).to_owned()), time);
        let now = Instant::now();
        Test { state, now, time, began: now, silent: Vec::new() }
    }

    pub(in crate::commands::top) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.time += time;
    }

    pub(in crate::commands::top) fn list(
        &mut self,
        server: usize,
        sessions: &[(&str, &str)],
        files: &[(u32, &str, &str)],
    ) {
        let mut listed = Vec::new();
        for (client, user) in sessions {
            let mut session = Session::new(client, user);
            // dave is new whenever he is listed.
            let age = match *user {
                "dave" => Duration::from_secs(1),
                _ => Duration::from_secs(7_500) + self.now.duration_since(self.began),
            };
            (session.opens, session.connected) = (Some(2), Some(age));
            listed.push(session);
        }
        let file = |(id, path, user): &(u32, &str, &str)| OpenFile {
            id: FileId(*id),
            path: (*path).to_owned(),
            user: (*user).to_owned(),
            client: None,
            permissions: Permissions(3),
            locks: 0,
        };
        let files = Ok(files.iter().map(file).collect());
        let asked = QueryTimes { at: self.now, answered: self.now };
        let listing = Listing {
            asked,
            sessions: listed,
            files,
            shares: Ok(Vec::new()),
            names: ServerNames::default(),
            hosts: HashMap::new(),
        };
        self.state.update(server, Ok(listing), &self.silent, (self.now, self.time));
        self.state.refresh();
    }

    /// Lists sessions as they are, and no files.
    pub(in crate::commands::top) fn list_sessions(&mut self, server: usize, sessions: Vec<Session>) {
        let (files, shares) = (Ok(Vec::new()), Ok(Vec::new()));
        let asked = QueryTimes { at: self.now, answered: self.now };
        let listing =
            Listing { asked, sessions, files, shares, names: ServerNames::default(), hosts: HashMap::new() };
        self.state.update(server, Ok(listing), &self.silent, (self.now, self.time));
        self.state.refresh();
    }

    pub(in crate::commands::top) fn fail(&mut self, server: usize, error: &str) {
        let failure = Failure { error: error.to_owned(), retry: Some(Duration::from_secs(8)) };
        self.state.update(server, Err(failure), &self.silent, (self.now, self.time));
        self.state.refresh();
    }

    /// Presses keys, a character each; returns the last action.
    pub(in crate::commands::top) fn press(&mut self, keys: &str) -> Option<Action> {
        let mut action = None;
        for key in keys.chars() {
            let press = match key {
                '\n' => Press::Enter,
                '\u{1b}' => Press::Escape,
                '\u{8}' => Press::Backspace,
                '\t' => Press::Tab,
                '↓' => Press::Down,
                '↑' => Press::Up,
                key => Press::Char(key),
            };
            self.now += Duration::from_millis(1);
            action = self.state.press(press, self.now, self.time);
        }
        action
    }

    /// Plans as the servers would, without network.
    fn propose(&mut self, plans: &[(&str, EndPreview)]) -> bool {
        self.state.ask(lines::of_plans(plans), lines::confirmation(plans), Vec::new(), self.now)
    }

    fn users(&self) -> Vec<&str> {
        self.state
            .shown
            .iter()
            .filter_map(|place| Some(self.state.data.session(*place)?.user.as_str()))
            .collect()
    }
}

fn listed() -> Test {
    let mut test = Test::new(&["fs2", "fs10"]);
    test.list(0, &[("10.0.0.5", "bob"), ("10.0.0.6", "alice")], &[(7, r"C:\data\a.txt", "bob")]);
    test.list(1, &[("10.0.0.9", "carol"), ("10.0.0.5", "bob")], &[]);
    test
}

fn wanted(action: Option<Action>) -> Vec<(usize, Vec<String>)> {
    let Some(Action::PlanEnd(plans)) = action else { panic!("{action:?}") };
    let users = |sessions: Vec<Session>| sessions.into_iter().map(|session| session.user).collect();
    plans.into_iter().map(|(server, sessions)| (server, users(sessions))).collect()
}

fn preview(users: &[&str]) -> EndPreview {
    users.iter().map(|user| (Session::new("10.0.0.5", user), PlannedFate::End)).collect()
}

/// A failure here would end the session at another row than the one that the person looks at.
#[test]
fn the_cursor_stays_at_its_row_when_others_come_and_go() {
    let mut test = listed();
    assert_eq!(test.users(), ["bob", "alice", "bob", "carol"], "by server, then by client");
    test.press("↓");
    test.list(0, &[("10.0.0.1", "zoe"), ("10.0.0.5", "bob"), ("10.0.0.6", "alice")], &[]);
    assert_eq!(wanted(test.press("e")), [(0, vec!["alice".to_owned()])]);
    let mut test = listed();
    test.press("↓");
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    assert_eq!(test.state.view().at, 1, "the row is gone; the cursor stays at its place");
}

/// A failure here would scroll the list away while the first servers answer.
#[test]
fn the_cursor_stays_at_the_top_until_it_is_moved() {
    let mut test = Test::new(&["fs2", "fs10"]);
    test.list(1, &[("10.0.0.9", "carol")], &[]);
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    assert_eq!((test.state.view().at, test.users()), (0, vec!["bob", "carol"]));
}

/// A failure here would count the connection of a plan as somebody who came and went.
#[test]
fn netsessions_own_sessions_are_no_change() {
    let mut test = Test::new(&["fs1"]);
    let mut own = Session::new("10.0.0.9", "adm1");
    own.own = netsession::Own::Yes;
    test.list_sessions(0, vec![own.clone()]);
    let second = Session::new("10.0.0.9", "adm1");
    test.list_sessions(0, vec![own.clone(), second]);
    test.list_sessions(0, vec![own]);
    assert_eq!((test.state.data.came, test.state.data.gone, test.state.fresh.len()), (0, 0, 0));
}

/// A failure here would end sessions that the person did not mark, or forget a mark because a row moved.
#[test]
fn marks_are_of_sessions_and_not_of_lines() {
    let mut test = listed();
    test.press(" ↓↓ ");
    test.list(0, &[("10.0.0.1", "zoe"), ("10.0.0.5", "BOB"), ("10.0.0.6", "alice")], &[]);
    assert_eq!(wanted(test.press("e")), [(0, vec!["BOB".to_owned()]), (1, vec!["carol".to_owned()])]);
    test.press("\u{1b}");
    test.press("u/alice\n*");
    assert_eq!(wanted(test.press("\u{1b}e")), [(0, vec!["alice".to_owned()])], "only what matched is marked");
    test.press("\u{1b}");
    assert_eq!(test.state.hidden_and_gone_marks(), (0, 0));
    test.press("/zoe\n");
    assert_eq!(test.state.hidden_and_gone_marks(), (1, 0), "it would end, and is not shown");
}

/// A failure here would keep the person from ending anything because a marked session is gone, or end the session at the cursor in
/// its place.
#[test]
fn a_mark_of_a_session_that_is_gone_does_not_block() {
    let mut test = listed();
    test.press("↓ ");
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    assert_eq!(test.state.hidden_and_gone_marks(), (0, 1));
    assert_eq!(test.press("e"), None);
    let message = test.state.message.clone().unwrap();
    assert!(message.starts_with("1 marked row is gone") && message.ends_with("at the cursor"), "{message}");
    assert_eq!(wanted(test.press("e")).len(), 1, "the row at the cursor");

    let mut test = listed();
    test.press("  ");
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    assert_eq!(wanted(test.press("e")), [(0, vec!["bob".to_owned()])]);
    assert!(test.propose(&[("fs2", preview(&["bob"]))]));
    let Mode::Asking(question) = &test.state.mode else { panic!("{:?}", test.state.mode) };
    assert!(question.lines.iter().any(|(_, line)| line.starts_with("1 marked row is gone")));
}

/// A failure here would let the mark of one session go over to another one, to which a restarted or hostile server gives its id.
#[test]
fn a_mark_does_not_go_over_to_another_session_with_the_id() {
    let aged = |seconds: u64| {
        let mut session = Session::new("10.0.0.5", "bob");
        (session.id, session.connected) = (netsession::SessionId::new(7), Some(Duration::from_secs(seconds)));
        session
    };
    let mut test = Test::new(&["fs1"]);
    test.list_sessions(0, vec![aged(60)]);
    test.press(" ");
    test.wait(Duration::from_secs(2));
    test.list_sessions(0, vec![aged(62)]);
    assert_eq!(wanted(test.press("e")).len(), 1, "it is the same");
    test.press("\u{1b}");
    test.wait(Duration::from_secs(20));
    test.list_sessions(0, vec![aged(1)]);
    assert_eq!(test.press("e"), None);
    assert!(test.state.message.as_deref().is_some_and(|text| text.contains("is gone")));
}

/// A failure here would end what a person only typed into the filter, or act without a selection.
#[test]
fn letters_in_the_filter_are_text() {
    let mut test = listed();
    assert_eq!(test.press("/exq"), None);
    assert_eq!((test.state.filter.text(), test.users().len()), ("exq", 0));
    assert_eq!(test.press("\n"), None);
    assert_eq!(test.press("e"), None);
    assert_eq!(test.state.message.as_deref(), Some("nothing is selected"));
    test.press("\u{1b}");
    assert_eq!(test.users().len(), 4, "Esc removes the filter");
}

/// A failure here would end sessions by a key that was typed before the question.
#[test]
fn only_a_y_after_the_question_carries_it_out() {
    for (keys, expected) in
        [("y", Some(Action::CarryOut)), ("n", Some(Action::DropPlans)), ("\n", Some(Action::DropPlans))]
    {
        let mut test = listed();
        test.press("e");
        assert_eq!(test.press("y"), None, "the plan is not there yet");
        assert!(test.propose(&[("fs2", preview(&["bob"]))]));
        let early = test.now;
        assert_eq!(test.state.press(Press::Char('y'), early, test.time), None, "it was typed before");
        assert_eq!(test.press(keys), expected, "{keys:?}");
    }
}

/// A failure here would end everybody on a server after a single key.
#[test]
fn everybody_needs_the_servers_name() {
    let everybody = |question: Option<&str>| {
        let names = vec![("fs2".to_owned(), "This ends 2 sessions of everybody on fs2.".to_owned())];
        Confirmation { names, question: question.map(str::to_owned) }
    };
    for (typed, expected) in [
        ("y\n", Some(Action::DropPlans)),
        ("fs1\n", Some(Action::DropPlans)),
        ("FS2\n", Some(Action::CarryOut)),
        ("fs22\u{8}\n", Some(Action::CarryOut)),
        ("\u{1b}", Some(Action::DropPlans)),
    ] {
        let mut test = listed();
        test.press("*e");
        assert!(test.state.ask(Vec::new(), everybody(None), Vec::new(), test.now));
        assert_eq!(test.press(typed), expected, "{typed:?}");
    }
    let mut test = listed();
    test.press("*e");
    assert!(test.state.ask(Vec::new(), everybody(Some("End 1 session on fs10?")), Vec::new(), test.now));
    assert_eq!(test.press("fs2\n"), None, "the other server needs its yes");
    assert_eq!(test.press("y"), Some(Action::CarryOut));
}

/// A failure here would end sessions without the reason that the configuration requires, or lose what the person typed.
#[test]
fn a_reason_is_typed_after_the_confirmation() {
    for (rule, typed, expected, reason) in [
        (ReasonRule::Required, "y INC-1 \n", Some(Action::CarryOut), Some("INC-1")),
        (ReasonRule::Required, "y\n", None, None),
        (ReasonRule::Required, "y\u{1b}", Some(Action::DropPlans), None),
        (ReasonRule::Required, "n", Some(Action::DropPlans), None),
        (ReasonRule::Asked, "y\n", Some(Action::CarryOut), None),
        (ReasonRule::Optional, "y", Some(Action::CarryOut), None),
    ] {
        let mut test = listed();
        test.state = test.state.asking_why(rule);
        test.press("e");
        assert!(test.propose(&[("fs2", preview(&["bob"]))]));
        assert_eq!(test.press(typed), expected, "{rule:?} {typed:?}");
        assert_eq!(test.state.take_reason().as_deref(), reason, "{rule:?} {typed:?}");
    }
}

/// A failure here would act on rows that may be long gone.
#[test]
fn rows_of_a_server_that_is_down_stay_and_cannot_end() {
    let mut test = listed();
    test.fail(0, "fs2 did not answer");
    assert_eq!(test.users().len(), 4);
    assert_eq!(test.press("*e"), None);
    assert!(test.state.message.as_deref().is_some_and(|message| message.starts_with("fs2 is down")));
    assert_eq!((test.state.data.down(), test.state.data.gone), (1, 0));
}

/// A failure here would hide who came and went.
#[test]
fn changes_are_counted_since_the_start_or_a_key() {
    let mut test = listed();
    assert_eq!((test.state.data.came, test.state.data.gone), (0, 0), "the first listing is no change");
    test.wait(Duration::from_secs(10));
    test.list(0, &[("10.0.0.6", "alice"), ("10.0.0.8", "dave")], &[]);
    assert_eq!((test.state.data.came, test.state.data.gone), (1, 1));
    let dave = test
        .state
        .shown
        .iter()
        .find(|place| test.state.data.session(**place).is_some_and(|session| session.user == "dave"));
    assert!(test.state.is_fresh(*dave.unwrap()));
    test.press("5");
    let changes: Vec<String> = test
        .state
        .shown
        .iter()
        .map(|place| test.state.data.cells(Pane::Changes, *place, test.now).join(" "))
        .collect();
    assert!(changes[0].contains("gone fs2 C:\\data\\a.txt opened by bob"), "{changes:?}");
    assert!(
        changes.iter().any(|change| change.contains("came fs2 session of dave from 10.0.0.8")),
        "{changes:?}"
    );
    test.press("c");
    assert_eq!((test.state.data.came, test.state.data.gone, test.state.fresh.len()), (0, 0, 0));
    assert_eq!(test.state.counted_since, test.time);
}

/// A failure here would sort by another column than the title says.
#[test]
fn sorting_goes_through_the_columns() {
    let mut test = listed();
    test.press("ss");
    assert_eq!(test.users(), ["alice", "bob", "bob", "carol"], "by user");
    test.press("r");
    assert_eq!(test.users(), ["carol", "bob", "bob", "alice"]);
    test.press("sssss");
    assert_eq!(test.state.view().sorted_by, 0);
}

/// A failure here would quit while requests are on their way, or never.
#[test]
fn keys_wait_for_the_outcome() {
    let mut test = listed();
    test.press("e");
    test.propose(&[("fs2", preview(&["bob"]))]);
    assert_eq!(test.press("y"), Some(Action::CarryOut));
    assert_eq!(test.press("qy\n"), None);
    assert_eq!(test.state.press(Press::Interrupt, test.now, test.time), Some(Action::Quit));
    test.state.report(vec![(anstyle::Style::new(), "fs2: 1 ended".to_owned())], &[]);
    assert_eq!(test.press("q"), None, "it closes the result");
    assert_eq!(test.press("q"), Some(Action::Quit));
}

/// A failure here would close another file than the marked one.
#[test]
fn files_are_closed_from_their_pane() {
    let mut test = listed();
    assert_eq!(test.press("x"), None);
    let Some(Action::PlanClose(plans)) = test.press("2x") else { panic!("no plan") };
    assert_eq!(plans.len(), 1);
    assert_eq!((plans[0].0, plans[0].1[0].id), (0, FileId(7)));
}

/// A failure here would close a file that another user has open under the id of the marked one, which a restarted server gives again.
#[test]
fn a_mark_does_not_go_over_to_another_users_open_of_the_file() {
    let path = r"C:\data\budget.xlsx";
    let mut test = Test::new(&["fs1"]);
    test.list(0, &[], &[(20, path, "bob")]);
    test.press("2 ");
    test.list(0, &[], &[(20, path, "alice")]);
    assert_eq!(test.press("x"), None);
    assert!(test.state.message.as_deref().is_some_and(|text| text.contains("is gone")));
}

/// A failure here would say that a user whose name the server spells in two ways has no file open.
#[test]
fn the_details_compare_users_as_everywhere() {
    let mut test = Test::new(&["fs1"]);
    test.list(
        0,
        &[("10.0.0.5", "J\u{fc}rgen")],
        &[(7, r"C:\data\a.txt", "J\u{dc}RGEN"), (8, r"C:\data\b.txt", "bob")],
    );
    test.press("\n");
    let Mode::Text { lines, .. } = &test.state.mode else { panic!("no details") };
    let text: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    assert!(text.contains(&r"  C:\data\a.txt") && !text.contains(&r"  C:\data\b.txt"), "{text:#?}");
}

/// A failure here would end a session of which the person saw neither the row nor the plan, because the terminal was too small.
#[test]
fn a_screen_that_is_too_small_takes_no_keys_but_those_that_leave() {
    let mut test = Test::new(&["fs1"]);
    test.list(0, &[("10.0.0.5", "bob"), ("10.0.0.6", "alice")], &[]);
    test.state.is_too_small = true;
    for keys in [" ", "*", "e", "/", "2", "h"] {
        assert_eq!(test.press(keys), None, "{keys}");
    }
    assert!(test.state.view().marks.is_empty() && matches!(test.state.mode, Mode::List));
    assert_eq!(test.press("q"), Some(Action::Quit));

    test.state.is_too_small = false;
    assert!(matches!(test.press("e"), Some(Action::PlanEnd(_))));
    let confirmation = Confirmation { names: Vec::new(), question: Some("End 1 session?".to_owned()) };
    assert!(test.state.ask(Vec::new(), confirmation.clone(), Vec::new(), test.now));
    test.wait(Duration::from_secs(1));
    test.state.is_too_small = true;
    assert_eq!(test.press("y"), None);
    assert!(matches!(test.state.mode, Mode::Asking(_)), "the question is still open");
    // The view is on the screen again: only what comes later is an answer.
    test.state.is_too_small = false;
    test.state.set_asked(test.now + Duration::from_millis(1));
    assert_eq!(test.press("y"), None);
    test.wait(Duration::from_secs(1));
    assert_eq!(test.press("y"), Some(Action::CarryOut));

    test.state.mode = Mode::Planning;
    assert!(test.state.ask(Vec::new(), confirmation, Vec::new(), test.now));
    test.wait(Duration::from_secs(1));
    test.state.is_too_small = true;
    assert_eq!(test.press("q"), Some(Action::DropPlans));
}

/// A failure here would let a person forget the sessions of a server that could make no plan.
#[test]
fn the_marks_of_a_server_without_a_plan_stay() {
    let mut test = Test::new(&["fs1", "fs2"]);
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    test.list(1, &[("10.0.0.6", "bob")], &[]);
    test.press("*");
    assert_eq!(test.state.view().marks.len(), 2);
    test.state.report(Vec::new(), &["fs2".to_owned()]);
    let marks: Vec<_> = test.state.view().marks.iter().collect();
    assert!(matches!(marks.as_slice(), [Key::Session(1, ..)]), "{marks:?}");
}
