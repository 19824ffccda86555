/// <summary>Changes the comment, the limit, the permissions or the flags of a share.</summary>
/// <param name="servername">The server. NULL is this computer.</param>
/// <param name="netname">The name of the share, without the server.</param>
/// <param name="level">Which structure you pass.</param>
/// <param name="buf">The address of the structure.</param>
/// <param name="parm_err">Receives the number of the invalid field if the function returns 87. Can be NULL.</param>
/// <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_NOT_SUPPORTED (50),
/// ERROR_BAD_NETPATH (53), ERROR_INVALID_PARAMETER (87), ERROR_INVALID_LEVEL (124), NERR_NetNameNotFound
/// (2310)</returns>
[<DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)>]
extern uint32 NetShareSetInfo(
    string servername, string netname, uint32 level, nativeint buf, uint32& parm_err)
