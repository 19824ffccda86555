//! Each error with its code, its hint and its text.

use super::*;

/// An error, the code that Windows' functions return for it, its hint, and its text.
pub(super) type Row = (Error, Win32Error, Option<Hint>, &'static str);

const LIST: Step = Step::Call("NetrSessionEnum");
const DEL: Step = Step::Call("NetrSessionDel");
const CLOSE: Step = Step::Call("NetrFileClose");

pub(super) fn fs1() -> String {
    "fs1".to_owned()
}

pub(super) fn io(kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, "the cause")
}

pub(super) fn bob() -> String {
    r"LAB\bob".to_owned()
}

pub(super) fn logon(status: NtStatus) -> Error {
    Error::Logon { server: fs1(), user: bob(), status }
}

pub(super) fn kerberos(cause: KerberosError) -> Error {
    Error::Kerberos { server: fs1(), user: bob(), cause }
}

pub(super) fn ticket_refused(status: NtStatus, clock_difference: Option<Duration>) -> Error {
    Error::TicketRefused { server: fs1(), user: bob(), status, clock_difference }
}

/// Returns the errors of the system's Kerberos library.
pub(super) fn library() -> Vec<Row> {
    use Win32Error as W;
    let failed = |minor: i32| {
        let (function, text) = ("gss_init_sec_context", "the library's words".to_owned());
        let status = netsession_gssapi::Status { major: 13 << 16, minor, function, text };
        kerberos(KerberosError::Library(netsession_gssapi::Error::Failed(status)))
    };
    let text =
        "cannot log on to fs1 as LAB\\bob with Kerberos: the library's words (GSSAPI status 0x000d0000";
    let codes = [
        (-1_765_328_360, W::ERROR_LOGON_FAILURE, Hint::CheckLogin),
        (-1_765_328_378, W::ERROR_LOGON_FAILURE, Hint::CheckKerberosUser),
        (-1_765_328_366, W::ERROR_ACCOUNT_DISABLED, Hint::CheckAccount),
        (-1_765_328_383, W::ERROR_ACCOUNT_EXPIRED, Hint::ExtendAccount),
        (-1_765_328_361, W::ERROR_PASSWORD_EXPIRED, Hint::ChangePassword),
        (-1_765_328_372, W::ERROR_ACCOUNT_RESTRICTION, Hint::CheckLogonLimits),
        (-1_765_328_377, W::ERROR_LOGON_FAILURE, Hint::CheckServiceName),
        (-1_765_328_228, W::ERROR_NO_LOGON_SERVERS, Hint::CheckDomainControllers),
        (-1_765_328_347, W::ERROR_TIME_SKEW, Hint::CheckClocks),
        (-1_765_328_351, W::ERROR_TIME_SKEW, Hint::CheckClocks),
        (-1_765_328_243, W::ERROR_LOGON_FAILURE, Hint::GetTicket),
        (-1_765_328_352, W::ERROR_LOGON_FAILURE, Hint::GetTicket),
        (-1_765_328_203, W::ERROR_LOGON_FAILURE, Hint::CheckKeytab),
        (-1_765_328_370, W::ERROR_LOGON_FAILURE, Hint::CheckKerberos),
    ];
    let rows = codes.map(|(minor, code, hint)| (failed(minor), code, Some(hint), text));
    let missing = kerberos(KerberosError::Library(netsession_gssapi::Error::NoLibrary));
    let no_library = (
        missing,
        W::ERROR_LOGON_FAILURE,
        Some(Hint::InstallKerberos),
        "cannot log on to fs1 as LAB\\bob with Kerberos: there is no Kerberos library on this computer",
    );
    rows.into_iter().chain([no_library]).collect()
}

pub(super) fn answered(step: Step, code: Win32Error) -> Error {
    Error::Answered { server: fs1(), step, code }
}

pub(super) fn refused(step: Step, status: NtStatus) -> Error {
    Error::Refused { server: fs1(), step, status }
}

pub(super) fn fault(step: Step, code: FaultCode) -> Error {
    Error::Fault { server: fs1(), step, code }
}

