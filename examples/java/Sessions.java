// Lists the sessions of a file server, and ends those of a client or a user. Java 22 or later.
//
//     javac Sessions.java && java --enable-native-access=ALL-UNNAMED Sessions [\\server] [\\client] [user]
//
// A missing argument is null, and so is "-" for the client. An empty argument is refused.
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

public class Sessions {
    static final int ERROR_MORE_DATA = 234;

    static final Linker LINKER = Linker.nativeLinker();
    static final SymbolLookup NETAPI32 = SymbolLookup.libraryLookup("libnetapi32.so", Arena.global());
    static final MethodHandle NET_SESSION_DEL = function("NetSessionDel", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle NET_SESSION_ENUM = function("NetSessionEnum",
            ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle NET_API_BUFFER_FREE = function("NetApiBufferFree", ADDRESS);

    // SESSION_INFO_10: client, user, seconds connected, seconds idle.
    static final long CLIENT = 0, USER = 8, SECONDS = 16, SIZE = 24;

    static MethodHandle function(String name, MemoryLayout... arguments) {
        return LINKER.downcallHandle(NETAPI32.find(name).orElseThrow(), FunctionDescriptor.of(JAVA_INT, arguments));
    }

    static MemorySegment wide(Arena arena, String text) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text, UTF_16LE);
    }

    static String text(MemorySegment row, long offset) {
        return row.get(ADDRESS, offset).reinterpret(Long.MAX_VALUE).getString(0, UTF_16LE);
    }

    static void check(String function, int status) {
        if (status != 0 && status != ERROR_MORE_DATA) {
            throw new IllegalStateException(function + ": error " + status);
        }
    }

    static void list(String server, String client, String user) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(ADDRESS), resume = arena.allocate(JAVA_INT);
            MemorySegment count = arena.allocate(JAVA_INT), total = arena.allocate(JAVA_INT);
            int status;
            do {
                buffer.set(ADDRESS, 0, MemorySegment.NULL);
                status = (int) NET_SESSION_ENUM.invokeExact(wide(arena, server), wide(arena, client),
                        wide(arena, user), 10, buffer, -1, count, total, resume);
                try {
                    check("NetSessionEnum", status);
                    MemorySegment rows = buffer.get(ADDRESS, 0).reinterpret(count.get(JAVA_INT, 0) * SIZE);
                    for (long row = 0; row < rows.byteSize(); row += SIZE) {
                        int seconds = rows.get(JAVA_INT, row + SECONDS);
                        System.out.println(text(rows, row + CLIENT) + "\t" + text(rows, row + USER) + "\t"
                                + Integer.toUnsignedString(seconds) + " s");
                    }
                } finally {
                    check("NetApiBufferFree", (int) NET_API_BUFFER_FREE.invokeExact(buffer.get(ADDRESS, 0)));
                }
            } while (status == ERROR_MORE_DATA);
        }
    }

    static void end(String server, String client, String user) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            check("NetSessionDel", (int) NET_SESSION_DEL.invokeExact(
                    wide(arena, server), wide(arena, client), wide(arena, user)));
        }
    }

    public static void main(String[] arguments) throws Throwable {
        String[] names = new String[3];
        for (int i = 0; i < 3 && i < arguments.length; i++) {
            if (arguments[i].isEmpty()) {
                System.err.println("an argument is empty");
                System.exit(2);
            }
            names[i] = i == 1 && arguments[i].equals("-") ? null : arguments[i];
        }
        try {
            list(names[0], names[1], names[2]);
            if (names[1] != null || names[2] != null) {
                end(names[0], names[1], names[2]);
                System.out.println("ended");
            }
        } catch (IllegalStateException error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }
}
