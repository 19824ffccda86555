//! [`Others`], read from the text of a security descriptor ([MS-DTYP] 2.5.1).

use super::Others;

const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;
const WRITE_OWNER: u32 = 0x8_0000;
const WRITE_DAC: u32 = 0x4_0000;
const DELETE: u32 = 0x1_0000;
/// `FILE_READ_DATA`, and `FILE_LIST_DIRECTORY` for a folder.
const READ_DATA: u32 = 0x1;
/// `FILE_WRITE_DATA`, and `FILE_ADD_FILE` for a folder.
const WRITE_DATA: u32 = 0x2;
const APPEND_DATA: u32 = 0x4;
/// `FILE_DELETE_CHILD`: deletes and renames every file of a folder.
const DELETE_CHILD: u32 = 0x40;

/// With one of these a user can take every other right.
const CONTROL: u32 = WRITE_OWNER | WRITE_DAC | GENERIC_ALL;
const READS: u32 = READ_DATA | GENERIC_READ | CONTROL;
/// Deleting is a kind of writing: the user can put another file in its place.
const WRITES: u32 = WRITE_DATA | APPEND_DATA | DELETE | GENERIC_WRITE | CONTROL;
const ADDS: u32 = WRITE_DATA | GENERIC_WRITE | CONTROL;
const REPLACES: u32 = DELETE_CHILD | CONTROL;

/// The names of rights, each of two letters ([MS-DTYP] 2.5.1.1).
const RIGHTS: [(&str, u32); 21] = [
    ("GA", GENERIC_ALL),
    ("GR", GENERIC_READ),
    ("GW", GENERIC_WRITE),
    ("GX", 0x2000_0000),
    ("RC", 0x2_0000),
    ("SD", DELETE),
    ("WD", WRITE_DAC),
    ("WO", WRITE_OWNER),
    ("FA", 0x1f_01ff),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00a0),
    ("CC", READ_DATA),
    ("DC", WRITE_DATA),
    ("LC", APPEND_DATA),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", DELETE_CHILD),
    ("LO", 0x80),
    ("CR", 0x100),
];

/// `NT SERVICE\TrustedInstaller`, which owns files of Windows.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// Reads a descriptor. `own` is the SID of the user. What this function does not understand counts as access by others.
pub(super) fn read(text: &str, own: &str) -> Others {
    let owner = text.strip_prefix("O:").map(before_section);
    let mut others = Others { own: owner.is_none_or(|owner| !is_trusted(owner, own)), ..Others::default() };
    match section(text, 'D') {
        // Without a list, or with this word, nothing is forbidden to anybody.
        None => others.add(u32::MAX),
        Some(list) if list.contains("NO_ACCESS_CONTROL") => others.add(u32::MAX),
        Some(list) => entries(list).for_each(|entry| others.add(granted(entry, own))),
    }
    others
}

impl Others {
    fn add(&mut self, rights: u32) {
        self.read |= rights & READS != 0;
        self.write |= rights & WRITES != 0;
        self.add_files |= rights & ADDS != 0;
        self.replace_files |= rights & REPLACES != 0;
    }
}

/// Returns the text before the next section, which begins with its letter and a colon.
fn before_section(text: &str) -> &str {
    let end = text.find(':').map_or(text.len(), |colon| colon.saturating_sub(1));
    text.get(..end).unwrap_or_default()
}

/// Returns a section: its flags, and its entries in parentheses.
fn section(text: &str, wanted: char) -> Option<&str> {
    let mut depth = 0_u32;
    let mut last = None;
    let mut start = None;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => match (start, last) {
                (Some(start), _) => return text.get(start..at.saturating_sub(1)),
                (None, last) if last == Some(wanted) => start = Some(at + 1),
                _ => {}
            },
            _ => {}
        }
        last = Some(character);
    }
    text.get(start?..)
}

/// Returns the entries of a list. An entry with a condition contains parentheses.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let mut start = 0;
    list.char_indices().filter_map(move |(at, character)| match character {
        '(' => {
            depth += 1;
            if depth == 1 {
                start = at + 1;
            }
            None
        }
        ')' => {
            depth = depth.saturating_sub(1);
            if depth == 0 { list.get(start..at) } else { None }
        }
        _ => None,
    })
}

/// Returns the rights that an entry grants to others. An entry that denies something grants nothing, and does not limit another
/// one here: so a strange order of entries never hides access.
fn granted(entry: &str, own: &str) -> u32 {
    let mut fields = entry.split(';');
    let mut next = || fields.next().unwrap_or_default();
    let (kind, flags, rights, _, _, sid) = (next(), next(), next(), next(), next(), next());
    let is_inherited_only = pairs(flags).any(|flag| flag == "IO");
    match matches!(kind, "A" | "OA" | "XA" | "ZA") && !is_inherited_only && !is_trusted(sid, own) {
        true => mask(rights),
        false => 0,
    }
}

fn mask(rights: &str) -> u32 {
    if let Some(digits) = rights.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).unwrap_or(u32::MAX);
    }
    let value = |right| RIGHTS.iter().find(|(name, _)| *name == right).map_or(u32::MAX, |(_, value)| *value);
    pairs(rights).map(value).fold(0, |all, value| all | value)
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).unwrap_or_default())
}

