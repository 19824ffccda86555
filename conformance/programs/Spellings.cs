// Calls the library under every spelling, and counts how often the process has loaded it.
using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

static class Spellings
{
    [DllImport("netapi32", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call0(string server, string client, string user);
    [DllImport("netapi32.dll", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call1(string server, string client, string user);
    [DllImport("netapi32.DLL", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call2(string server, string client, string user);
    [DllImport("NetApi32", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call3(string server, string client, string user);
    [DllImport("NetApi32.dll", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call4(string server, string client, string user);
    [DllImport("NetApi32.DLL", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call5(string server, string client, string user);
    [DllImport("Netapi32", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call6(string server, string client, string user);
    [DllImport("Netapi32.dll", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call7(string server, string client, string user);
    [DllImport("Netapi32.DLL", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call8(string server, string client, string user);
    [DllImport("NETAPI32", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call9(string server, string client, string user);
    [DllImport("NETAPI32.dll", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call10(string server, string client, string user);
    [DllImport("NETAPI32.DLL", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call11(string server, string client, string user);
    [DllImport("NetAPI32", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call12(string server, string client, string user);
    [DllImport("NetAPI32.dll", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call13(string server, string client, string user);
    [DllImport("NetAPI32.DLL", EntryPoint = "NetSessionDel", CharSet = CharSet.Unicode)]
    static extern uint Call14(string server, string client, string user);

    static int Main()
    {
        var calls = new Func<string, string, string, uint>[] {
            Call0, Call1, Call2, Call3, Call4, Call5, Call6, Call7,
            Call8, Call9, Call10, Call11, Call12, Call13, Call14,
        };
        if (calls.Any(call => call(null, null, null) != 87))
            return 1;
        var loaded = File.ReadLines("/proc/self/maps")
            .Where(line => line.Contains("libnetsession-netapi32.so") && line.Contains(" 00000000 "));
        Console.WriteLine(calls.Length + " spellings, " + loaded.Count() + " library");
        return 0;
    }
}
