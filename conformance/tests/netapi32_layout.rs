//! The structures of libnetapi32, compared with those in mingw-w64's headers, an independent description of Windows.
#![cfg(unix)]

use std::fmt::Write as _;
use std::mem::{offset_of, size_of};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netapi32::structures::{
    CONNECTION_INFO_0, CONNECTION_INFO_1, FILE_INFO_2, FILE_INFO_3, SERVER_INFO_100, SERVER_INFO_101,
    SERVER_INFO_102, SERVER_INFO_502, SERVER_INFO_1005, SERVER_INFO_1010, SERVER_INFO_1016, SERVER_INFO_1017,
    SERVER_INFO_1018, SERVER_INFO_1107, SERVER_TRANSPORT_INFO_0, SERVER_TRANSPORT_INFO_1,
    SERVER_TRANSPORT_INFO_2, SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10,
    SESSION_INFO_502, SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_501, SHARE_INFO_502,
    SHARE_INFO_503, SHARE_INFO_1004, SHARE_INFO_1005, SHARE_INFO_1006, SHARE_INFO_1501, TIME_OF_DAY_INFO,
    WKSTA_INFO_100, WKSTA_INFO_101, WKSTA_INFO_102, WKSTA_USER_INFO_0, WKSTA_USER_INFO_1,
};
use tempfile::TempDir;

/// The folder of the headers in Debian's package mingw-w64-common.
const HEADERS: &str = "/usr/share/mingw-w64/include";

/// The types that the headers need: those of Windows, whose `long` has 32 bits and whose characters have 16, for a
/// compiler that differs.
const WINDOWS: &str = r"
#include <stddef.h>
#include <stdint.h>
#define WINAPI
#define __cdecl
#define CONST const
#define _W64
#define __LONG32 int
typedef uint32_t DWORD, ULONG, *LPDWORD;
typedef int32_t LONG, WINBOOL, BOOL;
typedef uint16_t WCHAR, WORD, *LPWSTR;
typedef const uint16_t *LPCWSTR;
typedef uint8_t BYTE, *LPBYTE, *PBYTE, BOOLEAN, UCHAR, CHAR;
typedef char *LPSTR;
typedef void VOID, *LPVOID, *PVOID, *PSECURITY_DESCRIPTOR;
typedef uintptr_t DWORD_PTR, *PDWORD_PTR;
typedef int64_t LONGLONG;
typedef void *SERVICE_STATUS_HANDLE;
typedef struct { uint8_t bytes[16]; } GUID;
typedef struct { LONGLONG QuadPart; } LARGE_INTEGER;
#include <lmcons.h>
#include <lmshare.h>
#include <lmserver.h>
#include <lmremutl.h>
#include <lmwksta.h>
/* mingw-w64 lacks this one: [MS-SRVS] 2.2.4.27 with the types of lmshare.h. */
typedef struct {
    LPWSTR shi503_netname; DWORD shi503_type; LPWSTR shi503_remark; DWORD shi503_permissions, shi503_max_uses,
    shi503_current_uses; LPWSTR shi503_path, shi503_passwd, shi503_servername; DWORD shi503_reserved;
    PSECURITY_DESCRIPTOR shi503_security_descriptor;
} SHARE_INFO_503;
";

const OURS: &str = "#include <stddef.h>\n#include <netapi32.h>\n";

