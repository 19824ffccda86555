// Changes the comment, the limit, the permissions or the flags of a share.
const NetShareSetInfo = netapi32.func(`uint32_t __stdcall NetShareSetInfo(
  str16 servername, str16 netname, uint32_t level, void *buf, _Out_ uint32_t *parm_err)`);
