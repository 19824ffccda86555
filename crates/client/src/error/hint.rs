use std::fmt;
use std::io;

use netsession_rpc::FaultCode;

use super::{Error, NetBiosError, Protection, Step, is_out_of_descriptors};
use crate::{KerberosError, KerberosReason, NtStatus, Unreported, Unsent, Win32Error};

/// What a person can do about an [`Error`].
///
/// Its text is one line in lower case without a period, because it follows `hint:`. A front end matches the variants
/// for which it has a better text.
///
/// ```
/// use netsession::Hint;
///
/// // A command adds the flag that the library cannot know.
/// let text = |hint: Hint| match hint {
///     Hint::UseNetBios => "check the spelling, use an address, or pass --netbios".to_owned(),
///     hint => hint.to_string(),
/// };
/// assert_eq!(text(Hint::CheckName), "check the spelling, or use an address");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hint {
    /// `NETSESSION_LOCAL` needs an address.
    SetLocalVariable,
    /// Several local servers run, and the user must name one.
    NameOneServer,
    /// No name service knows the name.
    CheckName,
    /// The system does not know the name. The NetBIOS name service, which netsession has not asked, may know it.
    UseNetBios,
    /// The nameservers do not answer.
    CheckNameservers,
    /// Nothing listens on the port.
    CheckPort,
    /// No connection is possible.
    CheckReachability,
    /// This process has too many files open.
    RaiseOpenFiles,
    /// The server is slow.
    AllowMoreTime,
    /// A call got no response, and the server may still carry it out.
    VerifyByListing,
    /// The connection broke during a call, whose outcome is not known.
    ListAgain,
    /// The connection broke before the library sent a call.
    TryAgain,
    /// Another computer answers by the server's name.
    NameOneComputer,
    /// The peer closed the connection as soon as it saw SMB.
    CheckPeer,
    /// The peer is not an SMB server.
    CheckService,
    /// The server speaks only SMB 1.
    EnableSmb2,
    /// The two sides accept no dialect in common.
    CheckDialects,
    /// The user or the password is wrong.
    CheckLogin,
    /// The account may not log on with NTLM.
    AvoidRestriction,
    /// The account is locked.
    UnlockAccount,
    /// The account is disabled.
    EnableAccount,
    /// The account has expired.
    ExtendAccount,
    /// The account may not log on at this hour, or from this computer.
    CheckLogonLimits,
    /// The password has expired.
    ChangePassword,
    /// The server's policy denies the account the logon over the network.
    GrantNetworkLogon,
    /// The server cannot reach its domain.
    CheckDomain,
    /// The domain does not know the part of the user's name after `@`.
    CheckUserSuffix,
    /// The trust between the server and its domain, or between domains, is broken.
    RepairTrust,
    /// The account belongs to a computer or a domain.
    UseUserAccount,
    /// The account may log on with a smart card only.
    UsePasswordAccount,
    /// The clocks of the server and of this computer, or of the domain, differ too much.
    CheckClocks,
    /// The server refuses the logon, possibly because it demands encryption, which the dialect lacks.
    CheckLogonPolicy,
    /// The server accepts no more users.
    FreeConnections,
    /// The server logged the user on as a guest.
    CheckUser,
    /// The server does not accept NTLM.
    AllowNtlm,
    /// The server refuses NTLM, so that only Kerberos is left.
    UseKerberos,
    /// There is no Kerberos ticket, or it has expired.
    GetTicket,
    /// The domain knows no service of the server's name.
    CheckServiceName,
    /// A ticket needs the server's name.
    NameServerForKerberos,
    /// Kerberos needs a domain controller and DNS.
    CheckDomainControllers,
    /// No domain controller answered in time, so that NTLM did not follow.
    WaitForDomainControllers,
    /// The domain does not know the user.
    CheckKerberosUser,
    /// The domain does not let the account log on.
    CheckAccount,
    /// The keytab has no usable key.
    CheckKeytab,
    /// There is no Kerberos library.
    InstallKerberos,
    /// The server does not offer Kerberos.
    UsePassword,
    /// The server refused a ticket.
    RenewTicket,
    /// Kerberos failed in a way that netsession has no better words for.
    CheckKerberos,
    /// The server does not encrypt.
    EnableEncryption,
    /// The server does not sign.
    EnableSigning,
    /// The server demands encryption, which requires SMB 3.
    AllowSmb3,
    /// Something on the network changes messages.
    DistrustNetwork,
    /// The user may not end sessions.
    NeedRightToEndSessions,
    /// The user may not close files.
    NeedRightToCloseFiles,
    /// The user may not do this.
    LogOnAsAdministrator,
    /// No session matches.
    ListSessions,
    /// The file is not open.
    ListFiles,
    /// There is no such share.
    ListShares,
    /// The server lists connections by share only.
    SelectByShare,
    /// Select by something that the server reports.
    SelectOtherwise,
    /// The server gives its sessions no ids.
    SelectByPair,
    /// The server ends all sessions of a user from a client, and not all of them are selected.
    SelectWholePair,
    /// The library cannot distinguish its own session from selected ones.
    LogOnAsAnother,
    /// The id of a selected session belongs to another one by now.
    SelectAgain,
    /// The server does not have the function.
    NotOffered,
    /// The server is short of resources.
    TryLater,
    /// The server failed.
    CheckServerLog,
    /// One of the two sides does not follow the protocol.
    ReportBug,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl KerberosError {
    /// Returns what a person can do about this error.
    #[must_use]
    pub fn hint(&self) -> Hint {
        Hint::of_kerberos(self)
    }
}

