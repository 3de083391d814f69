//! When phases end, as a scenario says it: in slots.

use super::file::ScheduleFile;
use crate::failure::{Code, Failure};
use talea_protocol::terms::{Rounds, Schedule};
use talea_text::rules::within;

/// The opening's slot, and the schedule. What is left out ends ten slots after the phase before.
///
/// # Errors
/// `scenario.schedule`, `scenario.bound`.
pub(super) fn read_schedule(
    file: &ScheduleFile,
    rounds: Option<Rounds>,
) -> Result<(u64, Schedule), Failure> {
    const PHASE: u64 = 10;
    const LAST: u64 = 1 << 62;
    let opening = file.opening_slot.unwrap_or(0);
    let after = |slot: u64| slot.saturating_add(PHASE);
    let deals_until = file.deals_until.unwrap_or(after(opening));
    let complaints_until = file.complaints_until.unwrap_or(after(deals_until));
    let commits_until = file.commits_until.unwrap_or(after(complaints_until));
    let reveals_until = file.reveals_until.unwrap_or(after(commits_until));
    let fail =
        |what: String| Err(Failure::new(Code::ScenarioSchedule, format!("schedule: {what}")));
    if opening > deals_until {
        return fail(format!("deals_until ({deals_until}) lies before opening_slot ({opening})"));
    }
    let order = [
        ("deals_until", deals_until),
        ("complaints_until", complaints_until),
        ("commits_until", commits_until),
        ("reveals_until", reveals_until),
    ];
    for ((before, earlier), (name, later)) in order.iter().zip(order.iter().skip(1)) {
        if later <= earlier {
            return fail(format!("{name} ({later}) must lie after {before} ({earlier})"));
        }
    }
    if reveals_until > LAST {
        return fail(format!("reveals_until ({reveals_until}) lies beyond 2^62"));
    }
    let endorse_slots = file.endorse_slots.unwrap_or(PHASE);
    let step_slots = file.step_slots.unwrap_or(PHASE);
    let step_slots_per_bid = file.step_slots_per_bid.unwrap_or(1);
    const LONGEST: u64 = 1 << 32;
    within("schedule.endorse_slots", endorse_slots, 1, LONGEST)?;
    within("schedule.step_slots", step_slots, 1, LONGEST)?;
    within("schedule.step_slots_per_bid", step_slots_per_bid, 0, LONGEST)?;
    let shortest = [rounds.map(|r| r.commit_slots), rounds.map(|r| r.reveal_slots)];
    let reveals = reveals_until.saturating_sub(commits_until);
    let shortest = shortest.into_iter().flatten().fold(reveals, u64::min);
    // Slots have no length here, so no time is the most.
    let usual = Schedule::usual_margin(reveals, rounds, u64::MAX);
    let witness_slots = file.witness_slots.unwrap_or(usual);
    within("schedule.witness_slots", witness_slots, 0, shortest.saturating_sub(1).min(LONGEST))?;
    let schedule = Schedule {
        deals_until,
        complaints_until,
        commits_until,
        reveals_until,
        endorse_slots,
        step_slots,
        step_slots_per_bid,
        witness_slots,
    };
    Ok((opening, schedule))
}
