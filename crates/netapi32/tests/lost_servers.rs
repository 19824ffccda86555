//! Calls servers that stop and start again, between two calls and while threads call.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use netapi32::{NetApiBufferFree, NetSessionDel, NetSessionEnum};
use stage::{ADMIN, PASSWORD, Stage, pointer, set_login, wide};

fn count(server: &str) -> Result<u32, u32> {
    let (server, nothing, mut buffer) = (wide(server), ptr::null(), ptr::null_mut());
    let (mut read, mut total) = (0, 0);
    // SAFETY: each is NULL or valid.
    unsafe {
        let code = NetSessionEnum(
            server.as_ptr(),
            nothing,
            nothing,
            10,
            &raw mut buffer,
            u32::MAX,
            &raw mut read,
            &raw mut total,
            ptr::null_mut(),
        );
        NetApiBufferFree(buffer.cast());
        if code == 0 { Ok(read) } else { Err(code) }
    }
}

fn delete(server: &str, client: Option<&str>, user: &str) -> u32 {
    let (server, client, user) = (wide(server), client.map(wide), wide(user));
    // SAFETY: each is NULL or ends in zero.
    unsafe { NetSessionDel(server.as_ptr(), pointer(client.as_ref()), user.as_ptr()) }
}

/// A failure here would make a program's next call, or every later call, fail after a server restarts.
#[test]
fn a_call_connects_again_to_a_restarted_server() {
    let mut stage = Stage::start();
    let (name, address) = (stage.name(), stage.address());
    for _ in 0..3 {
        assert_eq!(count(&name), Ok(1));
        stage.stop();
        stage = Stage::start_on(address);
        stage.add_session("10.0.0.5", "alice");
        assert_eq!(delete(&name, Some(r"\\10.0.0.5"), "alice"), 0, "the first call after it");
        assert_eq!(stage.who(), []);
    }
    stage.stop();
    assert_eq!(delete(&name, None, "alice"), 1225);
    assert_eq!(count(&name), Err(1225));
}

/// A failure here would make a program's next call fail after an administrator ended its session.
#[test]
fn a_call_logs_on_again_after_its_session_ended() {
    let stage = Stage::start();
    let name = stage.name();
    assert_eq!(set_login(Some("localhost"), Some(ADMIN), Some(PASSWORD)), 0);
    let other = format!("localhost:{}", stage.address().port());
    for _ in 0..3 {
        assert_eq!(count(&name), Ok(1));
        assert_eq!(set_login(Some(&other), Some(ADMIN), Some(PASSWORD)), 0);
        assert_eq!(delete(&other, None, ADMIN), 0, "ends the sessions of both connections");
        assert!(count(&name).is_ok());
        assert_eq!(delete(&other, None, ADMIN), 0);
        stage.pause();
        assert_eq!(delete(&name, None, "nobody"), 2312, "a call that is sent once, after a pause");
    }
}

/// A failure here would make threads hang or crash, or never connect again after the server stopped.
#[test]
fn threads_connect_again_after_the_server_stops_during_their_calls() {
    let mut stage = Stage::start();
    let (name, address) = (stage.name(), stage.address());
    let (done, good, failed) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    match count(&name) {
                        Ok(_) => good.fetch_add(1, Ordering::Relaxed),
                        Err(code) => {
                            // Refused, broken, closed while connecting, timed out.
                            assert!([1225, 64, 53, 121, 1236].contains(&code), "{code}");
                            failed.fetch_add(1, Ordering::Relaxed)
                        }
                    };
                }
            });
        }
        let more = |count: &AtomicU32| {
            let before = count.load(Ordering::Relaxed);
            while count.load(Ordering::Relaxed) < before + 40 {
                thread::yield_now();
            }
        };
        for _ in 0..2 {
            more(&good);
            stage.stop();
            more(&failed);
            stage = Stage::start_on(address);
        }
        more(&good);
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(count(&name).map(|count| count > 0), Ok(true));
}
