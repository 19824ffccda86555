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
    static final int ERROR_INVALID_LEVEL = 124;
    static final int ERROR_MORE_DATA = 234;
    static final int NERR_BufTooSmall = 2123;
    static final int NERR_UserNotFound = 2221;
    static final int PERM_FILE_READ = 0x1;
    static final int PERM_FILE_WRITE = 0x2;
    static final int PERM_FILE_CREATE = 0x4;
    static final int MAX_PREFERRED_LENGTH = 0xFFFFFFFF;

    static final StructLayout FILE_INFO_2 = MemoryLayout.structLayout(
        ValueLayout.JAVA_INT.withName("fi2_id"));

    static final StructLayout FILE_INFO_3 = MemoryLayout.structLayout(
        ValueLayout.JAVA_INT.withName("fi3_id"),
        ValueLayout.JAVA_INT.withName("fi3_permissions"),
        ValueLayout.JAVA_INT.withName("fi3_num_locks"),
        MemoryLayout.paddingLayout(4),
        ValueLayout.ADDRESS.withName("fi3_pathname"),
        ValueLayout.ADDRESS.withName("fi3_username"));

    /**
     * Lists the files, folders and named pipes that clients have open on a server, each with its
     * number, its user and its locks.
     */
    private static final MethodHandle NetFileEnum = Linker.nativeLinker().downcallHandle(
        LIBRARY.find("NetFileEnum").orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

    static int NetFileEnum(MemorySegment servername, MemorySegment basepath, MemorySegment username,
            int level, MemorySegment bufptr, int prefmaxlen, MemorySegment entriesread,
            MemorySegment totalentries, MemorySegment resume_handle) {
        try {
            return (int) NetFileEnum.invokeExact(servername, basepath, username, level, bufptr,
                prefmaxlen, entriesread, totalentries, resume_handle);
        } catch (Throwable error) {
            throw new AssertionError(error);
        }
    }

    private static final MethodHandle NetApiBufferFree = Linker.nativeLinker().downcallHandle(
        LIBRARY.find("NetApiBufferFree").orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    static int NetApiBufferFree(MemorySegment Buffer) {
        try {
            return (int) NetApiBufferFree.invokeExact(Buffer);
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
}
