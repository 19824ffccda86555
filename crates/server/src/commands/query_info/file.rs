//! QUERY_INFO of a file or folder ([MS-FSA] 2.1.5.12).

use netsession_smb::fscc::{
    AccessMask, CompressionFormat, Entries, FileAccessInformation, FileAlignmentInformation,
    FileAllInformation, FileAttributeTagInformation, FileBasicInformation, FileCompressionInformation,
    FileEaInformation, FileIdInformation, FileInformationClass, FileInternalInformation, FileModeInformation,
    FileNameInformation, FileNetworkOpenInformation, FilePositionInformation, FileStandardInformation,
    FileStreamInformation,
};
use netsession_smb::msg::Dialect;
use netsession_wire::NtStatus;

use super::Information;
use crate::fs::{FileInfo, Kind, Open};

pub(super) fn query(
    open: &Open,
    class: FileInformationClass,
    dialect: Dialect,
) -> Result<Information, NtStatus> {
    needs_attributes(open, class)?;
    let info = open.info()?;
    match class {
        FileInformationClass::ACCESS => Information::whole(&access(open)),
        FileInformationClass::ALIGNMENT => Information::whole(&ALIGNMENT),
        FileInformationClass::ALL => Information::with_text(&all(open, &info), 104),
        FileInformationClass::ALTERNATE_NAME => {
            let file_name = short_name(open).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
            Information::with_text(&FileNameInformation { file_name }, 8)
        }
        FileInformationClass::ATTRIBUTE_TAG => {
            let file_attributes = info.attributes;
            Information::whole(&FileAttributeTagInformation { file_attributes, reparse_tag: 0 })
        }
        FileInformationClass::BASIC => Information::whole(&basic(&info)),
        FileInformationClass::COMPRESSION => Information::whole(&compression(&info)),
        FileInformationClass::EA => Information::whole(&FileEaInformation { ea_size: info.ea_size }),
        FileInformationClass::ID if dialect >= Dialect::SMB_3_0 => Information::whole(&id(open, &info)),
        FileInformationClass::INTERNAL => Information::whole(&internal(&info)),
        FileInformationClass::MODE => Information::whole(&FileModeInformation { mode: open.mode() }),
        FileInformationClass::NETWORK_OPEN => Information::whole(&network_open(&info)),
        FileInformationClass::NORMALIZED_NAME if dialect >= Dialect::SMB_3_1_1 => {
            let file_name = open.path().to_wire();
            Information::with_text(&FileNameInformation { file_name }, 8)
        }
        FileInformationClass::POSITION => Information::whole(&position(open)),
        FileInformationClass::STANDARD => Information::whole(&standard(open, &info)),
        FileInformationClass::STREAM => streams(open),
        known if known.name().is_some() => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// Classes with attributes need the right to read them ([MS-SMB2] 3.3.5.20.1).
fn needs_attributes(open: &Open, class: FileInformationClass) -> Result<(), NtStatus> {
    match class {
        FileInformationClass::BASIC
        | FileInformationClass::ALL
        | FileInformationClass::NETWORK_OPEN
        | FileInformationClass::ATTRIBUTE_TAG => open.require_any(AccessMask::READ_ATTRIBUTES),
        _ => Ok(()),
    }
}

/// No alignment is needed.
const ALIGNMENT: FileAlignmentInformation = FileAlignmentInformation { alignment_requirement: 0 };

fn access(open: &Open) -> FileAccessInformation {
    FileAccessInformation { access_flags: open.access() }
}

fn all(open: &Open, info: &FileInfo) -> FileAllInformation {
    FileAllInformation {
        basic: basic(info),
        standard: standard(open, info),
        internal: internal(info),
        ea: FileEaInformation { ea_size: info.ea_size },
        access: access(open),
        position: position(open),
        mode: FileModeInformation { mode: open.mode() },
        alignment: ALIGNMENT,
        name: name(open),
    }
}

const fn basic(info: &FileInfo) -> FileBasicInformation {
    FileBasicInformation {
        creation_time: info.creation,
        last_access_time: info.last_access,
        last_write_time: info.last_write,
        change_time: info.change,
        file_attributes: info.attributes,
    }
}

const fn compression(info: &FileInfo) -> FileCompressionInformation {
    FileCompressionInformation {
        compressed_file_size: info.size,
        compression_format: CompressionFormat::NONE,
        compression_unit_shift: 0,
        chunk_shift: 0,
        cluster_shift: 0,
    }
}

fn id(open: &Open, info: &FileInfo) -> FileIdInformation {
    let mut file_id = [0; 16];
    let number = info.key.index().to_le_bytes();
    file_id.iter_mut().zip(number).for_each(|(place, byte)| *place = byte);
    let volume_serial_number = open.disk().volume().map_or(0, |volume| volume.id);
    FileIdInformation { volume_serial_number, file_id }
}

const fn internal(info: &FileInfo) -> FileInternalInformation {
    FileInternalInformation { index_number: info.key.index() }
}

const fn network_open(info: &FileInfo) -> FileNetworkOpenInformation {
    FileNetworkOpenInformation {
        creation_time: info.creation,
        last_access_time: info.last_access,
        last_write_time: info.last_write,
        change_time: info.change,
        allocation_size: info.allocation,
        end_of_file: info.size,
        file_attributes: info.attributes,
    }
}

/// Returns the absolute path within the share. [MS-SMB2] 3.3.5.20.1 suggests an empty name, but clients rely on it: the
/// Linux kernel does not mount a share without it.
fn name(open: &Open) -> FileNameInformation {
    FileNameInformation { file_name: format!(r"\{}", open.wire_path()) }
}

/// Returns the name of a file whose name is a short one (8.3) already; the server invents none for others ([MS-FSA]
/// 2.1.5.12.4).
fn short_name(open: &Open) -> Option<String> {
    let path = open.path().to_wire();
    let name = path.rsplit('\\').next().unwrap_or_default();
    is_short(name).then(|| name.to_owned())
}

/// Returns whether a name has the form 8.3 ([MS-FSCC] 2.1.5.2.1).
fn is_short(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'()-@^_`{}~".contains(c);
    (1..=8).contains(&stem.len())
        && extension.len() <= 3
        && extension.is_empty() != name.contains('.')
        && stem.chars().chain(extension.chars()).all(is_legal)
}

fn position(open: &Open) -> FilePositionInformation {
    FilePositionInformation { current_byte_offset: open.position() }
}

/// A file that is being deleted has one name less ([MS-FSA] 2.1.5.12.27).
fn standard(open: &Open, info: &FileInfo) -> FileStandardInformation {
    let delete_pending = open.delete_pending();
    FileStandardInformation {
        allocation_size: info.allocation,
        end_of_file: info.size,
        number_of_links: info.links.saturating_sub(u32::from(delete_pending)),
        delete_pending,
        directory: info.kind == Kind::Directory,
    }
}

/// Returns the streams: the data of a file, which a folder does not have, and those that have a name.
fn streams(open: &Open) -> Result<Information, NtStatus> {
    let file = open.file_info()?;
    let data = FileStreamInformation {
        stream_size: file.size,
        stream_allocation_size: file.allocation,
        stream_name: "::$DATA".to_owned(),
    };
    let mut streams = if file.kind == Kind::File { vec![data] } else { Vec::new() };
    streams.extend(open.streams()?.into_iter().map(|stream| FileStreamInformation {
        stream_size: stream.size,
        stream_allocation_size: stream.allocation,
        stream_name: format!(":{}:$DATA", stream.name.as_str()),
    }));
    Information::list(&Entries(streams), 32)
}

#[cfg(test)]
mod tests {
    use super::is_short;

    /// A failure here would report a long name as a short one, to a program that has room for 12 characters only.
    #[test]
    fn only_names_of_the_form_8_3_are_short() {
        for name in ["a", "WIN.TXT", "win.txt", "12345678.abc", "A~1"] {
            assert!(is_short(name), "{name}");
        }
        for name in ["", "123456789", "a.html", "a.b.c", "a.", ".a", "a b", "ä", "a+b"] {
            assert!(!is_short(name), "{name}");
        }
    }
}
