"""Calls each function twice, with arguments that are all NULL or 0, and prints its codes. Arguments: library, names."""
import ctypes
import sys

library = ctypes.CDLL(sys.argv[1])
for name in sys.argv[2:]:
    function = getattr(library, name)
    function.restype = ctypes.c_uint32
    nothing = [ctypes.c_void_p(None)] * 9
    print(name, function(*nothing), function(*nothing))
