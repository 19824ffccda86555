//! [`listen`]: binds a server's sockets.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener};

use socket2::{Domain, Socket, Type};

/// How many connections wait until the server accepts them.
const BACKLOG: i32 = 128;

/// Binds a socket that does not block, and returns its actual address. `all` are the addresses of the server: `[::]` takes the
/// connections of IPv4, too, unless the server has an IPv4 address with this port, which would be refused then.
///
/// # Errors
/// The error of the operating system.
pub(crate) fn listen(address: SocketAddr, all: &[SocketAddr]) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = match address {
        SocketAddr::V6(every) if *every.ip() == Ipv6Addr::UNSPECIFIED => {
            listen_everywhere(every, has_ipv4(all, every.port()))?
        }
        address => TcpListener::bind(address)?,
    };
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

fn has_ipv4(all: &[SocketAddr], port: u16) -> bool {
    all.iter().any(|address| address.is_ipv4() && address.port() == port)
}

fn listen_everywhere(address: SocketAddrV6, only_ipv6: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    // The default differs between systems. Some cannot take IPv4.
    let set = socket.set_only_v6(only_ipv6);
    if only_ipv6 {
        set?;
    }
    // As the standard library: a server that starts again takes the port of the last one at once.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    /// A failure here would refuse a configuration that names both `0.0.0.0` and `[::]`, as the manual does.
    #[test]
    fn all_addresses_of_both_families_go_together() {
        if TcpListener::bind("[::1]:0").is_err() {
            return;
        }
        let port = TcpListener::bind("[::]:0").unwrap().local_addr().unwrap().port();
        let all = ["0.0.0.0", "[::]"].map(|host| format!("{host}:{port}").parse().unwrap());
        for order in [[0, 1], [1, 0]] {
            let sockets = order.map(|index: usize| listen(all[index], &all).unwrap());
            assert_eq!(sockets.each_ref().map(|(_, address)| *address), order.map(|index| all[index]));
            assert!(["127.0.0.1", "::1"].iter().all(|host| TcpStream::connect((*host, port)).is_ok()));
        }
        let (_alone, _) = listen(all[1], &all[1..]).unwrap();
        assert!(["127.0.0.1", "::1"].iter().all(|host| TcpStream::connect((*host, port)).is_ok()));
    }
}
