use netsession_wire::{DecodeError, Reader, Writer};

use super::{Body, Command, EncodeError, Message};

/// A notification of the server that needs no answer (3.1.1, [MS-SMB2] 2.2.44).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerNotification {
    /// The session of the header has ended (2.2.44.2).
    SessionClosed,
    /// Something that this crate does not know.
    Unknown {
        /// NotificationType.
        notification_type: u32,
        /// Notification.
        notification: Vec<u8>,
    },
}

/// NotificationType SmbNotifySessionClosed.
const SESSION_CLOSED: u32 = 0;

impl Message<'_> for ServerNotification {
    const COMMAND: Command = Command::SERVER_TO_CLIENT_NOTIFICATION;
}

impl Body<'_> for ServerNotification {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let (notification_type, notification) = match self {
            Self::SessionClosed => (SESSION_CLOSED, &[0; 4][..]),
            Self::Unknown { notification_type, notification } => (*notification_type, &notification[..]),
        };
        writer.u16(super::field::len16(notification.len().saturating_add(8), "notification")?);
        writer.u16(0);
        writer.u32(notification_type);
        writer.bytes(notification);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SERVER_TO_CLIENT_NOTIFICATION";
        let length = usize::from(reader.u16(WHAT)?).checked_sub(8).ok_or(DecodeError::invalid(WHAT))?;
        reader.skip(2, WHAT)?;
        let notification_type = reader.u32(WHAT)?;
        let notification = reader.bytes(length, WHAT)?;
        Ok(match notification_type {
            SESSION_CLOSED => Self::SessionClosed,
            _ => Self::Unknown { notification_type, notification: notification.to_vec() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    /// A failure here would leave a client unaware that its session was ended.
    #[test]
    fn both_survive() {
        assert_eq!(bytes_of(&ServerNotification::SessionClosed)[64..], [12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        survives!(ServerNotification, ServerNotification::SessionClosed);
        let notification = vec![1, 2, 3];
        survives!(ServerNotification, ServerNotification::Unknown { notification_type: 4, notification });
    }
}
