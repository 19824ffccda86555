//! Runs programs that stress the library: they cancel threads, call while they end, unload the library, pass wrong
//! pointers, and have small stacks and many signals.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod stage;

use std::process::Command;

use stage::{Drive, Stage, abuse, allocator, host, library, lines, memory};

/// Runs the program with a command, at a server with one session besides its own. The library must print nothing.
fn run(stage: &Stage, command: &str) -> Vec<String> {
    let output = Drive::with(&host(), &library(), &[command, &stage.name()]).by_admin().output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    lines(&output)
}

/// A failure here would end a program that cancels one of its threads.
#[test]
fn a_cancelled_thread_ends_after_its_call() {
    let lines = run(&Stage::start(), "cancel");
    // A thread with asynchronous cancellation cannot print its code: it ends as soon as the call returns.
    let calls = ["cancelled 0", "ended 1"].repeat(10);
    assert_eq!(lines, [["login 0"].as_slice(), &calls, &["ended 1", "after 0 1"]].concat());
}

/// A failure here would print a panic into the program's output, or end the program, when it calls while it ends.
#[test]
fn a_call_of_an_ending_thread_is_refused_quietly() {
    let lines = run(&Stage::start(), "end");
    let of_thread = ["refused 124", "call 0 1", "last 1", "between 1", "first 1", "key 1", "only 1"];
    let of_program = ["kept 0", "exit 1", "freed 0"];
    let expected: Vec<_> = [["login 0"].as_slice(), &of_thread, &of_program].concat();
    assert_eq!(lines, expected);
}

/// A failure here would let a wrong pointer, or a second attempt to free a buffer, crash the program.
#[test]
fn wrong_pointers_are_refused() {
    let lines = run(&Stage::start(), "pointers");
    let expected: Vec<_> = ["login 0"]
        .into_iter()
        .chain(["wrong 87"; 12])
        .chain(["other thread 0", "twice 87", "other thread 87"])
        .collect();
    assert_eq!(lines, expected);
}

/// A failure here would crash a program that unloads the library during a call, or leak a connection each time.
#[test]
fn the_library_can_be_unloaded_during_a_call() {
    let lines = run(&Stage::start(), "unload");
    let loads = ["login 0", "loaded 0 1"].repeat(10);
    assert_eq!(lines, [loads.as_slice(), &["more descriptors 0", "login 0", "silent 64"]].concat());
}

/// A failure here would crash a program whose threads or coroutines have small stacks.
#[test]
fn a_call_works_on_a_small_stack() {
    let expected = ["login 0", "small stack 0 1", "coroutine 0 1", "main 0 1"];
    assert_eq!(run(&Stage::start(), "stack"), expected);
}

/// A failure here would let a program's signals make calls fail.
#[test]
fn interrupted_calls_succeed() {
    assert_eq!(run(&Stage::start(), "signals"), ["login 0", "interrupted 1", "wrong 0"]);
}

/// A failure here would send to a server what a program prints after it has closed its standard streams, as daemons do, and
/// break the connection.
#[test]
fn a_socket_never_takes_the_number_of_a_standard_stream() {
    assert_eq!(run(&Stage::start(), "daemon"), ["login 0", "codes 0", "open 0", "written 0"]);
}

/// A failure here would send to a server what a daemon with several threads prints, or close the standard streams that a
/// program opens during a call.
#[test]
fn the_numbers_of_standard_streams_belong_to_the_program() {
    assert_eq!(run(&Stage::start(), "threaded daemon"), ["login 0", "wrong 0", "lost 0"]);
}

/// A failure here would end a program whose memory runs out during a call.
#[cfg(target_env = "gnu")]
#[test]
fn a_call_without_memory_returns_code_8() {
    let stage = Stage::start();
    let output = Drive::with(&memory(), &library(), &[&stage.name()]).by_admin().output();
    let lines = lines(&output);
    assert_eq!(lines.first().map(String::as_str), Some("login 0"), "{output:?}");
    // Each case has the least number of failing allocations that must return code 8. Later ones fail after the request.
    let functions =
        [("warm enum", 20), ("warm del", 5), ("set login", 0), ("cold enum", 150), ("cold del", 150)];
    assert_eq!(lines.len(), 1 + functions.len(), "{output:?}");
    for (line, (name, least)) in lines.iter().skip(1).zip(functions) {
        let numbers = line.strip_prefix(name).unwrap();
        let code_8: u32 = numbers.split(' ').nth(3).unwrap().parse().unwrap();
        assert!(code_8 >= least, "{line}");
        assert!(
            numbers.starts_with(": 0 killed,") && numbers.ends_with(" 0 another error, 0 broken"),
            "{line}"
        );
    }
}

/// A failure here would end a program, or change its memory, that frees a buffer as `LocalFree` does, or calculates with
/// addresses of 32 bits; or leave a program with many buffers no mapping for its own memory.
#[test]
fn buffers_may_be_abused_as_on_windows() {
    let stage = Stage::start();
    let is_low = cfg!(all(target_env = "gnu", target_arch = "x86_64"));
    let name = stage.name();
    let arguments = [name.as_str(), "read"];
    let arguments = if is_low { &arguments[..] } else { &arguments[..1] };
    let output = Drive::with(&abuse(), &library(), arguments).by_admin().output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let low = ["login 0", "low", "readable", "freed again 87", "few mappings, none after", "wrong 0"];
    let other = ["login 0", "high", "freed again 87", "wrong 0"];
    let expected = if is_low { &low[..] } else { &other };
    assert_eq!(lines(&output), expected);
}

/// A failure here would end a program that allocates by itself: the system cannot tell the size of its blocks.
#[test]
fn a_program_may_have_an_allocator_of_its_own() {
    let output = Command::new(allocator()).arg(library()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(lines(&output), ["wrong 0"]);
}

/// A failure here would read or write outside of a buffer, or lose one, or mislead a checker of memory.
#[test]
fn a_checker_of_memory_finds_no_fault() {
    let stage = Stage::start();
    let (program, name) = (abuse(), stage.name());
    let arguments = ["-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"];
    let library = library();
    let all = [&arguments[..], &[program.to_str().unwrap(), library.to_str().unwrap(), &name]].concat();
    let output = Drive::program(std::path::Path::new("valgrind"), &all).by_admin().output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines(&output).last().map(String::as_str), Some("wrong 0"));
}
