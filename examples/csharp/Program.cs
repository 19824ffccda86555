// Lists the sessions of a file server, and ends those of a client or a user.
//
//     mcs Program.cs Sessions.cs && mono Program.exe [\\server] [\\client] [user]
using System;
using System.Linq;
using Netsession;

static class Program
{
    static int Main(string[] args)
    {
        Func<int, string> argument = i => i < args.Length && args[i] != "" ? args[i] : null;
        string server = argument(0), client = argument(1)?.TrimStart('\\'), user = argument(2);
        try
        {
            if (client == null && user == null)
                List(server);
            else
                End(server, client, user);
            return 0;
        }
        catch (NetApiException error)
        {
            Console.Error.WriteLine($"error {error.NativeErrorCode}: {error.Message}");
            return 1;
        }
    }

    static void List(string server)
    {
        foreach (var session in Sessions.List(server))
            Console.WriteLine($"{session.Client}\t{session.User}\t{session.Connected.TotalSeconds} s");
    }

    static void End(string server, string client, string user)
    {
        Func<string, string, bool> same = (wanted, name) =>
            wanted == null || wanted.Equals(name, StringComparison.OrdinalIgnoreCase);
        var chosen = Sessions.List(server)
            .Where(it => it.IsLoggedOn && same(client, it.Client) && same(user, it.User)).ToList();
        if (chosen.Count == 0)
            throw new NetApiException(NetApiException.NoSuchSession);
        // Several sessions of one user from one client end together.
        foreach (var session in chosen.GroupBy(it => (it.Client, it.User)).Select(group => group.First()))
        {
            Console.WriteLine($"{session.Client}\t{session.User}");
            session.End();
        }
        Console.WriteLine("ended");
    }
}
