Imports System
Imports System.Runtime.InteropServices

Friend NotInheritable Class NetApi32
    Friend Const NERR_Success As UInteger = 0UI
    Friend Const ERROR_ACCESS_DENIED As UInteger = 5UI
    Friend Const ERROR_NOT_ENOUGH_MEMORY As UInteger = 8UI
    Friend Const ERROR_BAD_NETPATH As UInteger = 53UI
    Friend Const ERROR_INVALID_PARAMETER As UInteger = 87UI
    Friend Const ERROR_INVALID_LEVEL As UInteger = 124UI
    Friend Const ERROR_MORE_DATA As UInteger = 234UI
    Friend Const NERR_BufTooSmall As UInteger = 2123UI
    Friend Const NERR_UserNotFound As UInteger = 2221UI
    Friend Const PERM_FILE_READ As UInteger = &H1UI
    Friend Const PERM_FILE_WRITE As UInteger = &H2UI
    Friend Const PERM_FILE_CREATE As UInteger = &H4UI
    Friend Const MAX_PREFERRED_LENGTH As UInteger = &HFFFFFFFFUI

    <StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>
    Friend Structure FILE_INFO_2
        Friend fi2_id As UInteger
    End Structure

    <StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>
    Friend Structure FILE_INFO_3
        Friend fi3_id As UInteger
        Friend fi3_permissions As UInteger
        Friend fi3_num_locks As UInteger
        Friend fi3_pathname As String
        Friend fi3_username As String
    End Structure

    ''' <summary>Lists the files, folders and named pipes that clients have open on a server, each with its number, its
    ''' user and its locks.</summary>
    ''' <param name="servername">The server: fs1, \\fs1, a DNS name or an address. NULL is this computer.</param>
    ''' <param name="basepath">Only files below this path on the server's disk. NULL means every file.</param>
    ''' <param name="username">Only files of this user, without a domain; or, with \\ before it, only files of this
    ''' client. NULL means every user.</param>
    ''' <param name="level">Which structure the function returns: 2 or 3.</param>
    ''' <param name="bufptr">Receives the address of the buffer, or NULL if the list is empty. Free it with
    ''' NetApiBufferFree.</param>
    ''' <param name="prefmaxlen">The preferred size of the buffer in bytes; MAX_PREFERRED_LENGTH for the whole
    ''' list.</param>
    ''' <param name="entriesread">Receives the number of structures in the buffer.</param>
    ''' <param name="totalentries">Receives about how many entries follow the resume handle.</param>
    ''' <param name="resume_handle">Zero for the first call; then the value that the previous call stored. It has the
    ''' size of a pointer. NULL if you make only one call.</param>
    ''' <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_BAD_NETPATH (53),
    ''' ERROR_INVALID_PARAMETER (87), ERROR_INVALID_LEVEL (124), ERROR_MORE_DATA (234), NERR_BufTooSmall (2123),
    ''' NERR_UserNotFound (2221)</returns>
    <DllImport("netapi32.dll", CharSet:=CharSet.Unicode, ExactSpelling:=True)>
    Friend Shared Function NetFileEnum(
        ByVal servername As String,
        ByVal basepath As String,
        ByVal username As String,
        ByVal level As UInteger,
        <Out> ByRef bufptr As IntPtr,
        ByVal prefmaxlen As UInteger,
        <Out> ByRef entriesread As UInteger,
        <Out> ByRef totalentries As UInteger,
        ByRef resume_handle As UIntPtr) As UInteger
    End Function

    <DllImport("netapi32.dll", CharSet:=CharSet.Unicode, ExactSpelling:=True)>
    Friend Shared Function NetApiBufferFree(ByVal Buffer As IntPtr) As UInteger
    End Function
End Class
