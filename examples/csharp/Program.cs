// Lists the sessions of a file server, and ends those of a client or a user.
//
//     mcs Program.cs Sessions.cs && mono Program.exe [\\server] [\\client] [user]
//
// A missing argument is null, and so is "-" for the client. An empty argument is refused.
using System;
using System.Linq;
using Netsession;

static class Program
{
    static int Main(string[] args)
    {
        if (args.Contains(""))
        {
            Console.Error.WriteLine("an argument is empty");
            return 2;
        }
        string server = args.ElementAtOrDefault(0), client = args.ElementAtOrDefault(1), user = args.ElementAtOrDefault(2);
        client = client == "-" ? null : client?.TrimStart('\\');
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
