use std::collections::BTreeSet;
use std::error::Error as _;

use netsession_rpc::RpcError;
use netsession_rpc::ndr::NdrError;
use netsession_rpc::pdu::RejectReason;
use netsession_smb::auth::AuthError;
use netsession_smb::client;

use super::*;

mod rows;

use rows::*;

/// Defines a function that names a variant and a list of all names. A variant without a name does not compile, and a
/// name without a row in the tests fails them.
macro_rules! variants {
    ($name:ident, $all:ident, $type:ident { $($variant:ident)* }) => {
        fn $name(value: &$type) -> &'static str {
            match value {
                $($type::$variant { .. } => stringify!($variant),)*
            }
        }
        const $all: &[&str] = &[$(stringify!($variant)),*];
    };
}

variants!(error_name, ERRORS, Error {
    Local SeveralLocal Resolve NetBios Connect TimedOut Unknown Disconnected OtherServer NotSmb Smb1Only NoDialect Logon
    Kerberos TicketRefused Guest NoMechanism Insecure EncryptionDemanded Tampered Refused Answered NoShare HidesConnections NotReported LeftOut OtherSession Fault Decode Protocol
    Parameter Vetoed File System
});

variants!(hint_name, HINTS, Hint {
    SetLocalVariable NameOneServer CheckName UseNetBios CheckNameservers CheckPort CheckReachability RaiseOpenFiles AllowMoreTime VerifyByListing
    ListAgain TryAgain NameOneComputer CheckPeer CheckService EnableSmb2 CheckDialects CheckLogin AvoidRestriction UnlockAccount
    EnableAccount ExtendAccount CheckLogonLimits ChangePassword GrantNetworkLogon CheckDomain CheckUserSuffix RepairTrust
    UseUserAccount UsePasswordAccount CheckClocks CheckLogonPolicy FreeConnections CheckUser
    AllowNtlm UseKerberos GetTicket CheckServiceName NameServerForKerberos CheckDomainControllers WaitForDomainControllers CheckKerberosUser
    CheckAccount CheckKeytab InstallKerberos UsePassword RenewTicket CheckKerberos EnableEncryption EnableSigning AllowSmb3 DistrustNetwork NeedRightToEndSessions NeedRightToCloseFiles
    LogOnAsAdministrator ListSessions ListFiles ListShares SelectByShare SelectOtherwise SelectByPair SelectWholePair LogOnAsAnother SelectAgain NotOffered TryLater CheckServerLog ReportBug
});

/// A failure here would return another code than Windows does, show advice that does not help, or change a message.
#[test]
fn every_error_has_its_code_its_hint_and_its_text() {
    for (error, code, hint, text) in rows() {
        assert_eq!((error.win32(), error.hint()), (code, hint), "{error}");
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

/// A failure here would let a new error or hint go without a test.
#[test]
#[cfg_attr(windows, ignore = "Windows limits no number of open sockets, so that a hint has no error")]
fn every_variant_has_a_row() {
    let rows = rows();
    let tested: BTreeSet<_> = rows.iter().map(|(error, ..)| error_name(error)).collect();
    assert_eq!(tested, ERRORS.iter().copied().collect());
    let hinted: BTreeSet<_> =
        rows.iter().filter_map(|(_, _, hint, _)| hint.as_ref()).map(hint_name).collect();
    assert_eq!(hinted, HINTS.iter().copied().collect());
}

/// A failure here would print a cause twice when a program prints the whole chain.
#[test]
fn a_chain_prints_each_cause_once() {
    for (error, ..) in rows() {
        let (mut above, mut next) = (error.to_string(), error.source());
        while let Some(cause) = next {
            assert!(!above.contains(&cause.to_string()), "{above:?} repeats {cause}");
            (above, next) = (cause.to_string(), cause.source());
        }
    }
}

/// A failure here would hide a cause below the error of the system.
#[test]
fn a_failed_look_up_keeps_the_causes_of_the_system() {
    #[derive(Debug, thiserror::Error)]
    #[error("the interface is gone")]
    struct NoInterface(#[source] std::num::ParseIntError);

    let cause = "".parse::<u8>().unwrap_err();
    let error = NetBiosError::from(io::Error::other(NoInterface(cause.clone())));
    assert_eq!(error.to_string(), "the interface is gone");
    assert_eq!(error.source().map(ToString::to_string), Some(cause.to_string()));
}

/// A failure here would show a hint that does not read well after `hint:`, or the same hint for two situations.
#[test]
fn hints_are_single_lines_of_their_own() {
    let mut texts = BTreeSet::new();
    for hint in rows().into_iter().filter_map(|(_, _, hint, _)| hint).collect::<BTreeSet<_>>() {
        let text = hint.to_string();
        assert!(!text.contains('\n') && !text.ends_with('.') && !text.contains("  "), "{text}");
        assert!(
            text.chars().next().is_some_and(|first| !first.is_uppercase() || text.starts_with("Samba")),
            "{text}"
        );
        assert!(texts.insert(text.clone()), "{text}");
    }
}

/// A failure here would report a call that the server may carry out as failed, and a program would send it again.
#[test]
fn only_calls_without_a_readable_response_are_unknown() {
    for (error, ..) in rows() {
        let expected = match &error {
            Error::Unknown { .. } => true,
            Error::Disconnected { step, .. }
            | Error::Tampered { step, .. }
            | Error::Decode { step, .. }
            | Error::Protocol { step, .. } => matches!(step, Step::Call(_)),
            _ => false,
        };
        assert_eq!(error.is_unknown(), expected, "{error}");
        assert!(!(error.is_unknown() && error.leaves_connection_usable()), "{error}");
    }
}

/// A failure here would show somebody who cannot log on a bare number, or no advice.
#[test]
fn every_status_of_a_logon_has_a_name_and_a_hint() {
    // [MS-ERREF] 2.3: the statuses about accounts, passwords, logons, domains and trusts.
    let statuses = [
        0xc000_0001,
        0xc000_000d,
        0xc000_0017,
        0xc000_0022,
        0xc000_0034,
        0xc000_005e,
        0xc000_005f,
        0xc000_0062,
        0xc000_0064,
        0xc000_006a,
        0xc000_006b,
        0xc000_006c,
        0xc000_006d,
        0xc000_006e,
        0xc000_006f,
        0xc000_0070,
        0xc000_0071,
        0xc000_0072,
        0xc000_0073,
        0xc000_009a,
        0xc000_00b5,
        0xc000_00bb,
        0xc000_00ca,
        0xc000_00d0,
        0xc000_00da,
        0xc000_00dc,
        0xc000_00dd,
        0xc000_00df,
        0xc000_00e5,
        0xc000_00fe,
        0xc000_0132,
        0xc000_0133,
        0xc000_0155,
        0xc000_015a,
        0xc000_015b,
        0xc000_018a,
        0xc000_018b,
        0xc000_018c,
        0xc000_018d,
        0xc000_0190,
        0xc000_0192,
        0xc000_0193,
        0xc000_0198,
        0xc000_0199,
        0xc000_019a,
        0xc000_019b,
        0xc000_0205,
        0xc000_0224,
        0xc000_0233,
        0xc000_0234,
        0xc000_0246,
        0xc000_0247,
        0xc000_0248,
        0xc000_0259,
        0xc000_02c3,
        0xc000_02fa,
        0xc000_0388,
        0xc000_0413,
        0xc000_0418_u32,
    ];
    for status in statuses.map(NtStatus) {
        let error = logon(status);
        assert!(status.name().is_some() && error.to_string().contains(": STATUS_"), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
}
