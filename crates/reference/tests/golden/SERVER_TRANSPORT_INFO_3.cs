[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
internal struct SERVER_TRANSPORT_INFO_3
{
    internal uint svti3_numberofvcs;
    internal string svti3_transportname;
    internal IntPtr svti3_transportaddress;
    internal uint svti3_transportaddresslength;
    internal string svti3_networkaddress;
    internal string svti3_domain;
    internal uint svti3_flags;
    internal uint svti3_passwordlength;
    [MarshalAs(UnmanagedType.ByValArray, SizeConst = 256)] internal byte[] svti3_password;
}
