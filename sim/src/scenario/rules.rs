//! Reserves, acceptance and rounds, as a scenario says them: in slots.

use super::file;
use crate::failure::{Code, Failure};
use talea_protocol::{
    builder::{TermsBuilder, Unbuildable},
    terms::{Acceptance, Disclosure, Reserve, Rounds, Schedule},
};
use talea_text::{
    markets,
    rules::{self, within},
};

/// The longest acceptance, in slots.
const LONGEST: u64 = 1 << 32;

/// When reserves are due.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn reserve(file: file::ReserveFile, schedule: &Schedule) -> Result<Reserve, Failure> {
    let Schedule { complaints_until: after, commits_until: before, .. } = *schedule;
    let halfway = after.midpoint(before);
    let until = file.until.unwrap_or(halfway);
    if until <= after || until >= before {
        let sentence = format!(
            "reserve.until ({until}) must lie after complaints_until ({after}) and before \
             commits_until ({before})"
        );
        return Err(Failure::new(Code::ScenarioSchedule, sentence));
    }
    Ok(Reserve { until, opened: file.opened })
}

/// The seller's say.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn acceptance(file: file::AcceptanceFile) -> Result<Acceptance, Failure> {
    within("acceptance.slots", file.slots, 1, LONGEST)?;
    Ok(Acceptance { slots: file.slots })
}

/// Rounds.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn rounds(file: file::RoundsFile, disclosure: &Disclosure) -> Result<Rounds, Failure> {
    const SLOTS: u64 = 10;
    let file::RoundsFile { limit, commit_slots, reveal_slots, cover } = file;
    let commit_slots = commit_slots.unwrap_or(SLOTS);
    let reveal_slots = reveal_slots.unwrap_or(SLOTS);
    within("rounds.commit_slots", commit_slots, 1, LONGEST)?;
    within("rounds.reveal_slots", reveal_slots, 1, LONGEST)?;
    rules::rounds(Rounds { limit, commit_slots, reveal_slots, cover }, disclosure)
}

/// Holds a market or a survey to its bounds; of the terms only what those depend on needs to be right.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn judge_market(terms: TermsBuilder) -> Result<(), Failure> {
    let unbuildable = |fault: Unbuildable| Failure::new(Code::ScenarioBound, fault.to_string());
    markets::judge(&terms.build().map_err(unbuildable)?)
}

/// Refuses a field of a lot that needs a table which is not there.
pub fn require_table(at: &str, is_there: bool, table: &str) -> Result<(), Failure> {
    if is_there {
        return Ok(());
    }
    let sentence = format!("{at} needs a table [{table}], and the scenario has none");
    Err(Failure::new(Code::ScenarioField, sentence)
        .with_help(format!("add [{table}]; an empty one has the defaults, if it has any")))
}
