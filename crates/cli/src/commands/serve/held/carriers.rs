//! Whether a refused logon is one of a process that carries holds on: it looks at this server again and again, and is nobody whom a
//! hold keeps out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsession_server::Logon;

use super::own::{Own, is_of_this_computer};

/// Whether one of these carriers, such as `agent 4711`, has a connection to this server from the client's address. Only administrators
/// carry holds on, at a server of the same computer. On systems other than Linux the answer is no.
pub(super) fn is_carrier<'a>(
    logon: &Logon<'_>,
    own: &Own,
    mut carriers: impl Iterator<Item = &'a str>,
) -> bool {
    if !logon.is_admin || !is_of_this_computer(logon.client) {
        return false;
    }
    let sockets = connections(logon.client, own);
    !sockets.is_empty() && carriers.any(|carrier| has_one(carrier, &sockets))
}

/// Returns the sockets of clients at this address that are connected to this server.
fn connections(client: IpAddr, own: &Own) -> Vec<String> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let of_client = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, remote) = (address(fields.get(1)?)?, address(fields.get(2)?)?);
        let is_here = own.addresses.iter().any(|listening| listening.port() == remote.1);
        let is_ours = local.0 == client.to_canonical() && is_here && is_of_this_computer(remote.0);
        is_ours.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]"))).flatten()
    };
    lines.filter_map(of_client).collect()
}

/// Whether the process has one of these sockets open.
fn has_one(carrier: &str, sockets: &[String]) -> bool {
    let Some(process) = carrier.rsplit(' ').next().and_then(|id| id.parse::<u32>().ok()) else {
        return false;
    };
    let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    links.filter_map(|link| Some(link.to_str()?.to_owned())).any(|link| sockets.contains(&link))
}

/// Reads an address of `/proc/net/tcp`, such as `0100007F:1162`: words of the processor in hexadecimal digits, and the port.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = text.split_once(':')?;
    let word = |at: usize| {
        let digits = host.get(at.checked_mul(8)?..at.checked_add(1)?.checked_mul(8)?)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let ip = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(words).ok()?)).to_canonical()
        }
        _ => return None,
    };
    Some((ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// A failure here would count the agent's own logons as if somebody tried to come in, or hide an administrator's account that
    /// does.
    #[test]
    fn a_carrier_is_known_by_its_connection() {
        for ip in ["127.0.0.1", "::1"] {
            let listener = TcpListener::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
            let own = Own { addresses: vec![listener.local_addr().unwrap()], names: Vec::new() };
            let logon = |is_admin| Logon::new("adm1", is_admin, ip.parse().unwrap());
            let carrier = format!("agent {}", std::process::id());
            let is_known = |logon: &Logon<'_>, carrier: &str| is_carrier(logon, &own, [carrier].into_iter());
            assert!(!is_known(&logon(true), &carrier), "no connection");
            let _stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            assert!(is_known(&logon(true), &carrier) && !is_known(&logon(false), &carrier));
            for other in ["agent 1", "agent", "agent 0", ""] {
                assert!(!is_known(&logon(true), other), "{other}");
            }
            assert!(!is_known(&Logon::new("adm1", true, "192.0.2.7".parse().unwrap()), &carrier));
        }
    }
}
