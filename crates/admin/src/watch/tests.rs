use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use netsession::{Error as ServerError, NtStatus, Step};
use tokio::time::{Instant, sleep, timeout};

use super::*;

/// What a scripted server does when netsession connects or lists.
#[derive(Clone, Copy, PartialEq)]
enum Script {
    Answer,
    Silent,
    Refuse,
}

/// A server without a network.
#[derive(Clone)]
struct Scripted {
    name: String,
    login: (&'static str, bool),
    script: Rc<Cell<Script>>,
    open: Rc<Cell<usize>>,
    most_open: Rc<Cell<usize>>,
    logons: Rc<RefCell<BTreeMap<String, usize>>>,
    lists: Rc<Cell<usize>>,
}

/// A scripted connection, which counts itself.
struct Held(Rc<Cell<usize>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Connect for Scripted {
    type Connection = Held;
    type Listing = usize;

    fn name(&self) -> &str {
        &self.name
    }

    fn login(&self) -> (String, bool) {
        (self.login.0.to_owned(), self.login.1)
    }

    async fn connect(&self) -> Result<Held, Error> {
        self.open.set(self.open.get() + 1);
        self.most_open.set(self.most_open.get().max(self.open.get()));
        let held = Held(Rc::clone(&self.open));
        *self.logons.borrow_mut().entry(self.name.clone()).or_default() += 1;
        match self.script.get() {
            Script::Answer => sleep(Duration::from_millis(1)).await,
            Script::Silent => return Err(silent(&self.name).await),
            Script::Refuse => {
                let (server, user) = (self.name.clone(), self.login.0.to_owned());
                return Err(ServerError::Logon { server, user, status: NtStatus::LOGON_FAILURE }.into());
            }
        }
        Ok(held)
    }

    fn is_open(_: &Held) -> bool {
        true
    }

    async fn list(&self, _: &mut Held) -> Result<usize, Error> {
        self.lists.set(self.lists.get() + 1);
        if self.script.get() == Script::Silent {
            return Err(silent(&self.name).await);
        }
        sleep(Duration::from_millis(1)).await;
        Ok(self.lists.get())
    }

    async fn silent(&self) -> Vec<SilentNode> {
        Vec::new()
    }

    async fn close(_: Held) {}
}

async fn silent(server: &str) -> Error {
    let after = Duration::from_secs(5);
    sleep(after).await;
    ServerError::TimedOut { server: server.to_owned(), step: Step::Logon, after }.into()
}

/// Makes `count` servers that all have the login of a domain.
fn servers(count: usize) -> Vec<Scripted> {
    let (open, most_open, logons) = (Rc::default(), Rc::default(), Rc::default());
    let server = |index| Scripted {
        name: format!("fs{index}"),
        login: (r"LAB\adm1", true),
        script: Rc::new(Cell::new(Script::Answer)),
        open: Rc::clone(&open),
        most_open: Rc::clone(&most_open),
        logons: Rc::clone(&logons),
        lists: Rc::default(),
    };
    (0..count).map(server).collect()
}

/// Collects the updates of this time: the servers that answered, and the errors of the others.
async fn run_for(
    watch: &mut Watch<'_, usize>,
    time: Duration,
) -> (Vec<usize>, Vec<(usize, String, Option<u64>)>) {
    let (mut answered, mut failed) = (Vec::new(), Vec::new());
    let until = Instant::now() + time;
    while let Ok(Some(update)) = timeout(until.saturating_duration_since(Instant::now()), watch.next()).await
    {
        match update.result {
            Ok(_) => answered.push(update.server),
            Err(down) => {
                failed.push((update.server, down.error.to_string(), down.retry.map(|retry| retry.as_secs())));
            }
        }
    }
    (answered, failed)
}

fn options(kept: usize) -> WatchOptions {
    WatchOptions { kept, at_once: 3, ..WatchOptions::default() }
}

/// A failure here would let one silent server stop the view of all others.
#[tokio::test(start_paused = true)]
async fn a_slow_server_delays_no_other_one() {
    let all = servers(4);
    let mut watch = watch_all(all.clone(), options(100), &Arc::default());
    let (answered, failed) = run_for(&mut watch, Duration::from_secs(3)).await;
    assert!(failed.is_empty() && answered.len() >= 4, "{answered:?} {failed:?}");
    all[1].script.set(Script::Silent);
    let (answered, failed) = run_for(&mut watch, Duration::from_secs(20)).await;
    for other in [0, 2, 3] {
        assert!(
            (9..=11).contains(&answered.iter().filter(|&&server| server == other).count()),
            "{answered:?}"
        );
    }
    assert!(!failed.is_empty() && failed.iter().all(|(server, ..)| *server == 1), "{failed:?}");
    let retries: Vec<_> = failed.iter().filter_map(|(.., retry)| *retry).collect();
    assert_eq!(retries, [2, 4], "the pauses grow");
    all[1].script.set(Script::Answer);
    let (answered, _) = run_for(&mut watch, Duration::from_secs(20)).await;
    assert!(answered.contains(&1), "it is listed again");
}

/// A failure here would list from all servers in the same instant each time.
#[tokio::test(start_paused = true)]
async fn servers_take_turns_within_the_interval() {
    let mut watch = watch_all(servers(4), options(100), &Arc::default());
    run_for(&mut watch, Duration::from_millis(1_900)).await;
    let began = Instant::now();
    let mut times = Vec::new();
    for _ in 0..4 {
        watch.next().await.unwrap();
        times.push(began.elapsed().as_millis() / 100);
    }
    assert!(times.windows(2).all(|pair| pair[1] > pair[0]), "{times:?}");
}

/// A failure here would lock the administrator's account by trying a changed password at every server, again and again.
#[tokio::test(start_paused = true)]
async fn a_login_that_one_server_refuses_goes_to_none_again() {
    let all = servers(20);
    all.iter().for_each(|server| server.script.set(Script::Refuse));
    let mut watch = watch_all(all.clone(), options(100), &Arc::default());
    let (answered, failed) = run_for(&mut watch, Duration::from_secs(600)).await;
    assert!(answered.is_empty());
    assert_eq!(failed.len(), 20, "each server is reported once");
    assert!(failed.iter().all(|(.., retry)| retry.is_none()));
    assert_eq!(all[0].logons.borrow().values().sum::<usize>(), 1, "{:?}", all[0].logons.borrow());
    assert!(watch.next().await.is_none(), "there is nothing left to wait for");
}

/// A failure here would let a local account's wrong password hide the other servers, which have accounts of their own.
#[tokio::test(start_paused = true)]
async fn a_local_account_is_judged_by_its_own_server() {
    let mut all = servers(2);
    all.iter_mut().for_each(|server| server.login = ("admin", false));
    all[0].script.set(Script::Refuse);
    let mut watch = watch_all(all.clone(), options(100), &Arc::default());
    let (answered, failed) = run_for(&mut watch, Duration::from_secs(10)).await;
    assert!(answered.len() >= 4 && answered.iter().all(|server| *server == 1), "{answered:?}");
    assert_eq!(failed.len(), 1);
    assert_eq!(all[0].logons.borrow().get("fs0"), Some(&1));
}

/// A failure here would need a descriptor for each of ten thousand servers, or a logon for each listing of a few.
#[tokio::test(start_paused = true)]
async fn the_number_of_connections_is_limited() {
    let all = servers(50);
    let mut watch = watch_all(all.clone(), options(10), &Arc::default());
    let (answered, _) = run_for(&mut watch, Duration::from_secs(11)).await;
    let times = |index: usize| answered.iter().filter(|&&server| server == index).count();
    assert!((0..50).all(|index| times(index) >= 4), "{answered:?}");
    assert!(all[0].most_open.get() <= 13, "{}", all[0].most_open.get());
    let logons = all[0].logons.borrow();
    assert_eq!(logons.get("fs0"), Some(&1), "a kept connection logs on once");
    assert!(logons.get("fs49").is_some_and(|count| *count >= 4));
    drop(logons);
    drop(watch);
    assert_eq!(all[0].open.get(), 0, "dropping the watch closes every connection");
}

/// A failure here would show a frozen server as up until its time limits have passed.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_owes_an_answer() {
    let all = servers(2);
    let scripts: Vec<_> = all.iter().map(|server| Rc::clone(&server.script)).collect();
    let mut watch = watch_all(all, options(2), &Arc::default());
    for _ in 0..2 {
        assert!(watch.next().await.unwrap().result.is_ok());
    }
    assert_eq!([0, 1, 2].map(|server| watch.unanswered_since(server)), [None, None, None]);
    scripts[1].set(Script::Silent);
    let asked = loop {
        match timeout(Duration::from_millis(100), watch.next()).await {
            Ok(update) => assert!(update.unwrap().result.is_ok()),
            Err(_) => {
                if let Some(asked) = watch.unanswered_since(1) {
                    break asked;
                }
            }
        }
    };
    let failed = loop {
        let update = watch.next().await.unwrap();
        if update.result.is_err() {
            break update;
        }
        assert_eq!(watch.unanswered_since(1), Some(asked), "the other server goes on");
    };
    assert_eq!((failed.server, watch.unanswered_since(1)), (1, None));
    assert!(failed.asked.answered.duration_since(asked) >= Duration::from_secs(1));
}
