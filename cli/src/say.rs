//! Messages: on stderr, a line each. Data goes to stdout. Neither carries anything that moves a terminal:
//! files in a shared folder are anybody's words, and so is what an error quotes of them.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};
use talea_protocol::bytes::printable;

/// A text in which nothing but the ends of its lines moves a terminal.
#[must_use]
pub fn fit_for_terminals(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// The beginning of a stranger's text, in one line, in so many characters at most.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> String {
    let mut shown: String = printable(text).chars().take(most).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// Says something. Nothing is left to do if even this cannot be written.
pub fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "talea: {}", fit_for_terminals(message));
}

/// How long something may take before it is said that it does.
const SLOW: Duration = Duration::from_secs(1);

/// Does something, and says these words if it takes longer than a moment.
pub fn say_if_slow<T>(words: &str, work: impl FnOnce() -> T) -> T {
    let (done, waits) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waits.recv_timeout(SLOW) == Err(RecvTimeoutError::Timeout) {
                say(words);
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// Writes data: as it is into files and pipes, and fit for a terminal on a terminal.
pub fn print(text: &str) {
    let mut out = std::io::stdout();
    let shown = out.is_terminal().then(|| fit_for_terminals(text));
    let text = shown.as_deref().unwrap_or(text);
    // A reader that has seen enough is no failure.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_new_lines_moves_a_terminal() {
        assert_eq!(fit_for_terminals("B\u{f6}rse\nB0  90.50\n"), "B\u{f6}rse\nB0  90.50\n");
        assert_eq!(fit_for_terminals("a\u{1b}[2J\rb\u{202e}"), "a\\u{1b}[2J\\u{d}b\\u{202e}");
    }
}
