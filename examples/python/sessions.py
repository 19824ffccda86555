"""Lists the sessions of a file server, and ends those of a client or a user.

    python3 sessions.py [\\\\server] [\\\\client] [user]

A missing argument is None, and so is "-" for the client. An empty argument is refused.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_uint16, c_uint32, c_void_p

ERROR_MORE_DATA = 234


class SESSION_INFO_10(ctypes.Structure):
    _fields_ = [("cname", c_void_p), ("username", c_void_p), ("time", c_uint32), ("idle_time", c_uint32)]


netapi32 = ctypes.CDLL("libnetapi32.so")
netapi32.NetSessionEnum.argtypes = [c_char_p, c_char_p, c_char_p, c_uint32, POINTER(POINTER(SESSION_INFO_10)),
                                    c_uint32, POINTER(c_uint32), POINTER(c_uint32), POINTER(c_uint32)]
netapi32.NetSessionDel.argtypes = [c_char_p, c_char_p, c_char_p]
netapi32.NetApiBufferFree.argtypes = [c_void_p]


def wide(text):
    """Windows' strings are UTF-16; Python's c_wchar_p is not, outside Windows. Only None is NULL."""
    return None if text is None else (text + "\0").encode("utf-16-le")


def text(address):
    length = 0
    while c_uint16.from_address(address + length).value:
        length += 2
    return ctypes.string_at(address, length).decode("utf-16-le")


def check(function, status):
    if status not in (0, ERROR_MORE_DATA):
        raise OSError(status, f"{function}: error {status}")
    return status


def sessions(server=None, client=None, user=None):
    resume, status = c_uint32(), ERROR_MORE_DATA
    while status == ERROR_MORE_DATA:
        rows, count, total = POINTER(SESSION_INFO_10)(), c_uint32(), c_uint32()
        status = netapi32.NetSessionEnum(wide(server), wide(client), wide(user), 10, byref(rows), 0xFFFFFFFF,
                                         byref(count), byref(total), byref(resume))
        try:
            check("NetSessionEnum", status)
            found = [(text(row.cname), text(row.username), row.time) for row in rows[:count.value]]
        finally:
            netapi32.NetApiBufferFree(rows)
        yield from found


def end(server=None, client=None, user=None):
    """Without a user it ends everybody's: pass the user of a listed session as it is, even if it is empty."""
    check("NetSessionDel", netapi32.NetSessionDel(wide(server), wide(client), wide(user)))


def main():
    if "" in sys.argv[1:]:
        sys.exit("an argument is empty")
    server, client, user = (sys.argv[1:] + [None] * 3)[:3]
    client = None if client == "-" else client
    try:
        for name, who, seconds in sessions(server, client, user):
            print(f"{name}\t{who}\t{seconds} s")
        if client is not None or user is not None:
            end(server, client, user)
            print("ended")
    except OSError as error:
        sys.exit(error.strerror)


if __name__ == "__main__":
    main()
