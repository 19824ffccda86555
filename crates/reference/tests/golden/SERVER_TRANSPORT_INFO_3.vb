<StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>
Friend Structure SERVER_TRANSPORT_INFO_3
    Friend svti3_numberofvcs As UInteger
    Friend svti3_transportname As String
    Friend svti3_transportaddress As IntPtr
    Friend svti3_transportaddresslength As UInteger
    Friend svti3_networkaddress As String
    Friend svti3_domain As String
    Friend svti3_flags As UInteger
    Friend svti3_passwordlength As UInteger
    <MarshalAs(UnmanagedType.ByValArray, SizeConst:=256)> Friend svti3_password As Byte()
End Structure
