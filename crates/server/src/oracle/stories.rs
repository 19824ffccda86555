//! Scripts that make sense, from which the fuzzer starts.

use super::script::{Action, Step};

/// The administrator's client.
const ROOT: u8 = 4;
/// The client that encrypts.
const ENCRYPTED: u8 = 7;
/// Opens `srvsvc`.
const PIPE: u8 = 0x40;

type Story = Vec<[u8; 4]>;

const fn step(action: Action, who: u8, a: u8, b: u8) -> [u8; 4] {
    [action as u8, who, a, b]
}

/// A client connects, logs on as the user with this number, and connects to a share.
fn arrive(who: u8, user: u8, share: u8) -> Story {
    vec![
        step(Action::Connect, who, 0, 0),
        step(Action::LogOn, who, user, 0),
        step(Action::TreeConnect, who, share, 0),
    ]
}

/// An administrator opens `srvsvc` and binds.
fn administrator() -> Story {
    let mut story = arrive(ROOT, 2, 1);
    story.extend([step(Action::Create, ROOT, PIPE, 0), step(Action::Call, ROOT, 0, 0)]);
    story
}

/// The work of a client with a file and a folder, each request on its own.
fn work(who: u8) -> Story {
    use Action::{Cancel, Control, Create, Flush, Lock, Query, Read, Search, Set, Unlock, Watch, Write};
    vec![
        step(Create, who, 1, 0),
        step(Write, who, 0, 0xff),
        step(Read, who, 0, 0),
        step(Lock, who, 0x11, 0),
        step(Unlock, who, 0x11, 0),
        step(Flush, who, 0, 0),
        step(Query, who, 18, 0),
        step(Query, who, 5, 0),
        step(Set, who, 3, 9),
        step(Control, who, 0, 0),
        step(Create, who, 0, 0),
        step(Search, who, 0, 8),
        step(Watch, who, 1, 0),
        step(Cancel, who, 0, 0),
        step(Watch, who, 1, 0),
        step(Create, who, 3, 0),
        step(Set, who, 1, 5),
    ]
}

/// Two clients wait for each other's locks and oplocks.
fn waits() -> Story {
    let mut story = arrive(0, 0, 0);
    story.extend(arrive(1, 1, 0));
    story.extend([
        step(Action::Create, 0, 1, 0),
        step(Action::Create, 1, 1, 0),
        step(Action::Lock, 0, 0x11, 0),
        step(Action::Lock, 1, 0x11, 0),
        step(Action::Create, 0, 0x08 | 3, 0),
        step(Action::Create, 1, 3, 0),
        step(Action::GiveBack, 0, 0, 0),
        step(Action::Wait, 0, 200, 0),
    ]);
    story
}

/// Sessions end in every way, while their clients work.
fn ends() -> Vec<Story> {
    let before = || {
        let mut story = administrator();
        story.extend(waits());
        story
    };
    let after = [step(Action::Read, 0, 0, 0), step(Action::LogOn, 0, 0, 0), step(Action::Echo, 0, 0, 0)];
    let ways: [&[[u8; 4]]; 9] = [
        &[step(Action::EndSession, 0, 0, 0)],
        &[step(Action::EndSession, Step::HURRY, 0, 0)],
        &[step(Action::Call, ROOT, 0, 0)],
        &[step(Action::Call, ROOT, 4, 0), step(Action::Call, ROOT, 5, 0)],
        &[step(Action::Call, ROOT, (ROOT << 3) | 2, 0x20), step(Action::Read, ROOT, 0, 0)],
        &[step(Action::LogOff, 0, 0, 0)],
        &[step(Action::Disconnect, 0, 0, 0), step(Action::Connect, 0, 0, 0)],
        &[step(Action::Connect, 2, 0, 0), step(Action::LogOn, 2, 0, 0x10)],
        &[step(Action::CloseOpen, 0, 0, 0)],
    ];
    ways.iter().map(|way| [before(), way.to_vec(), after.to_vec()].concat()).collect()
}

