//! The messages of WS-Discovery (April 2005) and of the Devices Profile (February 2006), as [MS-PBSD] uses them: no I/O.

use std::sync::atomic::{AtomicU64, Ordering};

use quick_xml::NsReader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};

/// The namespaces of the messages, with the prefixes that this program writes.
const NAMESPACES: [(&str, &str); 7] = [
    ("soap", "http://www.w3.org/2003/05/soap-envelope"),
    ("wsa", "http://schemas.xmlsoap.org/ws/2004/08/addressing"),
    ("wsd", "http://schemas.xmlsoap.org/ws/2005/04/discovery"),
    ("wsdp", "http://schemas.xmlsoap.org/ws/2006/02/devprof"),
    ("wsx", "http://schemas.xmlsoap.org/ws/2004/09/mex"),
    ("pnpx", "http://schemas.microsoft.com/windows/pnpx/2005/10"),
    ("pub", "http://schemas.microsoft.com/windows/pub/2005/07"),
];
const DISCOVERY: &str = "http://schemas.xmlsoap.org/ws/2005/04/discovery";
const PROFILE: &str = "http://schemas.xmlsoap.org/ws/2006/02/devprof";
const TRANSFER: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
/// The recipient of messages to everybody.
const EVERYBODY: &str = "urn:schemas-xmlsoap-org:ws:2005:04:discovery";
/// The recipient of a response.
const ANONYMOUS: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";
/// The types of this device. A Probe for others is not for it.
const TYPES: [&str; 2] = ["Device", "Computer"];
/// The most elements within each other.
const DEPTH: usize = 16;
/// The longest text that counts, in bytes.
const LONGEST: usize = 1024;

/// The device that this server is.
#[derive(Debug)]
pub(super) struct Device {
    /// The name that Explorer shows.
    name: String,
    /// `urn:uuid:...`, which stays the same when the server is started again.
    urn: String,
    /// Grows from one start to the next.
    instance: u64,
    messages: AtomicU64,
}

/// A message that the server answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) kind: Kind,
    /// The identifier of the message.
    id: String,
}

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Devices of this type.
    Probe,
    /// The address of this device.
    Resolve,
    /// The description of this device.
    Get,
}

/// The texts of a message that count.
#[derive(Default)]
struct Fields {
    action: String,
    id: String,
    types: String,
    scopes: String,
    address: String,
}

