//! Progress bars beneath what is said; only what is said where stdout is no terminal.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use crate::output::{self, BAD, GOOD};

/// Cells of a bar.
const WIDTH: u64 = 30;

/// What stands at the end of the screen.
pub(super) struct Screen {
    bars: [Bar; 2],
    size: u64,
    is_terminal: bool,
    /// The bars stand above the cursor.
    drawn: bool,
}

struct Bar {
    name: &'static str,
    done: u64,
    stopped: bool,
}

impl Screen {
    /// A bar for each of two copies of `size` bytes.
    pub(super) fn new(names: [&'static str; 2], size: u64) -> Self {
        let bars = names.map(|name| Bar { name, done: 0, stopped: false });
        Self { bars, size, is_terminal: std::io::stdout().is_terminal(), drawn: false }
    }

    /// Says something; the bars move down.
    pub(super) fn say(&mut self, text: &str) {
        let was_drawn = self.drawn;
        let erase = self.erase();
        show(&format!("{erase}{text}\n"));
        if was_drawn {
            self.draw();
        }
    }

    /// So many bytes of a copy are done.
    pub(super) fn advance(&mut self, bar: usize, done: u64) {
        if let Some(bar) = self.bars.get_mut(bar) {
            bar.done = done;
        }
        self.draw();
    }

    /// A copy has failed.
    pub(super) fn stop(&mut self, bar: usize) {
        if let Some(bar) = self.bars.get_mut(bar) {
            bar.stopped = true;
        }
        self.draw();
    }

    /// The bars stay where they are; what is said comes after them.
    pub(super) fn leave_bars(&mut self) {
        if self.drawn {
            self.drawn = false;
            show("\n");
        }
    }

    fn erase(&mut self) -> &'static str {
        // Up to the first bar, and everything from there on erased.
        if std::mem::take(&mut self.drawn) { "\x1b[2A\r\x1b[J" } else { "" }
    }

    fn draw(&mut self) {
        if !self.is_terminal {
            return;
        }
        let mut text = self.erase().to_owned();
        for bar in &self.bars {
            let filled = bar.done.saturating_mul(WIDTH) / self.size.max(1);
            let cells: String = (0..WIDTH).map(|cell| if cell < filled { '█' } else { '░' }).collect();
            let (style, note) = match (bar.stopped, bar.done >= self.size) {
                (true, _) => (BAD, "  stopped"),
                (false, true) => (GOOD, "  done"),
                (false, false) => (anstyle::Style::new(), ""),
            };
            let megabytes = bar.done >> 20;
            // Writing to a String does not fail.
            let _ = writeln!(text, "   {:<6}{style}{cells}{style:#} {megabytes:>3} MB{note}", bar.name);
        }
        show(&text);
        self.drawn = true;
    }
}

fn show(text: &str) {
    // A reader that went away is no reason to stop.
    let _ = output::to_stdout(text);
}
