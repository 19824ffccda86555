//! [`Mdns`]: the services `_smb._tcp` and `_device-info._tcp` ([RFC 6762], [RFC 6763]).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mdns_sd::{Result, ServiceDaemon, ServiceInfo};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const SMB: &str = "_smb._tcp.local.";
const DEVICE: &str = "_device-info._tcp.local.";
/// The icon that Finder shows: a server in a rack.
const MODEL: &str = "RackMac";
/// How long the end of the server waits for the farewell.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often to count the records that the daemon keeps.
const LOOK: Duration = Duration::from_secs(2);
/// The most records of other computers. The daemon keeps everything that it receives, for as long as the sender says.
const RECORDS: i64 = 4096;

/// The announced services.
pub(super) struct Mdns {
    /// Dropped to stop the task.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What the server announces.
struct Services {
    all: Vec<ServiceInfo>,
}

impl Mdns {
    /// Announces a server under this name, at the port of its first address that others can reach.
    pub(super) fn start(name: &str, listeners: &[SocketAddr]) -> Result<Self> {
        let services = Services::new(name, listeners)?;
        let daemon = services.announce()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(services.run(daemon, stopped));
        Ok(Self { stop, task })
    }

    /// Says that the services are gone, so that nobody lists them until they expire.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

impl Services {
    fn new(name: &str, listeners: &[SocketAddr]) -> Result<Self> {
        let far: Vec<&SocketAddr> = listeners.iter().filter(|address| !address.ip().is_loopback()).collect();
        let port = far.first().map_or(445, |address| address.port());
        let ips: Vec<IpAddr> = far.iter().map(|address| address.ip()).collect();
        let mut all = Vec::new();
        for (kind, port, text) in [(SMB, port, None), (DEVICE, 0, Some(("model", MODEL)))] {
            let texts: Vec<(&str, &str)> = text.into_iter().collect();
            let host = format!("{}.local.", name.to_lowercase());
            all.push(match ips.iter().any(IpAddr::is_unspecified) {
                true => ServiceInfo::new(kind, name, &host, (), port, texts.as_slice())?.enable_addr_auto(),
                false => ServiceInfo::new(kind, name, &host, ips.as_slice(), port, texts.as_slice())?,
            });
        }
        Ok(Self { all })
    }

    /// Starts a daemon that announces them.
    fn announce(&self) -> Result<ServiceDaemon> {
        let daemon = ServiceDaemon::new()?;
        for service in &self.all {
            daemon.register(service.clone())?;
        }
        Ok(daemon)
    }

    /// Replaces a daemon that keeps too many records by a new one, until the server stops.
    async fn run(self, mut daemon: ServiceDaemon, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                () = tokio::time::sleep(LOOK) => {}
            }
            if records(&daemon).await <= RECORDS {
                continue;
            }
            tracing::debug!("mDNS: too many records of other computers");
            shut_down(&daemon).await;
            match self.announce() {
                Ok(new) => daemon = new,
                Err(error) => tracing::warn!(%error, "mDNS: the server is no longer announced"),
            }
        }
        let farewell = async {
            for service in &self.all {
                if let Ok(gone) = daemon.unregister(service.get_fullname()) {
                    let _ = gone.recv_async().await;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, farewell).await.is_err() {
            tracing::debug!("mDNS: no farewell in time");
        }
        shut_down(&daemon).await;
    }
}

/// Returns how many records of other computers the daemon keeps; 0 if it does not answer.
async fn records(daemon: &ServiceDaemon) -> i64 {
    let Ok(answer) = daemon.get_metrics() else { return 0 };
    let Ok(Ok(metrics)) = tokio::time::timeout(PATIENCE, answer.recv_async()).await else { return 0 };
    let kept = metrics.iter().filter(|(name, _)| name.starts_with("cached-"));
    kept.fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

async fn shut_down(daemon: &ServiceDaemon) {
    if let Ok(stopped) = daemon.shutdown() {
        let _ = tokio::time::timeout(PATIENCE, stopped.recv_async()).await;
    }
}
