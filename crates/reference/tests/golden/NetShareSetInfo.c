/*
 * Changes a share: its comment, its limit, its permissions, its flags.
 */
NET_API_STATUS NET_API_FUNCTION NetShareSetInfo(
  LPWSTR  servername,
  LPWSTR  netname,
  DWORD   level,
  LPBYTE  buf,
  LPDWORD parm_err);