/// Returns the errors of names, addresses and connections.
pub(super) fn connecting() -> Vec<Row> {
    let second = Duration::from_secs(1);
    let resolve = |cause| Error::NetBios { name: fs1(), cause };
    let connect = |kind| Error::Connect { server: fs1(), cause: io(kind) };
    let timed_out = |step| Error::TimedOut { server: fs1(), step, after: second };
    let disconnected =
        |step| Error::Disconnected { server: fs1(), step, cause: io(io::ErrorKind::ConnectionReset) };
    let servers = vec![([127, 0, 0, 1], 4450).into(), ([127, 0, 0, 1], 4451).into()];
    let cause = ParseAddressError::Empty;
    vec![
        (
            Error::Local { variable: "NETSESSION_LOCAL", cause },
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::SetLocalVariable),
            "NETSESSION_LOCAL does not name a server: no server is named",
        ),
        (
            Error::SeveralLocal { servers },
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::NameOneServer),
            "several local servers are running: 127.0.0.1:4450, 127.0.0.1:4451",
        ),
        (
            Error::Resolve { name: fs1(), cause: io(io::ErrorKind::NotFound) },
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::UseNetBios),
            "cannot look up fs1: the cause",
        ),
        (
            Error::Resolve { name: fs1(), cause: io(io::ErrorKind::TimedOut) },
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::CheckNameservers),
            "cannot look up fs1: the cause",
        ),
        (
            resolve(NetBiosError::Off),
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::UseNetBios),
            "cannot look up fs1 by NetBIOS: this lookup is turned off",
        ),
        (
            resolve(NetBiosError::NotRegistered),
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::CheckName),
            "cannot look up fs1 by NetBIOS: the WINS server does not know the name",
        ),
        (
            resolve(NetBiosError::Io(io(io::ErrorKind::Other))),
            Win32Error::ERROR_BAD_NETPATH,
            Some(Hint::CheckName),
            "cannot look up fs1 by NetBIOS: the cause",
        ),
        (
            connect(io::ErrorKind::ConnectionRefused),
            Win32Error::ERROR_CONNECTION_REFUSED,
            Some(Hint::CheckPort),
            "cannot connect to fs1: the cause",
        ),
        (
            connect(io::ErrorKind::HostUnreachable),
            Win32Error::ERROR_HOST_UNREACHABLE,
            Some(Hint::CheckReachability),
            "cannot connect to fs1: the cause",
        ),
        #[cfg(unix)]
        (
            Error::Connect { server: fs1(), cause: rustix::io::Errno::MFILE.into() },
            Win32Error::ERROR_TOO_MANY_OPEN_FILES,
            Some(Hint::RaiseOpenFiles),
            "cannot connect to fs1: Too many open files (os error 24)",
        ),
        (
            timed_out(Step::Connect),
            Win32Error::ERROR_SEM_TIMEOUT,
            Some(Hint::CheckReachability),
            "fs1 did not answer the connection request within 1 s",
        ),
        (
            timed_out(Step::Logon),
            Win32Error::ERROR_SEM_TIMEOUT,
            Some(Hint::AllowMoreTime),
            "fs1 did not answer the logon within 1 s",
        ),
        (
            Error::OtherServer { server: fs1(), was: "NODE1".to_owned(), is: "NODE2".to_owned() },
            Win32Error::ERROR_NETNAME_DELETED,
            Some(Hint::NameOneComputer),
            "fs1 is another computer now: NODE2 instead of NODE1",
        ),
        (
            Error::Unknown { server: fs1(), step: DEL, after: second / 4 },
            Win32Error::ERROR_SEM_TIMEOUT,
            Some(Hint::VerifyByListing),
            "fs1 did not answer NetrSessionDel within 0.25 s and may still carry it out",
        ),
        (
            disconnected(Step::Negotiate),
            Win32Error::ERROR_NETNAME_DELETED,
            Some(Hint::CheckPeer),
            "lost the connection to fs1 during the SMB negotiation: the cause",
        ),
        (
            disconnected(DEL),
            Win32Error::ERROR_NETNAME_DELETED,
            Some(Hint::ListAgain),
            "lost the connection to fs1 during NetrSessionDel: the cause",
        ),
        (
            disconnected(Step::Call("NetrSessionEnum")),
            Win32Error::ERROR_NETNAME_DELETED,
            Some(Hint::TryAgain),
            "lost the connection to fs1 during NetrSessionEnum: the cause",
        ),
        (
            disconnected(Step::Bind),
            Win32Error::ERROR_NETNAME_DELETED,
            Some(Hint::TryAgain),
            "lost the connection to fs1 during the RPC bind to srvsvc: the cause",
        ),
        (
            Error::NotSmb { server: fs1() },
            Win32Error::ERROR_REM_NOT_LIST,
            Some(Hint::CheckService),
            "fs1 does not speak SMB",
        ),
        (
            Error::Smb1Only { server: fs1() },
            Win32Error::ERROR_REM_NOT_LIST,
            Some(Hint::EnableSmb2),
            "fs1 speaks only SMB 1, which netsession does not support",
        ),
        (
            Error::NoDialect { server: fs1(), min: Dialect::Smb3_0, max: Dialect::Smb3_1_1 },
            Win32Error::ERROR_REM_NOT_LIST,
            Some(Hint::CheckDialects),
            "fs1 offers no SMB version from 3.0 to 3.1.1",
        ),
    ]
}

