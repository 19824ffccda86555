//! The foreign programs of the conformance tests. [`ensure_installed`] installs them on Debian and Ubuntu.

use std::env;
use std::io::{IsTerminal, Write, stdin};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};

use crate::workspace;

/// A package, and a file that proves that it is installed: a program, a library or a header.
struct Peer {
    package: &'static str,
    file: &'static str,
}

const PEERS: &[Peer] = &[
    Peer { package: "samba", file: "smbd" },
    Peer { package: "smbclient", file: "smbclient" },
    Peer { package: "samba-testsuite", file: "smbtorture" },
    // A browser shows the pages of the reference.
    Peer { package: "chromium", file: "chromium" },
    Peer { package: "chromium-driver", file: "chromedriver" },
    // The tests of NetBIOS names need a network namespace.
    Peer { package: "iproute2", file: "ip" },
    // The tests compare the declarations in C with these Windows headers.
    Peer { package: "mingw-w64-common", file: "mingw-w64/include/lm.h" },
    // With these, Samba's users come from a file instead of accounts of the machine.
    Peer { package: "libnss-wrapper", file: "libnss_wrapper.so" },
    Peer { package: "libuid-wrapper", file: "libuid_wrapper.so" },
    // The languages whose programs call the C library.
    Peer { package: "mono-mcs", file: "mcs" },
    Peer { package: "mono-runtime", file: "mono" },
    Peer { package: "golang-go", file: "go" },
    Peer { package: "libeclipse-jdt-core-java", file: "/usr/share/java/eclipse-jdt-core.jar" },
    Peer { package: "libjna-java", file: "/usr/share/java/jna.jar" },
    Peer { package: "fp-compiler", file: "fpc" },
    Peer { package: "npm", file: "npm" },
    Peer { package: "valgrind", file: "valgrind" },
    // Shells complete command lines, besides bash.
    Peer { package: "zsh", file: "zsh" },
    Peer { package: "fish", file: "fish" },
    // The Debian package has no faults that this program finds.
    Peer { package: "lintian", file: "lintian" },
    // The domain of the tests of Kerberos: a controller and a member server.
    Peer { package: "samba-ad-provision", file: "samba/setup/provision.ldif" },
    Peer { package: "samba-dsdb-modules", file: "samba/ldb/samba_dsdb.so" },
    Peer { package: "samba-vfs-modules", file: "samba/vfs/acl_xattr.so" },
    Peer { package: "winbind", file: "wbinfo" },
    // The client in that domain: tickets, kinds of caches, Heimdal's library, another clock, a capture.
    Peer { package: "krb5-user", file: "kinit" },
    Peer { package: "heimdal-kcm", file: "kcm" },
    Peer { package: "keyutils", file: "keyctl" },
    Peer { package: "libgssapi3-heimdal", file: "libgssapi.so.3" },
    Peer { package: "faketime", file: "faketime" },
    Peer { package: "tcpdump", file: "tcpdump" },
    Peer { package: "ctdb", file: "ctdbd" },
    // A journal that several administrators share.
    Peer { package: "postgresql", file: "pg_createcluster" },
    // Makes certificates for TLS.
    Peer { package: "openssl", file: "openssl" },
    // They find a server that announces itself.
    Peer { package: "mdns-scan", file: "mdns-scan" },
    Peer { package: "wsdd", file: "wsdd" },
    // Scrapes the metrics, and checks them and the alert rules.
    Peer { package: "prometheus", file: "promtool" },
    // Clients of the embedded server.
    Peer { package: "rclone", file: "rclone" },
    Peer { package: "libsmbclient-dev", file: "/usr/include/samba-4.0/libsmbclient.h" },
];

/// What only the long tests need.
const LONG_PEERS: &[Peer] = &[
    // A Linux kernel mounts a share.
    Peer { package: "qemu-system-x86", file: "qemu-system-x86_64" },
    Peer { package: "busybox-static", file: "busybox" },
    // The file managers of GNOME.
    Peer { package: "gvfs-backends", file: "gvfs/gvfsd-smb" },
    Peer { package: "libglib2.0-bin", file: "gio" },
    Peer { package: "dbus-daemon", file: "dbus-run-session" },
    // Installs the RPM package.
    Peer { package: "rpm", file: "rpm" },
    // Installs the NuGet package: no registry that the tests reach has an SDK of .NET.
    Peer { package: "nuget", file: "nuget" },
];

