//! [`Pane`]: the kinds of rows that the view shows, and their columns.

/// A kind of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Sessions,
    Files,
    Shares,
    Servers,
    Changes,
    Holds,
    Journal,
}

/// A column of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) is_number: bool,
    /// Whether the column gets the width that is left.
    pub(super) is_wide: bool,
    /// Whether only a wide screen shows the column, and the rows are never sorted by it.
    pub(super) is_extra: bool,
}

const fn text(title: &'static str) -> Column {
    Column { title, is_number: false, is_wide: false, is_extra: false }
}

const fn number(title: &'static str) -> Column {
    Column { is_number: true, ..text(title) }
}

const fn wide(title: &'static str) -> Column {
    Column { is_wide: true, ..text(title) }
}

const fn extra(title: &'static str) -> Column {
    Column { is_extra: true, ..text(title) }
}

impl Pane {
    pub(super) const ALL: [Pane; 7] =
        [Pane::Sessions, Pane::Files, Pane::Shares, Pane::Servers, Pane::Changes, Pane::Holds, Pane::Journal];

    /// Whether its newest row always comes first, and it has rows of the database and not of a server.
    pub(super) const fn is_log(self) -> bool {
        matches!(self, Pane::Changes | Pane::Holds | Pane::Journal)
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Pane::Sessions => "Sessions",
            Pane::Files => "Files",
            Pane::Shares => "Shares",
            Pane::Servers => "Servers",
            Pane::Changes => "Changes",
            Pane::Holds => "Holds",
            Pane::Journal => "Journal",
        }
    }

    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Pane::Sessions => {
                const {
                    &[
                        text("SERVER"),
                        text("CLIENT"),
                        text("USER"),
                        number("OPENS"),
                        number("CONNECTED"),
                        number("IDLE"),
                        extra("ID"),
                        wide("NOTE"),
                    ]
                }
            }
            Pane::Files => {
                const {
                    &[
                        text("SERVER"),
                        number("ID"),
                        text("USER"),
                        text("CLIENT"),
                        text("PERM"),
                        number("LOCKS"),
                        wide("PATH"),
                    ]
                }
            }
            Pane::Shares => {
                const {
                    &[
                        text("SERVER"),
                        text("NAME"),
                        text("TYPE"),
                        number("CONNS"),
                        text("COMMENT"),
                        wide("PATH"),
                    ]
                }
            }
            Pane::Servers => {
                const {
                    &[
                        text("SERVER"),
                        text("STATE"),
                        number("SESSIONS"),
                        number("FILES"),
                        number("LISTED"),
                        number("NEXT"),
                        wide("REASON"),
                    ]
                }
            }
            Pane::Changes => const { &[text("TIME"), text("EVENT"), text("SERVER"), wide("WHAT")] },
            Pane::Holds => {
                const {
                    &[
                        number("ID"),
                        text("SELECTION"),
                        text("ON"),
                        number("LEFT"),
                        number("ACTED"),
                        text("CARRIER"),
                        wide("PROBLEM"),
                    ]
                }
            }
            Pane::Journal => {
                const {
                    &[
                        text("AT"),
                        text("BY"),
                        text("OPERATION"),
                        text("SERVER"),
                        text("USERS"),
                        text("RESULT"),
                        wide("REASON"),
                    ]
                }
            }
        }
    }
}
