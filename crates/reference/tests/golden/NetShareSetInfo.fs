/// <summary>Changes a share: its comment, its limit, its permissions, its flags.</summary>
/// <param name="servername">The server that is to act. NULL is this computer.</param>
/// <param name="netname">The share's name, without the server.</param>
/// <param name="level">Which structure is given.</param>
/// <param name="buf">The address of the structure.</param>
/// <param name="parm_err">Receives the number of the field that was not right, with 87. NULL where you do not
/// care.</param>
/// <returns>NERR_Success (0), ERROR_ACCESS_DENIED (5), ERROR_NOT_ENOUGH_MEMORY (8), ERROR_NOT_SUPPORTED (50),
/// ERROR_BAD_NETPATH (53), ERROR_INVALID_PARAMETER (87), ERROR_INVALID_LEVEL (124), NERR_NetNameNotFound
/// (2310)</returns>
[<DllImport("netapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)>]
extern uint32 NetShareSetInfo(
    string servername, string netname, uint32 level, nativeint buf, uint32& parm_err)
