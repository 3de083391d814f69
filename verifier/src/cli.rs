//! The command line: arguments in, exit code out.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write as _},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, error::ErrorKind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    failure::Fault,
    report::{Report, TOOL},
    verify::{Options, verify},
};

/// Verify an auction's transcript, trusting nothing in it.
///
/// Derives every signature check, proof, deadline and unit of money a second time, from the file alone,
/// and compares the outcome with the one that the file records.
#[derive(Debug, Parser)]
#[command(
    name = "talea-verify",
    version,
    after_help = "Exit codes:\n  \
        0   the transcript is valid\n  \
        1   the transcript is invalid, or the file is not a transcript: the report says which\n  \
        2   usage\n  \
        3   not decidable yet: every check so far passed, and the outcome is missing\n  \
        4   the file cannot be read\n  \
        70  internal error: the verifier is at fault, not the transcript"
)]
struct Arguments {
    /// The transcript; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the report as JSON (schema "talea-verify/2").
    #[arg(long)]
    json: bool,
    /// Write every check, passed or not, before the verdict. JSON always has them.
    #[arg(long, conflicts_with = "json")]
    checks: bool,
    /// Write only errors; the exit code gives the verdict.
    #[arg(long, conflicts_with_all = ["json", "checks"])]
    quiet: bool,
    /// Number of threads; all cores if left out. The report does not depend on it.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

const USAGE: u8 = 2;
const CANNOT_READ: u8 = 4;
const INTERNAL: u8 = 70;

/// Files of fewer bytes are verified before a bar could be read.
const LONG_FILE: u64 = 1 << 20;

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing is left to do if even this cannot be written.
            let _ = error.print();
            return ExitCode::from(if asked { 0 } else { USAGE });
        }
    };
    // The replay does not panic; should it ever, that is no verdict.
    let run = std::panic::catch_unwind(|| run(&arguments));
    ExitCode::from(run.unwrap_or_else(|_| {
        say("internal error; please report it with the transcript");
        INTERNAL
    }))
}

fn run(arguments: &Arguments) -> u8 {
    let report = match report(arguments) {
        Ok(report) => report,
        Err(fault) => {
            say(&fault.to_string());
            return match fault {
                Fault::Read(_) => CANNOT_READ,
                Fault::Internal(_) => INTERNAL,
            };
        }
    };
    let text = match (arguments.quiet, arguments.json) {
        (true, _) => String::new(),
        (false, true) => report.to_json(),
        (false, false) if arguments.checks => {
            format!("{}\n{}", report.checks_to_text(), report.to_text())
        }
        (false, false) => report.to_text(),
    };
    let written = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    match written {
        // A reader that has seen enough does not change the verdict.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(&format!("the report could not be written: {error}"));
            CANNOT_READ
        }
        _ => report.exit_code(),
    }
}

/// A message on stderr. Nothing is left to do if even this cannot be written.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{TOOL}: {message}");
}

fn report(arguments: &Arguments) -> Result<Report, Fault> {
    let options = Options { jobs: arguments.jobs.map(NonZeroUsize::get) };
    let (source, len): (Box<dyn Read>, Option<u64>) = if arguments.file.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(&arguments.file).map_err(Fault::Read)?;
        let len = file.metadata().map_err(Fault::Read)?.len();
        (Box::new(file), Some(len))
    };
    let bar = bar(len);
    let report = verify(source, &options, |progress| bar.set_position(progress.bytes));
    bar.finish_and_clear();
    report
}

/// On a terminal and for a long file; hidden otherwise. Without colour.
fn bar(len: Option<u64>) -> ProgressBar {
    let shown = io::stderr().is_terminal() && len.is_some_and(|len| len >= LONG_FILE);
    if !shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("verifying [{bar:40}] {percent:>3} %, {eta} left")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
