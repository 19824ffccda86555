//! [`line`] reads a line from the terminal without echo.
//!
//! It turns the echo off and discards pending input before it shows the prompt. It restores the terminal before it
//! returns, even after Ctrl-C.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write as _};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const CTRL_U: u8 = 0x15;
const DELETE: u8 = 0x7f;
/// The length limit of the line in bytes. The buffer has this capacity at once: growing it would leave copies in
/// memory.
const MAX_LENGTH: usize = 4096;

/// Asks at the controlling terminal of this process, independent of its standard streams.
///
/// Ctrl-C ends the process; Ctrl-D without input is [`ErrorKind::UnexpectedEof`].
pub(crate) fn line(prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut terminal = Quiet::new(OpenOptions::new().read(true).write(true).open("/dev/tty")?)?;
    terminal.file.write_all(prompt.as_bytes())?;
    let typed = read(&mut terminal.file);
    terminal.file.write_all(b"\n")?;
    drop(terminal);
    if typed.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
        // The terminal did not send the signal of Ctrl-C. This sends it, after the terminal is restored.
        kill_process(getpid(), Signal::INT)?;
    }
    typed
}

/// A terminal that neither echoes nor interprets input until this is dropped.
struct Quiet {
    file: File,
    before: Termios,
}

impl Quiet {
    fn new(file: File) -> io::Result<Quiet> {
        let before = tcgetattr(&file)?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&file, OptionalActions::Flush, &quiet)?;
        Ok(Quiet { file, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Ignores a terminal that is gone.
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}

/// Reads up to Enter, with the usual keys to correct the input.
fn read(input: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut typed = Zeroizing::new(Vec::with_capacity(MAX_LENGTH));
    let mut key = Zeroizing::new([0]);
    loop {
        if input.read(key.as_mut_slice())? == 0 {
            break;
        }
        let [key] = *key;
        match key {
            b'\n' | b'\r' => break,
            CTRL_C => return Err(ErrorKind::Interrupted.into()),
            CTRL_D if typed.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
            CTRL_D => break,
            CTRL_U => typed.clear(),
            BACKSPACE | DELETE => delete_last(&mut typed),
            byte if typed.len() < MAX_LENGTH => typed.push(byte),
            _ => {}
        }
    }
    let text = std::str::from_utf8(&typed).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Deletes the last character with all of its bytes.
fn delete_last(typed: &mut Vec<u8>) {
    const CONTINUATION: u8 = 0b1000_0000;
    while typed.pop().is_some_and(|byte| byte & 0b1100_0000 == CONTINUATION) {}
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::io::ErrorKind;

    fn typed(keys: &[u8]) -> Result<String, ErrorKind> {
        read(&mut &*keys).map(|text| text.as_str().to_owned()).map_err(|error| error.kind())
    }

    /// A failure here would send another password than the person typed.
    #[test]
    fn input_is_read_with_corrections() {
        assert_eq!(typed(b"secret\nnext").unwrap(), "secret");
        assert_eq!(typed("pässwörd\r".as_bytes()).unwrap(), "pässwörd");
        assert_eq!(typed(b"ab\x7f\x7f\x7fcd\x08e\n").unwrap(), "ce");
        assert_eq!(typed("aö\x7fb田\x7f\n".as_bytes()).unwrap(), "ab");
        assert_eq!(typed(b"wrong\x15right\n").unwrap(), "right");
        assert_eq!(typed(b"\n").unwrap(), "");
        assert_eq!(typed(b"end\x04").unwrap(), "end");
    }

    /// A failure here would send an empty password after Ctrl-C or Ctrl-D, which counts as a wrong one.
    #[test]
    fn cancelled_input_is_not_a_password() {
        assert_eq!(typed(b"half\x03"), Err(ErrorKind::Interrupted));
        assert_eq!(typed(b"\x04"), Err(ErrorKind::UnexpectedEof));
        assert_eq!(typed(b"\xff\n"), Err(ErrorKind::InvalidData));
    }
}
