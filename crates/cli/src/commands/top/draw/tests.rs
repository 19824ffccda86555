mod picture;

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use netsession_admin::SilentNode;

use super::*;
use crate::commands::top::state::tests::Test;

/// Draws on a screen of this size, and returns its lines.
fn screen(test: &mut Test, (width, height): (u16, u16), has_colour: bool) -> (Vec<String>, Buffer) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    test.state.set_page(page(height));
    let now = (test.now, test.time);
    terminal.draw(|frame| draw(&test.state, Palette { has_colour }, now, frame.buffer_mut())).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    let lines = symbols.chunks(usize::from(width)).map(|line| line.concat().trim_end().to_owned());
    (lines.collect(), buffer)
}

fn estate() -> Test {
    let mut test = Test::new(&["fs1", "fs2", "fs3"]);
    test.list(0, &[("10.0.0.5", "bob"), ("10.0.0.6", r"LAB\alice")], &[(7, r"C:\data\a.txt", "bob")]);
    test.list(1, &[("10.0.0.9", "FS7$")], &[]);
    test.wait(Duration::from_secs(2));
    test.fail(2, "fs3 did not answer the logon within 5 s");
    test
}

/// A failure here would show rows at a wrong place, or without the keys.
#[test]
fn the_screen_at_80_columns() {
    let mut test = estate();
    test.press(" ");
    let (lines, _) = screen(&mut test, (80, 12), true);
    let expected = [
        "netsession  3 servers, 1 down  3 sessions  +0 -0 since 12:34:56Z       12:34:58Z",
        " 1 Sessions 3  2 Files 1  3 Shares 0  4 Servers 3  5 Changes  6 Holds  7 Journal",
        "   SERVER^  CLIENT    USER       OPENS  CONNECTED  IDLE  NOTE",
        " * fs1      10.0.0.5  bob            2     2h 05m     -",
        ">  fs1      10.0.0.6  LAB\\alice      2     2h 05m     -",
        "   fs2      10.0.0.9  FS7$           2     2h 05m     -  computer",
        "",
        "",
        "",
        "",
        "1 marked",
        "? keys  q quit  / filter  Space mark  e end  h hold  s sort  Enter details",
    ];
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(line, expected, "{lines:#?}");
    }
}

/// A failure here would hide that a server is down, and why.
#[test]
fn a_server_that_is_down_is_a_row_with_its_reason() {
    let mut test = estate();
    test.press("4");
    let (lines, _) = screen(&mut test, (100, 12), true);
    let row = lines.iter().find(|line| line.contains("fs3")).unwrap();
    assert!(
        row.contains("down")
            && row.contains(" 7s ")
            && row.contains("fs3 did not answer the logon within 5 s"),
        "{row}"
    );
    assert!(
        lines.iter().any(|line| line.contains("fs1") && line.contains("up") && line.contains("2s ago")),
        "{lines:#?}"
    );
}

/// A failure here would show a frozen server as up, with sessions that may have ended long ago.
#[test]
fn a_server_that_owes_an_answer_is_silent_and_its_rows_are_marked() {
    let mut test = estate();
    let asked = test.now;
    test.wait(Duration::from_secs(12));
    let patience = Duration::from_secs(4);
    let owes = |server: usize| (server == 0).then_some(asked);
    test.state.data.set_unanswered(owes, patience, test.now);
    let (lines, _) = screen(&mut test, (80, 12), true);
    assert!(lines[0].contains("3 servers, 1 down, 1 silent"), "{}", lines[0]);
    let marks: Vec<&str> = lines[3..6].iter().map(|line| &line[2..3]).collect();
    assert_eq!(marks, ["!", "!", " "], "{lines:#?}");
    // A mark does not hide that the row is old.
    test.press(" ");
    let (lines, _) = screen(&mut test, (80, 12), true);
    assert_eq!(&lines[3][1..3], "*!", "{lines:#?}");
    test.press("4");
    let (lines, _) = screen(&mut test, (80, 12), true);
    let row = lines.iter().find(|line| line.contains("fs1")).unwrap();
    assert!(row.contains("silent") && row.contains("no answer for 12s"), "{row}");
    // It answers, and others owe an answer for a short time only.
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    let now = test.now;
    test.state.data.set_unanswered(|_| Some(now - Duration::from_secs(1)), patience, now);
    let (lines, _) = screen(&mut test, (80, 12), true);
    assert!(!lines.join("\n").contains("silent"), "{lines:#?}");
}

/// A failure here would write the counts over the clock.
#[test]
fn a_group_and_the_clock_fit_into_80_columns() {
    let mut test = estate();
    test.state.groups = vec!["@file-servers-of-berlin".to_owned()];
    let (lines, _) = screen(&mut test, (80, 12), true);
    let expected = "netsession  @file-servers-of-...  3 servers, 1 down  3 sessions  +0 -0 12:34:58Z";
    assert_eq!(lines[0], expected);
}

