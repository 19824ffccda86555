//! Durable opens in CREATE ([MS-SMB2] 3.3.5.9.6, 3.3.5.9.7, 3.3.5.9.10, 3.3.5.9.12).

use std::time::Duration;

use netsession_smb::msg::create_context::{
    CreateContextData, DurableFlags, DurableReconnect, DurableReconnectV2, DurableRequest, DurableRequestV2,
    DurableResponse, DurableResponseV2,
};
use netsession_smb::msg::{CreateContext, Dialect};
use netsession_wire::{Guid, NtStatus};

use crate::state::{Durable, OpenNumber, Reclaim};

/// The longest time for which an open waits for its client.
const LONGEST: Duration = Duration::from_secs(300);
/// The time if the client asks for none.
const DEFAULT: Duration = Duration::from_secs(60);

/// What a CREATE request says about durability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Nothing, or nothing that applies to this request.
    None,
    /// The open should survive the connection.
    Requested {
        /// The client's own identifier.
        client: Guid,
        /// The identifier of the request; `None` in version 1.
        create: Option<Guid>,
        /// How long it should wait.
        timeout: Duration,
    },
    /// The client reclaims an open.
    Reclaimed(Reclaim),
}

impl Durability {
    /// Reads the contexts of a request, which asks for handle caching or not. Without a `client`, the server keeps nothing for it.
    /// The GUID zero names no client: all clients of SMB 2.0.2 send it ([MS-SMB2] 2.2.3).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for contexts that do not go together; `STATUS_OBJECT_NAME_NOT_FOUND` for an open that
    /// cannot exist.
    pub(super) fn of(
        contexts: &[CreateContext],
        dialect: Dialect,
        keeps_handle: bool,
        client: Option<Guid>,
    ) -> Result<Self, NtStatus> {
        let is_new = dialect >= Dialect::SMB_3_0;
        let request = find::<DurableRequest>(contexts)?;
        let reconnect = find::<DurableReconnect>(contexts)?;
        let request_v2 = find::<DurableRequestV2>(contexts)?.filter(|_| is_new);
        let reconnect_v2 = find::<DurableReconnectV2>(contexts)?.filter(|_| is_new);
        let first = request.is_some() || reconnect.is_some();
        let second = request_v2.is_some() || reconnect_v2.is_some();
        if first && second || request_v2.is_some() && reconnect_v2.is_some() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let reclaimed = match (reconnect, reconnect_v2) {
            (Some(old), _) => Some((old.file_id.persistent, None)),
            (None, Some(new)) => Some((new.file_id.persistent, Some(new.create_guid))),
            (None, None) => None,
        };
        let Some(client) = client.filter(|client| *client != Guid::ZERO) else {
            return if reclaimed.is_some() { Err(NtStatus::OBJECT_NAME_NOT_FOUND) } else { Ok(Self::None) };
        };
        if let Some((persistent, create)) = reclaimed {
            let number = u32::try_from(persistent).map_err(|_| NtStatus::OBJECT_NAME_NOT_FOUND)?;
            return Ok(Self::Reclaimed(Reclaim { number: OpenNumber(number), client, create }));
        }
        Ok(match request_v2 {
            Some(DurableRequestV2 { timeout, create_guid, .. }) => {
                let timeout = if timeout == 0 { DEFAULT } else { Duration::from_millis(timeout.into()) };
                let timeout = timeout.min(LONGEST);
                Self::Requested { client, create: Some(create_guid), timeout }
            }
            // Only a client that caches the handle can ask for it.
            None if request.is_some() && keeps_handle => {
                Self::Requested { client, create: None, timeout: LONGEST }
            }
            None => Self::None,
        })
    }

    /// Returns the client and the identifier of a request of version 2.
    pub(super) const fn guids(self) -> Option<(Guid, Guid)> {
        match self {
            Self::Requested { client, create: Some(create), .. } => Some((client, create)),
            _ => None,
        }
    }
}

/// Returns the response context of a durable open.
pub(super) fn response(durable: &Durable) -> Option<CreateContext> {
    let timeout = u32::try_from(durable.timeout.as_millis()).unwrap_or(u32::MAX);
    let context = match durable.create {
        None => CreateContext::new(&DurableResponse),
        Some(_) => CreateContext::new(&DurableResponseV2 { timeout, flags: DurableFlags::empty() }),
    };
    context.ok()
}

fn find<T: CreateContextData>(contexts: &[CreateContext]) -> Result<Option<T>, NtStatus> {
    CreateContext::find(contexts).map_err(|_| NtStatus::INVALID_PARAMETER)
}
