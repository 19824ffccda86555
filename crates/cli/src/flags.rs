//! The flags that several commands share.

use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, ValueHint};
use netsession::{Kerberos, SessionId};
use netsession_config::parse_time_limit;

use crate::failure::Failure;
use crate::output::{Field, OutputFormat, Presentation, Row};

/// The servers to query.
#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// Servers and @groups to query in parallel [default: this computer]
    #[arg(value_name = "SERVER")]
    pub(crate) servers: Vec<String>,
}

/// The output format of a result whose values contain others.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Print one JSON array, as -o json
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    json: bool,

    /// Output format [default: table]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    output: Option<OutputFormat>,

    /// Omit the titles of a table, and the first line of csv
    #[arg(long, help_heading = "Output")]
    no_headers: bool,
}

impl Output {
    /// Returns the format.
    pub(crate) fn format(&self) -> OutputFormat {
        if self.json { OutputFormat::Json } else { self.output.unwrap_or_default() }
    }

    /// Refuses `-o name` for several servers: a name alone does not say on which server the row is.
    pub(crate) fn check_names(&self, servers: usize) -> Result<(), Failure> {
        if self.format() == OutputFormat::Name && servers > 1 {
            return Err(no_names());
        }
        Ok(())
    }

    /// Returns how to print rows.
    pub(crate) fn presentation<R: Row>(&self) -> Presentation<R> {
        Presentation { has_headers: !self.no_headers, ..Presentation::of(self.format()) }
    }
}

/// What to add to a list of clients and users.
#[derive(Debug, Args)]
pub(crate) struct Clients {
    /// Show the host name beside each address; the owner of the address chooses this name
    #[arg(long, conflicts_with = "watch", help_heading = "Output")]
    pub(crate) resolve: bool,

    /// Print totals by server, user and client instead of the rows, the greatest first; --limit applies to each
    #[arg(
        long,
        conflicts_with_all = ["columns", "sort", "watch"],
        help_heading = "Output"
    )]
    pub(crate) totals: bool,
}

/// Why something changes.
#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Record TEXT in the journal as the reason
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// The output format.
#[derive(Debug, Args)]
pub(crate) struct Format {
    /// Print one JSON array instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which rows and columns to print, in which order and format.
#[derive(Debug, Args)]
pub(crate) struct Show<R: Row> {
    /// Print one JSON array, as -o json
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    json: bool,

    /// Output format [default: table]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    output: Option<OutputFormat>,

    /// Print only these columns, separated by commas
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        value_parser = column_names::<R>(),
        ignore_case = true,
        help_heading = "Output"
    )]
    columns: Vec<String>,

    /// Sort by a column, or by several; COLUMN:desc puts the greatest first, and unknown values are last
    #[arg(
        long,
        value_name = "COLUMN[:desc]",
        value_delimiter = ',',
        value_parser = sort_keys::<R>(),
        ignore_case = true,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    sort: Vec<String>,

    /// Print at most this number of rows
    #[arg(long, value_name = "NUMBER", value_parser = parse_count::<usize>, help_heading = "Output")]
    limit: Option<usize>,

    /// Omit the titles of a table, and the first line of csv
    #[arg(long, help_heading = "Output")]
    no_headers: bool,

    #[arg(skip)]
    rows: PhantomData<fn(R)>,
}

impl<R: Row> Show<R> {
    /// Returns how to print the rows, or why the flags contradict each other.
    pub(crate) fn presentation(&self) -> Result<Presentation<R>, Failure> {
        let format = if self.json { OutputFormat::Json } else { self.output.unwrap_or_default() };
        if format == OutputFormat::Name && !self.columns.is_empty() {
            return Err(Failure::usage("-o name has no columns: omit --columns, or use -o csv"));
        }
        let sort = self.sort.iter().filter_map(|key| {
            let name = key.strip_suffix(DESCENDING).or_else(|| key.strip_suffix(ASCENDING)).unwrap_or(key);
            Some((field::<R>(name)?, key.ends_with(DESCENDING)))
        });
        Ok(Presentation {
            format,
            columns: self.columns.iter().filter_map(|name| field(name)).collect(),
            sort: sort.collect(),
            limit: self.limit,
            has_headers: !self.no_headers,
            has_hosts: false,
            besides: None,
        })
    }

