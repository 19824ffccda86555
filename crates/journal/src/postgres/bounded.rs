//! [`Bounded`] refuses messages and answers of the server that are too long.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::failure::Fault;
use super::guarded::Guard;

/// The longest message. The library allocates the length that a message declares before it has read it.
const LONGEST_MESSAGE: u64 = 32 << 20;
/// The most octets that the server may send for one piece of work.
const MOST: u64 = 128 << 20;
/// The octets before the content of a message: its type and its length (PostgreSQL's documentation, "Message Formats").
const HEAD: usize = 5;

/// How much the server may still send. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<Left>);

#[derive(Debug, Default)]
struct Left {
    octets: AtomicU64,
    /// The length of the message that was refused; 0 for none.
    refused: AtomicU64,
}

impl Allowance {
    /// Begins a piece of work.
    pub(super) fn renew(&self) {
        self.0.octets.store(MOST, Ordering::Relaxed);
    }

    /// Says of a fault that the stream was refused.
    pub(super) fn judge(&self, fault: Fault) -> Fault {
        match self.0.refused.load(Ordering::Relaxed) {
            0 => fault,
            _ => Fault::lost("it sends more than netsession reads"),
        }
    }

    /// Takes a message of this length from what is left.
    fn take(&self, length: u64) -> io::Result<()> {
        let left = self.0.octets.load(Ordering::Relaxed).checked_sub(length);
        match left.filter(|_| length <= LONGEST_MESSAGE) {
            Some(left) => {
                self.0.octets.store(left, Ordering::Relaxed);
                Ok(())
            }
            None => {
                self.0.refused.store(length.max(1), Ordering::Relaxed);
                Err(io::Error::other(format!("a message of {length} octets is too long")))
            }
        }
    }
}

/// Follows the messages that the server sends.
#[derive(Debug)]
pub(super) struct Bounded {
    allowance: Allowance,
    /// What is read of the head of the next message.
    head: Vec<u8>,
    /// What is left of the content of the message before it.
    content: u64,
}

impl Bounded {
    pub(super) const fn new(allowance: Allowance) -> Self {
        Self { allowance, head: Vec::new(), content: 0 }
    }
}

impl Guard for Bounded {
    fn received(&mut self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            if self.content > 0 {
                let length = usize::try_from(self.content).unwrap_or(usize::MAX).min(octets.len());
                octets = octets.get(length..).unwrap_or_default();
                self.content = self.content.saturating_sub(length.try_into().unwrap_or(u64::MAX));
                continue;
            }
            let (head, rest) = octets.split_at(HEAD.saturating_sub(self.head.len()).min(octets.len()));
            self.head.extend_from_slice(head);
            octets = rest;
            if let [_, length @ ..] = self.head.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                // The length counts itself.
                let length = u64::from(u32::from_be_bytes(length));
                self.allowance.take(length.saturating_add(1))?;
                self.content = length.saturating_sub(4);
                self.head.clear();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::super::guarded::Guard as _;
    use super::{Allowance, Bounded, LONGEST_MESSAGE, MOST};
    use crate::postgres::Postgres;

    fn message(length: u32) -> Vec<u8> {
        [&b"D"[..], &length.to_be_bytes()].concat()
    }

    fn bounded() -> Bounded {
        let allowance = Allowance::default();
        allowance.renew();
        Bounded::new(allowance)
    }

    /// A failure here would refuse the answer of an honest server, however the network cuts it.
    #[test]
    fn messages_are_followed_through_every_cut() {
        let text = [message(4), message(7), b"abc".to_vec(), message(5), b"D".to_vec(), message(4)].concat();
        for cut in 0..text.len() {
            let (mut stream, (first, rest)) = (bounded(), text.split_at(cut));
            stream.received(first).unwrap();
            stream.received(rest).unwrap();
            assert_eq!((stream.head.len(), stream.content), (0, 0), "{cut}");
        }
    }

    /// A failure here would let a server take all memory, by one message or by many.
    #[test]
    fn a_server_cannot_send_without_end() {
        let longest = u32::try_from(LONGEST_MESSAGE).unwrap();
        assert!(
            bounded().received(&message(longest)).is_err() && bounded().received(&message(u32::MAX)).is_err()
        );
        let mut stream = bounded();
        let rows = message(4).repeat(1 << 20);
        let sent = (0..).take_while(|_| stream.received(&rows).is_ok()).count();
        assert_eq!(sent, usize::try_from(MOST).unwrap() / rows.len());
        stream.allowance.renew();
        assert!(stream.received(&rows).is_ok(), "the next piece of work");
    }

    /// A failure here would allocate what a hostile server declares, and wait for it.
    #[test]
    fn a_message_without_end_is_refused_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgresql://adm@{}/journal?sslmode=disable", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            for stream in listener.incoming().take(2) {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1_024]).unwrap();
                // The logon succeeds, and the server is ready. The client sends its settings.
                stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").unwrap();
                let _ = stream.read(&mut [0; 1_024]).unwrap();
                stream.write_all(&message(i32::MAX.unsigned_abs())).unwrap();
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        let error = Postgres::open(&url.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("it sends more than netsession reads"), "{error}");
        drop(server);
    }
}
