const koffi = require('koffi'); // npm install koffi

const names = { win32: 'netapi32.dll', darwin: 'libnetapi32.dylib' };
const netapi32 = koffi.load(names[process.platform] ?? 'libnetapi32.so');

const NERR_Success = 0;
const ERROR_ACCESS_DENIED = 5;
const ERROR_NOT_ENOUGH_MEMORY = 8;
const ERROR_BAD_NETPATH = 53;
const ERROR_INVALID_PARAMETER = 87;
const ERROR_INVALID_LEVEL = 124;
const ERROR_MORE_DATA = 234;
const NERR_BufTooSmall = 2123;
const NERR_UserNotFound = 2221;
const PERM_FILE_READ = 0x1;
const PERM_FILE_WRITE = 0x2;
const PERM_FILE_CREATE = 0x4;
const MAX_PREFERRED_LENGTH = 0xFFFFFFFF;

const FILE_INFO_2 = koffi.struct('FILE_INFO_2', {
  fi2_id: 'uint32_t',
});

const FILE_INFO_3 = koffi.struct('FILE_INFO_3', {
  fi3_id: 'uint32_t',
  fi3_permissions: 'uint32_t',
  fi3_num_locks: 'uint32_t',
  fi3_pathname: 'str16',
  fi3_username: 'str16',
});

// Lists the files, folders and named pipes that clients have open on a server, each with its
// number, its user and its locks.
const NetFileEnum = netapi32.func(`uint32_t __stdcall NetFileEnum(
  str16 servername, str16 basepath, str16 username, uint32_t level, _Out_ void **bufptr,
  uint32_t prefmaxlen, _Out_ uint32_t *entriesread, _Out_ uint32_t *totalentries,
  _Inout_ size_t *resume_handle)`);

const NetApiBufferFree = netapi32.func('uint32_t __stdcall NetApiBufferFree(void *Buffer)');