/// A failure here would show the users of a frozen node as gone, or hide that the node does not answer.
#[test]
fn a_cluster_with_a_silent_node_keeps_its_rows_and_says_so() {
    let mut test = estate();
    test.silent.push(SilentNode { node: "n2".to_owned(), reason: "it is frozen".to_owned() });
    test.list(0, &[("10.0.0.5", "bob")], &[]);
    test.press("4");
    let (lines, _) = screen(&mut test, (100, 12), true);
    let row = lines.iter().find(|line| line.contains("fs1")).unwrap();
    let (_, cells) = row.split_once("partly").unwrap();
    assert_eq!(
        cells.split_whitespace().take(2).collect::<Vec<_>>(),
        ["2", "1"],
        "alice and the file stay: {row}"
    );
    assert!(cells.contains("no answer from n2"), "{row}");
    test.press("5");
    let (lines, _) = screen(&mut test, (100, 12), true);
    assert!(
        lines.iter().any(|line| line.contains("down") && line.contains("n2 does not answer")),
        "{lines:#?}"
    );
    assert!(!lines.iter().any(|line| line.contains("gone")), "{lines:#?}");
}

/// A failure here would let a person believe that the view shows every user of servers that are no cluster.
#[test]
fn a_cluster_that_may_be_none_is_marked() {
    let mut test = estate();
    let warning = || Some("nas: n1 and n2 have different ServerGuids".to_owned());
    for _ in 0..2 {
        test.state.set_strangers(0, warning(), test.time);
    }
    test.press("4");
    let (lines, _) = screen(&mut test, (120, 12), true);
    let row = lines.iter().find(|line| line.contains("fs1")).unwrap();
    assert!(row.contains("partly") && row.contains("different ServerGuids"), "{row}");
    test.press("5");
    let (lines, _) = screen(&mut test, (120, 12), true);
    let warnings = lines.iter().filter(|line| line.contains("different ServerGuids"));
    assert_eq!(warnings.count(), 1, "{lines:#?}");
}

/// A failure here would break a narrow terminal or a very small one.
#[test]
fn every_size_can_be_drawn() {
    for width in 1..130 {
        for height in [1, 2, 3, 9, 10, 24] {
            for keys in ["", "2", "3", "4", "5", "?", "1\n", "/bob", "/client:1/"] {
                let mut test = estate();
                test.press(keys);
                let (lines, _) = screen(&mut test, (width, height), true);
                let is_small = width < MIN_WIDTH || height < MIN_HEIGHT;
                assert_eq!(
                    lines[0].starts_with("too small"),
                    is_small && width > 8,
                    "{width}x{height}: {lines:#?}"
                );
                if !is_small && keys.is_empty() {
                    let all = lines.join("\n");
                    assert!(all.contains("LAB\\alice") && all.contains("q quit"), "{width}x{height}: {all}");
                }
            }
        }
    }
}

/// A failure here would send colours to a terminal whose user does not want them, or hide what only a colour says.
#[test]
fn without_colour_marks_and_the_cursor_are_still_visible() {
    let mut test = estate();
    test.press(" ");
    let (coloured, buffer) = screen(&mut test, (80, 12), true);
    assert!(buffer.content.iter().any(|cell| cell.fg != Color::Reset));
    let (plain, buffer) = screen(&mut test, (80, 12), false);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert_eq!(coloured[3..], plain[3..]);
    assert!(plain[3].starts_with(" *") && plain[4].starts_with("> "), "{plain:#?}");
    assert!(plain[1].contains("[1 Sessions 3]"), "{plain:#?}");
}

/// A failure here would let a client's name control the terminal, or look like another name.
#[test]
fn hostile_names_are_spelled_out() {
    let mut test = Test::new(&["fs1"]);
    test.list(0, &[("10.0.0.5", "b\u{1b}[2Jo\u{202e}b\n")], &[(1, "C:\\a\u{9b}2J", "x\ty")]);
    for keys in ["", "2", "1\n", "5"] {
        test.press(keys);
        let (lines, buffer) = screen(&mut test, (100, 24), true);
        assert!(!buffer.content.iter().any(|cell| cell.symbol().chars().any(char::is_control)), "{lines:#?}");
    }
    test.press("\u{1b}1");
    let (lines, _) = screen(&mut test, (100, 24), true);
    assert!(lines.join("\n").contains("b<U+001B>[2Jo<U+202E>"), "{lines:#?}");
}

