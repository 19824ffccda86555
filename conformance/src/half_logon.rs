//! [`HalfLogon`]: a logon that stops after the first message of NTLM. Samba lists it as a session with an empty user.
//! Passing that name to NetSessionDel would end every session from that client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};

/// The connection with the incomplete logon. Dropping it closes the connection.
#[derive(Debug)]
pub struct HalfLogon(TcpStream);

impl HalfLogon {
    /// Starts a logon at the server, and stops after the first message.
    ///
    /// # Errors
    /// The server is unreachable, or does not continue the logon.
    pub fn start(address: SocketAddr) -> Result<Self> {
        const MORE_PROCESSING_REQUIRED: u32 = 0xC000_0016;
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        ensure!(exchange(&mut stream, &negotiate())? == 0, "NEGOTIATE was refused");
        let status = exchange(&mut stream, &session_setup())?;
        ensure!(status == MORE_PROCESSING_REQUIRED, "SESSION_SETUP answered {status:#010x}");
        Ok(Self(stream))
    }

    /// Returns whether the server keeps the connection open.
    ///
    /// # Errors
    /// The state of the connection is unknown.
    pub fn connected(&self) -> Result<bool> {
        self.0.set_nonblocking(true)?;
        let connected = match self.0.peek(&mut [0]) {
            Ok(length) => length > 0,
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        };
        self.0.set_nonblocking(false)?;
        Ok(connected)
    }
}

/// Sends one request, and returns the status of its response.
fn exchange(stream: &mut TcpStream, message: &[u8]) -> Result<u32> {
    let length = u32::try_from(message.len())?;
    stream.write_all(&[&length.to_be_bytes(), message].concat())?;
    let mut framing = [0; 4];
    stream.read_exact(&mut framing)?;
    let mut answer = vec![0; u32::from_be_bytes(framing) as usize];
    stream.read_exact(&mut answer)?;
    let status: [u8; 4] = answer.get(8..12).unwrap_or_default().try_into()?;
    Ok(u32::from_le_bytes(status))
}

/// The header of a request ([MS-SMB2] 2.2.1.2).
fn header(command: u16, message: u64) -> Vec<u8> {
    let mut header = b"\xFESMB".to_vec();
    header.extend(64_u16.to_le_bytes());
    header.extend([0; 6]);
    header.extend(command.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend([0; 8]);
    header.extend(message.to_le_bytes());
    header.extend([0; 32]);
    header
}

/// A NEGOTIATE request for dialect 2.1 alone ([MS-SMB2] 2.2.3).
fn negotiate() -> Vec<u8> {
    let mut message = header(0, 0);
    message.extend(36_u16.to_le_bytes());
    message.extend(1_u16.to_le_bytes());
    message.extend(1_u16.to_le_bytes());
    message.extend([0; 6]);
    message.extend([7; 16]);
    message.extend([0; 8]);
    message.extend(0x0210_u16.to_le_bytes());
    message
}

/// A SESSION_SETUP request ([MS-SMB2] 2.2.5) with an NTLM NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1).
fn session_setup() -> Vec<u8> {
    const UNICODE_TARGET_SIGN_NTLM_EXTENDED: u32 = 0x0008_0215;
    let mut token = b"NTLMSSP\0".to_vec();
    token.extend(1_u32.to_le_bytes());
    token.extend(UNICODE_TARGET_SIGN_NTLM_EXTENDED.to_le_bytes());
    token.extend([0; 16]);
    let mut message = header(1, 1);
    message.extend(25_u16.to_le_bytes());
    message.extend([0, 1]);
    message.extend([0; 8]);
    message.extend(88_u16.to_le_bytes());
    message.extend(32_u16.to_le_bytes());
    message.extend([0; 8]);
    message.extend(token);
    message
}
