/*
 * A stand-in for Windows' bcryptprimitives.dll, which Wine 8 lacks: Rust's standard library takes its random numbers from there.
 * It is for tests only, and lies beside the program that they run.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    const SIZE_T most = 1 << 20;
    for (SIZE_T done = 0; done < length;) {
        SIZE_T part = length - done < most ? length - done : most;
        if (!SystemFunction036(buffer + done, (ULONG)part))
            TerminateProcess(GetCurrentProcess(), 3);
        done += part;
    }
    return TRUE;
}
