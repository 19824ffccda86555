//! [`Capture`]: what the client's computer sends and receives, recorded by tcpdump.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::machine::Machine;

/// A running capture.
#[derive(Debug)]
pub struct Capture {
    tcpdump: Child,
    /// Keeps tcpdump's standard error open.
    _messages: BufReader<std::process::ChildStderr>,
    file: PathBuf,
}

impl Capture {
    pub(super) fn start(machine: &Machine, file: &Path) -> Result<Self> {
        let mut tcpdump = Command::new("tcpdump");
        tcpdump.args(["-i", "br0", "-n", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w"]).arg(file);
        let mut script = Command::new("sh");
        script.args(["-c", super::UNTIL_END_OF_INPUT, "sh"]);
        script.arg(tcpdump.get_program()).args(tcpdump.get_args());
        let mut child = machine.wrap(&script).stdin(Stdio::piped()).spawn().context("starting tcpdump")?;
        let mut messages = BufReader::new(child.stderr.take().context("no output")?);
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            ensure!(messages.read_line(&mut line)? > 0, "tcpdump did not start");
        }
        Ok(Self { tcpdump: child, _messages: messages, file: file.to_owned() })
    }

    /// Ends the capture and returns what it saw.
    ///
    /// # Errors
    /// The file of tcpdump is malformed.
    pub fn stop(mut self) -> Result<Recording> {
        drop(self.tcpdump.stdin.take());
        self.tcpdump.wait()?;
        Recording::read(&std::fs::read(&self.file)?)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        drop(self.tcpdump.stdin.take());
        let _ = self.tcpdump.wait();
    }
}

/// A packet of TCP or UDP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The sender's port.
    pub from: u16,
    /// The receiver's port.
    pub to: u16,
    /// Whether it opens a connection of TCP.
    pub opens: bool,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// The packets of a capture, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The packets of TCP and UDP over IPv4.
    pub packets: Vec<Packet>,
}

impl Recording {
    /// Reads a pcap file with Ethernet frames.
    fn read(file: &[u8]) -> Result<Self> {
        let (header, mut rest) = file.split_at_checked(24).context("no header of pcap")?;
        ensure!(header.starts_with(&[0xD4, 0xC3, 0xB2, 0xA1]), "another byte order or version of pcap");
        let mut packets = Vec::new();
        while let Some((record, after)) = rest.split_at_checked(16) {
            let length = record.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
            let length = usize::try_from(length.context("no length")?)?;
            let Some((frame, next)) = after.split_at_checked(length) else { bail!("a cut record of pcap") };
            packets.extend(Packet::of_frame(frame));
            rest = next;
        }
        Ok(Self { packets })
    }

    /// Whether these bytes are in one payload.
    #[must_use]
    pub fn contains(&self, bytes: &[u8]) -> bool {
        self.packets.iter().any(|packet| packet.payload.windows(bytes.len()).any(|window| window == bytes))
    }

    /// How many packets have this port, as sender or receiver.
    #[must_use]
    pub fn with_port(&self, port: u16) -> usize {
        self.packets.iter().filter(|packet| packet.from == port || packet.to == port).count()
    }

    /// The packets of the connections that were opened to this port during the capture.
    #[must_use]
    pub fn opened_to(&self, port: u16) -> Self {
        let clients = self.clients(port);
        let belongs = |packet: &&Packet| {
            let (client, server) =
                if packet.to == port { (packet.from, packet.to) } else { (packet.to, packet.from) };
            server == port && clients.contains(&client)
        };
        Self { packets: self.packets.iter().filter(belongs).cloned().collect() }
    }

    /// How many connections of TCP were opened to this port.
    #[must_use]
    pub fn connections(&self, port: u16) -> usize {
        self.clients(port).len()
    }

    /// The ports of the clients that opened connections to this port.
    fn clients(&self, port: u16) -> Vec<u16> {
        let mut clients: Vec<u16> = self
            .packets
            .iter()
            .filter(|packet| packet.opens && packet.to == port)
            .map(|packet| packet.from)
            .collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }

