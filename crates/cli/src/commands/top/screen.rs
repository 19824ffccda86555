//! [`Screen`]: the terminal while the live view has it. However the program ends, it gives the terminal back.

use std::io::{self, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::failure::Failure;

/// Whether the view has the terminal.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal, in raw mode and on its other screen.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it prints its message.
    pub(super) fn take() -> Result<Screen, Failure> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
            }));
        });
        enter().map_err(|error| failed(&error))?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).map_err(|error| {
            give_back();
            failed(&error)
        })?;
        Ok(Screen { terminal })
    }

    /// Draws, and sends what changed.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        self.terminal.draw(|frame| draw(frame.buffer_mut())).map(|_| ())
    }

    /// The size of the terminal.
    pub(super) fn area(&self) -> Rect {
        self.terminal.size().map_or(Rect::new(0, 0, 80, 24), |size| Rect::new(0, 0, size.width, size.height))
    }

    /// Draws everything again next time.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // The terminal's own `clear` asks it for its cursor, and would lose the answer to the thread that reads keys.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Gives the terminal back, and stops this process until the shell continues it.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        enter()?;
        self.clear()
    }

    #[cfg(not(unix))]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, Hide)
}

/// Gives the terminal back, once.
pub(super) fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone needs nothing.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

fn failed(error: &io::Error) -> Failure {
    Failure::failed(format!("cannot use the terminal: {error}"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::Screen;

    /// The variable that is set in the process at the terminal.
    const AT_TERMINAL: &str = "NETSESSION_TEST_AT_TERMINAL";
    const NAME: &str = "commands::top::screen::tests::a_panic_gives_the_terminal_back";

    /// A failure here would leave a person with a terminal that shows neither the message nor what they type.
    #[test]
    fn a_panic_gives_the_terminal_back() {
        if std::env::var_os(AT_TERMINAL).is_some() {
            let _screen = Screen::take().unwrap();
            panic!("this panic is part of the test");
        }
        let this = std::env::current_exe().unwrap();
        let line = format!("{} --exact {NAME} --nocapture; stty -a", this.display());
        let mut script = Command::new("script");
        script.args(["--quiet", "--command", &line, "/dev/null"]).env(AT_TERMINAL, "1").env("TERM", "xterm");
        let output = script.output().unwrap();
        let seen = String::from_utf8_lossy(&output.stdout);
        let (_, taken) = seen.split_once("\u{1b}[?1049h").expect("the view takes the terminal");
        let (before, after) = taken.split_once("\u{1b}[?1049l").expect("it gives the terminal back");
        assert!(!before.contains("this panic") && after.contains("this panic"), "{seen}");
        assert!(after.contains("\u{1b}[?25h"), "the cursor is visible: {seen}");
        assert!(after.contains(" icanon") && after.contains(" echo "), "{seen}");
    }
}
