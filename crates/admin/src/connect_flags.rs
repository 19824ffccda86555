//! [`ConnectFlags`]: the flags of a command that change the options of a connection.

use std::time::Duration;

use netsession::{ConnectOptions, Encryption, NetBios};
use netsession_config::Settings;

/// The connection flags of a command. A flag overrides the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectFlags {
    /// `--encrypt`: refuse servers that cannot encrypt.
    pub is_encryption_required: bool,
    /// `--timeout`: the time limit for all that is read from a server.
    pub time_limit: Option<Duration>,
    /// `--netbios`: look up names that DNS does not know on the local network, or at the configured WINS server.
    pub has_netbios: bool,
}

impl ConnectFlags {
    /// Returns the options for a server with these settings.
    #[must_use]
    pub fn options(&self, settings: &Settings) -> ConnectOptions {
        let mut options = settings.connect_options();
        if self.is_encryption_required {
            options.encryption = Encryption::Required;
        }
        if let Some(limit) = self.time_limit {
            (options.connect_timeout, options.call_timeout) = (limit, limit);
        }
        if self.has_netbios && options.netbios == NetBios::Off {
            options.netbios = NetBios::Broadcast;
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would send data unencrypted although a person required encryption, or broadcast a name without
    /// permission.
    #[test]
    fn flags_override_the_configuration() {
        let wins = "10.0.0.1".parse().unwrap();
        let settings =
            Settings { timeout: Some(Duration::from_secs(8)), wins: Some(wins), ..Settings::default() };
        let plain = ConnectFlags::default().options(&settings);
        assert_eq!((plain.connect_timeout, plain.netbios), (Duration::from_secs(8), NetBios::Wins(wins)));
        let flags = ConnectFlags {
            is_encryption_required: true,
            time_limit: Some(Duration::from_secs(1)),
            has_netbios: true,
        };
        let options = flags.options(&settings);
        assert_eq!(
            (options.encryption, options.call_timeout),
            (Encryption::Required, Duration::from_secs(1))
        );
        assert_eq!(options.netbios, NetBios::Wins(wins));
        assert_eq!(flags.options(&Settings::default()).netbios, NetBios::Broadcast);
    }
}
