using System;
using System.Runtime.InteropServices;

internal static class NetApi32
{
    internal const uint NERR_Success = 0;
    internal const uint ERROR_ACCESS_DENIED = 5;
    internal const uint ERROR_NOT_ENOUGH_MEMORY = 8;
    internal const uint ERROR_BAD_NETPATH = 53;
    internal const uint ERROR_INVALID_PARAMETER = 87;
    internal const uint ERROR_INVALID_LEVEL = 124;
    internal const uint ERROR_MORE_DATA = 234;
    internal const uint NERR_BufTooSmall = 2123;
    internal const uint NERR_UserNotFound = 2221;
    internal const uint PERM_FILE_READ = 0x1;
    internal const uint PERM_FILE_WRITE = 0x2;
    internal const uint PERM_FILE_CREATE = 0x4;
    internal const uint MAX_PREFERRED_LENGTH = 0xFFFFFFFF;

    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    internal struct FILE_INFO_2
    {
        internal uint fi2_id;
    }

    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    internal struct FILE_INFO_3
    {
        internal uint fi3_id;
        internal uint fi3_permissions;
        internal uint fi3_num_locks;
        internal string fi3_pathname;
        internal string fi3_username;
    }

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
    [DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
    internal static extern uint NetFileEnum(
        string servername,
        string basepath,
        string username,
        uint level,
        out IntPtr bufptr,
        uint prefmaxlen,
        out uint entriesread,
        out uint totalentries,
        ref UIntPtr resume_handle);

    [DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
    internal static extern uint NetApiBufferFree(IntPtr Buffer);
}
