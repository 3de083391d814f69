//! An auction on a chain, from the outside: its transcript, from a node's answers.

use crate::{
    arguments::ExportArgs,
    failure::{Code, Failure},
    files::{self, Readers},
    say::print,
};
use talea_export::{
    events::Events,
    transcript::{self, Written},
};

/// The largest file of a node's answers, in bytes.
const MAX_ANSWERS: u64 = 1 << 28;

/// Writes the transcript that a node's answers hold.
///
/// # Errors
/// `chain.*`, `file.*`; then what was there stands.
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let ExportArgs { answers, contract, transcript: path, force, json } = args;
    if !force {
        files::require_new(path).map_err(|failure| failure.with_help("--force replaces it"))?;
    }
    let mut events = Events::of(contract.clone());
    for answers in answers {
        let bytes = files::read(answers, MAX_ANSWERS).map_err(|failure| match failure.code {
            Code::FileTooLarge => failure.with_help("hand in its pages as files of their own"),
            _ => failure,
        })?;
        events.read(&answers.display().to_string(), &bytes)?;
    }
    let mut bytes = Vec::new();
    let written = transcript::write(&events, &mut bytes)?;
    if *force {
        files::write(path, &bytes, Readers::Usual)?;
    } else {
        files::write_new(path, &bytes, Readers::Usual)?;
    }
    let Written { entries, bytes, is_closed } = written;
    let path = path.display();
    print(&if *json {
        let value = serde_json::json!({
            "schema": "talea-chain-export/1", "transcript": path.to_string(), "entries": entries,
            "bytes": bytes, "closed": is_closed,
        });
        format!("{value:#}\n")
    } else {
        let end = if is_closed { "with its outcome" } else { "and the auction is not closed" };
        format!("transcript {path}: {entries} entries, {bytes} bytes, {end}\n")
    });
    Ok(())
}
