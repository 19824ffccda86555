//! Runs operations against scripted servers.

use std::time::Duration;

use netsession_srvs::info::SessionLevel;
use netsession_srvs::session_enum::Request;

use super::pages;
use super::session_del::session_del;
use super::session_enum::sessions;
use super::{file_close::file_close, file_enum::files};
use crate::testing::{CallFault, Lab, ServerKind};
use crate::{Error, FileFilter, FileId, Own, Session, Win32Error};

fn pairs(sessions: &[Session]) -> Vec<(&str, &str)> {
    sessions.iter().map(|session| (session.client.as_str(), session.user.as_str())).collect()
}

fn code(result: Result<(), Error>) -> Win32Error {
    result.map_or_else(|error| error.win32(), |()| Win32Error::NERR_SUCCESS)
}

mod listing {
    use super::*;

    /// A failure here would take more round trips than a listing needs: three at Samba the first time, then one.
    #[tokio::test]
    async fn the_level_is_found_once() {
        for (kind, first) in [
            (ServerKind::Samba, &[SessionLevel::INFO_502, SessionLevel::INFO_2, SessionLevel::INFO_1][..]),
            (ServerKind::Windows, &[SessionLevel::INFO_502][..]),
        ] {
            let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
            let mut link = lab.link().await;
            let listed = sessions(&mut link).await.unwrap();
            assert_eq!(pairs(&listed), [("10.0.0.5", "bob"), ("10.0.0.9", "adm1")]);
            assert_eq!(lab.state().listed, first);
            sessions(&mut link).await.unwrap();
            assert_eq!(lab.state().listed.len(), first.len() + 1);
        }
    }

    /// A failure here would lose a detail that the server returns, or show one that it does not know.
    #[tokio::test]
    async fn known_details_are_returned() {
        let windows = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
        let listed = sessions(&mut windows.link().await).await.unwrap();
        let bob = &listed[0];
        assert_eq!((bob.connected, bob.idle), (Some(Duration::from_secs(60)), Some(Duration::from_secs(3))));
        assert_eq!((bob.guest, bob.own, bob.opens), (Some(false), Own::No, Some(1)));
        assert_eq!((bob.client_type.as_deref(), bob.transport.as_deref()), (None, Some(r"\Device\SMB")));
        assert_eq!(listed[1].own, Own::Yes);

        let samba = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob")]);
        let listed = sessions(&mut samba.link().await).await.unwrap();
        assert_eq!(
            (listed[0].idle, listed[0].transport.as_deref()),
            (None, None),
            "Samba does not measure idle time"
        );
    }

    /// A failure here would show an impossible time as an age of more than a century.
    #[tokio::test]
    async fn impossible_times_are_unknown() {
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
        for (seconds, known) in [(u32::MAX, None), (u32::MAX - 3, None), (7, Some(Duration::from_secs(7)))] {
            lab.state().seconds = Some(seconds);
            let listed = sessions(&mut lab.link().await).await.unwrap();
            assert_eq!(listed[0].connected, known);
        }
        lab.state().seconds = Some(2);
        let listed = sessions(&mut lab.link().await).await.unwrap();
        assert_eq!(listed[0].idle, None, "idle for longer than connected");
    }

    /// A failure here would miss sessions beyond the first page.
    #[tokio::test]
    async fn pages_are_followed_to_the_end() {
        let names: Vec<_> = (0..150).map(|n| format!("user{n}")).collect();
        let rows: Vec<_> = names.iter().map(|name| ("10.0.0.5", name.as_str())).collect();
        let lab = Lab::new(ServerKind::Windows, &rows);
        lab.state().page = 7;
        let listed = sessions(&mut lab.link().await).await.unwrap();
        assert_eq!(listed.len(), 151);
        assert_eq!(pairs(&listed)[149], ("10.0.0.5", "user149"));
    }