    /// Whether `--watch` prints lines of JSON. The other formats and the flags for rows need a whole list.
    pub(crate) fn watches_json(&self) -> Result<bool, Failure> {
        let is_shaped =
            self.limit.is_some() || self.no_headers || !(self.sort.is_empty() && self.columns.is_empty());
        match self.output {
            _ if is_shaped => {
                Err(Failure::usage("--watch prints events: omit --columns, --sort, --limit and --no-headers"))
            }
            None => Ok(self.json),
            Some(OutputFormat::Table) => Ok(false),
            Some(OutputFormat::Json | OutputFormat::Jsonl) => Ok(true),
            Some(_) => Err(Failure::usage("--watch prints events: use it with -o table or -o jsonl")),
        }
    }
}

/// Why `-o name` is no format for several servers.
pub(crate) fn no_names() -> Failure {
    Failure::usage("-o name does not say which server a row is from: name one server")
        .hint("use -o csv or -o jsonl for several servers")
}

const ASCENDING: &str = ":asc";
pub(crate) const DESCENDING: &str = ":desc";

/// Returns the field that a person calls by this name.
fn field<R: Row>(name: &str) -> Option<Field<R>> {
    let mut fields = R::fields().into_iter();
    fields.find(|field| field.is_named(name))
}

/// Accepts the names of the columns, and lists them if a name is wrong. The shell completes them.
fn column_names<R: Row>() -> PossibleValuesParser {
    let fields = R::fields().into_iter();
    fields.map(|field| PossibleValue::new(field.key).alias(field.alias())).collect::<Vec<_>>().into()
}

/// Accepts the names of the columns, with `:asc` or `:desc`.
fn sort_keys<R: Row>() -> PossibleValuesParser {
    let keys = R::fields().into_iter().flat_map(|field| {
        let named = |suffix: &str| {
            PossibleValue::new(format!("{}{suffix}", field.key)).alias(format!("{}{suffix}", field.alias()))
        };
        // The list of an error has each column once.
        [named(""), named(DESCENDING).hide(true), named(ASCENDING).hide(true)]
    });
    keys.collect::<Vec<_>>().into()
}

/// Whether to list again and again.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// List every SECONDS, and print what comes, goes and changes; with -o jsonl, one line of JSON per event
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit)]
    pub(crate) watch: Option<Duration>,
}

/// More servers, and servers to leave out.
#[derive(Debug, Args)]
pub(crate) struct MoreServers {
    /// Leave out this server or @group; repeat for several
    #[arg(long, value_name = "SERVER", help_heading = "Servers")]
    pub(crate) exclude: Vec<String>,

    /// Add the servers and @groups of a file (`-`: standard input), one on each line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Servers")]
    pub(crate) servers_from: Option<PathBuf>,
}

impl MoreServers {
    /// Whether one of the flags is given.
    pub(crate) fn is_given(&self) -> bool {
        self.servers_from.is_some() || !self.exclude.is_empty()
    }

    /// Whether standard input is the list of servers.
    pub(crate) fn is_stdin_list(&self) -> bool {
        self.servers_from.as_deref() == Some(Path::new("-"))
    }
}

/// How to connect to a server and log on.
#[derive(Debug, Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) more: MoreServers,

    /// User to log on as
    #[arg(short = 'U', long, value_name = "[DOMAIN\\]USER", help_heading = "Logon")]
    pub(crate) login: Option<String>,

    /// Read the username, password and domain from a file in Samba's format
    #[arg(short = 'A', long, value_name = "FILE", help_heading = "Logon")]
    pub(crate) authentication_file: Option<PathBuf>,

    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "authentication_file", help_heading = "Logon")]
    pub(crate) password_stdin: bool,

    /// Log on with Kerberos or with NTLM: `required`, `preferred` or `off` [default: preferred]
    #[arg(long, value_name = "WHEN", help_heading = "Logon")]
    pub(crate) kerberos: Option<Kerberos>,

    /// Log on with Kerberos only, as `--kerberos required`
    #[arg(short = 'k', conflicts_with = "kerberos", help_heading = "Logon")]
    pub(crate) kerberos_only: bool,

    /// Log on with Kerberos and the user's keys in this keytab
    #[arg(
        long,
        value_name = "FILE",
        requires = "login",
        conflicts_with_all = ["password_stdin", "authentication_file"],
        help_heading = "Logon"
    )]
    pub(crate) keytab: Option<PathBuf>,

    /// Require encryption and refuse servers that do not support it
    #[arg(long, help_heading = "Connection")]
    pub(crate) encrypt: bool,

    /// Time limit for everything that netsession reads from a server [default: 60, of which 5 to connect and 20 per call]
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, help_heading = "Connection")]
    pub(crate) timeout: Option<Duration>,

    /// Look up names that DNS does not know by NetBIOS broadcast; any local host can answer
    #[arg(long, help_heading = "Connection")]
    pub(crate) netbios: bool,
}

