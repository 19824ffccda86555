// Calls NetSessionDel with each three arguments: server, client, user; `NULL` is null. For each call a line with what it
// returned and the last error.
using System;
using System.Runtime.InteropServices;

static class Program
{
    [DllImport("NetApi32.dll", SetLastError = true, CharSet = CharSet.Unicode)]
    internal static extern uint NetSessionDel(
         string servername,
         string UncClientName,
         string username);

    static void Main(string[] args)
    {
        Func<string, string> text = argument => argument == "NULL" ? null : argument;
        for (int i = 0; i + 2 < args.Length; i += 3)
        {
            uint status = NetSessionDel(text(args[i]), text(args[i + 1]), text(args[i + 2]));
            int error = Marshal.GetLastWin32Error();
            Console.WriteLine(status + " " + error);
        }
    }
}
