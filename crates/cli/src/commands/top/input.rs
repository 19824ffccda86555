//! [`keys`]: what the person presses, as it arrives.

use std::time::{Duration, Instant};
use std::{io, thread};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::state::Press;

/// A key answers a question only after a pause of this length: without one, it may have been typed before the question.
const PAUSE: Duration = Duration::from_millis(50);

/// A key or a new size of the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input {
    /// A key, and the last time before it when the terminal had no input. A key that waited to be read while a question
    /// came up was typed before the question, however late this thread reads it.
    Key(Press, Instant),
    Resized,
}

/// Waits for the next event. `idle` becomes the last time when the terminal had no input for a while.
fn next(idle: &mut Instant) -> io::Result<Event> {
    loop {
        let before = Instant::now();
        if poll(PAUSE)? {
            return read();
        }
        *idle = before;
    }
}

/// Reads the terminal on a thread of its own. The channel closes when the terminal is gone.
pub(super) fn keys() -> UnboundedReceiver<Input> {
    let (sender, keys) = unbounded_channel();
    thread::spawn(move || {
        let mut idle = Instant::now();
        while let Ok(event) = next(&mut idle) {
            let input = match event {
                Event::Key(key) => press(key).map(|press| Input::Key(press, idle)),
                Event::Resize(..) => Some(Input::Resized),
                _ => None,
            };
            if input.is_some_and(|input| sender.send(input).is_err()) {
                return;
            }
        }
    });
    keys
}

fn press(key: KeyEvent) -> Option<Press> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Press::Interrupt),
            KeyCode::Char('z') => Some(Press::Suspend),
            KeyCode::Char('l') => Some(Press::Redraw),
            KeyCode::Char('u') => Some(Press::ClearLine),
            KeyCode::Char('h') => Some(Press::Backspace),
            KeyCode::Char('n') => Some(Press::Down),
            KeyCode::Char('p') => Some(Press::Up),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        // A terminal sends Esc and then `y` as it sends Alt-Y. Esc is the safe reading: it cancels.
        return Some(Press::Escape);
    }
    Some(match key.code {
        KeyCode::Char(c) => Press::Char(c),
        KeyCode::Enter => Press::Enter,
        KeyCode::Esc => Press::Escape,
        KeyCode::Backspace => Press::Backspace,
        KeyCode::Tab | KeyCode::Right => Press::Tab,
        KeyCode::BackTab | KeyCode::Left => Press::BackTab,
        KeyCode::Up => Press::Up,
        KeyCode::Down => Press::Down,
        KeyCode::PageUp => Press::PageUp,
        KeyCode::PageDown => Press::PageDown,
        KeyCode::Home => Press::Home,
        KeyCode::End => Press::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would confirm a plan although the person pressed Esc first.
    #[test]
    fn escape_and_a_letter_is_escape() {
        let key = |code, modifiers| press(KeyEvent::new(code, modifiers));
        assert_eq!(key(KeyCode::Char('y'), KeyModifiers::ALT), Some(Press::Escape));
        assert_eq!(key(KeyCode::Char('y'), KeyModifiers::NONE), Some(Press::Char('y')));
        assert_eq!(key(KeyCode::Char('Y'), KeyModifiers::SHIFT), Some(Press::Char('Y')));
        assert_eq!(key(KeyCode::Char('y'), KeyModifiers::CONTROL), None);
    }
}
