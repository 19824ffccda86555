//! A network namespace for one test, for fixed ports and broadcasts. Its packets never reach the network of the
//! machine.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

/// The only address of the network besides loopback.
pub const ADDRESS: &str = "10.77.0.1";

/// Makes the network inside a namespace of the kernel, then executes the given program.
const SET_UP: &str = "
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up &&
ip link add ns0 type veth peer name ns1 &&
ip address add 10.77.0.1/24 brd + dev ns0 &&
ip link set ns0 up && ip link set ns1 up &&
ip route add 255.255.255.255 dev ns0 &&
ip route add 224.0.0.0/4 dev ns0 &&
exec \"$@\"";

/// The variable that is set in the process inside the network.
const INSIDE: &str = "NETSESSION_TEST_NETWORK";

/// Runs the test with this name again, inside a network of its own. A test starts with
/// `if !own_network::inside("its_name")? { return Ok(()) }`; outside, it does nothing else.
///
/// # Errors
/// The system allows no such networks, or the test failed inside.
pub fn inside(test: &str) -> Result<bool> {
    if env::var_os(INSIDE).is_some() {
        return Ok(true);
    }
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c", SET_UP, "sh"])
        .arg(env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "in a network of its own: {text}");
    ensure!(text.contains("1 passed"), "no test of this name: {text}");
    Ok(false)
}
