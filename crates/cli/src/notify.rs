//! Messages to systemd, by the socket that it names in `NOTIFY_SOCKET`. Without one, these functions do nothing. On Windows the service
//! control manager gets them.

/// Says that the program is ready: it carries on the holds, or accepts connections.
pub(crate) fn ready() {
    send("READY=1");
}

/// Says that the program reads its files again; [`ready`] says that it has.
pub(crate) fn reloading() {
    #[cfg(unix)]
    send(&reloading_now());
}

#[cfg(unix)]
fn reloading_now() -> String {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let microseconds = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
    format!("RELOADING=1\nMONOTONIC_USEC={microseconds}")
}

/// Says that the program still works. systemd restarts it after the time of the unit without such a message.
pub(crate) fn alive() {
    if std::env::var_os("WATCHDOG_USEC").is_some() {
        send("WATCHDOG=1");
    }
}

/// Says that the program stops.
pub(crate) fn stopping() {
    send("STOPPING=1");
}

#[cfg(unix)]
fn send(state: &str) {
    if let Err(error) = to_socket(state) {
        tracing::debug!(%error, "notifying systemd");
    }
}

#[cfg(unix)]
fn to_socket(state: &str) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::UnixDatagram;

    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let socket = UnixDatagram::unbound()?;
    match path.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            socket.send_to_addr(state.as_bytes(), &address)?;
        }
        _ => {
            socket.send_to(state.as_bytes(), path)?;
        }
    }
    Ok(())
}

#[cfg(windows)]
fn send(state: &str) {
    crate::service::notified(state);
}
