//! [`Mdns`]: the services `_smb._tcp` and `_device-info._tcp` ([RFC 6762], [RFC 6763]).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mdns_sd::{Result, ServiceDaemon, ServiceInfo};

const SMB: &str = "_smb._tcp.local.";
const DEVICE: &str = "_device-info._tcp.local.";
/// The icon that Finder shows: a server in a rack.
const MODEL: &str = "RackMac";
/// How long the end of the server waits for the farewell.
const PATIENCE: Duration = Duration::from_secs(2);

/// The announced services.
pub(super) struct Mdns {
    daemon: ServiceDaemon,
    services: Vec<String>,
}

impl Mdns {
    /// Announces a server under this name, at the port of its first address that others can reach.
    pub(super) fn start(name: &str, listeners: &[SocketAddr]) -> Result<Self> {
        let far: Vec<&SocketAddr> = listeners.iter().filter(|address| !address.ip().is_loopback()).collect();
        let port = far.first().map_or(445, |address| address.port());
        let ips: Vec<IpAddr> = far.iter().map(|address| address.ip()).collect();
        let daemon = ServiceDaemon::new()?;
        let mut services = Vec::new();
        for (kind, port, text) in [(SMB, port, None), (DEVICE, 0, Some(("model", MODEL)))] {
            let texts: Vec<(&str, &str)> = text.into_iter().collect();
            let host = format!("{}.local.", name.to_lowercase());
            let service = match ips.iter().any(IpAddr::is_unspecified) {
                true => ServiceInfo::new(kind, name, &host, (), port, texts.as_slice())?.enable_addr_auto(),
                false => ServiceInfo::new(kind, name, &host, ips.as_slice(), port, texts.as_slice())?,
            };
            services.push(service.get_fullname().to_owned());
            daemon.register(service)?;
        }
        Ok(Self { daemon, services })
    }

    /// Says that the services are gone, so that nobody lists them until they expire.
    pub(super) async fn stop(self) {
        let farewell = async {
            for service in &self.services {
                if let Ok(gone) = self.daemon.unregister(service) {
                    let _ = gone.recv_async().await;
                }
            }
            if let Ok(stopped) = self.daemon.shutdown() {
                let _ = stopped.recv_async().await;
            }
        };
        if tokio::time::timeout(PATIENCE, farewell).await.is_err() {
            tracing::debug!("mDNS: no farewell in time");
        }
    }
}
