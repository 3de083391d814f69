//! Messages: on stderr, a line each. Data goes to stdout.

use std::io::Write as _;

/// Says something. Nothing is left to do if even this cannot be written.
pub fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "talea: {message}");
}

/// Writes data.
pub fn print(text: &str) {
    let mut out = std::io::stdout();
    // A reader that has seen enough is no failure.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
