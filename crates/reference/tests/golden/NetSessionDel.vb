Imports System
Imports System.Runtime.InteropServices
Imports Microsoft.VisualBasic

Friend NotInheritable Class NetApi32
    Friend Const NERR_Success As UInteger = 0UI
    Friend Const ERROR_ACCESS_DENIED As UInteger = 5UI
    Friend Const ERROR_NOT_ENOUGH_MEMORY As UInteger = 8UI
    Friend Const ERROR_BAD_NETPATH As UInteger = 53UI
    Friend Const ERROR_INVALID_PARAMETER As UInteger = 87UI
    Friend Const NERR_ClientNameNotFound As UInteger = 2312UI

    ''' <summary>Ends sessions between a file server and a client: those of one user, of one computer, or of one user
    ''' from one computer.</summary>
    ''' <param name="servername">The server: fs1, \\fs1, a DNS name or an address. NULL is this computer. The server
    ''' itself ignores the text.</param>
    ''' <param name="UncClientName">The client whose sessions end, with \\ before it: \\10.0.0.5 or \\PC7. NULL or an
    ''' empty string means every client; then username is required.</param>
    ''' <param name="username">The user whose sessions end, as the server lists it: on Windows the name alone; on Samba
    ''' in a domain with the domain, LAB\alice. NULL means every user of that client; do not pass an empty string
    ''' instead.</param>
    ''' <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_BAD_NETPATH (53),
    ''' ERROR_INVALID_PARAMETER (87), NERR_ClientNameNotFound (2312)</returns>
    <DllImport("netapi32.dll", CharSet:=CharSet.Unicode, ExactSpelling:=True)>
    Friend Shared Function NetSessionDel(
        ByVal servername As String,
        ByVal UncClientName As String,
        ByVal username As String) As UInteger
    End Function
End Class

Module Program
    Sub Main()
        Dim status = NetApi32.NetSessionDel("\\fs1", "\\10.0.0.5", "alice")
        Console.WriteLine("NetSessionDel: " & status)
    End Sub
End Module