impl Hint {
    const fn text(self) -> &'static str {
        match self {
            Self::SetLocalVariable => "set it to HOST:PORT, or name the server",
            Self::NameOneServer => "name one of them",
            Self::CheckName => "check the spelling, or use an address",
            Self::UseNetBios => "check the spelling, use an address, or look the name up by NetBIOS",
            Self::CheckNameservers => "check the network and the nameservers, or use an address",
            Self::CheckPort => {
                "nothing listens there: check that the file server is running and that the port is right"
            }
            Self::CheckReachability => {
                "check that the server is up and that no firewall blocks SMB (TCP port 445)"
            }
            Self::AllowMoreTime => "the server may be overloaded or starting: try again, or allow more time",
            Self::VerifyByListing => {
                "list again to see whether the server carried it out; a second request could do it twice"
            }
            Self::ListAgain => "list again to see whether the server carried it out",
            Self::TryAgain => "try again; the server's log may say why it closed the connection",
            Self::NameOneComputer => {
                "begin again; if the name stands for several computers, name the one that you mean"
            }
            Self::CheckPeer => {
                "check that this is the port of a file server; it may speak only SMB 1, or refuse this \
                 computer's address"
            }
            Self::CheckService => "check the port: file servers listen on 445",
            Self::EnableSmb2 => "enable SMB 2 or later on the server",
            Self::CheckDialects => "check which SMB versions the server and your settings allow",
            Self::CheckLogin => "check the user, the domain and the password",
            Self::AvoidRestriction => {
                "log on with Kerberos: members of Protected Users cannot use NTLM; empty passwords are refused, too"
            }
            Self::UnlockAccount => "too many wrong passwords: have the account unlocked, or wait",
            Self::EnableAccount => "have the account enabled",
            Self::ExtendAccount => "the account has expired: have it extended",
            Self::CheckLogonLimits => "the account may not log on at this hour, or from this computer",
            Self::ChangePassword => "change the password first",
            Self::GrantNetworkLogon => {
                "the server's policy denies this account the logon over the network: have it granted"
            }
            Self::CheckDomain => {
                "the server cannot reach its domain controller: check the server, or try later"
            }
            Self::CheckUserSuffix => {
                "the domain does not know the part of the user's name after @: write the user as DOMAIN\\USER"
            }
            Self::RepairTrust => {
                "the trust between the server and the domain is broken: have it repaired, or log on with an \
                 account of the server itself (SERVER\\USER)"
            }
            Self::UseUserAccount => {
                "log on with a user's account: this one belongs to a computer or a domain"
            }
            Self::UsePasswordAccount => {
                "the account may log on with a smart card only: use one that logs on with a password"
            }
            Self::CheckClocks => "check the clocks of the server, of its domain and of this computer",
            Self::CheckLogonPolicy => {
                "the server may demand encryption, which requires SMB 3 or later, or deny this account the logon \
                 over the network"
            }
            Self::FreeConnections => "the server accepts no more users: disconnect some, or try later",
            Self::CheckUser => {
                "check the user's name and domain: the server maps unknown users to its guest account"
            }
            Self::AllowNtlm => "log on with Kerberos, or allow NTLM on the server",
            Self::UseKerberos => {
                "the server refuses NTLM: log on with Kerberos, with the server's DNS name and a user of the domain"
            }
            Self::GetTicket => "get a ticket with kinit, or log on with a password",
            Self::CheckServiceName => {
                "the domain has no service principal of this name: use the server's DNS name in the domain, or set \
                 kerberos-name in the configuration file"
            }
            Self::NameServerForKerberos => {
                "name the server by its DNS name, or set kerberos-name in the configuration file"
            }
            Self::CheckDomainControllers => {
                "check that this computer reaches DNS and a domain controller (port 88), and the realm in krb5.conf"
            }
            Self::WaitForDomainControllers => {
                "check that this computer reaches DNS and a domain controller (port 88), or log on with NTLM alone"
            }
            Self::CheckKerberosUser => "check the user and the realm: write USER@REALM",
            Self::CheckAccount => {
                "the account is disabled, locked or expired: have an administrator of the domain check it"
            }
            Self::CheckKeytab => "check the keytab with klist -k: it needs the current keys of this user",
            Self::InstallKerberos => {
                "install the Kerberos library (libgssapi-krb5-2, krb5-libs), or log on with NTLM and a password"
            }
            Self::UsePassword => {
                "the server may be in no domain: log on with the password of a user of the server"
            }
            Self::RenewTicket => {
                "the ticket may be old, or for another computer of this name: renew it with kdestroy and kinit, and \
                 check the clocks"
            }
            Self::CheckKerberos => "check krb5.conf and the ticket (klist)",
            Self::RaiseOpenFiles => {
                "this computer refused the socket: raise the limit of open files (ulimit -n), or name fewer servers"
            }
            Self::EnableEncryption => "enable SMB 3 encryption on the server, or do not require it",
            Self::EnableSigning => "enable signing on the server",
            Self::AllowSmb3 => "accept SMB 3.0 or later",
            Self::DistrustNetwork => {
                "do not trust this network: something between this computer and the server changes messages"
            }
            Self::NeedRightToEndSessions => {
                "log on as a member of Administrators or Server Operators (on Samba: root or Domain Admins)"
            }
            Self::NeedRightToCloseFiles => {
                "log on as a member of Administrators or Server Operators (on Samba: root or a holder of \
                 SeDiskOperatorPrivilege)"
            }
            Self::LogOnAsAdministrator => {
                "log on as an administrator of the server (on Samba: root or a member of Domain Admins)"
            }
            Self::ListSessions => "no session matches: list the sessions to see who is connected",
            Self::ListFiles => "the file may be closed already: list the open files",
            Self::ListShares => "check the name of the share, or list the shares",
            Self::SelectOtherwise => {
                "select by client or user: Samba reports neither idle times nor the users of a share"
            }
            Self::LogOnAsAnother => {
                "log on as another user, so that netsession can identify its own session, or end that one, too"
            }
            Self::SelectWholePair => {
                "this server ends all sessions of a user from a client: select by them alone to end them all"
            }
            Self::SelectAgain => "list the sessions again, and select by the ids that the server gives now",
            Self::SelectByPair => {
                "select by client and user: only netsession's own server gives ids, and others end all sessions of a user \
                 from a client"
            }
            Self::SelectByShare => "Samba lists connections by share only: name a share instead of a client",
            Self::NotOffered => "this server does not offer the function",
            Self::TryLater => "the server is short of resources: try again later",
            Self::CheckServerLog => "the server failed; its log may say why",
            Self::ReportBug => "the server or netsession has a bug: please report it",
        }
    }

    /// Returns the hint for an error: the only mapping of the library.
    pub(super) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::Local { .. } => Self::SetLocalVariable,
            Error::SeveralLocal { .. } => Self::NameOneServer,
            Error::Resolve { cause, .. } if is_silence_of_nameservers(cause) => Self::CheckNameservers,
            Error::Resolve { .. } | Error::NetBios { cause: NetBiosError::Off, .. } => Self::UseNetBios,
            Error::NetBios { .. } => Self::CheckName,
            Error::Connect { cause, .. } if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Self::CheckPort
            }
            Error::Connect { cause, .. } if is_out_of_descriptors(cause) => Self::RaiseOpenFiles,
            Error::Connect { .. } | Error::TimedOut { step: Step::Connect, .. } => Self::CheckReachability,
            Error::TimedOut { .. } => Self::AllowMoreTime,
            Error::Unknown { .. } => Self::VerifyByListing,
            Error::Disconnected { step: Step::Negotiate, .. } => Self::CheckPeer,
            Error::Disconnected { step: Step::Call(call), .. } if !only_reads(call) => Self::ListAgain,
            Error::Disconnected { .. } => Self::TryAgain,
            Error::OtherServer { .. } => Self::NameOneComputer,
            Error::NotSmb { .. } => Self::CheckService,
            Error::Smb1Only { .. } => Self::EnableSmb2,
            Error::NoDialect { .. } => Self::CheckDialects,
            Error::Logon { status, .. } => return Self::of_logon(*status),
            Error::Kerberos { cause, .. } => Self::of_kerberos(cause),
            Error::TicketRefused { clock_difference: Some(_), .. } => Self::CheckClocks,
            Error::TicketRefused { status, .. } => Self::of_refused_ticket(*status),
            Error::Guest { .. } => Self::CheckUser,
            Error::NoMechanism { .. } => Self::AllowNtlm,
            Error::Insecure { lacks: Protection::Encryption, .. } => Self::EnableEncryption,
            Error::Insecure { lacks: Protection::Signing, .. } => Self::EnableSigning,
            Error::EncryptionDemanded { .. } => Self::AllowSmb3,
            Error::Tampered { .. } => Self::DistrustNetwork,
            Error::Answered { code, step, .. } => return Self::of_answer(*code, *step),
            Error::NoShare { .. } => Self::ListShares,
            Error::HidesConnections { .. } => Self::SelectByShare,
            Error::NotReported { what: Unreported::Ids, .. } => Self::SelectByPair,
            Error::NotReported { .. } => Self::SelectOtherwise,
            Error::LeftOut { why: Unsent::Inseparable, .. } => Self::SelectWholePair,
            Error::LeftOut { why: Unsent::MayBeOwn, .. } => Self::LogOnAsAnother,
            Error::LeftOut { .. } => Self::SelectOtherwise,
            Error::OtherSession { .. } => Self::SelectAgain,
            Error::Fault { code, step, .. } => Self::of_fault(*code, *step),
            Error::Refused { status, step, .. } => return Self::of_refusal(*status, *step),
            Error::Decode { .. } | Error::Protocol { .. } => Self::ReportBug,
            Error::Parameter { .. } | Error::Vetoed { .. } | Error::File { .. } | Error::System { .. } => {
                return None;
            }
        })
    }

    fn of_kerberos(cause: &KerberosError) -> Self {
        use KerberosReason as Reason;
        match cause.reason() {
            Some(Reason::NoLibrary) => Self::InstallKerberos,
            Some(Reason::NoTicket | Reason::TicketExpired) => Self::GetTicket,
            Some(Reason::TicketNotYetValid | Reason::ClockSkew) => Self::CheckClocks,
            Some(Reason::UnknownService) => Self::CheckServiceName,
            Some(Reason::UnknownUser | Reason::NoDefaultRealm) => Self::CheckKerberosUser,
            Some(Reason::WrongPassword) => Self::CheckLogin,
            Some(Reason::AccountRevoked) => Self::CheckAccount,
            Some(Reason::AccountExpired) => Self::ExtendAccount,
            Some(Reason::PasswordExpired) => Self::ChangePassword,
            Some(Reason::Policy) => Self::CheckLogonLimits,
            Some(Reason::KdcUnreachable | Reason::UnknownRealm) => Self::CheckDomainControllers,
            Some(Reason::NoKey) => Self::CheckKeytab,
            Some(Reason::Replayed | Reason::WrongService | Reason::BadToken) => Self::RenewTicket,
            Some(_) => Self::CheckKerberos,
            None => match cause {
                KerberosError::NeedsName => Self::NameServerForKerberos,
                KerberosError::NotOffered => Self::UsePassword,
                KerberosError::TimedOut(_) => Self::WaitForDomainControllers,
                _ => Self::GetTicket,
            },
        }
    }

    /// Returns the hint for a ticket that the server refused. A failed logon says nothing about a password then.
    fn of_refused_ticket(status: NtStatus) -> Self {
        match Self::of_logon(status) {
            None | Some(Self::CheckLogin | Self::AllowNtlm | Self::CheckServerLog) => Self::RenewTicket,
            Some(hint) => hint,
        }
    }

    fn of_logon(status: NtStatus) -> Option<Self> {
        Some(match status {
            NtStatus::LOGON_FAILURE
            | NtStatus::NO_SUCH_USER
            | NtStatus::WRONG_PASSWORD
            | NtStatus::INVALID_ACCOUNT_NAME
            | NtStatus::ILL_FORMED_PASSWORD
            | NtStatus::NONE_MAPPED => Self::CheckLogin,
            NtStatus::OBJECT_NAME_NOT_FOUND => Self::CheckUserSuffix,
            NtStatus::ACCESS_DENIED => Self::CheckLogonPolicy,
            NtStatus::NTLM_BLOCKED => Self::UseKerberos,
            NtStatus::NOT_SUPPORTED | NtStatus::NO_SUCH_PACKAGE => Self::AllowNtlm,
            NtStatus::ACCOUNT_RESTRICTION => Self::AvoidRestriction,
            NtStatus::ACCOUNT_LOCKED_OUT => Self::UnlockAccount,
            NtStatus::ACCOUNT_DISABLED => Self::EnableAccount,
            NtStatus::ACCOUNT_EXPIRED => Self::ExtendAccount,
            NtStatus::INVALID_LOGON_HOURS
            | NtStatus::INVALID_WORKSTATION
            | NtStatus::LOGIN_TIME_RESTRICTION
            | NtStatus::LOGIN_WKSTA_RESTRICTION => Self::CheckLogonLimits,
            NtStatus::PASSWORD_EXPIRED | NtStatus::PASSWORD_MUST_CHANGE | NtStatus::PASSWORD_RESTRICTION => {
                Self::ChangePassword
            }
            NtStatus::LOGON_TYPE_NOT_GRANTED
            | NtStatus::LOGON_NOT_GRANTED
            | NtStatus::AUTHENTICATION_FIREWALL_FAILED
            | NtStatus::NETWORK_ACCESS_DENIED => Self::GrantNetworkLogon,
            NtStatus::NO_LOGON_SERVERS
            | NtStatus::NO_SUCH_DOMAIN
            | NtStatus::CANT_ACCESS_DOMAIN_INFO
            | NtStatus::DOMAIN_CONTROLLER_NOT_FOUND
            | NtStatus::NETLOGON_NOT_STARTED
            | NtStatus::LOGON_SERVER_CONFLICT
            | NtStatus::IO_TIMEOUT
            | NtStatus::INVALID_DOMAIN_STATE
            | NtStatus::INVALID_SERVER_STATE => Self::CheckDomain,
            NtStatus::TRUSTED_DOMAIN_FAILURE
            | NtStatus::TRUSTED_RELATIONSHIP_FAILURE
            | NtStatus::TRUST_FAILURE
            | NtStatus::NO_TRUST_LSA_SECRET
            | NtStatus::NO_TRUST_SAM_ACCOUNT
            | NtStatus::DOMAIN_TRUST_INCONSISTENT => Self::RepairTrust,
            NtStatus::NOLOGON_INTERDOMAIN_TRUST_ACCOUNT
            | NtStatus::NOLOGON_WORKSTATION_TRUST_ACCOUNT
            | NtStatus::NOLOGON_SERVER_TRUST_ACCOUNT => Self::UseUserAccount,
            NtStatus::SMARTCARD_LOGON_REQUIRED => Self::UsePasswordAccount,
            NtStatus::TIME_DIFFERENCE_AT_DC => Self::CheckClocks,
            NtStatus::LICENSE_QUOTA_EXCEEDED | NtStatus::CONNECTION_COUNT_LIMIT => Self::FreeConnections,
            NtStatus::INSUFFICIENT_RESOURCES
            | NtStatus::INSUFF_SERVER_RESOURCES
            | NtStatus::NO_MEMORY
            | NtStatus::TOO_MANY_CONTEXT_IDS
            | NtStatus::REQUEST_NOT_ACCEPTED => Self::TryLater,
            NtStatus::INTERNAL_ERROR
            | NtStatus::UNSUCCESSFUL
            | NtStatus::NO_SUCH_LOGON_SESSION
            | NtStatus::MUTUAL_AUTHENTICATION_FAILED
            | NtStatus::DOWNGRADE_DETECTED
            | NtStatus::INVALID_PARAMETER => Self::CheckServerLog,
            _ => return None,
        })
    }

    fn of_refusal(status: NtStatus, step: Step) -> Option<Self> {
        Some(match (status, step) {
            (NtStatus::ACCESS_DENIED, _) => Self::LogOnAsAdministrator,
            (NtStatus::BAD_NETWORK_NAME, Step::ConnectShare) => Self::ListShares,
            (NtStatus::OBJECT_NAME_NOT_FOUND | NtStatus::PIPE_NOT_AVAILABLE, Step::OpenPipe) => {
                Self::NotOffered
            }
            (
                NtStatus::INSUFFICIENT_RESOURCES
                | NtStatus::INSUFF_SERVER_RESOURCES
                | NtStatus::REQUEST_NOT_ACCEPTED,
                _,
            ) => Self::TryLater,
            _ => return None,
        })
    }

    fn of_answer(code: Win32Error, step: Step) -> Option<Self> {
        Some(match (code, step) {
            (Win32Error::ERROR_ACCESS_DENIED, step) => Self::of_denial(step),
            (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, _) => Self::ListSessions,
            (
                Win32Error::NERR_FILE_ID_NOT_FOUND | Win32Error::ERROR_FILE_NOT_FOUND,
                Step::Call("NetrFileClose"),
            ) => Self::ListFiles,
            (Win32Error::NERR_NET_NAME_NOT_FOUND, _)
            | (Win32Error::ERROR_INVALID_NAME, Step::Call("NetrConnectionEnum")) => Self::ListShares,
            _ => return None,
        })
    }

    /// Returns the hint for a call that the server denies this user, by its own status or by a fault.
    const fn of_denial(step: Step) -> Self {
        match step {
            Step::Call(name) => match name.as_bytes() {
                b"NetrSessionDel" => Self::NeedRightToEndSessions,
                b"NetrFileClose" => Self::NeedRightToCloseFiles,
                _ => Self::LogOnAsAdministrator,
            },
            _ => Self::LogOnAsAdministrator,
        }
    }

    fn of_fault(code: FaultCode, step: Step) -> Self {
        match code {
            FaultCode::ACCESS_DENIED => Self::of_denial(step),
            code if code.0 == NtStatus::ACCESS_DENIED.0 => Self::of_denial(step),
            FaultCode::NCA_S_OP_RNG_ERROR | FaultCode::NCA_S_UNK_IF => Self::NotOffered,
            FaultCode::NCA_S_SERVER_TOO_BUSY
            | FaultCode::NCA_S_FAULT_REMOTE_NO_MEMORY
            | FaultCode::NCA_S_OUT_ARGS_TOO_BIG => Self::TryLater,
            _ => Self::CheckServerLog,
        }
    }
}

/// Whether a call changes nothing at the server, so that nothing is carried out if it gets no answer.
fn only_reads(call: &str) -> bool {
    call.ends_with("Enum") || call.ends_with("GetInfo")
}

/// Whether no nameserver answered. The standard library has no kind for EAI_AGAIN, only the text of the C library.
fn is_silence_of_nameservers(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::TimedOut
        || cause.to_string().contains("Temporary failure in name resolution")
}
