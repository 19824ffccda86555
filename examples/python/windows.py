"""Lists the sessions of a file server, and ends those of a client or a user: a script for Windows, and one import.

    pip install netsession_netapi32-*.whl
    python3 windows.py [\\\\server] [\\\\client] [user]

A missing argument is None, and so is "-" for the client. An empty argument is refused.
"""

import sys

if sys.platform != "win32":
    import netsession_netapi32  # noqa: F401

from ctypes import POINTER, FormatError, Structure, WinDLL, WinError, byref
from ctypes.wintypes import DWORD, LPVOID, LPWSTR

ERROR_MORE_DATA = 234


class SESSION_INFO_10(Structure):
    _fields_ = [("cname", LPWSTR), ("username", LPWSTR), ("time", DWORD), ("idle_time", DWORD)]


netapi32 = WinDLL("Netapi32.dll")
netapi32.NetSessionEnum.restype = DWORD
netapi32.NetSessionEnum.argtypes = [LPWSTR, LPWSTR, LPWSTR, DWORD, POINTER(POINTER(SESSION_INFO_10)), DWORD,
                                    POINTER(DWORD), POINTER(DWORD), POINTER(DWORD)]
netapi32.NetSessionDel.restype = DWORD
netapi32.NetSessionDel.argtypes = [LPWSTR, LPWSTR, LPWSTR]
netapi32.NetApiBufferFree.argtypes = [LPVOID]


def sessions(server):
    resume, status = DWORD(0), ERROR_MORE_DATA
    while status == ERROR_MORE_DATA:
        rows, count, total = POINTER(SESSION_INFO_10)(), DWORD(0), DWORD(0)
        # So little that a server with many sessions sends several pages.
        status = netapi32.NetSessionEnum(server, None, None, 10, byref(rows), 256, byref(count), byref(total),
                                         byref(resume))
        if status not in (0, ERROR_MORE_DATA):
            raise WinError(status)
        for row in rows[:count.value]:
            yield row.cname, row.username, row.time
        netapi32.NetApiBufferFree(rows)


def main():
    if "" in sys.argv[1:]:
        sys.exit("an argument is empty")
    server, client, user = (sys.argv[1:] + [None] * 3)[:3]
    client = None if client == "-" else client
    try:
        for name, who, seconds in list(sessions(server)):
            if who == (user or who) and name.lstrip("\\") == (client or name).lstrip("\\"):
                print(f"{name}\t{who}\t{seconds} s")
    except OSError as error:
        sys.exit(f"NetSessionEnum: error {error.winerror}: {error}")
    if client is not None or user is not None:
        status = netapi32.NetSessionDel(server, client, user)
        if status:
            sys.exit(f"NetSessionDel: error {status}: {FormatError(status)}")
        print("ended")


if __name__ == "__main__":
    main()
