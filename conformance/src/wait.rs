//! [`wait_until`] waits for another process.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Calls `ready`, with short pauses, until it returns a value, and returns that value.
///
/// # Errors
/// Any error of `ready`. After 60 seconds without a value, an error that says `what` it waited for.
pub fn wait_until<T>(what: &str, mut ready: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    const LIMIT: Duration = Duration::from_secs(60);
    let start = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        if start.elapsed() > LIMIT {
            bail!("waited {LIMIT:?} for {what}");
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