impl Device {
    /// Takes the name, 16 bytes that identify the server, and the time of the start in seconds.
    pub(super) fn new(name: &str, identity: [u8; 16], instance: u64) -> Self {
        let hex = format!("{:032x}", u128::from_be_bytes(identity));
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default());
        let urn = format!("urn:uuid:{}", parts.join("-"));
        Self { name: name.to_owned(), urn, instance, messages: AtomicU64::new(1) }
    }

    /// Returns the path at which HTTP describes the device.
    pub(super) fn path(&self) -> &str {
        self.urn.trim_start_matches("urn:uuid:")
    }

    /// Reads a message. `None` if it is not for this device, or makes no sense.
    pub(super) fn read(&self, message: &[u8]) -> Option<Request> {
        let fields = fields(std::str::from_utf8(message).ok()?)?;
        let kind = match fields.action.strip_prefix(DISCOVERY) {
            Some("/Probe") if fits(&fields) => Kind::Probe,
            Some("/Resolve") if fields.address == self.urn => Kind::Resolve,
            None if fields.action == format!("{TRANSFER}/Get") => Kind::Get,
            _ => return None,
        };
        (!fields.id.is_empty()).then_some(Request { kind, id: fields.id })
    }

    /// Returns the message with which the server introduces itself; `location` is the URL of its description.
    pub(super) fn hello(&self, location: &str, id: &str) -> String {
        let body = format!("<wsd:Hello>{}</wsd:Hello>", self.described(location));
        self.message(EVERYBODY, &format!("{DISCOVERY}/Hello"), id, None, &body)
    }

    /// Returns the message with which the server leaves.
    pub(super) fn bye(&self, id: &str) -> String {
        let body = format!("<wsd:Bye>{}</wsd:Bye>", self.endpoint());
        self.message(EVERYBODY, &format!("{DISCOVERY}/Bye"), id, None, &body)
    }

    /// Returns the response to a request.
    pub(super) fn response(&self, request: &Request, location: &str, id: &str) -> String {
        let described = self.described(location);
        let (action, body) = match request.kind {
            Kind::Probe => (
                format!("{DISCOVERY}/ProbeMatches"),
                format!("<wsd:ProbeMatches><wsd:ProbeMatch>{described}</wsd:ProbeMatch></wsd:ProbeMatches>"),
            ),
            Kind::Resolve => (
                format!("{DISCOVERY}/ResolveMatches"),
                format!(
                    "<wsd:ResolveMatches><wsd:ResolveMatch>{described}</wsd:ResolveMatch></wsd:ResolveMatches>"
                ),
            ),
            Kind::Get => (format!("{TRANSFER}/GetResponse"), self.metadata()),
        };
        self.message(ANONYMOUS, &action, id, Some(&request.id), &body)
    }

    fn message(&self, to: &str, action: &str, id: &str, relates_to: Option<&str>, body: &str) -> String {
        let namespaces: String =
            NAMESPACES.iter().map(|(prefix, name)| format!(" xmlns:{prefix}=\"{name}\"")).collect();
        let relates_to = relates_to.map(|id| format!("<wsa:RelatesTo>{}</wsa:RelatesTo>", escape(id)));
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope{namespaces}><soap:Header><wsa:To>{to}</wsa:To>\
             <wsa:Action>{action}</wsa:Action><wsa:MessageID>urn:uuid:{id}</wsa:MessageID>{}\
             <wsd:AppSequence InstanceId=\"{}\" MessageNumber=\"{number}\"/></soap:Header>\
             <soap:Body>{body}</soap:Body></soap:Envelope>",
            relates_to.unwrap_or_default(),
            self.instance
        )
    }

    fn endpoint(&self) -> String {
        format!("<wsa:EndpointReference><wsa:Address>{}</wsa:Address></wsa:EndpointReference>", self.urn)
    }

    fn described(&self, location: &str) -> String {
        format!(
            "{}<wsd:Types>wsdp:Device pub:Computer</wsd:Types><wsd:XAddrs>{location}</wsd:XAddrs>\
             <wsd:MetadataVersion>1</wsd:MetadataVersion>",
            self.endpoint()
        )
    }

    /// The description by which Explorer shows a computer with this name.
    fn metadata(&self) -> String {
        let name = escape(&self.name);
        let section = |kind: &str, content: &str| {
            format!("<wsx:MetadataSection Dialect=\"{PROFILE}/{kind}\">{content}</wsx:MetadataSection>")
        };
        let device = format!(
            "<wsdp:ThisDevice><wsdp:FriendlyName>{name}</wsdp:FriendlyName>\
             <wsdp:FirmwareVersion>{}</wsdp:FirmwareVersion><wsdp:SerialNumber>1</wsdp:SerialNumber></wsdp:ThisDevice>",
            env!("CARGO_PKG_VERSION")
        );
        let model = "<wsdp:ThisModel><wsdp:Manufacturer>netsession</wsdp:Manufacturer>\
                     <wsdp:ModelName>netsession serve</wsdp:ModelName>\
                     <pnpx:DeviceCategory>Computers</pnpx:DeviceCategory></wsdp:ThisModel>";
        // [MS-PBSD] 2.2 writes a backslash for a workgroup; Windows and its peers send a slash.
        let host = format!(
            "<wsdp:Relationship Type=\"{PROFILE}/host\"><wsdp:Host>{}<wsdp:Types>pub:Computer</wsdp:Types>\
             <wsdp:ServiceId>{}</wsdp:ServiceId><pub:Computer>{name}/Workgroup:WORKGROUP</pub:Computer>\
             </wsdp:Host></wsdp:Relationship>",
            self.endpoint(),
            self.urn
        );
        let sections =
            [section("ThisDevice", &device), section("ThisModel", model), section("Relationship", &host)];
        format!("<wsx:Metadata>{}</wsx:Metadata>", sections.concat())
    }
}

/// Whether a Probe asks for a device of these types. The device is in no scope.
fn fits(probe: &Fields) -> bool {
    let is_own = |name: &str| TYPES.contains(&name.rsplit(':').next().unwrap_or(name));
    probe.scopes.trim().is_empty() && probe.types.split_whitespace().all(is_own)
}

/// Reads the texts that count. `None` for a text that is not XML, that is nested deeply, or that declares entities.
fn fields(text: &str) -> Option<Fields> {
    let mut reader = NsReader::from_str(text);
    let (mut fields, mut path) = (Fields::default(), Vec::new());
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(start) if path.len() < DEPTH => {
                path.push(format!(
                    "{}:{}",
                    prefix(&namespace),
                    std::str::from_utf8(start.local_name().as_ref()).ok()?
                ));
            }
            Event::Start(_) | Event::DocType(_) => return None,
            Event::End(_) => drop(path.pop()),
            Event::Text(content) => {
                let Some(field) = fields.at(&path) else { continue };
                let content = content.decode().ok()?;
                if field.len().saturating_add(content.len()) > LONGEST {
                    return None;
                }
                field.push_str(content.trim());
            }
            Event::Eof => return Some(fields),
            _ => {}
        }
    }
}

impl Fields {
    /// Returns the field that the text of this element belongs to.
    fn at(&mut self, path: &[String]) -> Option<&mut String> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["soap:Envelope", rest @ ..] = path.as_slice() else { return None };
        Some(match rest {
            ["soap:Header", "wsa:Action"] => &mut self.action,
            ["soap:Header", "wsa:MessageID"] => &mut self.id,
            ["soap:Body", "wsd:Probe", "wsd:Types"] => &mut self.types,
            ["soap:Body", "wsd:Probe", "wsd:Scopes"] => &mut self.scopes,
            ["soap:Body", "wsd:Resolve", "wsa:EndpointReference", "wsa:Address"] => &mut self.address,
            _ => return None,
        })
    }
}

