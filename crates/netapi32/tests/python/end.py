"""Ends the sessions of a user from a client as scripts for Windows do, with ctypes and c_wchar_p.

Arguments: the library, the client and the user; "-" is None. Prints the code.
"""

import ctypes
import sys

netapi32 = ctypes.CDLL(sys.argv[1])
NetSessionDel = netapi32.NetSessionDel
NetSessionDel.argtypes = [ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_wchar_p]
NetSessionDel.restype = ctypes.c_uint32

client, user = [None if name == "-" else name for name in sys.argv[2:4]]
print(NetSessionDel(None, client, user))