    /// A failure here would request pages without end if a resume handle does not advance, or take a part of a list for
    /// the whole.
    #[tokio::test]
    async fn a_list_without_end_is_an_error() {
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
        {
            let mut state = lab.state();
            state.page = 1;
            state.is_stuck = true;
        }
        let error = sessions(&mut lab.link().await).await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error}");
        assert!(lab.state().listed.len() < 5);
    }

    /// A failure here would make a person wait for days: ten thousand pages, each just within the time limit.
    #[tokio::test(start_paused = true)]
    async fn a_listing_has_one_deadline_over_all_of_its_pages() {
        let names: Vec<_> = (0..150).map(|n| format!("user{n}")).collect();
        let rows: Vec<_> = names.iter().map(|name| ("10.0.0.5", name.as_str())).collect();
        let lab = Lab::new(ServerKind::Windows, &rows);
        let mut link = lab.link().await;
        {
            let mut state = lab.state();
            state.page = 1;
            state.page_takes = Duration::from_secs(19);
        }
        let began = tokio::time::Instant::now();
        let error = sessions(&mut link).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }) && error.hint().is_some(), "{error}");
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
        lab.state().page_takes = Duration::from_millis(100);
        assert_eq!(sessions(&mut link).await.unwrap().len(), 151, "the next call makes a new connection");
    }

    /// A failure here would let a server fill the client's memory.
    #[tokio::test]
    async fn a_list_of_long_texts_is_an_error() {
        let long = "x".repeat(1000);
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", long.as_str()); 20]);
        lab.state().page = 1;
        let request = || Request::asking(SessionLevel::INFO_502);
        let listed = pages::all_within(&mut lab.link().await, request(), 30_000).await;
        assert_eq!(listed.unwrap().1.len(), 21);
        let refused = pages::all_within(&mut lab.link().await, request(), 10_000).await.unwrap_err();
        assert!(matches!(refused, Error::Protocol { .. }), "{refused}");
    }

    /// A failure here would hide that the user may not list sessions.
    #[tokio::test]
    async fn a_denied_listing_is_an_error() {
        for kind in [ServerKind::Samba, ServerKind::Windows] {
            let lab = Lab::new(kind, &[]);
            lab.state().may_list = false;
            let error = sessions(&mut lab.link().await).await.unwrap_err();
            assert_eq!(error.win32(), Win32Error::ERROR_ACCESS_DENIED);
            assert!(error.hint().is_some() && error.to_string().contains("NetrSessionEnum"));
        }
    }

    /// A failure here would show nothing to a user who may request only some levels, or at a server that fails at the
    /// others.
    #[tokio::test]
    async fn a_lower_level_is_used_if_the_server_refuses_the_others() {
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
        {
            let mut state = lab.state();
            state.may_list = false;
            state.open_levels = vec![SessionLevel::INFO_10, SessionLevel::INFO_0];
            state.faulty_levels = vec![SessionLevel::INFO_502];
        }
        let mut link = lab.link().await;
        let listed = sessions(&mut link).await.unwrap();
        assert_eq!((pairs(&listed)[0], listed[0].opens, listed[0].guest), (("10.0.0.5", "bob"), None, None));
        assert_eq!(link.learned.session_level, Some(SessionLevel::INFO_10));
        assert!(!link.learned.ends_whole_connections, "a refusal does not prove that it is Samba");

        lab.state().open_levels = vec![SessionLevel::INFO_0];
        let listed = sessions(&mut lab.link().await).await.unwrap();
        assert_eq!((listed[0].client.as_str(), listed[0].is_logged_on()), ("10.0.0.5", false));
    }

    /// A failure here would fail a listing after the connection broke, although netsession can send it again.
    #[tokio::test]
    async fn a_lost_connection_is_made_again() {
        let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob")]);
        let mut link = lab.link().await;
        lab.break_connections();
        assert_eq!(sessions(&mut link).await.unwrap().len(), 2);
        assert_eq!(lab.state().logons, 2);
    }
}

mod deleting {
    use super::*;

    async fn delete(lab: &Lab, client: Option<&str>, user: Option<&str>) -> Win32Error {
        code(session_del(&mut lab.link().await, client, user).await)
    }

