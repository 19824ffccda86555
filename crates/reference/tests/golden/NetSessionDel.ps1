Add-Type -TypeDefinition @'
using System;
using System.Runtime.InteropServices;

public static class NetApi32
{
    public const uint NERR_Success = 0;
    public const uint ERROR_ACCESS_DENIED = 5;
    public const uint ERROR_NOT_ENOUGH_MEMORY = 8;
    public const uint ERROR_BAD_NETPATH = 53;
    public const uint ERROR_INVALID_PARAMETER = 87;
    public const uint NERR_ClientNameNotFound = 2312;

    /// <summary>Ends sessions between a file server and a client: those of one user, of one computer, or of one user
    /// from one computer.</summary>
    /// <param name="servername">The server: fs1, \\fs1, a DNS name or an address. NULL is this computer. The server
    /// itself ignores the text.</param>
    /// <param name="UncClientName">The client whose sessions end, with \\ before it: \\10.0.0.5 or \\PC7. NULL or an
    /// empty string means every client; then username is required.</param>
    /// <param name="username">The user whose sessions end, as the server lists it: on Windows the name alone; on Samba
    /// in a domain with the domain, LAB\alice. NULL means every user of that client; do not pass an empty string
    /// instead.</param>
    /// <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_BAD_NETPATH (53),
    /// ERROR_INVALID_PARAMETER (87), NERR_ClientNameNotFound (2312)</returns>
    [DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint NetSessionDel(
        string servername,
        string UncClientName,
        string username);
}
'@

$status = [NetApi32]::NetSessionDel('\\fs1', '\\10.0.0.5', 'alice')
"NetSessionDel: $status"