/// Returns the errors of logons, and of the protection of the connection.
pub(super) fn logging_on() -> Vec<Row> {
    let insecure = |lacks| Error::Insecure { server: fs1(), lacks };
    let refused = "fs1 refused the logon of LAB\\bob: STATUS_";
    let (no_access, unexpected) = (Win32Error::ERROR_ACCESS_DENIED, Win32Error::ERROR_UNEXP_NET_ERR);
    let statuses = [
        (NtStatus::LOGON_FAILURE, Win32Error::ERROR_LOGON_FAILURE, Some(Hint::CheckLogin)),
        (NtStatus::WRONG_PASSWORD, Win32Error::ERROR_LOGON_FAILURE, Some(Hint::CheckLogin)),
        (NtStatus::ACCOUNT_RESTRICTION, Win32Error::ERROR_ACCOUNT_RESTRICTION, Some(Hint::AvoidRestriction)),
        (NtStatus::ACCOUNT_LOCKED_OUT, Win32Error::ERROR_ACCOUNT_LOCKED_OUT, Some(Hint::UnlockAccount)),
        (NtStatus::ACCOUNT_DISABLED, Win32Error::ERROR_ACCOUNT_DISABLED, Some(Hint::EnableAccount)),
        (NtStatus::ACCOUNT_EXPIRED, Win32Error::ERROR_ACCOUNT_EXPIRED, Some(Hint::ExtendAccount)),
        (NtStatus::INVALID_LOGON_HOURS, Win32Error::ERROR_INVALID_LOGON_HOURS, Some(Hint::CheckLogonLimits)),
        (NtStatus::INVALID_WORKSTATION, Win32Error::ERROR_INVALID_WORKSTATION, Some(Hint::CheckLogonLimits)),
        (NtStatus::PASSWORD_EXPIRED, Win32Error::ERROR_PASSWORD_EXPIRED, Some(Hint::ChangePassword)),
        (NtStatus::PASSWORD_MUST_CHANGE, Win32Error::ERROR_PASSWORD_MUST_CHANGE, Some(Hint::ChangePassword)),
        (
            NtStatus::LOGON_TYPE_NOT_GRANTED,
            Win32Error::ERROR_LOGON_TYPE_NOT_GRANTED,
            Some(Hint::GrantNetworkLogon),
        ),
        (NtStatus::NO_LOGON_SERVERS, Win32Error::ERROR_NO_LOGON_SERVERS, Some(Hint::CheckDomain)),
        (NtStatus::INSUFFICIENT_RESOURCES, Win32Error::ERROR_NOT_ENOUGH_MEMORY, Some(Hint::TryLater)),
        (NtStatus::ACCESS_DENIED, no_access, Some(Hint::CheckLogonPolicy)),
        (NtStatus::OBJECT_NAME_NOT_FOUND, Win32Error::ERROR_FILE_NOT_FOUND, Some(Hint::CheckUserSuffix)),
        (NtStatus(0xc000_0418), Win32Error::ERROR_NTLM_BLOCKED, Some(Hint::UseKerberos)),
        (NtStatus::TRUSTED_DOMAIN_FAILURE, Win32Error::ERROR_TRUSTED_DOMAIN_FAILURE, Some(Hint::RepairTrust)),
        (NtStatus(0xc000_018b), Win32Error::ERROR_NO_TRUST_SAM_ACCOUNT, Some(Hint::RepairTrust)),
        (NtStatus::NOLOGON_SERVER_TRUST_ACCOUNT, unexpected, Some(Hint::UseUserAccount)),
        (NtStatus(0xc000_02fa), unexpected, Some(Hint::UsePasswordAccount)),
        (NtStatus::TIME_DIFFERENCE_AT_DC, Win32Error::ERROR_TIME_SKEW, Some(Hint::CheckClocks)),
        (NtStatus(0xc000_0259), unexpected, Some(Hint::FreeConnections)),
        (NtStatus::INTERNAL_ERROR, unexpected, Some(Hint::CheckServerLog)),
    ];
    let logons = statuses.map(|(status, code, hint)| (logon(status), code, hint, refused));
    let others = [
        (
            Error::Guest { server: fs1(), user: bob() },
            Win32Error::ERROR_LOGON_FAILURE,
            Some(Hint::CheckUser),
            "fs1 does not know LAB\\bob and logged on a guest instead, which netsession refuses",
        ),
        (
            kerberos(KerberosError::NeedsName),
            Win32Error::ERROR_LOGON_FAILURE,
            Some(Hint::NameServerForKerberos),
            "cannot log on to fs1 as LAB\\bob with Kerberos: there are no tickets for an address",
        ),
        (
            kerberos(KerberosError::NotOffered),
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::UsePassword),
            "cannot log on to fs1 as LAB\\bob with Kerberos: the server does not offer it",
        ),
        (
            kerberos(KerberosError::TimedOut(Duration::from_millis(2500))),
            Win32Error::ERROR_NO_LOGON_SERVERS,
            Some(Hint::WaitForDomainControllers),
            "cannot log on to fs1 as LAB\\bob with Kerberos: neither a domain controller nor DNS answered within 2.5 s",
        ),
        (
            ticket_refused(NtStatus::LOGON_FAILURE, None),
            Win32Error::ERROR_LOGON_FAILURE,
            Some(Hint::RenewTicket),
            "fs1 refused the Kerberos ticket of LAB\\bob: STATUS_LOGON_FAILURE",
        ),
        (
            ticket_refused(NtStatus::LOGON_FAILURE, Some(Duration::from_secs(660))),
            Win32Error::ERROR_LOGON_FAILURE,
            Some(Hint::CheckClocks),
            "fs1 refused the Kerberos ticket of LAB\\bob: STATUS_LOGON_FAILURE",
        ),
        (
            ticket_refused(NtStatus::ACCOUNT_DISABLED, None),
            Win32Error::ERROR_ACCOUNT_DISABLED,
            Some(Hint::EnableAccount),
            "fs1 refused the Kerberos ticket of LAB\\bob: STATUS_ACCOUNT_DISABLED",
        ),
        (
            Error::NoMechanism { server: fs1() },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::AllowNtlm),
            "fs1 does not accept NTLM",
        ),
        (
            insecure(Protection::Encryption),
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::EnableEncryption),
            "fs1 does not offer encryption, which is required",
        ),
        (
            insecure(Protection::Signing),
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::EnableSigning),
            "fs1 does not offer signing, which is required",
        ),
        (
            Error::EncryptionDemanded { server: fs1() },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::AllowSmb3),
            "fs1 demands encryption, which the accepted SMB versions do not have",
        ),
        (
            Error::Tampered {
                server: fs1(),
                step: LIST,
                cause: Violation::smb(client::Error::Login(AuthError::WrongMic)),
            },
            Win32Error::RPC_S_PROTOCOL_ERROR,
            Some(Hint::DistrustNetwork),
            "the response of fs1 to NetrSessionEnum is forged or damaged: somebody altered the NTLM messages",
        ),
    ];
    logons.into_iter().chain(others).collect()
}

