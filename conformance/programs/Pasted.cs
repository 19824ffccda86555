// A program in the manner of those that are found in public: a name in another spelling, LPWStr, an int for every number, the
// arithmetic of 32-bit pointers, a resume handle of 4 bytes, and a free of its own.
using System;
using System.Runtime.InteropServices;

class Pasted
{
    [StructLayout(LayoutKind.Sequential)]
    public struct SESSION_INFO_10
    {
        [MarshalAs(UnmanagedType.LPWStr)] public string sesi10_cname;
        [MarshalAs(UnmanagedType.LPWStr)] public string sesi10_username;
        public uint sesi10_time;
        public uint sesi10_idle_time;
    }

    [DllImport("NETAPI32.DLL", SetLastError = true)]
    static extern int NetSessionEnum(
        [In, MarshalAs(UnmanagedType.LPWStr)] string ServerName,
        [In, MarshalAs(UnmanagedType.LPWStr)] string UncClientName,
        [In, MarshalAs(UnmanagedType.LPWStr)] string UserName,
        Int32 Level, out IntPtr bufptr, int prefmaxlen, ref Int32 entriesread, ref Int32 totalentries,
        ref Int32 resume_handle);

    [DllImport("Netapi32", CharSet = CharSet.Unicode)]
    static extern int NetSessionDel(string server, string client, string user);

    static int Main(string[] args)
    {
        string[] names = new string[3];
        for (int i = 0; i < 3 && i < args.Length; i++)
            names[i] = args[i] == "-" ? null : args[i];
        int handle = 0, result;
        do
        {
            IntPtr buffer;
            int read = 0, total = 0;
            result = NetSessionEnum(names[0], names[1], names[2], 10, out buffer, 512, ref read, ref total, ref handle);
            if (result != 0 && result != 234)
                return Fail("NetSessionEnum", result);
            int current = buffer.ToInt32();
            for (int i = 0; i < read; i++)
            {
                var info = (SESSION_INFO_10)Marshal.PtrToStructure(new IntPtr(current), typeof(SESSION_INFO_10));
                Console.WriteLine(info.sesi10_cname + "\t" + info.sesi10_username + "\t" + info.sesi10_time + " s");
                current += Marshal.SizeOf(info);
            }
            Marshal.FreeHGlobal(buffer);
        } while (result == 234);
        if (names[1] != null || names[2] != null)
        {
            result = NetSessionDel(names[0], names[1], names[2]);
            if (result != 0)
                return Fail("NetSessionDel", result);
            Console.WriteLine("ended");
        }
        return 0;
    }

    static int Fail(string name, int result)
    {
        Console.Error.WriteLine(name + ": error " + result + ", last error " + Marshal.GetLastWin32Error());
        return 1;
    }
}
