"""Gives ctypes scripts for Windows their netapi32 on Linux.

    import netsession_netapi32
    from ctypes import windll, wintypes

    windll.netapi32.NetSessionDel(None, None, "alice")

The import adds the names to ctypes that it otherwise has only on Windows: windll, WinDLL, WINFUNCTYPE, GetLastError,
FormatError, WinError, get_last_error and set_last_error. It gives the types of ctypes.wintypes their sizes on Windows, where
DWORD, LONG and BOOL have 32 bits.

Use DWORD of ctypes.wintypes in structures. c_ulong and c_long keep 64 bits after the import, so that a structure with them has other
offsets, and the process ends with SIGSEGV when it reads a row. The module's own command, below, gives them 32 bits.

Names of netapi32 in any spelling load the library of this package, whose characters have the 32 bits of c_wchar_p on
Linux. `python3 -m netsession_netapi32 SCRIPT` runs a script that you cannot change.
"""

import ctypes
import ctypes.wintypes
import errno
import importlib
import os
import threading

from ._codes import MEANINGS

__all__ = ["library"]

#: The path of the library for characters of 32 bits.
library = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libnetapi32-wchar32.so")

# The errors of Python for the codes that have one.
_ERRNO = {2: errno.ENOENT, 5: errno.EACCES, 8: errno.ENOMEM, 50: errno.ENOTSUP, 53: errno.EHOSTUNREACH,
          87: errno.EINVAL, 121: errno.ETIMEDOUT, 1225: errno.ECONNREFUSED, 1326: errno.EACCES}


class WinDLL(ctypes.CDLL):
    """A library by its name on Windows. Programs for x86-64 have only one calling convention."""

    def __init__(self, name, mode=ctypes.DEFAULT_MODE, handle=None, use_errno=False, use_last_error=False,
                 winmode=None):
        # The library leaves its status in errno, and ctypes keeps errno for GetLastError.
        super().__init__(_path(name), mode, handle, use_errno=True)


def _path(name):
    """Returns the path of this package's library for any spelling of netapi32, and other names unchanged."""
    if not isinstance(name, (str, os.PathLike)):
        return name
    plain = os.path.basename(os.fspath(name).replace("\\", "/")).lower()
    plain = plain[:-4] if plain.endswith(".dll") else plain
    if plain == "netapi32":
        return library
    if "/" not in os.fspath(name) and not plain.startswith("lib"):
        raise FileNotFoundError(errno.ENOENT, "netsession-netapi32 has only netapi32", os.fspath(name))
    return name


def WINFUNCTYPE(restype, *argtypes, use_errno=False, use_last_error=False):
    """Returns a prototype, as ctypes.WINFUNCTYPE does on Windows."""
    return ctypes.CFUNCTYPE(restype, *argtypes, use_errno=True)


def GetLastError():
    """Returns the status of this thread's last call into the library."""
    return ctypes.get_errno()


def SetLastError(code):
    """Sets the code that GetLastError returns, and returns the previous one."""
    return ctypes.set_errno(code)


def FormatError(code=None):
    """Returns the meaning of a code; without one, of GetLastError()."""
    code = GetLastError() if code is None else code
    return MEANINGS.get(code, "Error %d." % code)


def WinError(code=None, descr=None):
    """Returns the exception of a code, with the attribute winerror; without a code, of GetLastError()."""
    code = GetLastError() if code is None else code
    error = OSError(_ERRNO.get(code, errno.EINVAL), "[WinError %d] %s" % (code, descr or FormatError(code)))
    error.winerror = code
    return error


_lock = threading.Lock()


def _with_windows_longs(change):
    """Calls a function while ctypes has the c_long and c_ulong of Windows, which have 32 bits."""
    with _lock:
        longs = ctypes.c_long, ctypes.c_ulong
        ctypes.c_long, ctypes.c_ulong = ctypes.c_int, ctypes.c_uint
        try:
            return change()
        finally:
            ctypes.c_long, ctypes.c_ulong = longs


def _install():
    ctypes.WinDLL = WinDLL
    ctypes.windll = ctypes.LibraryLoader(WinDLL)
    ctypes.WINFUNCTYPE = WINFUNCTYPE
    ctypes.GetLastError = GetLastError
    ctypes.FormatError = FormatError
    ctypes.WinError = WinError
    ctypes.get_last_error = GetLastError
    ctypes.set_last_error = SetLastError
    # The module itself derives all its types from the two, so it reads its source again.
    _with_windows_longs(lambda: importlib.reload(ctypes.wintypes))


_install()
