# What ctypes has before and after the import, compared with what it has on Windows.
import ctypes
import os
import threading
from ctypes import wintypes

assert not hasattr(ctypes, "windll") and not hasattr(ctypes, "WinDLL")
assert ctypes.sizeof(wintypes.DWORD) == 8

import netsession_netapi32

assert os.path.exists(netsession_netapi32.library)
for name in ("DWORD", "LONG", "ULONG", "BOOL", "UINT"):
    assert ctypes.sizeof(getattr(wintypes, name)) == 4, name
assert ctypes.sizeof(wintypes.FILETIME) == 8 and ctypes.sizeof(wintypes.LPARAM) == 8
assert wintypes.LPDWORD._type_ is wintypes.DWORD
assert ctypes.sizeof(ctypes.c_ulong) == 8

# Every way to load it is the same library.
from ctypes import GetLastError, WINFUNCTYPE, WinDLL, WinError, FormatError, get_last_error, set_last_error, windll

libraries = [windll.netapi32, windll.NetApi32, windll["NETAPI32.DLL"], windll.LoadLibrary("netapi32.dll"),
             WinDLL("Netapi32", use_last_error=True), WinDLL(r"C:\Windows\System32\netapi32.dll")]
assert len({ctypes.cast(library.NetSessionDel, ctypes.c_void_p).value for library in libraries}) == 1
try:
    WinDLL("kernel32")
    raise AssertionError("there is no kernel32")
except FileNotFoundError as error:
    assert error.filename == "kernel32"

# A prototype, and the error of the last call.
LPWSTR, DWORD = wintypes.LPWSTR, wintypes.DWORD
prototype = WINFUNCTYPE(DWORD, LPWSTR, LPWSTR, LPWSTR)
NetSessionDel = prototype(("NetSessionDel", windll.netapi32), ((1, "server", None), (1, "client", None), (1, "user", None)))
assert NetSessionDel() == 87 and GetLastError() == get_last_error() == 87
assert NetSessionDel(server="x" * 2000) == NetSessionDel(user="y" * 2000) == 87
error = WinError()
assert error.winerror == 87 and FormatError() in str(error) and "87" in str(error), error
assert isinstance(WinError(5), PermissionError) and WinError(2312).winerror == 2312
assert FormatError(2312) and FormatError(4711) == "Error 4711."
set_last_error(7)
assert GetLastError() == 7

# Each of 16 threads has an error of its own, and so has a child process.
barrier, wrong = threading.Barrier(16), []


def check(number):
    for _ in range(100):
        set_last_error(number)
        expected = number if number % 2 else NetSessionDel()
        barrier.wait()
        if GetLastError() != expected:
            wrong.append(number)


threads = [threading.Thread(target=check, args=(number,)) for number in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong, wrong
child = os.fork()
if child == 0:
    os._exit(0 if NetSessionDel() == 87 else 1)
assert os.waitpid(child, 0)[1] == 0
print("all there")