/// Returns the errors of steps and calls that a server refuses, or in which it fails.
pub(super) fn calling() -> Vec<Row> {
    let id = SessionId::new(7).unwrap();
    let denied = Win32Error::ERROR_ACCESS_DENIED;
    let no_share = Win32Error::NERR_NET_NAME_NOT_FOUND;
    let failed = "fs1 did not carry out NetrSession";
    let enumeration = |code| answered(LIST, code);
    vec![
        (enumeration(denied), denied, Some(Hint::LogOnAsAdministrator), "fs1 answered NetrSessionEnum with"),
        (
            answered(DEL, denied),
            denied,
            Some(Hint::NeedRightToEndSessions),
            "fs1 answered NetrSessionDel with",
        ),
        (
            answered(CLOSE, denied),
            denied,
            Some(Hint::NeedRightToCloseFiles),
            "fs1 answered NetrFileClose with",
        ),
        (
            answered(DEL, Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
            Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            Some(Hint::ListSessions),
            "fs1 answered NetrSessionDel with NERR_ClientNameNotFound (2312)",
        ),
        (
            answered(CLOSE, Win32Error::NERR_FILE_ID_NOT_FOUND),
            Win32Error::NERR_FILE_ID_NOT_FOUND,
            Some(Hint::ListFiles),
            "fs1 answered NetrFileClose with",
        ),
        (enumeration(no_share), no_share, Some(Hint::ListShares), "fs1 answered NetrSessionEnum with"),
        (
            Error::NoShare { server: fs1(), share: "dat".into() },
            no_share,
            Some(Hint::ListShares),
            "fs1 has no share dat",
        ),
        (
            enumeration(Win32Error::ERROR_INVALID_LEVEL),
            Win32Error::ERROR_INVALID_LEVEL,
            None,
            "fs1 answered NetrSessionEnum with ERROR_INVALID_LEVEL (124)",
        ),
        (
            Error::HidesConnections { server: fs1() },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::SelectByShare),
            "fs1 does not disclose which connections a client has",
        ),
        (
            Error::NotReported { server: fs1(), what: Unreported::IdleTime },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::SelectOtherwise),
            "fs1 does not report how long a session has been idle",
        ),
        (
            Error::NotReported { server: fs1(), what: Unreported::Ids },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::SelectByPair),
            "fs1 does not report the id of each session",
        ),
        (
            Error::LeftOut { server: fs1(), count: 1, why: Unsent::Undecided },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::SelectOtherwise),
            "fs1: 1 selected session was not ended: the server does not report",
        ),
        (
            Error::LeftOut { server: fs1(), count: 3, why: Unsent::Inseparable },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::SelectWholePair),
            "fs1: 3 selected sessions were not ended: the server would also end one that is not selected",
        ),
        (
            Error::LeftOut { server: fs1(), count: 2, why: Unsent::MayBeOwn },
            Win32Error::ERROR_NOT_SUPPORTED,
            Some(Hint::LogOnAsAnother),
            "fs1: 2 selected sessions were not ended: that could end netsession's own session",
        ),
        (
            Error::OtherSession { server: fs1(), id, was: bob(), is: "eve".into() },
            Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            Some(Hint::SelectAgain),
            r"fs1 lists another session under the id 000000000007 now: eve instead of LAB\bob; nothing was sent for it",
        ),
        (
            fault(LIST, FaultCode::ACCESS_DENIED),
            denied,
            Some(Hint::LogOnAsAdministrator),
            "fs1 did not carry out NetrSessionEnum: RPC fault ACCESS_DENIED (0x00000005)",
        ),
        (fault(DEL, FaultCode::ACCESS_DENIED), denied, Some(Hint::NeedRightToEndSessions), failed),
        (fault(LIST, FaultCode(0xc000_0022)), denied, Some(Hint::LogOnAsAdministrator), failed),
        (
            fault(LIST, FaultCode::NCA_S_OP_RNG_ERROR),
            Win32Error::RPC_S_PROCNUM_OUT_OF_RANGE,
            Some(Hint::NotOffered),
            "fs1 did not carry out NetrSessionEnum: RPC fault NCA_S_OP_RNG_ERROR (0x1c010002)",
        ),
        (fault(LIST, FaultCode::NCA_S_UNK_IF), Win32Error(1717), Some(Hint::NotOffered), failed),
        (fault(LIST, FaultCode::NCA_S_SERVER_TOO_BUSY), Win32Error(1723), Some(Hint::TryLater), failed),
        (
            fault(LIST, FaultCode::BAD_STUB_DATA),
            Win32Error::RPC_X_BAD_STUB_DATA,
            Some(Hint::CheckServerLog),
            failed,
        ),
        (
            refused(Step::ConnectIpc, NtStatus::ACCESS_DENIED),
            denied,
            Some(Hint::LogOnAsAdministrator),
            "fs1 refused the request to connect to IPC$: STATUS_ACCESS_DENIED (0xc0000022)",
        ),
        (
            refused(Step::ConnectShare, NtStatus::BAD_NETWORK_NAME),
            Win32Error::ERROR_BAD_NET_NAME,
            Some(Hint::ListShares),
            "fs1 refused the request to connect to the share: STATUS_BAD_NETWORK_NAME",
        ),
        (
            refused(Step::OpenPipe, NtStatus::OBJECT_NAME_NOT_FOUND),
            Win32Error::ERROR_FILE_NOT_FOUND,
            Some(Hint::NotOffered),
            "fs1 refused the request to open the pipe srvsvc: STATUS_",
        ),
        (
            refused(Step::OpenFile, NtStatus::INSUFF_SERVER_RESOURCES),
            Win32Error::ERROR_NOT_ENOUGH_MEMORY,
            Some(Hint::TryLater),
            "fs1 refused the request to open the file: STATUS_",
        ),
        (
            refused(Step::ReadFile, NtStatus::INTERNAL_ERROR),
            Win32Error::ERROR_UNEXP_NET_ERR,
            None,
            "fs1 refused the request to read the file: STATUS_",
        ),
    ]
}