/// A failure here would cut a name in the plan, so that a person confirms something else.
#[test]
fn the_plan_shows_whole_names_and_always_its_question() {
    let mut test = estate();
    test.press("e");
    let long = "x".repeat(90);
    let lines: Vec<_> = (0..50).map(|n| (BAD, format!("fs1  end  10.0.0.5  {long}{n}"))).collect();
    let confirmation = crate::commands::end::lines::Confirmation {
        names: Vec::new(),
        question: Some("End 50 sessions on fs1?".to_owned()),
    };
    assert!(test.state.ask(lines, confirmation, Vec::new(), test.now));
    let (lines, _) = screen(&mut test, (80, 24), true);
    let text: String = lines.concat().replace(['|', ' '], "");
    assert!(
        text.contains(&format!("{long}0")) && lines.join("\n").contains("End 50 sessions on fs1? Press y"),
        "{lines:#?}"
    );
    assert!(lines.join("\n").contains("0 above"), "{lines:#?}");
    let before = lines;
    test.press("↓");
    assert_ne!(screen(&mut test, (80, 24), true).0, before, "it scrolls");
}

/// A failure here would let a person confirm a plan of which the screen shows no row, or hide that servers have none.
#[test]
fn the_smallest_screen_shows_a_row_of_the_plan_and_who_has_none() {
    let long = "file-server-7.berlin.example";
    let typed =
        format!("This ends 12 sessions of everybody on {long}. Type {long} and press Enter to confirm:");
    let names = vec![(long.to_owned(), typed)];
    let yes = Some("End 2 sessions on fs3?".to_owned());
    let many: Vec<String> = (1..9).map(|n| format!("file-server-{n}.berlin.example")).collect();
    for (servers, told) in [
        (vec!["p1".to_owned(), "p2".to_owned()], "No plan for p1, p2 (reasons after the plan)"),
        (many, "No plan for 8 servers (reasons after the plan)"),
    ] {
        for (names, question) in [(Vec::new(), yes.clone()), (names.clone(), None)] {
            let mut test = estate();
            test.press("e");
            let row = (NOTABLE, "fs3  end  10.0.0.5  bob".to_owned());
            let reason = (BAD, format!("{}: {}", servers[0], "did not answer the logon ".repeat(8)));
            let lines = vec![row, reason];
            let confirmation = crate::commands::end::lines::Confirmation { names, question };
            assert!(test.state.ask(lines, confirmation, servers.clone(), test.now));
            let (lines, _) = screen(&mut test, (MIN_WIDTH, MIN_HEIGHT), true);
            let all = lines.join("\n");
            assert!(all.contains("fs3  end  10.0.0.5  bob") && all.contains(told), "{all}");
            assert!(all.contains("Press y") || all.contains("> _"), "{all}");
        }
    }
}

/// A failure here would show a person half of a path or of a reason, and no way to read the rest.
#[test]
fn what_has_no_room_at_80_columns_is_in_the_line_above_the_keys() {
    let reason = "cannot connect to file-server-7.berlin.example:445: connection refused";
    let mut test = Test::new(&["file-server-7.berlin.example"]);
    test.fail(0, reason);
    test.press("4");
    let (lines, _) = screen(&mut test, (80, 24), true);
    assert!(lines[22].contains(&format!("REASON: {reason}")), "{lines:#?}");
    assert!(lines[23].starts_with("? keys"), "{lines:#?}");
}

/// A failure here would cut a message that says why nothing happened.
#[test]
fn a_message_is_shown_whole_at_every_width() {
    let message =
        "2 marked rows are gone, and their marks are removed; press again for the row at the cursor";
    for width in [60, 80, 100] {
        let mut test = estate();
        test.press("/bob\n *");
        test.state.message = Some(message.to_owned());
        let (lines, _) = screen(&mut test, (width, 24), true);
        assert!(lines[22..].join(" ").contains(message), "{width}: {lines:#?}");
    }
}

/// A failure here would break the alignment of a long plan, or lose a part of it.
#[test]
fn continued_lines_are_indented() {
    let lines = wrapped_as_cells("reason  a long reason that wraps and wraps", 24);
    assert_eq!(lines, ["reason  a long reason ", "        that wraps and ", "        wraps"]);
    let path = format!("  bob has open: {}", "x".repeat(40));
    assert_eq!(wrapped_as_cells(&path, 24).concat().replace(' ', "").len(), path.replace(' ', "").len());
    assert_eq!(wrapped_as_cells("short", 24), ["short"]);
}

/// A failure here would hide the ids where there is room, or push the rows out of a narrow screen.
#[test]
fn a_wide_screen_shows_the_ids() {
    let mut test = Test::new(&["fs1"]);
    let mut session = netsession::Session::new("10.0.0.5", "bob");
    session.id = netsession::SessionId::new(0x5f3a_9c21_0007);
    test.list_sessions(0, vec![session]);
    for (width, is_shown) in [(80, false), (100, true)] {
        let (lines, _) = screen(&mut test, (width, 24), true);
        assert_eq!(lines.join("\n").contains("5f3a9c210007"), is_shown, "{width}: {lines:#?}");
        assert_eq!(lines[2].contains(" ID "), is_shown, "{width}: {lines:#?}");
    }
    // The rows are never sorted by a column that a narrow screen hides.
    for _ in 0..10 {
        test.press("s");
        assert_ne!(test.state.view().sorted_by, 6);
    }
}
