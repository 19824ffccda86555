' Lists the sessions of a file server, and ends those of a client or a user.
'
'     Sessions [\\server] [\\client] [user]
'
' A missing argument is Nothing, and so is "-" for the client. An empty argument is refused.
Option Strict On
Imports System
Imports System.Runtime.InteropServices
Imports Microsoft.VisualBasic

Module Sessions
    Private Const MoreData As Integer = 234

    <StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>
    Private Structure SESSION_INFO_10
        Public cname As String
        Public username As String
        Public time As UInteger
        Public idle_time As UInteger
    End Structure

    <DllImport("netapi32.dll", CharSet:=CharSet.Unicode)>
    Private Function NetSessionEnum(servername As String, UncClientName As String, username As String, level As Integer,
        ByRef buffer As IntPtr, prefmaxlen As Integer, ByRef entriesread As Integer, ByRef totalentries As Integer,
        ByRef resume_handle As Integer) As Integer
    End Function

    <DllImport("netapi32.dll", CharSet:=CharSet.Unicode)>
    Private Function NetSessionDel(servername As String, UncClientName As String, username As String) As Integer
    End Function

    <DllImport("netapi32.dll")>
    Private Function NetApiBufferFree(buffer As IntPtr) As Integer
    End Function

    Function Main(args As String()) As Integer
        If Array.IndexOf(args, "") >= 0 Then
            Console.Error.WriteLine("an argument is empty")
            Return 2
        End If
        Dim server = Argument(args, 0), client = Argument(args, 1), user = Argument(args, 2)
        Dim status = List(server, client, user)
        If status <> 0 Then Return Failed("NetSessionEnum", status)
        If client Is Nothing AndAlso user Is Nothing Then Return 0
        status = NetSessionDel(server, client, user)
        If status <> 0 Then Return Failed("NetSessionDel", status)
        Console.WriteLine("ended")
        Return 0
    End Function

    Private Function List(server As String, client As String, user As String) As Integer
        Dim resumeHandle, status As Integer
        Do
            Dim buffer = IntPtr.Zero, count = 0, total = 0
            status = NetSessionEnum(server, client, user, 10, buffer, -1, count, total, resumeHandle)
            If status = 0 OrElse status = MoreData Then
                For i = 0 To count - 1
                    Dim session = Marshal.PtrToStructure(Of SESSION_INFO_10)(buffer + i * Marshal.SizeOf(Of SESSION_INFO_10)())
                    Console.WriteLine(session.cname & vbTab & session.username & vbTab & session.time.ToString() & " s")
                Next
            End If
            NetApiBufferFree(buffer)
        Loop While status = MoreData
        Return status
    End Function

    Private Function Argument(args As String(), i As Integer) As String
        Return If(i < args.Length AndAlso Not (i = 1 AndAlso args(i) = "-"), args(i), Nothing)
    End Function

    Private Function Failed(name As String, status As Integer) As Integer
        Console.Error.WriteLine(name & ": error " & status.ToString())
        Return 1
    End Function
End Module