    /// How often a client of this port waited for the server: once for the connection, then once for each change from
    /// sending to receiving. It counts the last answer that carries data.
    #[must_use]
    pub fn round_trips(&self, port: u16) -> usize {
        let mut is_waiting = false;
        let mut count = self.connections(port);
        for packet in self.packets.iter().filter(|packet| !packet.payload.is_empty()) {
            if packet.to == port {
                is_waiting = true;
            } else if packet.from == port && is_waiting {
                is_waiting = false;
                count += 1;
            }
        }
        count
    }
}

impl Packet {
    /// Reads an Ethernet frame. `None` if it carries something other than TCP or UDP over IPv4.
    fn of_frame(frame: &[u8]) -> Option<Self> {
        const TCP: u8 = 6;
        const UDP: u8 = 17;
        const SYN: u8 = 2;
        const ACK: u8 = 16;
        let ip = frame.get(14..).filter(|_| frame.get(12..14) == Some(&[8, 0]))?;
        let header = usize::from(ip.first()? & 15) * 4;
        let total = usize::from(u16_at(ip, 2)?);
        let segment = ip.get(header..total)?;
        let (from, to) = (u16_at(segment, 0)?, u16_at(segment, 2)?);
        let (start, opens) = match *ip.get(9)? {
            TCP => {
                let flags = segment.get(13)?;
                (usize::from(segment.get(12)? >> 4) * 4, flags & (SYN | ACK) == SYN)
            }
            UDP => (8, false),
            _ => return None,
        };
        Some(Self { from, to, opens, payload: segment.get(start..)?.to_vec() })
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..offset + 2)?.try_into().ok().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::{Packet, Recording};

    /// A frame of TCP between these ports.
    fn tcp(from: u16, to: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([8, 0]);
        let total = u16::try_from(40 + payload.len()).unwrap();
        frame.extend([0x45, 0]);
        frame.extend(total.to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 77, 1, 1, 10, 77, 1, 20]);
        frame.extend(from.to_be_bytes());
        frame.extend(to.to_be_bytes());
        frame.extend([0; 8]);
        frame.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
        frame.extend(payload);
        // Ethernet pads a short frame.
        frame.resize(frame.len().max(60), 0);
        frame
    }

    fn recording(frames: &[Vec<u8>]) -> Recording {
        let mut file = vec![0xD4, 0xC3, 0xB2, 0xA1];
        file.resize(24, 0);
        for frame in frames {
            file.extend([0; 8]);
            let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
            file.extend(length);
            file.extend(length);
            file.extend(frame);
        }
        Recording::read(&file).unwrap()
    }

    /// A failure here would miss what leaves the computer, or count the waits for a server wrongly.
    #[test]
    fn a_recording_shows_payloads_connections_and_round_trips() {
        let seen = recording(&[
            tcp(50000, 445, 2, b""),
            tcp(445, 50000, 18, b""),
            tcp(50000, 445, 16, b""),
            tcp(50000, 445, 24, b"first"),
            tcp(50000, 445, 24, b"part"),
            tcp(445, 50000, 24, b"answer"),
            tcp(445, 50000, 24, b"and more"),
            tcp(50000, 445, 24, b"NTLMSSP"),
            tcp(445, 50000, 24, b"no"),
        ]);
        assert_eq!(seen.packets.len(), 9);
        assert_eq!(
            seen.packets.first(),
            Some(&Packet { from: 50000, to: 445, opens: true, payload: Vec::new() })
        );
        assert_eq!((seen.connections(445), seen.round_trips(445)), (1, 3));
        assert!(seen.contains(b"NTLMSSP") && !seen.contains(b"firstpart"));
        assert_eq!((seen.with_port(445), seen.with_port(88)), (9, 0));
        let older =
            recording(&[tcp(445, 50001, 24, b"late"), tcp(50000, 445, 2, b""), tcp(445, 50000, 18, b"")]);
        assert_eq!(older.opened_to(445).packets.len(), 2);
    }
}