    /// A failure here would send a request that ends everybody's sessions.
    #[tokio::test]
    async fn dangerous_requests_are_never_sent() {
        for kind in [ServerKind::Samba, ServerKind::Windows] {
            let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
            let (long, longest) = ("x".repeat(1024), "x".repeat(1023));
            for (client, user, expected) in [
                (None, None, Win32Error::ERROR_INVALID_PARAMETER),
                (Some(""), Some(""), Win32Error::ERROR_INVALID_PARAMETER),
                (Some(r"\\10.0.0.5"), Some(""), Win32Error::ERROR_INVALID_PARAMETER),
                (Some("10.0.0.5"), Some("bob"), Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
                (Some(r"\10.0.0.5"), None, Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
                (Some(r"\\"), None, Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
                (None, Some(long.as_str()), Win32Error::ERROR_INVALID_PARAMETER),
                (Some("b\0"), Some("bob"), Win32Error::ERROR_INVALID_PARAMETER),
            ] {
                assert_eq!(delete(&lab, client, user).await, expected, "{client:?} {user:?}");
            }
            assert!(lab.state().deleted.is_empty());
            assert_eq!(delete(&lab, None, Some(&longest)).await, Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
            assert_eq!(lab.state().deleted.len(), 1, "1,023 characters are sent");
        }
    }

    /// A failure here would change a name, or not take an empty client for any.
    #[tokio::test]
    async fn names_are_passed_on_unchanged() {
        let lab =
            Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "Bob"), ("10.0.0.5", "alice")]);
        assert_eq!(delete(&lab, Some(r"\\10.0.0.5"), Some("BOB")).await, Win32Error::NERR_SUCCESS);
        assert_eq!(delete(&lab, Some(""), Some("bob")).await, Win32Error::NERR_SUCCESS);
        assert_eq!(delete(&lab, Some(r"\\10.0.0.5"), None).await, Win32Error::NERR_SUCCESS);
        let text = |name: &str| Some(name.to_owned());
        let sent = [(text(r"\\10.0.0.5"), text("BOB")), (None, text("bob")), (text(r"\\10.0.0.5"), None)];
        assert_eq!(lab.state().deleted, sent);
        assert!(lab.sessions().is_empty());
    }

    /// A failure here would leave an IPv6 client connected because a caller spells its address in another way.
    #[tokio::test]
    async fn an_ipv6_client_is_found_in_every_spelling() {
        let spellings = [
            r"\\[fe80::1]",
            r"\\FE80::1",
            r"\\fe80:0:0:0:0:0:0:1",
            r"\\fe80::0001%eth0",
            r"\\[FE80::1%eth0]",
        ];
        for kind in [ServerKind::Samba, ServerKind::Windows] {
            for listed in ["fe80::1", "[fe80::1]", "fe80::1%eth0"] {
                for spelling in spellings {
                    let lab = Lab::new(kind, &[(listed, "bob"), (listed, "alice"), ("fe80::2", "bob")]);
                    assert_eq!(delete(&lab, Some(spelling), Some("bob")).await, Win32Error::NERR_SUCCESS);
                    let left = lab.sessions();
                    assert!(!left.contains(&(listed.to_owned(), "bob".to_owned())), "{listed} {spelling}");
                    assert!(
                        left.len() == 2 && left.iter().any(|(client, _)| client == "fe80::2"),
                        "{left:?}"
                    );
                }
            }
            let lab = Lab::new(kind, &[("fe80::1%eth0", "bob"), ("fe80::1%eth1", "bob")]);
            assert_eq!(delete(&lab, Some(r"\\fe80::1"), None).await, Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
            assert_eq!(lab.sessions().len(), 2, "two computers on two networks");
            assert_eq!(delete(&lab, Some(r"\\[fe80::1%eth1]"), None).await, Win32Error::NERR_SUCCESS);
            assert_eq!(lab.sessions(), [("fe80::1%eth0".to_owned(), "bob".to_owned())]);
        }
    }

    /// A failure here would confuse "nothing matches" and "denied": Samba answers 5 to both.
    #[tokio::test]
    async fn denied_and_not_found_are_distinguished() {
        for kind in [ServerKind::Samba, ServerKind::Windows] {
            let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
            assert_eq!(delete(&lab, None, Some("carol")).await, Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
            assert_eq!(
                delete(&lab, Some(r"\\10.0.0.6"), Some("bob")).await,
                Win32Error::NERR_CLIENT_NAME_NOT_FOUND
            );
            lab.state().may_end = false;
            assert_eq!(delete(&lab, None, Some("bob")).await, Win32Error::ERROR_ACCESS_DENIED);
            lab.state().may_list = false;
            assert_eq!(
                delete(&lab, None, Some("carol")).await,
                Win32Error::ERROR_ACCESS_DENIED,
                "netsession cannot know"
            );
        }
    }

    /// A failure here would lose the reply when a caller ends its own session at Samba.
    #[tokio::test]
    async fn another_listing_replaces_a_lost_answer() {
        let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "adm1"), ("10.0.0.5", "bob")]);
        assert_eq!(delete(&lab, None, Some("adm1")).await, Win32Error::NERR_SUCCESS);
        assert_eq!(lab.state().deleted.len(), 1, "never sent twice");

        lab.state().faults.push_back(CallFault::Break { took_effect: false });
        assert_eq!(delete(&lab, None, Some("bob")).await, Win32Error::ERROR_NETNAME_DELETED);
        assert_eq!(lab.state().deleted.len(), 2, "never sent twice");
    }

