# A script in the manner of those that are found in public, for Windows alone: windll, c_ulong in structures, c_wchar_p, and
# WindowsError. It runs under `python3 -m netsession_netapi32`.
from ctypes import *
import sys


class SESSION_INFO_10(Structure):
    _fields_ = [("cname", c_wchar_p), ("username", c_wchar_p), ("time", c_ulong), ("idle_time", c_ulong)]


def sessions(server, client, user):
    resume = c_ulong(0)
    while True:
        buf = POINTER(SESSION_INFO_10)()
        read, total = c_ulong(0), c_ulong(0)
        res = windll.netapi32.NetSessionEnum(server, client, user, 10, byref(buf), 256, byref(read), byref(total),
                                             byref(resume))
        if res not in (0, 234):
            assert GetLastError() == res
            raise WinError()
        for i in range(read.value):
            yield buf[i].cname, buf[i].username, buf[i].time
        windll.Netapi32.NetApiBufferFree(buf)
        if res == 0:
            break


server, client, user = [None if argument == "-" else argument for argument in (sys.argv[1:] + ["-"] * 3)[:3]]
try:
    for session in sessions(server, client, user):
        print("%s\t%s\t%d s" % session)
except WindowsError as e:
    sys.exit("NetSessionEnum: error %d" % e.winerror)
if client or user:
    res = windll.LoadLibrary("NetApi32.dll").NetSessionDel(server, client, user)
    if res:
        sys.exit("NetSessionDel: error %d" % res)
    print("ended")
