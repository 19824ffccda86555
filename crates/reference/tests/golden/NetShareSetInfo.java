/**
 * Changes the comment, the limit, the permissions or the flags of a share.
 */
private static final MethodHandle NetShareSetInfo = Linker.nativeLinker().downcallHandle(
    LIBRARY.find("NetShareSetInfo").orElseThrow(),
    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

static int NetShareSetInfo(MemorySegment servername, MemorySegment netname, int level,
        MemorySegment buf, MemorySegment parm_err) {
    try {
        return (int) NetShareSetInfo.invokeExact(servername, netname, level, buf, parm_err);
    } catch (Throwable error) {
        throw new AssertionError(error);
    }
}
