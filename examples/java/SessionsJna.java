// Lists the sessions of a file server, and ends those of a client or a user. Java 8 or later, with JNA.
//
//     javac -cp jna.jar SessionsJna.java
//     java -cp jna.jar:. -Djna.library.path=/usr/lib/x86_64-linux-gnu/netsession/wchar32 SessionsJna [\\server] [\\client] [user]
//
// WString has the characters of the platform's wchar_t, which have 32 bits outside Windows: so the path names the build for them.
// A missing argument is null, and so is "-" for the client. An empty argument is refused.
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.WString;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

public class SessionsJna {
    static final int ERROR_MORE_DATA = 234;

    // Not StdCallLibrary: JNA refuses its convention outside 32-bit Windows.
    public interface Netapi32 extends Library {
        Netapi32 INSTANCE = Native.load("Netapi32", Netapi32.class);

        int NetSessionEnum(WString server, WString client, WString user, int level, PointerByReference buffer,
                int preferred, IntByReference count, IntByReference total, IntByReference resume);

        int NetSessionDel(WString server, WString client, WString user);

        int NetApiBufferFree(Pointer buffer);
    }

    @Structure.FieldOrder({"cname", "username", "time", "idleTime"})
    public static class SESSION_INFO_10 extends Structure {
        public WString cname;
        public WString username;
        public int time;
        public int idleTime;

        public SESSION_INFO_10(Pointer pointer) {
            super(pointer);
            read();
        }
    }

    static WString wide(String[] arguments, int index) {
        if (index >= arguments.length || (index == 1 && arguments[index].equals("-"))) {
            return null;
        }
        if (arguments[index].isEmpty()) {
            System.err.println("an argument is empty");
            System.exit(2);
        }
        return new WString(arguments[index]);
    }

    static void check(String function, int status) {
        if (status != 0 && status != ERROR_MORE_DATA) {
            System.err.println(function + ": error " + status);
            System.exit(1);
        }
    }

    static void list(WString server, WString client, WString user) {
        IntByReference resume = new IntByReference();
        int status;
        do {
            PointerByReference buffer = new PointerByReference();
            IntByReference count = new IntByReference(), total = new IntByReference();
            // So little that a server with many sessions sends several pages.
            status = Netapi32.INSTANCE.NetSessionEnum(server, client, user, 10, buffer, 256, count, total, resume);
            check("NetSessionEnum", status);
            Pointer row = buffer.getValue();
            for (int i = 0; i < count.getValue(); i++) {
                SESSION_INFO_10 session = new SESSION_INFO_10(row);
                System.out.println(session.cname + "\t" + session.username + "\t"
                        + Integer.toUnsignedString(session.time) + " s");
                row = row.share(session.size());
            }
            check("NetApiBufferFree", Netapi32.INSTANCE.NetApiBufferFree(buffer.getValue()));
        } while (status == ERROR_MORE_DATA);
    }

    public static void main(String[] arguments) {
        WString server = wide(arguments, 0), client = wide(arguments, 1), user = wide(arguments, 2);
        list(server, client, user);
        if (client != null || user != null) {
            check("NetSessionDel", Netapi32.INSTANCE.NetSessionDel(server, client, user));
            System.out.println("ended");
        }
    }
}