/// Whether this user may own a file that netsession trusts: the user of this process, the system, or an administrator.
fn is_trusted(sid: &str, own: &str) -> bool {
    let full = match sid {
        "LS" => "S-1-5-19",
        "NS" => "S-1-5-20",
        sid => sid,
    };
    // The owner is checked by itself: the owner's rights, and what a new file's owner gets, go to nobody else.
    let is_known = matches!(
        full,
        "SY" | "BA" | "LA" | "DA" | "EA" | "OW" | "CO" | "S-1-5-18" | "S-1-5-32-544" | "S-1-3-0" | "S-1-3-4"
    );
    // The administrator, and the administrators of the domain and of the forest.
    let is_admin = full.starts_with("S-1-5-21-")
        && full.rsplit('-').next().is_some_and(|id| matches!(id, "500" | "512" | "519"));
    // Apps in a container also need the user's own access.
    let is_app = full == "AC" || full.starts_with("S-1-15-2-") || full.starts_with("S-1-15-3-");
    full == own || is_known || is_admin || is_app || full == INSTALLER
}

#[cfg(test)]
mod tests {
    use super::{Others, read};

    const OWN: &str = "S-1-5-21-1-2-3-1001";

    fn others(text: &str) -> Others {
        read(&text.replace("ME", OWN), OWN)
    }

    /// A failure here would refuse every configuration in a user's profile.
    #[test]
    fn a_file_in_the_profile_is_private() {
        for text in [
            "O:MEG:S-1-5-21-1-2-3-513D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;ME)",
            "O:BAG:SYD:PAI(A;;FA;;;BA)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)S:AI(AU;SA;FA;;;WD)",
            "O:SYD:(D;;FA;;;WD)(A;;FA;;;S-1-5-21-9-9-9-512)(A;;FR;;;S-1-3-4)",
            "O:MED:(A;OICIIO;FA;;;WD)",
            "O:MED:",
        ] {
            assert_eq!(others(text), Others::default(), "{text}");
        }
        assert_eq!(read("O:NSD:(A;;FA;;;NS)", "S-1-5-20"), Others::default());
    }

    /// A failure here would use a password that others on the computer can read.
    #[test]
    fn readers_are_found() {
        for text in [
            "O:MED:(A;;FA;;;ME)(A;;FR;;;BU)",
            "O:MED:(A;ID;0x1200a9;;;WD)",
            "O:MED:(A;;GR;;;S-1-5-21-1-2-3-1002)",
            "O:MED:(D;;FR;;;BG)(A;;CCSWRPLORC;;;AU)",
            r#"O:MED:(XA;;FR;;;WD;(@User.clearance == "a:b"))"#,
        ] {
            let others = others(text);
            assert!(others.read && !others.write && !others.own, "{text}: {others:?}");
        }
    }

    /// A failure here would take over a configuration that somebody else could have written.
    #[test]
    fn writers_are_found() {
        for text in
            ["O:MED:(A;;FW;;;BU)", "O:MED:(A;;0x10000;;;BU)", "O:MED:(A;;WO;;;AU)", "O:MED:(A;;SDLC;;;IU)"]
        {
            assert!(others(text).write, "{text}");
        }
        assert!(!others("O:MED:(A;;FRFX;;;BU)").write);
    }

    /// A failure here would trust a file that another user owns: the owner can give everybody access at any time.
    #[test]
    fn another_owner_is_found() {
        for text in ["O:S-1-5-21-1-2-3-1002D:", "O:BUG:BUD:", "D:", "G:BAD:"] {
            assert!(others(text).own, "{text}");
        }
        assert!(!others("O:LAG:DUD:(A;;FA;;;LA)").own);
    }

    /// A failure here would refuse a folder such as `C:\`, in which others make folders, or accept one in which they replace files.
    #[test]
    fn folders_in_which_others_add_or_replace_files_are_found() {
        let root = others("O:BAD:(A;;LC;;;AU)(A;OICIIO;SDGXGWGR;;;AU)(A;OICI;0x1200a9;;;BU)");
        assert!(!root.add_files && !root.replace_files, "{root:?}");
        let shared = others("O:BAD:(A;CI;DCLCRPCR;;;BU)");
        assert!(shared.add_files && !shared.replace_files, "{shared:?}");
        let open = others("O:BAD:(A;OICI;0x1301ff;;;WD)");
        assert!(open.add_files && open.replace_files, "{open:?}");
    }

    /// A failure here would take a file that protects nothing for a private one.
    #[test]
    fn what_is_not_understood_counts_as_access() {
        for text in [
            "O:ME",
            "O:MEG:BA",
            "O:MED:NO_ACCESS_CONTROL",
            "O:MED:(A;;ZZ;;;WD)",
            "O:MED:(A;;0xZ;;;WD)",
            "",
            "O:",
        ] {
            let others = others(text);
            assert!(
                others.read && others.write && others.add_files && others.replace_files,
                "{text}: {others:?}"
            );
        }
    }
}
