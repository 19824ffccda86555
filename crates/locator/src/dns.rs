//! Queries to the system's nameservers: SRV records, and addresses of hosts.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};

use crate::LocateError;

#[cfg(unix)]
const SETTINGS: &str = "/etc/resolv.conf";
const PORT: u16 = 53;
/// How long a nameserver has for a response, and how often each is asked.
const PATIENCE: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 2;
/// The most records that are read of one response.
const MAX_RECORDS: usize = 64;

/// The system's nameservers and search domains.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    servers: Vec<SocketAddr>,
    /// The domains that names without a dot belong to, the computer's own first.
    pub(crate) search: Vec<String>,
}

/// An SRV record ([RFC 2782]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    /// The host, without a dot at the end.
    pub(crate) host: String,
}

impl Resolver {
    /// Reads the nameservers of the system's network adapters, and the domain of the user.
    #[cfg(windows)]
    pub(crate) fn of_system() -> Result<Self, LocateError> {
        let adapters = ipconfig::get_adapters().map_err(|error| LocateError::Dns(io::Error::other(error)))?;
        let up = adapters.iter().filter(|it| it.oper_status() == ipconfig::OperStatus::IfOperStatusUp);
        let servers = up.flat_map(ipconfig::Adapter::dns_servers);
        let mut servers: Vec<_> = servers.map(|server| SocketAddr::new(*server, PORT)).collect();
        servers.dedup();
        let search = std::env::var("USERDNSDOMAIN").into_iter().filter(|name| !name.is_empty());
        Ok(Self { servers, search: search.collect() })
    }

    /// Reads the settings of the system.
    #[cfg(unix)]
    pub(crate) fn of_system() -> Result<Self, LocateError> {
        let text = match std::fs::read(SETTINGS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            text => text.map_err(LocateError::Dns)?,
        };
        // A line that this version does not know is no reason to ask nobody.
        let (settings, _unknown) = resolv_conf::Config::parse_with_errors(&text);
        let servers = settings.get_nameservers_or_local();
        let servers = servers.into_iter().map(|server| SocketAddr::new(server.into(), PORT)).collect();
        let search = settings.get_last_search_or_domain().map(|name| name.trim_end_matches('.').to_owned());
        Ok(Self { servers, search: search.filter(|name| !name.is_empty()).collect() })
    }

    /// Returns the SRV records of a name, in the order in which a client tries the hosts; none if the name does not exist.
    pub(crate) fn services(&self, name: &str, deadline: Instant) -> Result<Vec<Service>, LocateError> {
        let services = self.ask(name, TYPE::SRV, deadline, |data| match data {
            RData::SRV(record) => Some(Service {
                priority: record.priority,
                weight: record.weight,
                host: record.target.to_string().trim_end_matches('.').to_owned(),
            }),
            _ => None,
        })?;
        in_order(services, random_u32)
    }

    /// Returns the addresses of a host, IPv4 first; none if it has none.
    pub(crate) fn addresses(&self, host: &str, deadline: Instant) -> Result<Vec<IpAddr>, LocateError> {
        let mut found = self.ask(host, TYPE::A, deadline, |data| match data {
            RData::A(record) => Some(IpAddr::V4(Ipv4Addr::from(record.address))),
            _ => None,
        })?;
        found.extend(self.ask(host, TYPE::AAAA, deadline, |data| match data {
            RData::AAAA(record) => Some(IpAddr::V6(Ipv6Addr::from(record.address))),
            _ => None,
        })?);
        Ok(found)
    }

    /// Asks one nameserver after the other, until one answers. `read` picks the wanted records.
    fn ask<T>(
        &self,
        name: &str,
        kind: TYPE,
        deadline: Instant,
        read: impl Fn(&RData<'_>) -> Option<T>,
    ) -> Result<Vec<T>, LocateError> {
        let question = Name::new(name).map_err(|_| LocateError::InvalidDomainName(name.to_owned()))?;
        let question = Question::new(question, kind.into(), CLASS::IN.into(), false);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for _ in 0..ROUNDS {
            for server in &self.servers {
                if Instant::now() >= deadline {
                    return Err(LocateError::Dns(io::ErrorKind::TimedOut.into()));
                }
                let exchange = Exchange::new(&question, deadline.min(Instant::now() + PATIENCE));
                match exchange.and_then(|exchange| exchange.with(*server)) {
                    Ok(response) => match wanted(&response, &read) {
                        Ok(records) => return Ok(records),
                        Err(error) => last = error,
                    },
                    Err(error) => last = error,
                }
            }
        }
        Err(LocateError::Dns(last))
    }
}

/// Returns the wanted records of a response; none if the name does not exist.
fn wanted<T>(response: &[u8], read: impl Fn(&RData<'_>) -> Option<T>) -> io::Result<Vec<T>> {
    let packet = Packet::parse(response).map_err(io::Error::other)?;
    match packet.rcode() {
        RCODE::NoError | RCODE::NameError => {
            Ok(packet.answers.iter().filter_map(|record| read(&record.rdata)).take(MAX_RECORDS).collect())
        }
        refused => Err(io::Error::other(format!("the nameserver answered {refused:?}"))),
    }
}

/// One question to one nameserver.
struct Exchange<'a> {
    question: &'a Question<'a>,
    id: u16,
    request: Vec<u8>,
    deadline: Instant,
}

impl<'a> Exchange<'a> {
    fn new(question: &'a Question<'a>, deadline: Instant) -> io::Result<Self> {
        let id = random_u16().map_err(io::Error::other)?;
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        packet.questions.push(question.clone());
        let request = packet.build_bytes_vec().map_err(io::Error::other)?;
        Ok(Self { question, id, request, deadline })
    }