    /// A failure here would leave sessions connected, and report an unknown outcome, when a caller ends its own session by another
    /// spelling of its address.
    #[tokio::test]
    async fn another_listing_replaces_the_lost_answer_for_each_spelling() {
        let lab = Lab::new(ServerKind::Samba, &[("[::ffff:10.0.0.9]", "adm1"), ("10.0.0.5", "bob")]);
        assert_eq!(delete(&lab, Some(r"\\::ffff:10.0.0.9"), Some("adm1")).await, Win32Error::NERR_SUCCESS);
        assert_eq!(lab.state().deleted.len(), 3, "{:?}", lab.state().deleted);
        assert!(!lab.sessions().iter().any(|(client, _)| client.starts_with('[')), "{:?}", lab.sessions());
    }

    /// A failure here would report a session as ended that is still connected, because the request spells its address in another way
    /// than the server.
    #[tokio::test]
    async fn a_lost_answer_is_unknown_while_the_address_is_listed() {
        let lab = Lab::new(ServerKind::Samba, &[("::1", "bob")]);
        lab.state().faults.push_back(CallFault::Break { took_effect: false });
        assert_eq!(delete(&lab, Some(r"\\[::1]"), Some("bob")).await, Win32Error::ERROR_NETNAME_DELETED);
        assert_eq!(lab.state().deleted.len(), 1, "never sent twice");
    }

    /// A failure here would report a call that may still take effect as failed or done.
    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_is_unknown() {
        let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob")]);
        lab.state().faults.push_back(CallFault::Silence { effect_after: None });
        let error = session_del(&mut lab.link().await, None, Some("bob")).await.unwrap_err();
        assert!(error.is_unknown() && error.hint().is_some());
    }
}

mod open_files {
    use super::*;

    fn lab(kind: ServerKind) -> Lab {
        let lab = Lab::new(kind, &[("10.0.0.5", "bob"), ("10.0.0.5", "alice"), ("10.0.0.6", "alice")]);
        let held = [(1, "bob", "10.0.0.5"), (2, "alice", "10.0.0.6"), (u32::MAX, "gone", "10.0.0.7")];
        lab.state().files = held.map(|(id, user, client)| (id, user.into(), client.into())).into();
        lab
    }

    async fn clients(lab: &Lab) -> Vec<Option<String>> {
        let files = files(&mut lab.link().await, &FileFilter::default()).await.unwrap().files;
        files.into_iter().map(|file| file.client).collect()
    }

    /// A failure here would name a client that does not hold the file, or miss the one that does.
    #[tokio::test]
    async fn the_client_is_returned_only_if_it_is_known() {
        let client = |client: &str| Some(client.to_owned());
        assert_eq!(clients(&lab(ServerKind::Samba)).await, [client("10.0.0.5"), None, None]);
        assert_eq!(clients(&lab(ServerKind::Windows)).await, [client("10.0.0.5"), client("10.0.0.6"), None]);
        let denied = lab(ServerKind::Samba);
        denied.state().may_list = false;
        assert_eq!(clients(&denied).await, [None, None, None]);
    }

