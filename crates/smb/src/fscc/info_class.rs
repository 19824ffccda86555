use netsession_wire::open_enum;

use crate::Structure;

open_enum! {
    /// A class of information about a file ([MS-FSCC] 2.4). A constant `X` is `FileXInformation` there.
    pub struct FileInformationClass(u8) {
        DIRECTORY = 1,
        FULL_DIRECTORY = 2,
        BOTH_DIRECTORY = 3,
        BASIC = 4,
        STANDARD = 5,
        INTERNAL = 6,
        EA = 7,
        ACCESS = 8,
        NAME = 9,
        RENAME = 10,
        LINK = 11,
        NAMES = 12,
        DISPOSITION = 13,
        POSITION = 14,
        FULL_EA = 15,
        MODE = 16,
        ALIGNMENT = 17,
        ALL = 18,
        ALLOCATION = 19,
        END_OF_FILE = 20,
        ALTERNATE_NAME = 21,
        STREAM = 22,
        PIPE = 23,
        PIPE_LOCAL = 24,
        PIPE_REMOTE = 25,
        MAILSLOT_QUERY = 26,
        MAILSLOT_SET = 27,
        COMPRESSION = 28,
        OBJECT_ID = 29,
        MOVE_CLUSTER = 31,
        QUOTA = 32,
        REPARSE_POINT = 33,
        NETWORK_OPEN = 34,
        ATTRIBUTE_TAG = 35,
        TRACKING = 36,
        ID_BOTH_DIRECTORY = 37,
        ID_FULL_DIRECTORY = 38,
        VALID_DATA_LENGTH = 39,
        SHORT_NAME = 40,
        SFIO_RESERVE = 44,
        SFIO_VOLUME = 45,
        HARD_LINK = 46,
        NORMALIZED_NAME = 48,
        ID_GLOBAL_TX_DIRECTORY = 50,
        STANDARD_LINK = 54,
        ID = 59,
        ID_EXTD_DIRECTORY = 60,
        DISPOSITION_EX = 64,
        RENAME_EX = 65,
        ID_64_EXTD_DIRECTORY = 78,
        ID_64_EXTD_BOTH_DIRECTORY = 79,
        ID_ALL_EXTD_DIRECTORY = 80,
        ID_ALL_EXTD_BOTH_DIRECTORY = 81,
    }
}

open_enum! {
    /// A class of information about a volume ([MS-FSCC] 2.5). A constant `X` is `FileFsXInformation` there.
    pub struct FsInformationClass(u8) {
        VOLUME = 1,
        LABEL = 2,
        SIZE = 3,
        DEVICE = 4,
        ATTRIBUTE = 5,
        CONTROL = 6,
        FULL_SIZE = 7,
        OBJECT_ID = 8,
        DRIVER_PATH = 9,
        VOLUME_FLAGS = 10,
        SECTOR_SIZE = 11,
    }
}

/// Information about a file that has a class of its own.
pub trait FileInformation: Structure {
    /// The class.
    const CLASS: FileInformationClass;
}

/// Information about a volume that has a class of its own.
pub trait FsInformation: Structure {
    /// The class.
    const CLASS: FsInformationClass;
}
