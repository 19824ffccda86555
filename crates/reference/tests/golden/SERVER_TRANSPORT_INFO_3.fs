[<Struct; StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)>]
type SERVER_TRANSPORT_INFO_3 =
    val mutable svti3_numberofvcs : uint32
    val mutable svti3_transportname : string
    val mutable svti3_transportaddress : nativeint
    val mutable svti3_transportaddresslength : uint32
    val mutable svti3_networkaddress : string
    val mutable svti3_domain : string
    val mutable svti3_flags : uint32
    val mutable svti3_passwordlength : uint32
    [<MarshalAs(UnmanagedType.ByValArray, SizeConst = 256)>]
    val mutable svti3_password : byte[]
