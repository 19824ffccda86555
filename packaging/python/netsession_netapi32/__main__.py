"""Runs a ctypes script for Windows without a change: python3 -m netsession_netapi32 SCRIPT [ARGUMENT]...

In addition to what the import does, c_long and c_ulong have 32 bits, as on Windows, and WindowsError exists. Both hold for
the whole process, so they belong to a script and not to a package that others import.
"""

import builtins
import ctypes
import os
import runpy
import sys

import netsession_netapi32  # noqa: F401


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: python3 -m netsession_netapi32 SCRIPT [ARGUMENT]...")
    del sys.argv[0]
    ctypes.c_long, ctypes.c_ulong = ctypes.c_int, ctypes.c_uint
    builtins.WindowsError = OSError
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
