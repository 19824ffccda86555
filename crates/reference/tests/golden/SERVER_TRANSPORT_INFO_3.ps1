[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
public struct SERVER_TRANSPORT_INFO_3
{
    public uint svti3_numberofvcs;
    public string svti3_transportname;
    public IntPtr svti3_transportaddress;
    public uint svti3_transportaddresslength;
    public string svti3_networkaddress;
    public string svti3_domain;
    public uint svti3_flags;
    public uint svti3_passwordlength;
    [MarshalAs(UnmanagedType.ByValArray, SizeConst = 256)] public byte[] svti3_password;
}
