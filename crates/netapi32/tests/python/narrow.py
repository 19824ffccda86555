"""Ends the sessions of a user from a client by names of 8-bit characters, as .NET passes them for CharSet.Auto outside Windows.

Arguments: the library, the client and the user; "-" is None. Prints the code.
"""

import ctypes
import sys

netapi32 = ctypes.CDLL(sys.argv[1])
NetSessionDel = netapi32.NetSessionDel
NetSessionDel.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p]
NetSessionDel.restype = ctypes.c_uint32

# More zeros than .NET writes: the library looks for one of its own width.
client, user = [None if name == "-" else name.encode() + bytes(4) for name in sys.argv[2:4]]
print(NetSessionDel(None, client, user))
