//! The script: [`Step`]s of four bytes.

/// Bytes of a step.
const LENGTH: usize = 4;
/// The longest script in steps: more of them only repeat what shorter ones do.
const LONGEST: usize = 128;

/// One step: a client acts, an administrator ends something, or time passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) action: Action,
    /// The client in the low bits, and the flags below.
    pub(super) who: u8,
    pub(super) a: u8,
    pub(super) b: u8,
}

impl Step {
    /// The other connections do not process their signals after this step.
    pub(super) const HURRY: u8 = 0x80;
    /// The request waits for the next one, to be sent with it in one frame.
    pub(super) const QUEUE: u8 = 0x40;
    /// The requests of the frame are related.
    pub(super) const RELATED: u8 = 0x20;
    /// The connection pauses before each request that follows another one or can take long.
    pub(super) const LIGHT: u8 = 0x10;
    /// The request is signed.
    pub(super) const SIGNED: u8 = 0x08;

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.who & flag != 0
    }
}

/// Reads a script. An incomplete step at its end does not count.
pub(super) fn steps(script: &[u8]) -> impl Iterator<Item = Step> {
    let (steps, _) = script.as_chunks::<LENGTH>();
    steps.iter().take(LONGEST).filter_map(|[action, who, a, b]| {
        let action = *Action::ALL.get(usize::from(*action) % Action::ALL.len())?;
        Some(Step { action, who: *who, a: *a, b: *b })
    })
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a step does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All actions, in the order of their bytes. Add new ones at the end, so that old scripts keep their meaning.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

actions! {
    /// The client connects, unless it is connected, and negotiates.
    Connect,
    /// The connection breaks.
    Disconnect,
    /// Both messages of a logon.
    LogOn,
    /// The first message of a logon.
    BeginLogOn,
    /// The second message of the logon that was begun.
    Prove,
    /// Both messages of a binding to another client's session.
    Bind,
    /// LOGOFF.
    LogOff,
    /// TREE_CONNECT.
    TreeConnect,
    /// TREE_DISCONNECT.
    TreeDisconnect,
    /// CREATE.
    Create,
    /// CLOSE.
    Close,
    /// READ.
    Read,
    /// WRITE.
    Write,
    /// FLUSH.
    Flush,
    /// LOCK that locks.
    Lock,
    /// LOCK that unlocks.
    Unlock,
    /// IOCTL.
    Control,
    /// QUERY_DIRECTORY.
    Search,
    /// CHANGE_NOTIFY.
    Watch,
    /// QUERY_INFO.
    Query,
    /// SET_INFO.
    Set,
    /// OPLOCK_BREAK.
    GiveBack,
    /// CANCEL.
    Cancel,
    /// ECHO.
    Echo,
    /// A call of srvsvc, or the bind before it.
    Call,
    /// The next request uses the ids of another client.
    Borrow,
    /// A byte of the next request is changed.
    Mutate,
    /// The program that runs the server ends a session.
    EndSession,
    /// The program that runs the server closes an open.
    CloseOpen,
    /// Time passes.
    Wait,
    /// The connection processes its signals.
    Attend,
    /// The connection continues a paused frame.
    Resume,
    /// The connection continues a delayed logon.
    ResumeLogOn,
}
