#[link(name = "netapi32")]
unsafe extern "system" {
    /// Changes the comment, the limit, the permissions or the flags of a share.
    pub fn NetShareSetInfo(
        servername: *const u16,
        netname: *const u16,
        level: u32,
        buf: *mut u8,
        parm_err: *mut u32,
    ) -> u32;
}
