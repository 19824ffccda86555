// A managed API over netapi32: Sessions.List(server), and End() of each session.
using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netsession
{
    /// <summary>A session of a user at a client with a file server.</summary>
    public sealed class Session
    {
        internal Session(string server, NetApi32.SESSION_INFO_10 info)
        {
            Server = server;
            Client = (info.cname ?? "").TrimStart('\\');
            User = info.username ?? "";
            Connected = TimeSpan.FromSeconds(info.time);
            Idle = TimeSpan.FromSeconds(info.idle_time);
        }

        /// <summary>The server; null is the local computer.</summary>
        public string Server { get; }
        /// <summary>The client's name or address, without backslashes.</summary>
        public string Client { get; }
        /// <summary>The user, as the server spells it.</summary>
        public string User { get; }
        public TimeSpan Connected { get; }
        public TimeSpan Idle { get; }
        /// <summary>Whether it is somebody's: an unfinished logon has no name yet.</summary>
        public bool IsLoggedOn => Client != "" && User != "";

        /// <summary>Ends every session of this user from this client: the call cannot name a single one.</summary>
        /// <exception cref="NetApiException">What the server answered.</exception>
        public void End()
        {
            // An empty name would mean everybody.
            if (!IsLoggedOn)
                throw new InvalidOperationException("The logon is unfinished: the session has no name yet.");
            NetApiException.Check(NetApi32.NetSessionDel(Server, @"\\" + Client, User));
        }
    }

    /// <summary>The sessions of file servers.</summary>
    public static class Sessions
    {
        /// <summary>Who is connected to a server; null is the local computer.</summary>
        /// <exception cref="NetApiException">What the server answered.</exception>
        public static IReadOnlyList<Session> List(string server = null)
        {
            var sessions = new List<Session>();
            uint resume = 0, status;
            do
            {
                uint count, total;
                NetBuffer buffer;
                status = NetApi32.NetSessionEnum(server, null, null, 10, out buffer, uint.MaxValue, out count, out total, ref resume);
                using (buffer)
                {
                    if (status != NetApi32.MoreData)
                        NetApiException.Check(status);
                    foreach (var info in buffer.Read<NetApi32.SESSION_INFO_10>(count))
                        sessions.Add(new Session(server, info));
                }
            } while (status == NetApi32.MoreData);
            return sessions;
        }
    }

    /// <summary>A call that failed; NativeErrorCode is what it returned.</summary>
    public sealed class NetApiException : Win32Exception
    {
        public const int AccessDenied = 5, NoSuchSession = 2312;

        public NetApiException(int status) : base(status, Describe(status)) { }

        internal static void Check(uint status)
        {
            if (status != 0)
                throw new NetApiException((int)status);
        }

        static string Describe(int status)
        {
            switch (status)
            {
                case AccessDenied: return "Access is denied: the login is not an administrator of the server, or there is none.";
                case 53: return "The server was not found.";
                case 1225: return "Nothing listens there: is it the right server and port?";
                case 1326: return "Wrong user or password.";
                case 87: return "A name is too long, or both client and user are missing.";
                case NoSuchSession: return "There is no such session.";
                default: return "Error " + status + ".";
            }
        }
    }

    /// <summary>A buffer of netapi32, freed however it is left.</summary>
    sealed class NetBuffer : SafeHandleZeroOrMinusOneIsInvalid
    {
        public NetBuffer() : base(true) { }

        protected override bool ReleaseHandle()
        {
            return NetApi32.NetApiBufferFree(handle) == 0;
        }

        internal IEnumerable<T> Read<T>(uint count)
        {
            for (int i = 0; i < count; i++)
                yield return Marshal.PtrToStructure<T>(handle + i * Marshal.SizeOf<T>());
        }
    }

    static class NetApi32
    {
        internal const uint MoreData = 234;

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        internal struct SESSION_INFO_10
        {
            public string cname;
            public string username;
            public uint time;
            public uint idle_time;
        }

        [DllImport("NetApi32.dll", CharSet = CharSet.Unicode)]
        internal static extern uint NetSessionEnum(
            string servername, string UncClientName, string username, uint level, out NetBuffer buffer,
            uint prefmaxlen, out uint entriesread, out uint totalentries, ref uint resume_handle);

        [DllImport("NetApi32.dll", CharSet = CharSet.Unicode)]
        internal static extern uint NetSessionDel(string servername, string UncClientName, string username);

        [DllImport("NetApi32.dll")]
        internal static extern uint NetApiBufferFree(IntPtr buffer);
    }
}
