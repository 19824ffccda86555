"""Lists sessions in parts and ends one, as ctypes scripts for Windows do, with LPWSTR in structures and arguments.

Arguments: the library, a client and a user whose sessions it ends.
"""

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_uint32 as DWORD, c_void_p as LPVOID, c_wchar_p as LPWSTR

ERROR_MORE_DATA = 234


class SESSION_INFO_10(Structure):
    _fields_ = [
        ("sesi10_cname", LPWSTR),
        ("sesi10_username", LPWSTR),
        ("sesi10_time", DWORD),
        ("sesi10_idle_time", DWORD),
    ]


netapi32 = ctypes.CDLL(sys.argv[1])
netapi32.NetSessionEnum.argtypes = [
    LPWSTR, LPWSTR, LPWSTR, DWORD, POINTER(POINTER(SESSION_INFO_10)), DWORD,
    POINTER(DWORD), POINTER(DWORD), POINTER(DWORD),
]
netapi32.NetApiBufferFree.argtypes = [LPVOID]
netapi32.NetSessionDel.argtypes = [LPWSTR, LPWSTR, LPWSTR]


def sessions():
    resume, status = DWORD(0), ERROR_MORE_DATA
    while status == ERROR_MORE_DATA:
        rows, read, total = POINTER(SESSION_INFO_10)(), DWORD(), DWORD()
        status = netapi32.NetSessionEnum(
            None, None, None, 10, byref(rows), 200, byref(read), byref(total), byref(resume)
        )
        if status not in (0, ERROR_MORE_DATA):
            sys.exit(f"error {status}")
        for row in rows[: read.value]:
            print(row.sesi10_cname, row.sesi10_username)
        netapi32.NetApiBufferFree(rows)


sessions()
print("end", netapi32.NetSessionDel(None, sys.argv[2], sys.argv[3]))
sessions()
