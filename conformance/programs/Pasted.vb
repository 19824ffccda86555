' A program in the manner of those that are found in public: Declare, an Integer for every number, an address that is an Integer, and a
' resume handle of 4 bytes.
Imports System
Imports System.Runtime.InteropServices

Module Pasted
    <StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>
    Structure SESSION_INFO_10
        Public cname As String
        Public username As String
        Public time As Integer
        Public idle_time As Integer
    End Structure

    ' Without MarshalAs, a String of Declare is one that only .NET on Windows passes.
    Declare Unicode Function NetSessionEnum Lib "NetAPI32.dll" (
        <MarshalAs(UnmanagedType.LPWStr)> ByVal servername As String, <MarshalAs(UnmanagedType.LPWStr)> ByVal client As String,
        <MarshalAs(UnmanagedType.LPWStr)> ByVal username As String, ByVal level As Integer, ByRef bufptr As IntPtr,
        ByVal prefmaxlen As Integer, ByRef entriesread As Integer, ByRef totalentries As Integer,
        ByRef resume_handle As Integer) As Integer
    Declare Unicode Function NetSessionDel Lib "netapi32" (
        <MarshalAs(UnmanagedType.LPWStr)> ByVal servername As String, <MarshalAs(UnmanagedType.LPWStr)> ByVal client As String,
        <MarshalAs(UnmanagedType.LPWStr)> ByVal username As String) As Integer
    Declare Function NetApiBufferFree Lib "Netapi32.dll" (ByVal buffer As IntPtr) As Integer

    ReadOnly Tab As String = Convert.ToChar(9).ToString()

    Function Argument(ByVal args As String(), ByVal index As Integer) As String
        If index >= args.Length OrElse args(index) = "-" Then Return Nothing
        Return args(index)
    End Function

    Function Fail(ByVal name As String, ByVal result As Integer) As Integer
        Console.Error.WriteLine(name & ": error " & result)
        Return 1
    End Function

    Function Main(ByVal args As String()) As Integer
        Dim server = Argument(args, 0), client = Argument(args, 1), user = Argument(args, 2)
        Dim handle As Integer = 0, result As Integer
        Do
            Dim buffer As IntPtr, read, total As Integer
            result = NetSessionEnum(server, client, user, 10, buffer, 256, read, total, handle)
            If result <> 0 AndAlso result <> 234 Then Return Fail("NetSessionEnum", result)
            Dim current As Integer = buffer.ToInt32()
            For i As Integer = 1 To read
                Dim info = CType(Marshal.PtrToStructure(New IntPtr(current), GetType(SESSION_INFO_10)), SESSION_INFO_10)
                Console.WriteLine(info.cname & Tab & info.username & Tab & info.time & " s")
                current += Marshal.SizeOf(info)
            Next
            NetApiBufferFree(buffer)
        Loop While result = 234
        If client IsNot Nothing OrElse user IsNot Nothing Then
            result = NetSessionDel(server, client, user)
            If result <> 0 Then Return Fail("NetSessionDel", result)
            Console.WriteLine("ended")
        End If
        Return 0
    End Function
End Module