/// A structure: its name, its size, and the offsets of its members.
struct Layout {
    name: &'static str,
    size: usize,
    members: Vec<(&'static str, usize)>,
}

macro_rules! layouts {
    ($($name:ident { $($member:ident),+ $(,)? })+) => {
        vec![$(Layout {
            name: stringify!($name),
            size: size_of::<$name>(),
            members: vec![$((stringify!($member), offset_of!($name, $member))),+],
        }),+]
    };
}

fn layouts() -> Vec<Layout> {
    layouts! {
        SESSION_INFO_0 { sesi0_cname }
        SESSION_INFO_1 {
            sesi1_cname, sesi1_username, sesi1_num_opens, sesi1_time, sesi1_idle_time, sesi1_user_flags,
        }
        SESSION_INFO_2 {
            sesi2_cname, sesi2_username, sesi2_num_opens, sesi2_time, sesi2_idle_time, sesi2_user_flags,
            sesi2_cltype_name,
        }
        SESSION_INFO_10 { sesi10_cname, sesi10_username, sesi10_time, sesi10_idle_time }
        SESSION_INFO_502 {
            sesi502_cname, sesi502_username, sesi502_num_opens, sesi502_time, sesi502_idle_time,
            sesi502_user_flags, sesi502_cltype_name, sesi502_transport,
        }
        FILE_INFO_2 { fi2_id }
        FILE_INFO_3 { fi3_id, fi3_permissions, fi3_num_locks, fi3_pathname, fi3_username }
        CONNECTION_INFO_0 { coni0_id }
        CONNECTION_INFO_1 {
            coni1_id, coni1_type, coni1_num_opens, coni1_num_users, coni1_time, coni1_username, coni1_netname,
        }
        SHARE_INFO_0 { shi0_netname }
        SHARE_INFO_1 { shi1_netname, shi1_type, shi1_remark }
        SHARE_INFO_2 {
            shi2_netname, shi2_type, shi2_remark, shi2_permissions, shi2_max_uses, shi2_current_uses, shi2_path,
            shi2_passwd,
        }
        SHARE_INFO_501 { shi501_netname, shi501_type, shi501_remark, shi501_flags }
        SHARE_INFO_503 {
            shi503_netname, shi503_type, shi503_remark, shi503_permissions, shi503_max_uses, shi503_current_uses,
            shi503_path, shi503_passwd, shi503_servername, shi503_reserved, shi503_security_descriptor,
        }
        SHARE_INFO_1004 { shi1004_remark }
        SHARE_INFO_1005 { shi1005_flags }
        SHARE_INFO_1006 { shi1006_max_uses }
        SHARE_INFO_1501 { shi1501_reserved, shi1501_security_descriptor }
        SHARE_INFO_502 {
            shi502_netname, shi502_type, shi502_remark, shi502_permissions, shi502_max_uses, shi502_current_uses,
            shi502_path, shi502_passwd, shi502_reserved, shi502_security_descriptor,
        }
        SERVER_INFO_100 { sv100_platform_id, sv100_name }
        SERVER_INFO_101 {
            sv101_platform_id, sv101_name, sv101_version_major, sv101_version_minor, sv101_type, sv101_comment,
        }
        SERVER_INFO_102 {
            sv102_platform_id, sv102_name, sv102_version_major, sv102_version_minor, sv102_type, sv102_comment,
            sv102_users, sv102_disc, sv102_hidden, sv102_announce, sv102_anndelta, sv102_licenses, sv102_userpath,
        }
        SERVER_INFO_502 {
            sv502_sessopens, sv502_sessvcs, sv502_opensearch, sv502_sizreqbuf, sv502_initworkitems, sv502_maxworkitems, sv502_rawworkitems, sv502_irpstacksize, sv502_maxrawbuflen, sv502_sessusers, sv502_sessconns, sv502_maxpagedmemoryusage, sv502_maxnonpagedmemoryusage, sv502_enablesoftcompat, sv502_enableforcedlogoff, sv502_timesource, sv502_acceptdownlevelapis, sv502_lmannounce,
        }
        SERVER_INFO_1005 { sv1005_comment }
        SERVER_INFO_1010 { sv1010_disc }
        SERVER_INFO_1016 { sv1016_hidden }
        SERVER_INFO_1017 { sv1017_announce }
        SERVER_INFO_1018 { sv1018_anndelta }
        SERVER_INFO_1107 { sv1107_users }
        SERVER_TRANSPORT_INFO_0 {
            svti0_numberofvcs, svti0_transportname, svti0_transportaddress, svti0_transportaddresslength,
            svti0_networkaddress,
        }
        SERVER_TRANSPORT_INFO_1 {
            svti1_numberofvcs, svti1_transportname, svti1_transportaddress, svti1_transportaddresslength,
            svti1_networkaddress, svti1_domain,
        }
        SERVER_TRANSPORT_INFO_2 {
            svti2_numberofvcs, svti2_transportname, svti2_transportaddress, svti2_transportaddresslength,
            svti2_networkaddress, svti2_domain, svti2_flags,
        }
        WKSTA_INFO_100 {
            wki100_platform_id, wki100_computername, wki100_langroup, wki100_ver_major, wki100_ver_minor,
        }
        WKSTA_INFO_101 {
            wki101_platform_id, wki101_computername, wki101_langroup, wki101_ver_major, wki101_ver_minor,
            wki101_lanroot,
        }
        WKSTA_INFO_102 {
            wki102_platform_id, wki102_computername, wki102_langroup, wki102_ver_major, wki102_ver_minor,
            wki102_lanroot, wki102_logged_on_users,
        }
        WKSTA_USER_INFO_0 { wkui0_username }
        WKSTA_USER_INFO_1 { wkui1_username, wkui1_logon_domain, wkui1_oth_domains, wkui1_logon_server }
        TIME_OF_DAY_INFO {
            tod_elapsedt, tod_msecs, tod_hours, tod_mins, tod_secs, tod_hunds, tod_timezone, tod_tinterval, tod_day,
            tod_month, tod_year, tod_weekday,
        }
    }
}

/// Compiles the structures with some headers, and returns a line for each size and offset.
fn compiled(includes: &str, folders: &[&Path]) -> Result<String> {
    let folder = TempDir::new()?;
    let (source, program) = (folder.path().join("layout.c"), folder.path().join("layout"));
    let mut code = format!("{includes}\n#include <stdio.h>\nint main(void) {{\n");
    for Layout { name, members, .. } in layouts() {
        writeln!(code, "printf(\"{name} %zu\\n\", sizeof({name}));")?;
        for (member, _) in members {
            writeln!(code, "printf(\"{name}.{member} %zu\\n\", offsetof({name}, {member}));")?;
        }
    }
    code.push_str("return 0; }\n");
    std::fs::write(&source, code)?;
    let mut cc = Command::new("cc");
    folders.iter().for_each(|folder| _ = cc.arg("-I").arg(folder));
    let output = cc.arg("-o").arg(&program).arg(&source).output().context("cc")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(Command::new(&program).output()?.stdout)?)
}

