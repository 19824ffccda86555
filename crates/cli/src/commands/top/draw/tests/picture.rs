//! The picture of the view in the README: `docs/top.svg` is what the program draws for some invented servers.
//! `GOLDEN=write cargo test -p netsession-cli picture` writes it again.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use netsession::{Own, Session};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::{Test, screen};

const WIDTH: u16 = 100;
const HEIGHT: u16 = 22;
/// The size of a character in pixels.
const CHARACTER: (f64, f64) = (8.43, 19.0);
const LEFT: f64 = 18.0;
const TOP: f64 = 52.0;

fn session(client: &str, user: &str, opens: u32, minutes: u64, idle: Option<u64>) -> Session {
    let mut session = Session::new(client, user);
    session.opens = Some(opens);
    session.connected = Some(Duration::from_secs(minutes * 60));
    session.idle = idle.map(Duration::from_secs);
    session
}

fn view() -> Test {
    let mut test = Test::new(&["fs1", "fs2", "fs3", "nas1"]);
    let mut own = session("10.0.0.9", r"LAB\adm1", 0, 0, Some(0));
    own.own = Own::Yes;
    own.connected = Some(Duration::from_secs(40));
    let one = vec![
        session("10.0.0.5", r"LAB\alice", 4, 131, Some(12)),
        session("10.0.0.6", r"LAB\bob", 1, 45, Some(2_710)),
        session("10.0.0.17", r"LAB\carol", 0, 1_205, Some(40_210)),
        own.clone(),
        session("10.0.1.20", "FS7$", 2, 4_400, Some(3)),
    ];
    let two = vec![
        session("10.0.0.5", r"LAB\alice", 2, 130, Some(4)),
        session("10.0.0.31", r"LAB\svc-backup", 118, 312, Some(0)),
        session("10.1.4.77", r"LAB\eve", 937, 2, Some(0)),
        own.clone(),
    ];
    let three = |is_later: bool| {
        let mut own = own.clone();
        own.connected = Some(Duration::from_secs(if is_later { 40 } else { 8 }));
        let mut dora = session("10.0.0.44", r"LAB\dora", 3, 77, Some(95));
        dora.connected = dora.connected.map(|age| age + Duration::from_secs(if is_later { 32 } else { 0 }));
        let mut all = vec![dora, own];
        if is_later {
            all.push(session("10.1.4.77", r"LAB\eve", 1_204, 0, Some(0)));
        }
        all
    };
    test.list_sessions(0, one);
    test.list_sessions(1, two);
    test.list_sessions(2, three(false));
    test.fail(3, "cannot connect to nas1: Connection refused (os error 111)");
    test.wait(Duration::from_secs(32));
    test.list_sessions(2, three(true));
    // By opens, the most first; the two sessions of one user are marked.
    test.press("sssr");
    test.press("↑↑↑↑↑↑↑↑↑↑↑↑  ");
    test
}

/// A failure here would show a picture in the README that the program no longer draws.
#[test]
fn the_picture_in_the_readme_is_what_the_program_draws() {
    let mut test = view();
    let (lines, buffer) = screen(&mut test, (WIDTH, HEIGHT), true);
    let drawn = svg(&buffer);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/top.svg");
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, &drawn).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == drawn, "GOLDEN=write cargo test -p netsession-cli picture\n{}", lines.join("\n"));
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) =
        (f64::from(WIDTH) * CHARACTER.0 + 2.0 * LEFT, f64::from(HEIGHT) * CHARACTER.1 + 52.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"netsession top on a terminal\">\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <circle cx=\"20\" cy=\"17\" r=\"6\" fill=\"#ff5f56\"/><circle cx=\"40\" cy=\"17\" r=\"6\" fill=\"#ffbd2e\"/>\
         <circle cx=\"60\" cy=\"17\" r=\"6\" fill=\"#27c93f\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" \
         xml:space=\"preserve\" style=\"white-space:pre\" fill=\"#c9d1d9\">\n"
    );
    for (line, cells) in (0_u16..).zip(buffer.content.chunks(usize::from(WIDTH))) {
        let y = TOP + f64::from(line) * CHARACTER.1;
        for (column, run) in runs(cells) {
            write_run(&mut svg, column, y, run);
        }
    }
    svg + "</g>\n</svg>\n"
}

/// Splits a line where the style changes.
fn runs(cells: &[Cell]) -> Vec<(u16, &[Cell])> {
    let style = |cell: &Cell| (cell.fg, cell.modifier);
    let mut column = 0_u16;
    let runs = cells.chunk_by(|one, other| style(one) == style(other)).map(|run| {
        let first = column;
        column += u16::try_from(run.len()).unwrap();
        (first, run)
    });
    runs.collect()
}

fn write_run(svg: &mut String, column: u16, y: f64, run: &[Cell]) {
    let text: String = run.iter().map(Cell::symbol).collect();
    let x = LEFT + f64::from(column) * CHARACTER.0;
    let is_reversed = run[0].modifier.contains(Modifier::REVERSED);
    let width = f64::from(u16::try_from(run.len()).unwrap()) * CHARACTER.0;
    let colour = match run[0].fg {
        Color::Green => "#3fb950",
        Color::Red => "#ff7b72",
        Color::Yellow => "#d29922",
        _ => "#c9d1d9",
    };
    if is_reversed {
        let top = y - 14.5;
        writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"19\" fill=\"{colour}\"/>"
        )
        .unwrap();
    }
    // Spaces at the ends need no characters, only their place.
    let trimmed = text.trim_start();
    let x = x + f64::from(u16::try_from(text.len() - trimmed.len()).unwrap()) * CHARACTER.0;
    let trimmed = trimmed.trim_end();
    if trimmed.is_empty() {
        return;
    }
    let fill = if is_reversed { "#0d1117" } else { colour };
    let weight = if run[0].modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let length = f64::from(u16::try_from(trimmed.chars().count()).unwrap()) * CHARACTER.0;
    let escaped = trimmed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.0}\" fill=\"{fill}\"{weight} textLength=\"{length:.1}\">{escaped}</text>"
    )
    .unwrap();
}