    /// A failure here would show no client at a server with many clients, or not say how many clients were not queried.
    #[tokio::test]
    async fn only_clients_of_the_matching_users_are_queried() {
        let names: Vec<_> = (0..100).map(|n| format!("user{n}")).collect();
        let mut rows: Vec<_> = names.iter().map(|name| ("10.1.0.1", name.as_str())).collect();
        let addresses: Vec<_> = (1..=40).map(|n| format!("10.2.0.{n}")).collect();
        rows.extend(addresses.iter().map(|address| (address.as_str(), "service")));
        rows.extend([("10.0.0.5", "alice"), ("10.0.0.6", "Alice")]);
        let lab = Lab::new(ServerKind::Windows, &rows);
        let held = [
            (1, "alice", "10.0.0.5"),
            (2, "alice", "10.0.0.6"),
            (3, "service", "10.2.0.40"),
            (4, "user7", "10.1.0.1"),
        ];
        lab.state().files = held.map(|(id, user, client)| (id, user.into(), client.into())).into();
        let of = async |user: &str| {
            let filter = FileFilter { users: vec![user.parse().unwrap()], ..FileFilter::default() };
            let listing = files(&mut lab.link().await, &filter).await.unwrap();
            let clients: Vec<_> = listing.files.into_iter().map(|file| file.client).collect();
            (clients, listing.unqueried_clients)
        };
        let client = |client: &str| Some(client.to_owned());
        assert_eq!(of("alice").await, (vec![client("10.0.0.5"), client("10.0.0.6")], 0));
        assert_eq!(of("user7").await, (vec![client("10.1.0.1")], 0));
        let (clients, unqueried) = of("service").await;
        assert_eq!(unqueried, if clients == [None] { 8 } else { 0 }, "{clients:?}");
        let filter = FileFilter { clients: vec!["10.2.0.40".parse().unwrap()], ..FileFilter::default() };
        let listing = files(&mut lab.link().await, &filter).await.unwrap();
        assert_eq!(listing.files.len(), 1, "the clients that the filter names are queried first");
    }

    /// A failure here would show or close files that the filter does not match.
    #[tokio::test]
    async fn the_library_filters_files() {
        let lab = lab(ServerKind::Windows);
        let ids = async |filter: FileFilter| {
            let files = files(&mut lab.link().await, &filter).await.unwrap().files;
            files.into_iter().map(|file| file.id.0).collect::<Vec<_>>()
        };
        let users = vec!["ALICE".parse().unwrap()];
        assert_eq!(ids(FileFilter { users, ..FileFilter::default() }).await, [2]);
        let clients = vec!["10.0.0.0/30".parse().unwrap()];
        assert!(ids(FileFilter { clients, ..FileFilter::default() }).await.is_empty());
        let clients = vec!["10.0.0.5".parse().unwrap()];
        assert_eq!(ids(FileFilter { clients, ..FileFilter::default() }).await, [1]);
        let clients = vec!["10.0.0.6".parse().unwrap(), "10.0.0.5".parse().unwrap()];
        assert_eq!(ids(FileFilter { clients, ..FileFilter::default() }).await, [1, 2]);
        let path = Some("/data/2.txt".into());
        assert_eq!(ids(FileFilter { path, ..FileFilter::default() }).await, [2]);
    }

    /// A failure here would say that a client has no file open, although the server does not report whose file it is.
    #[tokio::test]
    async fn files_whose_client_is_unknown_are_counted() {
        let unknown = async |clients: &[&str]| {
            let clients = clients.iter().map(|client| client.parse().unwrap()).collect();
            let filter = FileFilter { clients, ..FileFilter::default() };
            let listing = files(&mut lab(ServerKind::Samba).link().await, &filter).await.unwrap();
            (listing.files.len(), listing.unknown_clients)
        };
        assert_eq!(unknown(&["10.0.0.6"]).await, (0, 2), "alice has two clients, and gone has no session");
        assert_eq!(unknown(&["10.0.0.5"]).await, (1, 2));
        assert_eq!(unknown(&[]).await, (3, 0), "no client is asked for");
    }

    /// A failure here would report a file that Samba closed as not found, or a missing file as closed. At another server,
    /// the answer is that somebody else has closed the file meanwhile.
    #[tokio::test(start_paused = true)]
    async fn another_listing_shows_whether_a_file_is_closed() {
        for kind in [ServerKind::Samba, ServerKind::Windows] {
            for denies_closing in [false, true] {
                let lab = lab(kind);
                lab.state().denies_closing = denies_closing;
                let mut link = lab.link().await;
                assert_eq!(code(file_close(&mut link, FileId(77)).await), Win32Error::NERR_FILE_ID_NOT_FOUND);
                let expected = match (kind, denies_closing) {
                    (ServerKind::Windows, true) => Win32Error::NERR_FILE_ID_NOT_FOUND,
                    _ => Win32Error::NERR_SUCCESS,
                };
                assert_eq!(code(file_close(&mut link, FileId(u32::MAX)).await), expected);
                assert_eq!(
                    code(file_close(&mut link, FileId(u32::MAX)).await),
                    Win32Error::NERR_FILE_ID_NOT_FOUND
                );
                assert_eq!(lab.state().files.len(), 2);
            }
        }
    }
}

mod single_calls {
    use netsession_srvs::info::SessionInfo;