/// The flags that select sessions by what they are.
pub(crate) const CONDITIONS: [&str; 6] =
    ["client", "user", "share", "idle_over", "connected_over", "opens_over"];

/// The ids of sessions to select.
#[derive(Debug, Args)]
pub(crate) struct SelectIds {
    /// Select single sessions of one server by their ids, as `netsession sessions -o wide` lists them; only `netsession serve`
    /// gives ids
    #[arg(
        long,
        value_name = "ID",
        num_args = 1..,
        value_parser = session_id,
        conflicts_with_all = CONDITIONS,
        help_heading = "Selection"
    )]
    pub(crate) id: Vec<SessionId>,
}

impl SelectIds {
    /// Returns the flags that are given, with their values, as the journal notes them.
    pub(crate) fn flags(&self) -> (&'static str, Vec<String>) {
        ("--id", self.id.iter().map(ToString::to_string).collect())
    }
}

/// Parses the id of a session. A line of CSV leaves a carriage return at its end.
fn session_id(text: &str) -> Result<SessionId, &'static str> {
    text.trim_end_matches(['\r', '\n'])
        .parse()
        .map_err(|_| "invalid id (use 12 to 16 hexadecimal digits, and put the server before --id)")
}

/// The sessions to select: those that match every flag.
#[derive(Debug, Args)]
pub(crate) struct Select {
    /// Select sessions from this client: an address, a host name, \\NAME, or a network such as 10.1.0.0/16; repeat to
    /// select several
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    pub(crate) client: Vec<String>,

    /// Select sessions of this user: a name, DOMAIN\name, or a pattern such as 'svc-*'; repeat to select several
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    pub(crate) user: Vec<String>,

    /// Select sessions whose client and user are connected to this share: its name, or its path, which also selects the
    /// server
    #[arg(long, value_name = "SHARE", help_heading = "Selection")]
    pub(crate) share: Option<String>,

    /// Select sessions that are idle for longer than TIME, such as 30m, 2h or 1d
    #[arg(long, value_name = "TIME", value_parser = parse_age, help_heading = "Selection")]
    pub(crate) idle_over: Option<Duration>,

    /// Select sessions that began longer ago than TIME
    #[arg(long, value_name = "TIME", value_parser = parse_age, help_heading = "Selection")]
    pub(crate) connected_over: Option<Duration>,

    /// Select sessions with more than NUMBER open files
    #[arg(long, value_name = "NUMBER", value_parser = parse_count::<u32>, help_heading = "Selection")]
    pub(crate) opens_over: Option<u32>,
}

impl Select {
    /// Returns the flags that are given, with their values, as the journal notes them.
    pub(crate) fn flags(&self) -> Vec<(&'static str, Vec<String>)> {
        let time =
            |time: Option<Duration>| time.map(|time| format!("{}s", time.as_secs())).into_iter().collect();
        vec![
            ("--client", self.client.clone()),
            ("--user", self.user.clone()),
            ("--share", self.share.iter().cloned().collect()),
            ("--idle-over", time(self.idle_over)),
            ("--connected-over", time(self.connected_over)),
            ("--opens-over", self.opens_over.iter().map(ToString::to_string).collect()),
        ]
    }
}

impl SelectFiles {
    /// Returns the flags that are given, with their values, as the journal notes them.
    pub(crate) fn flags(&self) -> Vec<(&'static str, Vec<String>)> {
        let share = self.share.iter().cloned().collect();
        vec![("--user", self.user.clone()), ("--client", self.client.clone()), ("--share", share)]
    }
}

