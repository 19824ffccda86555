class SERVER_TRANSPORT_INFO_3(ctypes.Structure):
    _fields_ = [
        ("svti3_numberofvcs", ctypes.c_uint32),
        ("svti3_transportname", LPWSTR),
        ("svti3_transportaddress", ctypes.c_void_p),
        ("svti3_transportaddresslength", ctypes.c_uint32),
        ("svti3_networkaddress", LPWSTR),
        ("svti3_domain", LPWSTR),
        ("svti3_flags", ctypes.c_uint32),
        ("svti3_passwordlength", ctypes.c_uint32),
        ("svti3_password", ctypes.c_uint8 * 256),
    ]