/// A session on two connections, the first of which is lost before the session ends, or has more to do.
fn channels(is_lost: bool) -> Story {
    let first = if is_lost { step(Action::Disconnect, 2, 0, 0) } else { step(Action::Read, 2, 0, 0) };
    let mut story = arrive(2, 0, 0);
    story.extend([
        step(Action::Create, 2, 1, 0),
        step(Action::Connect, 3, 0, 0),
        step(Action::Bind, 3, 2, 0),
        step(Action::Borrow, 3, 2, 7),
        step(Action::Read, 3 | Step::SIGNED, 0, 0),
        first,
        step(Action::Borrow, 3, 2, 7),
        step(Action::Read, 3 | Step::SIGNED, 0, 0),
        step(Action::EndSession, 3, 0, 0),
    ]);
    story
}

/// A client loses its connection and reclaims its file, from which others keep away or not.
fn durable(who: u8, version: u8) -> Story {
    let (opens, reclaims) = (0x80 | version << 4, 0x88 | version << 4);
    let mut story = arrive(who, 0, 0);
    story.extend([
        step(Action::Create, who, 0x08 | 1, opens),
        step(Action::Lock, who, 0x11, 0),
        step(Action::Disconnect, who, 0, 0),
    ]);
    story.extend(arrive(1, 1, 0));
    story.extend([step(Action::Borrow, 1, who, 4), step(Action::Create, 1, 0x08 | 1, reclaims)]);
    story.extend(arrive(who, 0, 0));
    story.extend([
        step(Action::Create, who, 0x08 | 1, reclaims),
        step(Action::Create, 1, 1, 0),
        step(Action::GiveBack, who, 1, 0),
        step(Action::Create, who, 0x08 | 3, opens),
        step(Action::Disconnect, who, 0, 0),
        step(Action::Create, 1, 3, 0),
    ]);
    story.extend(arrive(who, 0, 0));
    story.extend([
        step(Action::Create, who, 0x08 | 3, reclaims),
        step(Action::Create, who, 0x08 | 5, opens),
        step(Action::Disconnect, who, 0, 0),
        step(Action::Wait, 1, 200, 0),
        step(Action::Wait, 1, 200, 0),
    ]);
    story
}

/// An administrator ends one of two sessions of a user from a client by its id, then asks for the files of the other one, and
/// ends it, too.
fn ended_by_id() -> Story {
    let mut story = administrator();
    story.extend(arrive(0, 0, 0));
    story.extend([
        step(Action::Create, 0, 1, 0),
        step(Action::LogOn, 0, 0, 0),
        step(Action::TreeConnect, 0, 0, 0),
        step(Action::Create, 0, 3, 0),
        step(Action::Call, ROOT, 5, 0x40),
        step(Action::Call, ROOT, 0, 0x40),
        step(Action::Read, 0, 0, 0),
        step(Action::Call, ROOT, 0, 0x40),
        step(Action::Call, ROOT, 5, 0x80),
        step(Action::Call, ROOT, 0, 0x80),
        step(Action::Echo, 0, 0, 0),
        step(Action::Call, ROOT, 0, 0xc0),
    ]);
    story
}

/// An administrator ends the sessions of a user whose client has lost its connection and then wants its file back.
fn ended_while_lost() -> Story {
    let mut story = administrator();
    story.extend(arrive(0, 0, 0));
    story.extend([
        step(Action::Create, 0, 0x08 | 1, 0x80),
        step(Action::Disconnect, 0, 0, 0),
        step(Action::Call, ROOT, 3, 0),
    ]);
    story.extend(arrive(0, 0, 0));
    story.push(step(Action::Create, 0, 0x08 | 1, 0x88));
    story
}

/// Clients give up what their leases allow, and one reclaims its lease after it has lost the connection.
fn leases() -> Story {
    const LEASE: u8 = 0x20;
    const RESPONSE: u8 = 0x80;
    let mut story = arrive(2, 0, 0);
    story.extend(arrive(1, 1, 0));
    story.extend([
        step(Action::Create, 2, LEASE | 1, 0x90),
        step(Action::Create, 2, LEASE | 1, 0),
        step(Action::Create, 2, LEASE | 3, 5),
        step(Action::Create, 1, LEASE | 1, 0),
        step(Action::GiveBack, 2, 2, RESPONSE | 1),
        step(Action::Disconnect, 2, 0, 0),
    ]);
    story.extend(arrive(2, 0, 0));
    story.extend([
        // The oldest of its three opens.
        step(Action::Create, 2, LEASE | 1, 0x9a),
        step(Action::Write, 1, 0, 0xff),
        step(Action::GiveBack, 2, 3, RESPONSE | 1),
        step(Action::EndSession, 2, 0, 0),
    ]);
    story
}

