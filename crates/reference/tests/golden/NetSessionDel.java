import java.lang.foreign.*;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

final class NetApi32 {
    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(
        System.getProperty("os.name").startsWith("Windows") ? "netapi32.dll" : System.mapLibraryName("netapi32"),
        Arena.global());

    static final int NERR_Success = 0;
    static final int ERROR_ACCESS_DENIED = 5;
    static final int ERROR_NOT_ENOUGH_MEMORY = 8;
    static final int ERROR_BAD_NETPATH = 53;
    static final int ERROR_INVALID_PARAMETER = 87;
    static final int NERR_ClientNameNotFound = 2312;

    /**
     * Ends sessions between a file server and a client: those of one user, of one computer, or of one
     * user from one computer.
     */
    private static final MethodHandle NetSessionDel = Linker.nativeLinker().downcallHandle(
        LIBRARY.find("NetSessionDel").orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS));

    static int NetSessionDel(MemorySegment servername, MemorySegment UncClientName,
            MemorySegment username) {
        try {
            return (int) NetSessionDel.invokeExact(servername, UncClientName, username);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
    }

    /** UTF-16 with a zero at the end, or NULL. */
    static MemorySegment wide(Arena arena, String text) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text, StandardCharsets.UTF_16LE);
    }

    /** Where a field lies. */
    static long at(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }

    /** The number in a field, without sign. */
    static long number(MemorySegment entry, StructLayout layout, String field) {
        return Integer.toUnsignedLong(entry.get(ValueLayout.JAVA_INT, at(layout, field)));
    }

    /** The text that a field points to. */
    static String text(MemorySegment entry, StructLayout layout, String field) {
        MemorySegment text = entry.get(ValueLayout.ADDRESS, at(layout, field));
        return text.address() == 0 ? null : text.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_16LE);
    }

    public static void main(String[] arguments) {
        try (Arena arena = Arena.ofConfined()) {
            int status = NetSessionDel(wide(arena, "\\\\fs1"), wide(arena, "\\\\10.0.0.5"),
                wide(arena, "alice"));
            System.out.println("NetSessionDel: " + Integer.toUnsignedString(status));
        }
    }
}
