import ctypes
import sys


class LPWSTR(ctypes.c_void_p):
    """A pointer to UTF-16 text; str and None are taken as arguments."""

    @classmethod
    def from_param(cls, text):
        if text is None or isinstance(text, ctypes.c_void_p):
            return text
        return ctypes.create_string_buffer(text.encode("utf-16-le", "surrogatepass") + b"\0\0")

    def __str__(self):
        if not self.value:
            return ""
        units = ctypes.cast(self, ctypes.POINTER(ctypes.c_uint16))
        length = 0
        while units[length]:
            length += 1
        return ctypes.string_at(self.value, length * 2).decode("utf-16-le", "replace")


if sys.platform == "win32":
    netapi32 = ctypes.WinDLL("netapi32.dll")
elif sys.platform == "darwin":
    netapi32 = ctypes.CDLL("libnetapi32.dylib")
else:
    netapi32 = ctypes.CDLL("libnetapi32.so")

NERR_Success = 0
ERROR_ACCESS_DENIED = 5
ERROR_NOT_ENOUGH_MEMORY = 8
ERROR_BAD_NETPATH = 53
ERROR_INVALID_PARAMETER = 87
ERROR_INVALID_LEVEL = 124
ERROR_MORE_DATA = 234
NERR_BufTooSmall = 2123
NERR_UserNotFound = 2221
PERM_FILE_READ = 0x1
PERM_FILE_WRITE = 0x2
PERM_FILE_CREATE = 0x4
MAX_PREFERRED_LENGTH = 0xFFFFFFFF


class FILE_INFO_2(ctypes.Structure):
    _fields_ = [
        ("fi2_id", ctypes.c_uint32),
    ]


class FILE_INFO_3(ctypes.Structure):
    _fields_ = [
        ("fi3_id", ctypes.c_uint32),
        ("fi3_permissions", ctypes.c_uint32),
        ("fi3_num_locks", ctypes.c_uint32),
        ("fi3_pathname", LPWSTR),
        ("fi3_username", LPWSTR),
    ]


# Lists the files, folders and named pipes that clients have open on a server, each with its number,
# its user and its locks.
NetFileEnum = netapi32.NetFileEnum
NetFileEnum.argtypes = [
    LPWSTR,  # servername
    LPWSTR,  # basepath
    LPWSTR,  # username
    ctypes.c_uint32,  # level
    ctypes.POINTER(ctypes.c_void_p),  # bufptr
    ctypes.c_uint32,  # prefmaxlen
    ctypes.POINTER(ctypes.c_uint32),  # entriesread
    ctypes.POINTER(ctypes.c_uint32),  # totalentries
    ctypes.POINTER(ctypes.c_size_t),  # resume_handle
]
NetFileEnum.restype = ctypes.c_uint32

NetApiBufferFree = netapi32.NetApiBufferFree
NetApiBufferFree.argtypes = [
    ctypes.c_void_p,  # Buffer
]
NetApiBufferFree.restype = ctypes.c_uint32
