//! Logging in: the mechanisms, and the time and random bytes that they take.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use netsession_smb::auth::{Inputs, Mechanism, ntlm};
use netsession_smb::client::Entropy;
use netsession_wire::Guid;

use crate::{Error, Login, Secret, ServerAddress, Step, SystemResource, Win32Error};

/// 100-nanosecond units between 1601 and 1970.
const UNIX_EPOCH_AS_FILETIME: u64 = 116_444_736_000_000_000;

/// How to log in at `server`: NTLM so far.
pub(super) fn mechanisms(login: &Login, server: &ServerAddress) -> Result<Vec<Box<dyn Mechanism>>, Error> {
    let nt_hash = match &login.secret {
        Secret::Password(password) => ntlm::NtHash::of_password(password),
        Secret::NtHash(hash) => ntlm::NtHash::new(**hash),
    };
    let domain = login.domain.clone().unwrap_or_default();
    let credentials = ntlm::Credentials { user: login.user.clone(), domain, nt_hash };
    let service = format!("cifs/{}", server.host());
    let client = ntlm::Client::new(credentials, &service, "").map_err(|_| Error::Parameter {
        step: Step::Logon,
        code: Win32Error::ERROR_INVALID_PARAMETER,
        why: "the user's name is empty",
    })?;
    Ok(vec![Box::new(client)])
}

/// The random bytes of one connection.
pub(super) fn entropy() -> Result<Entropy, Error> {
    let mut salt = [0; 32];
    let mut client_guid = [0; 16];
    let mut nonce_seed = [0; 12];
    fill(&mut salt)?;
    fill(&mut client_guid)?;
    fill(&mut nonce_seed)?;
    Ok(Entropy { client_guid: Guid(client_guid), salt, nonce_seed })
}

/// Time and random bytes for the steps of a login, more than any mechanism takes.
pub(super) fn inputs() -> Result<Vec<Inputs>, Error> {
    const STEPS: usize = 8;
    let filetime = filetime();
    let inputs = std::iter::repeat_with(|| {
        let mut random = [0; 32];
        fill(&mut random).map(|()| Inputs { filetime, random })
    });
    inputs.take(STEPS).collect()
}

fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::System {
        resource: SystemResource::RandomBytes,
        cause: io::Error::other(error),
    })
}

/// The system's clock as FILETIME.
fn filetime() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let units = u64::try_from(since.as_nanos() / 100).unwrap_or_default();
    UNIX_EPOCH_AS_FILETIME.saturating_add(units)
}
