"""Lists servers at levels 100 and 101. Arguments: the library, the width of a character in bytes, and the domain or "-"."""
import ctypes
import sys
from ctypes import POINTER, byref, c_uint32, c_void_p

library, width, domain = ctypes.CDLL(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
encoding = {2: "utf-16-le", 4: "utf-32-le"}[width]
library.NetServerEnum.argtypes = [
    c_void_p, c_uint32, POINTER(c_void_p), c_uint32, POINTER(c_uint32), POINTER(c_uint32), c_uint32, c_void_p, c_void_p
]


class Server(ctypes.Structure):
    _fields_ = [("platform", c_uint32), ("name", c_void_p)]


class Detailed(ctypes.Structure):
    _fields_ = Server._fields_ + [("major", c_uint32), ("minor", c_uint32), ("type", c_uint32), ("comment", c_void_p)]


def text(address):
    raw = b""
    while (unit := ctypes.string_at(address + len(raw), width)) != bytes(width):
        raw += unit
    return raw.decode(encoding)


given = None if domain == "-" else ctypes.create_string_buffer((domain + "\0").encode(encoding))
for level, row in [(100, Server), (101, Detailed)]:
    for kind in [0xFFFFFFFF, 0x4]:
        buffer, read, total = c_void_p(7), c_uint32(7), c_uint32(7)
        code = library.NetServerEnum(
            None, level, byref(buffer), 0xFFFFFFFF, byref(read), byref(total), kind, given, None
        )
        rows = ctypes.cast(buffer, POINTER(row))[: read.value] if buffer else []
        print(level, hex(kind), code, read.value, total.value, *(text(one.name) for one in rows))