/// What builds the command for Windows, and runs it. Debian alone has a compiler with the source of its standard library.
const WINDOWS_PEERS: &[Peer] = &[
    Peer { package: "rustc-web", file: "/usr/bin/rustc" },
    Peer { package: "cargo-web", file: "/usr/bin/cargo" },
    Peer { package: "rust-web-src", file: "/usr/lib/rustlib/src/rust/library/Cargo.toml" },
    Peer { package: "gcc-mingw-w64-x86-64", file: "x86_64-w64-mingw32-gcc" },
    Peer { package: "nasm", file: "nasm" },
    Peer { package: "wine64", file: "/usr/lib/wine/wine64" },
    Peer { package: "wine", file: "wine" },
];

/// The folders of programs, libraries and headers besides the search path, which lacks sbin for ordinary users.
const FOLDERS: &[&str] = &[
    "/usr/sbin",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/share",
];

/// Checks that everything is installed, for the long tests too if `long_tests` is set, and installs what is missing if it can.
pub(crate) fn ensure_installed(long_tests: bool) -> Result<()> {
    ensure_all(&[PEERS, if long_tests { LONG_PEERS } else { &[] }])
}

/// Checks that what builds and runs the command for Windows is installed, and installs what is missing if it can.
pub(crate) fn ensure_windows_installed() -> Result<()> {
    ensure_all(&[WINDOWS_PEERS])?;
    let output = Command::new("/usr/bin/rustc").arg("--version").output()?;
    let installed = String::from_utf8_lossy(&output.stdout);
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    ensure!(
        release(&installed).is_some_and(|installed| Some(installed) >= release(oldest)),
        "/usr/bin/rustc is older than {oldest}: {}",
        installed.trim()
    );
    Ok(())
}

/// Returns the major and the minor number of the first version in a text.
fn release(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let (major, rest) = word.split_once('.')?;
        Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()?))
    })
}

