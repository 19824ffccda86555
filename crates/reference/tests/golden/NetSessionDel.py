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
NERR_ClientNameNotFound = 2312


# Ends sessions between a file server and a client: those of one user, of one computer, or of one
# user from one computer.
NetSessionDel = netapi32.NetSessionDel
NetSessionDel.argtypes = [
    LPWSTR,  # servername
    LPWSTR,  # UncClientName
    LPWSTR,  # username
]
NetSessionDel.restype = ctypes.c_uint32


status = NetSessionDel("\\\\fs1", "\\\\10.0.0.5", "alice")
print("NetSessionDel:", status)
