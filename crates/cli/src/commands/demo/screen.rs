//! [`Screen`] shows progress bars below the text of the demonstration. Without a terminal it shows only the text.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use crate::output::{self, BAD, GOOD};

/// The number of cells of a bar.
const WIDTH: u64 = 30;

/// The text of the demonstration, and below it a bar for each copy.
#[derive(Debug)]
pub(super) struct Screen {
    bars: [Bar; 2],
    /// The size of each copy, in bytes.
    size: u64,
    is_terminal: bool,
    /// Whether the bars are above the cursor.
    is_drawn: bool,
}

#[derive(Debug)]
struct Bar {
    name: &'static str,
    done: u64,
    has_failed: bool,
}

impl Screen {
    /// Makes a bar for each of two copies of `size` bytes.
    pub(super) fn new(names: [&'static str; 2], size: u64) -> Self {
        let bars = names.map(|name| Bar { name, done: 0, has_failed: false });
        Self { bars, size, is_terminal: std::io::stdout().is_terminal(), is_drawn: false }
    }

    /// Prints a text above the bars.
    pub(super) fn print(&mut self, text: &str) {
        let has_bars = self.is_drawn;
        let erase = self.erase();
        show(&format!("{erase}{text}\n"));
        if has_bars {
            self.draw();
        }
    }

    /// Updates the bar of a copy, of which `done` bytes are complete.
    pub(super) fn advance(&mut self, bar: usize, done: u64) {
        if let Some(bar) = self.bars.get_mut(bar) {
            bar.done = done;
        }
        self.draw();
    }

    /// Marks a copy as failed.
    pub(super) fn fail(&mut self, bar: usize) {
        if let Some(bar) = self.bars.get_mut(bar) {
            bar.has_failed = true;
        }
        self.draw();
    }

    /// Keeps the bars on the screen, so that later text follows below them.
    pub(super) fn leave_bars(&mut self) {
        if self.is_drawn {
            self.is_drawn = false;
            show("\n");
        }
    }

    fn erase(&mut self) -> &'static str {
        // Moves up to the first bar, and erases from there on.
        if std::mem::take(&mut self.is_drawn) { "\x1b[2A\r\x1b[J" } else { "" }
    }

    fn draw(&mut self) {
        if !self.is_terminal {
            return;
        }
        let mut text = self.erase().to_owned();
        for bar in &self.bars {
            let filled = bar.done.saturating_mul(WIDTH) / self.size.max(1);
            let cells: String = (0..WIDTH).map(|cell| if cell < filled { '█' } else { '░' }).collect();
            let (style, note) = match (bar.has_failed, bar.done >= self.size) {
                (true, _) => (BAD, "  failed"),
                (false, true) => (GOOD, "  done"),
                (false, false) => (anstyle::Style::new(), ""),
            };
            let megabytes = bar.done >> 20;
            // Writing to a String does not fail.
            let _ = writeln!(text, "   {:<6}{style}{cells}{style:#} {megabytes:>3} MB{note}", bar.name);
        }
        show(&text);
        self.is_drawn = true;
    }
}

fn show(text: &str) {
    // If stdout is closed, the demonstration continues.
    let _ = output::to_stdout(text);
}
