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
let ERROR_INVALID_LEVEL = 124u
[<Literal>]
let ERROR_MORE_DATA = 234u
[<Literal>]
let NERR_BufTooSmall = 2123u
[<Literal>]
let NERR_UserNotFound = 2221u
[<Literal>]
let PERM_FILE_READ = 0x1u
[<Literal>]
let PERM_FILE_WRITE = 0x2u
[<Literal>]
let PERM_FILE_CREATE = 0x4u
[<Literal>]
let MAX_PREFERRED_LENGTH = 0xFFFFFFFFu

[<Struct; StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)>]
type FILE_INFO_2 =
    val mutable fi2_id : uint32

[<Struct; StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)>]
type FILE_INFO_3 =
    val mutable fi3_id : uint32
    val mutable fi3_permissions : uint32
    val mutable fi3_num_locks : uint32
    val mutable fi3_pathname : string
    val mutable fi3_username : string

/// <summary>Lists the files, folders and named pipes that clients have open on a server, each with its number, its
/// user and its locks.</summary>
/// <param name="servername">The server: fs1, \\fs1, a DNS name or an address. NULL is this computer.</param>
/// <param name="basepath">Only files below this path on the server's disk. NULL means every file.</param>
/// <param name="username">Only files of this user, without a domain; or, with \\ before it, only files of this
/// client. NULL means every user.</param>
/// <param name="level">Which structure the function returns: 2 or 3.</param>
/// <param name="bufptr">Receives the address of the buffer, or NULL if the list is empty. Free it with
/// NetApiBufferFree.</param>
/// <param name="prefmaxlen">The preferred size of the buffer in bytes; MAX_PREFERRED_LENGTH for the whole
/// list.</param>
/// <param name="entriesread">Receives the number of structures in the buffer.</param>
/// <param name="totalentries">Receives about how many entries follow the resume handle.</param>
/// <param name="resume_handle">Zero for the first call; then the value that the previous call stored. It has the
/// size of a pointer. NULL if you make only one call.</param>
/// <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_BAD_NETPATH (53),
/// ERROR_INVALID_PARAMETER (87), ERROR_INVALID_LEVEL (124), ERROR_MORE_DATA (234), NERR_BufTooSmall (2123),
/// NERR_UserNotFound (2221)</returns>
[<DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)>]
extern uint32 NetFileEnum(
    string servername, string basepath, string username, uint32 level, nativeint& bufptr,
    uint32 prefmaxlen, uint32& entriesread, uint32& totalentries, unativeint& resume_handle)

[<DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)>]
extern uint32 NetApiBufferFree(nativeint Buffer)
