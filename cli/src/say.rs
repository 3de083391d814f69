//! Messages: on stderr, a line each. Data goes to stdout. Neither carries anything that moves a terminal:
//! files in a shared folder are anybody's words, and so is what an error quotes of them.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

pub use talea_text::shown::{excerpt, fit_for_terminals, shortened};

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
