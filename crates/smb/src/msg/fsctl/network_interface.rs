use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::size;

bitflags::bitflags! {
    /// The capabilities of a network interface ([MS-SMB2] 2.2.32.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct InterfaceCapabilities: u32 {
        /// Spreads connections over processors.
        const RSS = 1;
        /// Remote direct memory access.
        const RDMA = 2;
    }
}

/// The answer to QUERY_NETWORK_INTERFACE_INFO: the addresses of the server ([MS-SMB2] 2.2.32.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterfaces(pub Vec<NetworkInterface>);

/// One address of a network interface ([MS-SMB2] 2.2.32.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Its number on the server.
    pub if_index: u32,
    /// Its capabilities.
    pub capabilities: InterfaceCapabilities,
    /// The speed in bits per second.
    pub link_speed: u64,
    /// Its address; `None` for a family that is neither IPv4 nor IPv6.
    pub address: Option<IpAddr>,
}

/// Bytes of a [`NetworkInterface`].
const ENTRY_LEN: u32 = 152;
const IPV4: u16 = 0x0002;
const IPV6: u16 = 0x0017;

impl Structure for NetworkInterfaces {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let mut interfaces = self.0.iter().peekable();
        while let Some(interface) = interfaces.next() {
            writer.u32(if interfaces.peek().is_some() { ENTRY_LEN } else { 0 });
            interface.encode(writer);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "NETWORK_INTERFACE_INFO";
        let mut rest = reader.rest();
        let mut interfaces = Vec::new();
        while !rest.is_empty() {
            let entry = &mut Reader::new(rest);
            let next = entry.u32(WHAT)?;
            interfaces.push(NetworkInterface::decode(entry)?);
            rest = match next {
                0 => &[],
                next if next < ENTRY_LEN => return Err(DecodeError::invalid(WHAT)),
                next => rest.get(size(next)..).ok_or(DecodeError::invalid(WHAT))?,
            };
        }
        Ok(Self(interfaces))
    }
}

impl NetworkInterface {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.if_index);
        writer.u32(self.capabilities.bits());
        writer.u32(0);
        writer.u64(self.link_speed);
        let end = writer.position().saturating_add(128);
        match self.address {
            Some(IpAddr::V4(address)) => {
                writer.u16(IPV4);
                writer.u16(0);
                writer.bytes(&address.octets());
            }
            Some(IpAddr::V6(address)) => {
                writer.u16(IPV6);
                writer.zeros(6);
                writer.bytes(&address.octets());
            }
            None => {}
        }
        writer.zeros(end.saturating_sub(writer.position()));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "NETWORK_INTERFACE_INFO";
        let if_index = reader.u32(WHAT)?;
        let capabilities = InterfaceCapabilities::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        let link_speed = reader.u64(WHAT)?;
        let socket = &mut Reader::new(reader.bytes(128, WHAT)?);
        let family = socket.u16(WHAT)?;
        socket.skip(2, WHAT)?;
        let address = match family {
            IPV4 => Some(Ipv4Addr::from(socket.array::<4>(WHAT)?).into()),
            IPV6 => {
                socket.skip(4, WHAT)?;
                Some(Ipv6Addr::from(socket.array::<16>(WHAT)?).into())
            }
            _ => None,
        };
        Ok(Self { if_index, capabilities, link_speed, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make a client open further connections to wrong addresses.
    #[test]
    fn lists_survive() {
        let interface = |address: Option<&str>| NetworkInterface {
            if_index: 1,
            capabilities: InterfaceCapabilities::RSS,
            link_speed: 10_000_000_000,
            address: address.map(|address| address.parse().unwrap()),
        };
        let all = [Some("10.1.2.3"), Some("fe80::1"), None].map(interface);
        keeps(&NetworkInterfaces(all.to_vec()));
        keeps(&NetworkInterfaces(vec![]));
    }
}