fn prefix(namespace: &ResolveResult<'_>) -> &'static str {
    let ResolveResult::Bound(Namespace(name)) = namespace else { return "" };
    let known = NAMESPACES.iter().find(|(_, known)| known.as_bytes() == *name);
    known.map_or("", |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a";

    fn device() -> Device {
        Device::new("FS1", [0x11; 16], 7)
    }

    fn message(action: &str, body: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"{}\" xmlns:a=\"{}\" xmlns:d=\"{DISCOVERY}\" xmlns:p=\"{PROFILE}\">\
             <s:Header><a:Action>{action}</a:Action><a:MessageID>{ID}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>",
            NAMESPACES[0].1, NAMESPACES[1].1
        )
    }

    fn kind(action: &str, body: &str) -> Option<Kind> {
        device().read(message(action, body).as_bytes()).map(|request| request.kind)
    }

    /// A failure here would hide the server from Explorer, or answer a question for printers.
    #[test]
    fn only_questions_for_this_device_are_answered() {
        let (probe, resolve) = (format!("{DISCOVERY}/Probe"), format!("{DISCOVERY}/Resolve"));
        for body in [
            "<d:Probe/>",
            "<d:Probe><d:Types>p:Device</d:Types></d:Probe>",
            "<d:Probe><d:Types> p:Device\n x:Computer </d:Types><d:Scopes/></d:Probe>",
        ] {
            assert_eq!(kind(&probe, body), Some(Kind::Probe), "{body}");
        }
        for body in [
            "<d:Probe><d:Types>p:Device x:PrintDeviceType</d:Types></d:Probe>",
            "<d:Probe><d:Scopes>http://example.com/floor1</d:Scopes></d:Probe>",
        ] {
            assert_eq!(kind(&probe, body), None, "{body}");
        }
        let resolved = |urn: &str| {
            let endpoint = format!("<a:EndpointReference><a:Address>{urn}</a:Address></a:EndpointReference>");
            kind(&resolve, &format!("<d:Resolve>{endpoint}</d:Resolve>"))
        };
        assert_eq!(resolved("urn:uuid:11111111-1111-1111-1111-111111111111"), Some(Kind::Resolve));
        assert_eq!(resolved("urn:uuid:21111111-1111-1111-1111-111111111111"), None);
        assert_eq!(kind(&format!("{TRANSFER}/Get"), ""), Some(Kind::Get));
        assert_eq!(
            kind(&format!("{DISCOVERY}/Hello"), "<d:Hello/>"),
            None,
            "another device introduces itself"
        );
    }

    /// A failure here would let any computer of the network use up the memory or the time of the server.
    #[test]
    fn a_hostile_message_is_ignored() {
        let probe = format!("{DISCOVERY}/Probe");
        let good = message(&probe, "<d:Probe/>");
        for (from, to) in [
            ("<?xml version=\"1.0\"?>", "<!DOCTYPE s [<!ENTITY x \"y\">]>"),
            ("<d:Probe/>", &"<d:x>".repeat(DEPTH + 1)),
            (ID, &"x".repeat(LONGEST + 1)),
            (ID, ""),
            ("</s:Body>", ""),
        ] {
            let wrong = good.replace(from, to);
            assert!(wrong != good && device().read(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(device().read(b"\xff\xfe").is_none());
    }

    /// A failure here would send Explorer a response that is not XML, or that belongs to another question.
    #[test]
    fn responses_relate_to_their_request() {
        let device = device();
        let probe = message(&format!("{DISCOVERY}/Probe"), "<d:Probe/>").replace(ID, "a&lt;b&amp;c");
        // The reader gives the parts between the references; nothing of them can leave the element.
        let request = device.read(probe.as_bytes()).unwrap();
        let response = device.response(&request, "http://10.0.0.1:5357/x", "1");
        let mut reader = NsReader::from_str(&response);
        while !matches!(reader.read_event().unwrap(), Event::Eof) {}
        for part in [
            "ProbeMatches</wsa:Action>",
            "urn:uuid:11111111-1111-1111-1111-111111111111",
            "<wsd:XAddrs>http://10.0.0.1:5357/x<",
        ] {
            assert!(response.contains(part), "{part}: {response}");
        }
        let get = Request { kind: Kind::Get, id: ID.to_owned() };
        let described = device.response(&get, "", "2");
        assert!(
            described.contains("<pub:Computer>FS1/Workgroup:WORKGROUP<") && described.contains(ID),
            "{described}"
        );
        assert!(
            described.contains("MessageNumber=\"2\"") && described.contains("InstanceId=\"7\""),
            "{described}"
        );
    }
}
