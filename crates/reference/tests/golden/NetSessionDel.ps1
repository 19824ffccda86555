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
    /// <param name="servername">The server that is to act, as fs1 or \\fs1, a DNS name or an address. NULL is this
    /// computer. The server itself ignores it; it only says whom to ask.</param>
    /// <param name="UncClientName">The client whose sessions are to end, with \\ before it: \\10.0.0.5 or \\PC7. NULL
    /// or the empty text is every client, and then username is needed.</param>
    /// <param name="username">The user whose sessions are to end, as the server lists it: the bare name on Windows; on
    /// Samba in a domain with the domain, LAB\alice. NULL is every user of that client; do not pass the empty text for
    /// it.</param>
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