/// A failure here would make a program for 64-bit Windows, or one with our header, read one member for another.
#[test]
fn structures_are_laid_out_as_on_windows() -> Result<()> {
    let mut ours = String::new();
    for Layout { name, size, members } in layouts() {
        writeln!(ours, "{name} {size}")?;
        for (member, offset) in members {
            writeln!(ours, "{name}.{member} {offset}")?;
        }
    }
    // Use only these headers: the folder also has the headers of another C library.
    let folder = TempDir::new()?;
    for header in ["lmcons.h", "lmshare.h", "lmserver.h", "lmremutl.h", "lmwksta.h", "lmuseflg.h"] {
        std::fs::copy(Path::new(HEADERS).join(header), folder.path().join(header))
            .with_context(|| format!("{header}: install mingw-w64-common"))?;
    }
    // The headers include these, but the comparison does not need them.
    std::fs::write(folder.path().join("winsvc.h"), "")?;
    assert_eq!(ours, compiled(WINDOWS, &[folder.path()])?, "beside mingw-w64's headers");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32/include");
    assert_eq!(ours, compiled(OURS, &[&include])?, "beside netapi32.h");
    assert!(ours.lines().count() > 90, "{ours}");
    Ok(())
}

/// The structures that a header declares, each with its members.
fn declared(header: &str) -> Vec<(String, Vec<String>)> {
    let declarations = header.split("typedef struct ").skip(1).filter_map(|rest| rest.split_once('}'));
    let word = |line: &str| Some(line.rsplit([' ', '*']).next()?.to_owned());
    let structure = |(declaration, _): (&str, &str)| {
        let (name, members) = declaration.split_once('{')?;
        let members = members.lines().filter_map(|line| word(line.split_once(';')?.0));
        Some((name.trim().to_owned(), members.collect()))
    };
    declarations.filter_map(structure).collect()
}

/// A failure here would leave a structure of netapi32.h, or a member, out of the comparison above.
#[test]
fn every_structure_of_the_header_is_compared() -> Result<()> {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32/include/netapi32.h");
    let owned = |members: Vec<(&str, usize)>| members.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut compared: Vec<(String, Vec<String>)> =
        layouts().into_iter().map(|layout| (layout.name.to_owned(), owned(layout.members))).collect();
    let mut declared = declared(&std::fs::read_to_string(header)?);
    compared.sort();
    declared.sort();
    assert_eq!(compared, declared);
    Ok(())
}
