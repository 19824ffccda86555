# Changes the comment, the limit, the permissions or the flags of a share.
NetShareSetInfo = netapi32.NetShareSetInfo
NetShareSetInfo.argtypes = [
    LPWSTR,  # servername
    LPWSTR,  # netname
    ctypes.c_uint32,  # level
    ctypes.c_void_p,  # buf
    ctypes.POINTER(ctypes.c_uint32),  # parm_err
]
NetShareSetInfo.restype = ctypes.c_uint32