    use super::super::session_enum::page;
    use super::super::session_get_info::session_get_info;
    use super::*;
    use crate::page::{Page, PageRequest};

    const SESSIONS: [(&str, &str); 3] = [("10.0.0.5", "bob"), ("10.0.0.6", "bob"), ("10.0.0.6", "alice")];

    fn rows(page: &Page<SessionInfo>) -> Vec<(&str, &str)> {
        page.entries
            .iter()
            .map(|row| {
                let client = row.cname.as_deref().unwrap_or_default().trim_start_matches('\\');
                (client, row.username.as_deref().unwrap_or_default())
            })
            .collect()
    }

    async fn all(
        lab: &Lab,
        level: SessionLevel,
        client: Option<&str>,
        user: Option<&str>,
    ) -> Result<Page<SessionInfo>, Error> {
        page(&mut lab.link().await, level, (client, user), PageRequest::ALL).await
    }

    /// A failure here would fail at a level that Samba lacks, although another level has the details.
    #[tokio::test]
    async fn another_level_replaces_a_missing_one() {
        for level in SessionLevel::ALL.iter().copied() {
            for kind in [ServerKind::Samba, ServerKind::Windows] {
                let lab = Lab::new(kind, &SESSIONS);
                assert_eq!(
                    all(&lab, level, None, None).await.unwrap().entries.len(),
                    4,
                    "{kind:?} {level:?}"
                );
                assert_eq!(lab.state().listed[0], level, "the first request has that level");
            }
        }
    }

    /// A failure here would return sessions that the caller did not request, or none.
    #[tokio::test]
    async fn the_library_filters_if_the_server_does_not() {
        for level in SessionLevel::ALL.iter().copied() {
            let lab = Lab::new(ServerKind::Samba, &SESSIONS);
            let found = all(&lab, level, Some(r"\\10.0.0.6"), Some("BOB")).await.unwrap();
            assert_eq!((rows(&found), found.total), (vec![("10.0.0.6", "bob")], 1), "{level:?}");
            let code = async |client, user| all(&lab, level, client, user).await.unwrap_err().win32();
            assert_eq!(code(Some(r"\\10.0.0.7"), None).await, Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
            assert_eq!(
                code(Some(r"\\10.0.0.5"), Some("alice")).await,
                Win32Error::NERR_CLIENT_NAME_NOT_FOUND
            );
            assert_eq!(code(None, Some("carol")).await, Win32Error::NERR_USER_NOT_FOUND);
        }
    }

    /// A failure here would lose sessions of a list that the library filters page by page, or end the list at an empty
    /// page.
    #[tokio::test]
    async fn the_resume_handle_counts_filtered_rows() {
        let lab = Lab::new(ServerKind::Samba, &SESSIONS);
        lab.state().page = 1;
        let mut link = lab.link().await;
        let (mut seen, mut empty) = (Vec::new(), 0);
        let mut request = PageRequest { maximum: 1_000, resume: Some(0) };
        loop {
            let page = page(&mut link, SessionLevel::INFO_10, (None, Some("alice")), request).await.unwrap();
            empty += usize::from(page.entries.is_empty());
            seen.extend(rows(&page).into_iter().map(|(client, _)| client.to_owned()));
            if !page.has_more {
                break;
            }
            assert!(request.resume < Some(page.resume));
            request.resume = Some(page.resume);
        }
        assert_eq!((seen, empty), (vec!["10.0.0.6".to_owned()], 3));
        let whole =
            page(&mut link, SessionLevel::INFO_10, (None, Some("bob")), PageRequest::ALL).await.unwrap();
        assert_eq!(
            (whole.entries.len(), whole.has_more),
            (2, false),
            "without a limit the page has every row"
        );
        let rest = PageRequest { resume: Some(1), ..PageRequest::ALL };
        let rest = page(&mut link, SessionLevel::INFO_10, (None, None), rest).await.unwrap();
        assert_eq!(rows(&rest).first(), Some(&("10.0.0.6", "bob")));
        let one = session_get_info(&mut link, SessionLevel::INFO_10, r"\\10.0.0.6", "alice").await.unwrap();
        assert_eq!(one.username.as_deref(), Some("alice"));
        let none = session_get_info(&mut link, SessionLevel::INFO_10, r"\\10.0.0.5", "alice").await;
        assert_eq!(none.unwrap_err().win32(), Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    }
}
