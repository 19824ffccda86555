const koffi = require('koffi'); // npm install koffi

const names = { win32: 'netapi32.dll', darwin: 'libnetapi32.dylib' };
const netapi32 = koffi.load(names[process.platform] ?? 'libnetapi32.so');

const NERR_Success = 0;
const ERROR_ACCESS_DENIED = 5;
const ERROR_NOT_ENOUGH_MEMORY = 8;
const ERROR_BAD_NETPATH = 53;
const ERROR_INVALID_PARAMETER = 87;
const NERR_ClientNameNotFound = 2312;

// Ends sessions between a file server and a client: those of one user, of one computer, or of one
// user from one computer.
const NetSessionDel = netapi32.func(`uint32_t __stdcall NetSessionDel(
  str16 servername, str16 UncClientName, str16 username)`);

const status = NetSessionDel('\\\\fs1', '\\\\10.0.0.5', 'alice');
console.log('NetSessionDel:', status);
