' Calls NetSessionDel with each three arguments: server, client, user; `NULL` is Nothing. For each call a line with what it
' returned and the last error.
Option Strict On
Imports System
Imports System.Runtime.InteropServices

Class Program
    <DllImport("netapi32.dll", SetLastError:=True)> Private Shared Function NetSessionDel(<MarshalAs(UnmanagedType.LPWStr)> ByVal serverName As String, <MarshalAs(UnmanagedType.LPWStr)> ByVal UncClientName As String, <MarshalAs(UnmanagedType.LPWStr)> ByVal username As String) As Integer
    End Function

    Shared Sub Main(args As String())
        For i = 0 To args.Length - 3 Step 3
            Dim status = NetSessionDel(Text(args(i)), Text(args(i + 1)), Text(args(i + 2)))
            Dim lastError = Marshal.GetLastWin32Error()
            Console.WriteLine(status.ToString() & " " & lastError.ToString())
        Next
    End Sub

    Private Shared Function Text(argument As String) As String
        Return If(argument = "NULL", Nothing, argument)
    End Function
End Class
