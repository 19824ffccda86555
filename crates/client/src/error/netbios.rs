use std::io;

/// Why the NetBIOS name service gave no address ([`crate::Error::NetBios`]).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetBiosError {
    /// [`crate::NetBios::Off`] turns the lookup off.
    #[error("this lookup is turned off")]
    Off,
    /// The name is not a valid NetBIOS name (RFC 1001, section 14).
    #[error("a NetBIOS name has 1 to 15 characters and no dot")]
    InvalidName,
    /// The WINS server answered that it has no such name.
    #[error("the WINS server does not know the name")]
    NotRegistered,
    /// No answer came in time.
    #[error("no computer answered to the name")]
    NoAnswer,
    /// The system could not send the query or receive its answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}
