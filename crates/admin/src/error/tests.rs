use super::*;

/// A failure here would show a person no next step, or return a code with another meaning to a C program.
#[test]
fn each_error_has_its_code_hint_and_kind() {
    let server = || "fs1".to_owned();
    let not_tried =
        Error::NotTried { server: server(), refused_by: "fs2".to_owned(), user: "bob".to_owned() };
    let rows = [
        (Error::EmptyServerName, Win32Error::NERR_INVALID_COMPUTER, Some(Hint::OmitServer), true),
        (
            Error::NoLogin { server: server(), why: NoLogin::NotNamed },
            Win32Error::ERROR_ACCESS_DENIED,
            Some(Hint::NameTheServer),
            true,
        ),
        (
            Error::NoUser { server: server(), no_ticket: None },
            Win32Error::ERROR_ACCESS_DENIED,
            Some(Hint::UserSources),
            true,
        ),
        (
            Error::NoUser { server: server(), no_ticket: Some(KerberosError::NeedsName) },
            Win32Error::ERROR_ACCESS_DENIED,
            Some(Hint::NameOrUser),
            true,
        ),
        (
            Error::NoPassword {
                user: "bob@LAB.TEST".to_owned(),
                server: server(),
                principal: Some("bob@LAB.TEST".to_owned()),
            },
            Win32Error::ERROR_ACCESS_DENIED,
            Some(Hint::GetTicketOf("bob@LAB.TEST".to_owned())),
            true,
        ),
        (not_tried, Win32Error::ERROR_LOGON_FAILURE, Some(Hint::LogOnAgain), false),
        (
            Error::DeadlinePassed { server: server(), after: Duration::from_secs(5) },
            Win32Error::ERROR_SEM_TIMEOUT,
            Some(Hint::MoreTime),
            false,
        ),
    ];
    for (error, code, hint, is_usage) in rows {
        assert_eq!((error.win32(), error.hint(), error.is_usage()), (code, hint, is_usage), "{error}");
    }
}

/// Returns a variant's number. A new variant does not compile until it is here; add it to [`one_of_each`], too.
const fn number(error: &Error) -> usize {
    match error {
        Error::Server(_) => 0,
        Error::Config(_) => 1,
        Error::EmptyServerName => 2,
        Error::ServerName(_) => 3,
        Error::ServerList { .. } => 4,
        Error::User(_) => 5,
        Error::PasswordInSight { .. } => 6,
        Error::TwoUsers { .. } => 7,
        Error::NotText(_) => 8,
        Error::NoUser { .. } => 9,
        Error::NoPassword { .. } => 10,
        Error::NoLogin { .. } => 11,
        Error::Stdin(_) => 12,
        Error::StdinEmpty => 13,
        Error::NotAnswered { .. } => 14,
        Error::NotTried { .. } => 15,
        Error::Panicked { .. } => 17,
        Error::DeadlinePassed { .. } => 16,
        Error::KerberosVariable { .. } => 18,
        Error::NoTicket { .. } => 19,
        Error::Path { .. } => 20,
        Error::Referral { .. } => 21,
        Error::ReferralLoop { .. } => 22,
        Error::Servers(_) => 23,
        Error::NoNode { .. } => 24,
        Error::SilentNode { .. } => 25,
        Error::NotRecorded { .. } => 26,
        Error::Journal(_) => 27,
        Error::PathServer { .. } => 28,
        Error::Account { .. } => 29,
        Error::NotShared { .. } => 30,
        Error::LockedOut { .. } => 31,
        Error::ReferralCircle { .. } => 32,
        Error::OfServer { .. } => 33,
    }
}

fn one_of_each() -> [Error; 34] {
    let cause = || io::Error::other("the system's reason");
    let fs1 = || "fs1".to_owned();
    let timed_out = netsession::Error::TimedOut {
        server: fs1(),
        step: netsession::Step::Logon,
        after: Duration::from_secs(1),
    };
    let unreadable =
        netsession_config::AuthFile::read(std::path::Path::new("/nonexistent/file")).err().unwrap();
    [
        timed_out.into(),
        unreadable.into(),
        Error::EmptyServerName,
        ParseAddressError::Empty.into(),
        Error::ServerList { variable: "NETSESSION_SERVERS", reason: ParseAddressError::Empty },
        ParseLoginError::Empty.into(),
        Error::PasswordInSight { place: PasswordPlace::LoginFlag },
        Error::TwoUsers { given_by: "--login", given: "bob".to_owned(), filed: "alice".to_owned() },
        Error::NotText("NETSESSION_LOGIN"),
        Error::NoUser { server: fs1(), no_ticket: None },
        Error::NoPassword { user: "bob".to_owned(), server: fs1(), principal: None },
        Error::NoLogin { server: fs1(), why: NoLogin::NotGiven },
        Error::Stdin(cause()),
        Error::StdinEmpty,
        Error::NotAnswered { what: "password", reason: cause() },
        Error::NotTried { server: fs1(), refused_by: "fs2".to_owned(), user: "bob".to_owned() },
        Error::DeadlinePassed { server: fs1(), after: Duration::from_secs(5) },
        Error::Panicked { server: fs1() },
        Error::KerberosVariable { variable: "NETSESSION_KERBEROS" },
        Error::NoTicket { server: fs1(), user: None, reason: KerberosError::NotOffered },
        Error::Path { path: fs1(), reason: PathError::NoShare },
        Error::Referral {
            path: fs1(),
            target: fs1(),
            is_named: false,
            cause: Box::new(Error::NoLogin { server: fs1(), why: NoLogin::Referred }),
        },
        Error::ReferralLoop { path: fs1(), limit: 8 },
        ServersError::Member { chain: vec![fs1()], reason: Box::new(Error::EmptyServerName) }.into(),
        Error::NoNode { cluster: fs1(), cause: Some(Box::new(Error::EmptyServerName)) },
        SilentNode { node: "n2".to_owned(), reason: fs1() }.error("nas", Missing::Sessions),
        Error::NotRecorded { cause: Arc::new(netsession_journal::Error::NoPlace) },
        netsession_journal::Error::NoPlace.into(),
        Error::PathServer {
            server: fs1(),
            cause: Box::new(netsession::Error::TimedOut {
                server: fs1(),
                step: netsession::Step::Connect,
                after: Duration::from_secs(1),
            }),
        },
        Error::Account { server: fs1(), account: fs1(), why: AccountProblem::Own },
        Error::NotShared { server: fs1(), path: r"C:\data".to_owned() },
        Error::LockedOut {
            server: fs1(),
            locked_by: "fs2".to_owned(),
            user: "bob".to_owned(),
            retry: Duration::from_secs(61),
        },
        Error::ReferralCircle { path: fs1(), circle: vec![fs1(), fs1()] },
        Error::OfServer { server: fs1(), cause: Box::new(Error::StdinEmpty) },
    ]
}

/// A failure here would print a cause twice when a program prints the whole chain.
#[test]
fn a_chain_prints_each_cause_once() {
    let errors = one_of_each();
    assert_eq!(errors.iter().map(number).collect::<Vec<_>>(), (0..34).collect::<Vec<_>>());
    for error in &errors {
        let (mut above, mut next) = (error.to_string(), std::error::Error::source(error));
        while let Some(cause) = next {
            assert!(!above.contains(&cause.to_string()), "{above:?} repeats {cause}");
            (above, next) = (cause.to_string(), cause.source());
        }
    }
}
