#[link(name = "netapi32")]
unsafe extern "system" {
    /// Changes a share: its comment, its limit, its permissions, its flags.
    pub fn NetShareSetInfo(
        servername: *const u16,
        netname: *const u16,
        level: u32,
        buf: *mut u8,
        parm_err: *mut u32,
    ) -> u32;
}
