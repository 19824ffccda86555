module NetApi32

open System
open System.Runtime.InteropServices

[<Literal>]
let NERR_Success = 0u
[<Literal>]
let ERROR_ACCESS_DENIED = 5u
[<Literal>]
let ERROR_NOT_ENOUGH_MEMORY = 8u
[<Literal>]
let ERROR_BAD_NETPATH = 53u
[<Literal>]
let ERROR_INVALID_PARAMETER = 87u
[<Literal>]
let NERR_ClientNameNotFound = 2312u

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
[<DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)>]
extern uint32 NetSessionDel(string servername, string UncClientName, string username)

[<EntryPoint>]
let main _ =
    let status = NetSessionDel(@"\\fs1", @"\\10.0.0.5", @"alice")
    printfn "NetSessionDel: %d" status
    0