fn ensure_all(lists: &[&'static [Peer]]) -> Result<()> {
    let peers = || lists.iter().copied().flatten();
    let missing: Vec<&str> = peers().filter(|peer| !present(peer.file)).map(|peer| peer.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !present("apt-get") {
        bail!(
            "the conformance tests need {list}: install them, or leave those tests out with `--without samba`"
        );
    }
    println!("The conformance tests need packages that are not installed: {list}");
    println!(
        "The tests start servers of their own, on loopback and in temporary folders; they create no account."
    );
    if stdin().is_terminal() && env::var_os("CI").is_none() && !agreed()? {
        bail!("not installed; `--without samba` leaves those tests out");
    }
    println!("Installing {list} with apt-get");
    install(&missing)?;
    let still = peers().find(|peer| !present(peer.file));
    ensure!(still.is_none(), "{} is still missing after installing", still.map_or("", |peer| peer.file));
    Ok(())
}

/// Returns whether a process may have a network of its own. Containers and some distributions do not allow it.
pub(crate) fn allows_own_network() -> bool {
    const VETH: &str = "PATH=$PATH:/usr/sbin:/sbin; ip link add ns0 type veth peer name ns1";
    let mut probe = Command::new("unshare");
    probe.args(["--user", "--map-root-user", "--net", "sh", "-c", VETH]);
    probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether an Active Directory domain of the tests can run here: machines of namespaces, which only root may make.
pub(crate) fn allows_domain() -> bool {
    const MACHINE: &str = "PATH=$PATH:/usr/sbin:/sbin; mount -t tmpfs probe /run && mkdir /run/u /run/w &&
        mount -t overlay -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w probe /etc && ip link add br0 type bridge";
    let mut probe = privileged("unshare");
    probe.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "sh", "-c", MACHINE]);
    probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// A folder under target/ with a Python of our own that has impacket, smbprotocol, pysmb and pytest, and with impacket's test
/// suite, which is in its source distribution only.
pub(crate) fn impacket() -> Result<PathBuf> {
    const IMPACKET: &str = "impacket==0.13.1";
    const OTHERS: [&str; 3] = ["smbprotocol==1.17.0", "pysmb==1.2.15", "pytest==9.0.2"];
    let folder = workspace::target()?.join("impacket");
    let python = folder.join("bin/python");
    let works = || {
        let mut import = Command::new(&python);
        import.args(["-c", "import impacket.dcerpc.v5.srvs, smbprotocol, smb, pytest"]);
        import.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !works() {
        let all = format!("{IMPACKET}, {}", OTHERS.join(", "));
        println!("Installing {all} from PyPI into {}", folder.display());
        let venv =
            || Command::new("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
        if !venv().is_ok_and(|status| status.success()) {
            install(&["python3-venv"])?;
            venv()?;
        }
        Command::new(&python).args(["-m", "pip", "install", "--quiet", IMPACKET]).args(OTHERS).status()?;
        ensure!(works(), "{all} could not be installed");
    }
    let suite = folder.join("suite");
    if !suite.join("tests").exists() {
        let download =
            ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=impacket", IMPACKET, "--dest"];
        Command::new(&python).args(download).arg(&suite).status()?;
        let archive = suite.join(format!("{}.tar.gz", IMPACKET.replace("==", "-")));
        let unpacked = Command::new("tar")
            .args(["--extract", "--strip-components=1", "--wildcards", "*/tests/*"])
            .arg(format!("--file={}", archive.display()))
            .current_dir(&suite)
            .status()?;
        ensure!(unpacked.success(), "impacket's tests could not be taken out of {}", archive.display());
    }
    Ok(folder)
}

fn agreed() -> Result<bool> {
    print!("Install them now with apt-get? [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// Installs packages. The package lists of a new machine are empty or old, so a failure updates them and tries again.
fn install(packages: &[&str]) -> Result<()> {
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    if !apt_get(&arguments)? {
        ensure!(
            apt_get(&["update"])? && apt_get(&arguments)?,
            "apt-get could not install {}",
            packages.join(" ")
        );
    }
    stop_services(packages)
}

fn apt_get(arguments: &[&str]) -> Result<bool> {
    let status = privileged("apt-get")
        .arg("--quiet=2")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// Stops the services of the packages: the tests need only the programs, and no file server must run on the machine.
fn stop_services(packages: &[&str]) -> Result<()> {
    const SERVICES: &[(&str, &[&str])] = &[
        ("samba", &["smbd", "nmbd", "samba-ad-dc"]),
        ("winbind", &["winbind"]),
        ("heimdal-kcm", &["heimdal-kcm"]),
        ("prometheus", &["prometheus"]),
        ("wsdd", &["wsdd"]),
    ];
    for (package, services) in SERVICES {
        if packages.contains(package) && Path::new("/run/systemd/system").exists() {
            println!("Turning off the services that come with the package {package}");
            let disable = ["disable", "--now", "--quiet"];
            privileged("systemctl").args(disable).args(*services).status()?;
        }
    }
    Ok(())
}

/// Returns a command that runs as root, with sudo if needed. sudo asks for a password only at a terminal.
fn privileged(program: &str) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if root { Command::new(program) } else { Command::new("sudo") };
    if !root {
        if env::var_os("CI").is_some() || !stdin().is_terminal() {
            command.arg("--non-interactive");
        }
        command.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Returns whether a program, library or header is installed, whichever package brought it.
pub(crate) fn present(file: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(FOLDERS.iter().map(Into::into)).any(|folder| folder.join(file).is_file())
}

#[cfg(test)]
mod tests {
    use super::{present, release};

    /// A failure here would take an old compiler for a new one, and call its errors ours, or never build for Windows.
    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert_eq!(
            release("rustc 1.96.0 (ac68faa20 2026-05-01) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(release("1.95"), Some((1, 95)));
        assert!(release("rustc 1.100.0") > release("1.95") && release("rustc: not found").is_none());
    }

    /// A failure here would take the folder of another package, such as `/usr/share/zsh`, for a program, and not install that.
    #[test]
    fn a_folder_is_no_program() {
        assert!(present("sh"));
        assert!(!present("doc") && !present("zoneinfo"));
    }
}