/// The open files to select, besides their path: those that match every flag.
#[derive(Debug, Args)]
pub(crate) struct SelectFiles {
    /// Select files that this user holds: a name, DOMAIN\name, or a pattern such as 'svc-*'; repeat to select several
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    pub(crate) user: Vec<String>,

    /// Select files that this client holds: an address, a host name, \\NAME, or a network; repeat to select several
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    pub(crate) client: Vec<String>,

    /// Select files in the folder of this share
    #[arg(long, value_name = "SHARE", help_heading = "Selection")]
    pub(crate) share: Option<String>,
}

/// Parses a number of rows or files.
fn parse_count<T: std::str::FromStr>(text: &str) -> Result<T, &'static str> {
    text.trim().parse().map_err(|_| "give a whole number, such as 10")
}

/// Parses a time that has passed: a number with s, m, h or d; seconds without a unit.
pub(crate) fn parse_age(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "give seconds, or a number with s, m, h or d, such as 2h";
    let text = text.trim();
    let (number, scale) = match text.char_indices().next_back() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let scale = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return Err(WRONG),
            };
            (text.get(..at).unwrap_or_default(), scale)
        }
        _ => (text, 1),
    };
    let seconds = number.trim().parse::<u32>().map_err(|_| WRONG)?;
    Ok(Duration::from_secs(u64::from(seconds) * scale))
}

/// Parses the address of `--listen`.
pub(crate) fn parse_listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 0.0.0.0:4450")
}

#[cfg(test)]
mod tests {
    use super::{Show, parse_age};
    use crate::output::OutputFormat;
    use crate::rows::SessionRow;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        show: Show<SessionRow>,
    }

    fn show(flags: &[&str]) -> Result<Show<SessionRow>, clap::Error> {
        Line::try_parse_from([&["sessions"], flags].concat()).map(|line| line.show)
    }

    /// A failure here would select sessions that were idle for two seconds instead of two hours.
    #[test]
    fn a_time_has_a_unit() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1d", 86_400), ("0", 0)]
        {
            assert_eq!(parse_age(text).unwrap().as_secs(), seconds, "{text}");
        }
        for wrong in ["", "h", "2w", "-1", "1.5h", "2hours", "4294967296"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
    }

    /// A failure here would not tell a person which columns there are.
    #[test]
    fn a_wrong_column_lists_the_right_ones() {
        let error = show(&["--columns", "user,users"]).unwrap_err().to_string();
        for name in ["'users'", "connected_secs", "client_type", "note"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(show(&["--sort", "idle:down"]).is_err());
    }

    /// A failure here would refuse the title that the table shows, or sort in the other direction.
    #[test]
    fn a_column_may_be_called_by_its_title() {
        let shown = show(&["--columns", "user,connected", "--columns", "type", "--sort", "IDLE:desc,user"]);
        let presentation = shown.map_err(|error| error.to_string()).unwrap().presentation().unwrap();
        let columns: Vec<&str> = presentation.columns.iter().map(|field| field.key).collect();
        assert_eq!(columns, ["user", "connected_secs", "client_type"]);
        let sort: Vec<_> =
            presentation.sort.iter().map(|(field, is_descending)| (field.key, *is_descending)).collect();
        assert_eq!(sort, [("idle_secs", true), ("user", false)]);
    }

    /// A failure here would change what `--json` prints, or print something other than JSON lines while watching.
    #[test]
    fn json_is_a_format() {
        let format = |flags: &[&str]| show(flags).unwrap().presentation().map(|shown| shown.format);
        assert_eq!(format(&["--json"]).unwrap(), OutputFormat::Json);
        assert_eq!(format(&[]).unwrap(), OutputFormat::Table);
        assert!(show(&["--json", "-o", "csv"]).is_err());
        assert!(format(&["-o", "name", "--columns", "user"]).is_err());
        let watches = |flags: &[&str]| show(flags).unwrap().watches_json();
        assert!(
            watches(&["-o", "jsonl"]).unwrap() && watches(&["--json"]).unwrap() && !watches(&[]).unwrap()
        );
        assert!(watches(&["-o", "csv"]).is_err() && watches(&["--sort", "user"]).is_err());
    }
}