/// Clients of SMB 3.1.1, whose keys derive from their logons: one signs, one is bound to its session, one encrypts.
fn modern() -> Story {
    let mut story = arrive(ENCRYPTED, 1, 0);
    story.extend(work(ENCRYPTED));
    story.extend([
        step(Action::Connect, 5, 0, 0),
        step(Action::LogOn, 5, 0, 0),
        step(Action::TreeConnect, 5 | Step::SIGNED, 0, 0),
        step(Action::Create, 5 | Step::SIGNED, 1, 0),
        step(Action::Connect, 6, 0, 0),
        step(Action::Bind, 6, 5, 0),
        step(Action::Borrow, 6, 5, 7),
        step(Action::Read, 6 | Step::SIGNED, 0, 0),
        step(Action::Create, ENCRYPTED | Step::QUEUE, 1, 0),
        step(Action::Flush, ENCRYPTED | Step::QUEUE, 0, 0),
        step(Action::Close, ENCRYPTED | Step::RELATED | Step::LIGHT, 0, 0),
        step(Action::Resume, ENCRYPTED, 0, 0),
        step(Action::EndSession, ENCRYPTED, 0, 0),
        step(Action::Echo, ENCRYPTED, 0, 0),
        step(Action::EndSession, 5, 0, 0),
    ]);
    story
}

/// Frames with several requests, that pause, and during which the session ends.
fn frames() -> Story {
    let mut story = arrive(0, 0, 0);
    let light = Step::LIGHT | Step::HURRY;
    story.extend([
        step(Action::Create, Step::QUEUE, 1, 0),
        step(Action::Write, Step::QUEUE, 0, 0xff),
        step(Action::Close, Step::RELATED, 0, 0),
        step(Action::Create, 0, 1, 0),
        step(Action::Write, Step::QUEUE, 0, 0xff),
        step(Action::Flush, Step::QUEUE, 0, 0),
        step(Action::Read, light, 0, 0),
        step(Action::EndSession, Step::HURRY, 0, 0),
        step(Action::Resume, Step::HURRY, 1, 0),
        step(Action::Resume, 0, 1, 0),
        step(Action::Resume, 0, 0, 0),
    ]);
    story
}

/// Logons that fail, wait, and stay half done.
fn logons() -> Story {
    let wrong = step(Action::LogOn, 0, 0x80, 0);
    let mut story = vec![step(Action::Connect, 0, 0, 0), step(Action::BeginLogOn, 0, 0, 0)];
    story.extend([wrong; 5]);
    story.extend([
        step(Action::ResumeLogOn, 0, 0, 0),
        step(Action::LogOn, 0, 0, 0),
        step(Action::ResumeLogOn, 0, 0, 0),
        step(Action::LogOn, 0, 0x20, 0),
        step(Action::Mutate, 0, 70, 1),
        step(Action::TreeConnect, 0, 0, 0),
        step(Action::Mutate, 0, 12, 1),
        step(Action::TreeConnect, 0, 0, 0),
    ]);
    story
}

/// Returns scripts that make sense: the ordinary work of clients, and each way in which a session ends.
#[must_use]
pub fn stories() -> Vec<Vec<u8>> {
    let leave = vec![step(Action::TreeDisconnect, 0, 0, 0), step(Action::LogOff, 0, 0, 0)];
    let alone = [arrive(0, 0, 0), work(0), leave].concat();
    let mut stories = vec![alone, waits(), channels(true), channels(false), modern(), frames(), logons()];
    stories.extend([durable(0, 0), durable(2, 1), ended_while_lost(), leases()]);
    stories.extend(ends());
    stories.push(ended_by_id());
    stories.into_iter().map(|story| story.concat()).collect()
}
