/*
 * Changes the comment, the limit, the permissions or the flags of a share.
 */
NET_API_STATUS NET_API_FUNCTION NetShareSetInfo(
  LPWSTR  servername,
  LPWSTR  netname,
  DWORD   level,
  LPBYTE  buf,
  LPDWORD parm_err);
