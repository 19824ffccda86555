//! [`SessionRow`]: a session as `netsession` prints it.

use std::cmp::Ordering;
use std::sync::Arc;

use netsession::{Own, Session, SessionId};
use serde::{Serialize, Serializer};

use super::seconds;
use crate::output::{Column, Field, Row, Value, natural, object};
use crate::select;

/// A printed session. The rows share the server's name, and a row takes no more memory than its session, because a
/// server can list very many.
#[derive(Debug)]
pub(crate) struct SessionRow {
    server: Arc<str>,
    client: String,
    /// One word: few lists have host names.
    host: Option<Arc<String>>,
    user: String,
    opens: Option<u32>,
    connected_secs: Option<u64>,
    idle_secs: Option<u64>,
    guest: Option<bool>,
    own: Option<bool>,
    client_type: Option<String>,
    transport: Option<String>,
    id: Option<SessionId>,
    /// Whether the command names it by its id.
    is_by_id: bool,
}

// A larger row would need a second list, of the same length.
const _: () = assert!(size_of::<SessionRow>() <= size_of::<Session>());

impl Serialize for SessionRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl SessionRow {
    pub(crate) fn new(server: &Arc<str>, session: Session) -> SessionRow {
        SessionRow {
            server: Arc::clone(server),
            client: session.client,
            host: None,
            user: session.user,
            opens: session.opens,
            connected_secs: seconds(session.connected),
            idle_secs: seconds(session.idle),
            guest: session.guest,
            own: match session.own {
                Own::Yes => Some(true),
                Own::No => Some(false),
                _ => None,
            },
            client_type: session.client_type,
            transport: session.transport,
            id: session.id,
            is_by_id: false,
        }
    }

    /// Names it by its id, and no longer by its client and user, if `is_by_id`.
    pub(crate) fn named_by_id(self, is_by_id: bool) -> SessionRow {
        SessionRow { is_by_id, ..self }
    }

    /// Whether the command names it by its id.
    pub(crate) const fn is_by_id(&self) -> bool {
        self.is_by_id
    }

    /// Compares rows by client and user; numbers within names count by their value.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let rest = |row: &Self| (row.connected_secs, row.idle_secs, row.opens, row.id);
        natural(&self.client, &other.client)
            .then_with(|| natural(&self.user, &other.user))
            .then_with(|| rest(self).cmp(&rest(other)))
    }

    /// Returns the client, the user, the opens and the id as a session.
    pub(crate) fn session(&self) -> Session {
        let mut session = Session::new(&self.client, &self.user);
        (session.opens, session.id) = (self.opens, self.id);
        session
    }

    /// Whether the session names a client and a user.
    pub(crate) fn is_logged_on(&self) -> bool {
        !self.user.is_empty() && !self.client.is_empty()
    }

    /// Returns the id of the session, if its server gives one.
    pub(crate) fn id(&self) -> Value<'_> {
        self.id.map_or(Value::Unknown, |id| Value::Text(id.to_string().into()))
    }

    /// Returns the text of the NOTE column.
    fn note(&self) -> String {
        let candidates = [
            (!self.is_logged_on(), "not logged on"),
            (self.own == Some(true), "this session"),
            (self.own.is_none(), "possibly this session"),
            (self.guest == Some(true), "guest"),
            (self.user.contains('$') && self.session().is_computer(), "computer"),
        ];
        let notes: Vec<&str> =
            candidates.into_iter().filter_map(|(holds, note)| holds.then_some(note)).collect();
        notes.join(", ")
    }
}

/// The client's type and transport and the id are in the wide table only, because the table would not fit into 80 columns.
impl Row for SessionRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("client", Column::text("CLIENT"), |row: &Self| Value::text(&row.client)),
            Field::host(|row: &Self| row.host()),
            Field::new("user", Column::text("USER"), |row: &Self| Value::text(&row.user)),
            Field::new("opens", Column::number("OPENS"), |row: &Self| Value::number(row.opens)),
            Field::new("connected_secs", Column::number("CONNECTED"), |row: &Self| {
                Value::seconds(row.connected_secs)
            }),
            Field::new("idle_secs", Column::number("IDLE"), |row: &Self| Value::seconds(row.idle_secs)),
            Field::new("guest", Column::text("GUEST"), |row: &Self| Value::flag(row.guest)).hidden(),
            Field::new("self", Column::text("SELF"), |row: &Self| Value::flag(row.own)).hidden(),
            Field::new("client_type", Column::text("TYPE"), |row: &Self| {
                Value::known_text(row.client_type.as_deref())
            })
            .wide(),
            Field::new("transport", Column::text("TRANSPORT"), |row: &Self| {
                Value::known_text(row.transport.as_deref())
            })
            .wide(),
            Field::new("id", Column::text("ID"), |row: &Self| row.id()).wide(),
            Field::new("note", Column::words("NOTE"), |row: &Self| Value::Text(row.note().into()))
                .shown_as(|row| Some(row.note()))
                .table_only()
                .last(),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }

    fn client(&self) -> Option<&str> {
        Some(&self.client)
    }

    fn set_host(&mut self, host: &Arc<str>) {
        self.host = Some(Arc::new(host.to_string()));
    }

    fn host(&self) -> Option<&str> {
        self.host.as_ref().map(|host| host.as_str())
    }

    fn selecting_id(&self) -> Option<String> {
        self.id.filter(|_| self.is_by_id).map(|id| id.to_string())
    }

    fn name(&self) -> Option<String> {
        match self.is_by_id {
            true => self.id.map(|id| id.to_string()),
            false => select::name(&self.client, &self.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SessionRow;
    use netsession::{Own, Session};
    use std::time::Duration;

    /// A failure here would break programs that read `--json`: a missing or renamed field, or an unknown that is not
    /// null.
    #[test]
    fn json_has_the_documented_fields() {
        let mut session = Session::new(r"\\10.0.0.5", "alice");
        session.connected = Some(Duration::from_millis(61_900));
        session.own = Own::Unknown;
        let mut with_id = session.clone();
        with_id.id = netsession::SessionId::new(0x5f3a_9c21_0007);
        let listed = serde_json::to_value(SessionRow::new(&"fs1".into(), with_id)).unwrap();
        assert_eq!(listed["id"], "5f3a9c210007");
        assert_eq!(
            serde_json::to_string(&SessionRow::new(&r"\\FS1".into(), session)).unwrap(),
            r#"{"server":"\\\\FS1","client":"10.0.0.5","user":"alice","opens":null,"connected_secs":61,"idle_secs":null,"guest":null,"self":null,"client_type":null,"transport":null,"id":null}"#
        );
    }
}
