//! Which bids were opened to which auditors, as the board's record has it.

use super::{transcript_of, verified};
use crate::{
    arguments::AuditNoticesArgs,
    board::notices::{self, Record},
    failure::{Code, Failure},
    names,
    replica::Replay,
    say::say,
};
use talea_protocol::terms::Openings;
use talea_report::verify_file;

/// The schema of the JSON.
const SCHEMA: &str = "talea-notices/1";

/// Lists the record; what the command prints.
///
/// # Errors
/// `board.invalid`, `audit.record`, `refused` where the terms ask for no record; `file.*`.
pub fn run(args: &AuditNoticesArgs) -> Result<String, Failure> {
    let transcript = transcript_of(&args.path)?;
    verified(&transcript, verify_file)?;
    let replay = Replay::of(&transcript)?;
    if replay.auction().terms().openings == Openings::Private {
        let sentence = "these terms ask for no record of openings: who opened a bid is not known";
        return Err(Failure::new(Code::Refused, sentence));
    }
    let path = args.notices.clone().unwrap_or_else(|| notices::beside(&transcript));
    let mut record: Vec<Record> = Vec::new();
    let others = notices::read(&path, &replay, |notice, _| record.push(notice))?;
    if others > 0 {
        say(&format!(
            "{others} more notices are of bids that this transcript does not show yet: they are not listed"
        ));
    }
    Ok(if args.json {
        let auction = names::auction(&replay.auction().id());
        let value = serde_json::json!({ "schema": SCHEMA, "auction": auction, "notices": record });
        format!("{value:#}\n")
    } else if record.is_empty() {
        "no opening is on the record\n".into()
    } else {
        let lots = &replay.auction().terms().lots;
        let rows = record.iter().map(|record| {
            let lot = usize::try_from(record.lot).ok().and_then(|at| lots.get(at));
            vec![
                record.number.to_string(),
                record.slot.to_string(),
                lot.map_or_else(String::new, |lot| lot.identifier.to_string()),
                record.round.to_string(),
                names::shortened(&record.bidder),
                names::shortened(&record.auditor),
            ]
        });
        let heading = ["notice", "slot", "lot", "round", "bidder", "auditor"];
        talea_text::table::table(&heading, rows.collect(), &[0, 1, 3]) + "\n"
    })
}
