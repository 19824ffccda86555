//! [`lines()`]: the output of a process, line by line, for a test that waits with a time limit.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Reads the lines on a thread of its own, without their ends. What is not UTF-8 is replaced.
pub fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            if sender.send(line.strip_suffix('\r').unwrap_or(&line).to_owned()).is_err() {
                break;
            }
        }
    });
    lines
}