/// Returns the errors of unusable responses, and of this side.
pub(super) fn both_sides() -> Vec<Row> {
    let protocol = |cause| Error::Protocol { server: fs1(), step: Step::Bind, cause };
    let (breaks, code) = ("the response of fs1 to the RPC bind", Win32Error::RPC_S_PROTOCOL_ERROR);
    let report = Some(Hint::ReportBug);
    let reset = RpcError::BindRefused { reason: RejectReason::NOT_SPECIFIED };
    vec![
        (
            Error::Decode { server: fs1(), step: LIST, cause: DecodeError::invalid("Level") },
            code,
            report,
            "cannot read the response of fs1 to NetrSessionEnum: Level is not valid",
        ),
        (protocol(Violation::rpc(reset)), code, report, breaks),
        (protocol(Violation::ndr(NdrError::TooLong { what: "Buffer" })), code, report, breaks),
        (
            protocol(Violation::rule("answers are missing")),
            code,
            report,
            "the response of fs1 to the RPC bind to srvsvc breaks the protocol: answers are missing",
        ),
        (
            Error::Parameter {
                step: DEL,
                code: Win32Error::ERROR_INVALID_PARAMETER,
                why: "no name is given",
            },
            Win32Error::ERROR_INVALID_PARAMETER,
            None,
            "NetrSessionDel was not sent: no name is given (ERROR_INVALID_PARAMETER (87))",
        ),
        (
            Error::Vetoed {
                server: fs1(),
                step: DEL,
                refusal: Refusal::new(Win32Error::ERROR_ACCESS_DENIED, "the journal is full"),
            },
            Win32Error::ERROR_ACCESS_DENIED,
            None,
            "NetrSessionDel was not sent to fs1: the journal is full",
        ),
        (
            Error::File { cause: io(io::ErrorKind::NotFound) },
            Win32Error::ERROR_INVALID_DATA,
            None,
            "cannot read or write the local file: the cause",
        ),
        (
            Error::System { resource: SystemResource::RandomBytes, cause: io(io::ErrorKind::Other) },
            Win32Error::ERROR_NOT_ENOUGH_MEMORY,
            None,
            "cannot get random bytes from the operating system: the cause",
        ),
    ]
}

pub(super) fn rows() -> Vec<Row> {
    [connecting(), library(), logging_on(), calling(), both_sides()].into_iter().flatten().collect()
}