    fn with(&self, server: SocketAddr) -> io::Result<Vec<u8>> {
        let response = self.by_datagram(server)?;
        let is_cut = Packet::parse(&response).is_ok_and(|packet| packet.has_flags(PacketFlag::TRUNCATION))
            || Packet::parse(&response).is_err();
        if is_cut { self.by_stream(server) } else { Ok(response) }
    }

    /// Sends the question from a port of its own, so that nobody can guess the port and the number of a response.
    fn by_datagram(&self, server: SocketAddr) -> io::Result<Vec<u8>> {
        let any: IpAddr =
            if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(server)?;
        socket.send(&self.request)?;
        let mut buffer = [0; 4096];
        loop {
            socket.set_read_timeout(Some(self.left()?))?;
            match socket.recv(&mut buffer) {
                Ok(length) => {
                    let response = buffer.get(..length).unwrap_or_default();
                    if self.is_answered_by(response) {
                        return Ok(response.to_vec());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn by_stream(&self, server: SocketAddr) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&server, self.left()?)?;
        stream.set_write_timeout(Some(self.left()?))?;
        stream.set_read_timeout(Some(self.left()?))?;
        let length = u16::try_from(self.request.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), &self.request[..]].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut response = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut response)?;
        if self.is_answered_by(&response) { Ok(response) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Returns the time that is left.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// Returns whether these octets are the response to this question.
    fn is_answered_by(&self, response: &[u8]) -> bool {
        // A response that was cut in the middle of a record cannot be parsed; its head can.
        let has_id = simple_dns::header_buffer::id(response).is_ok_and(|id| id == self.id);
        let is_response =
            simple_dns::header_buffer::has_flags(response, PacketFlag::RESPONSE).unwrap_or_default();
        let same_question = |packet: Packet<'_>| {
            packet.questions.iter().all(|asked| {
                let (asked_name, name) = (asked.qname.to_string(), self.question.qname.to_string());
                asked_name.eq_ignore_ascii_case(&name) && asked.qtype == self.question.qtype
            })
        };
        has_id && is_response && Packet::parse(response).map_or(true, same_question)
    }
}

/// Sorts the services by priority, and those of one priority by their weights and chance ([RFC 2782]).
fn in_order(
    mut services: Vec<Service>,
    random: impl Fn() -> Result<u32, getrandom::Error>,
) -> Result<Vec<Service>, LocateError> {
    let mut ordered = Vec::with_capacity(services.len());
    services.retain(|service| !service.host.is_empty());
    services.sort_by_key(|service| (service.priority, service.weight));
    while let Some(priority) = services.first().map(|service| service.priority) {
        let group = services.iter().take_while(|service| service.priority == priority);
        let total: u32 = group.clone().map(|service| u32::from(service.weight)).sum();
        let drawn = random().map_err(|error| LocateError::Dns(io::Error::other(error)))?;
        let mut left = u64::from(drawn).saturating_mul(u64::from(total) + 1) >> 32;
        let position = group.clone().position(|service| {
            let weight = u64::from(service.weight);
            let is_it = left <= weight;
            left = left.saturating_sub(weight);
            is_it
        });
        ordered.push(services.remove(position.unwrap_or_default()));
    }
    Ok(ordered)
}

fn random_u32() -> Result<u32, getrandom::Error> {
    getrandom::u32()
}

/// Returns a number that nobody can guess.
pub(crate) fn random_u16() -> Result<u16, getrandom::Error> {
    let [low, high, ..] = getrandom::u32()?.to_le_bytes();
    Ok(u16::from_le_bytes([low, high]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(priority: u16, weight: u16, host: &str) -> Service {
        Service { priority, weight, host: host.to_owned() }
    }

    /// A failure here would send every client to one domain controller, or try a spare one first.
    #[test]
    fn services_are_tried_by_priority_and_weight() {
        let all = || {
            vec![
                service(10, 100, "b"),
                service(0, 0, "z"),
                service(0, 300, "a"),
                service(0, 100, "c"),
                service(0, 1, ""),
            ]
        };
        let hosts = |random: u32| {
            let ordered = in_order(all(), || Ok(random)).unwrap();
            ordered.into_iter().map(|service| service.host).collect::<String>()
        };
        assert_eq!(hosts(0), "zcab");
        assert_eq!(hosts(u32::MAX / 2), "aczb");
        assert_eq!(hosts(u32::MAX), "aczb");
        assert_eq!(hosts(u32::MAX / 8), "cazb");
    }

    /// A failure here would take the response of a stranger, or of an earlier question, for the records of a domain.
    #[test]
    fn only_the_response_to_the_question_counts() {
        let question = Question::new(
            Name::new("_ldap._tcp.lab.test").unwrap(),
            TYPE::SRV.into(),
            CLASS::IN.into(),
            false,
        );
        let exchange = Exchange::new(&question, Instant::now()).unwrap();
        let mut response = exchange.request.clone();
        assert!(!exchange.is_answered_by(&response), "a question is no response");
        response[2] |= 0x80;
        assert!(exchange.is_answered_by(&response));
        let mut other = response.clone();
        other[0] ^= 1;
        assert!(!exchange.is_answered_by(&other), "another number");
        let mut other = response.clone();
        other[13] ^= 1;
        assert!(!exchange.is_answered_by(&other), "another name");
        response[3] |= 3;
        assert_eq!(wanted(&response, |_| Some(())).unwrap(), [], "the name does not exist");
        response[3] ^= 1;
        assert!(wanted(&response, |_| Some(())).is_err(), "the nameserver failed");
    }
}
