//! Mechanism, ties, disclosure, reserves and acceptance, as a scenario says them.

use super::{file, within};
use crate::failure::{Code, Failure};
use talea_protocol::{
    limits::{MAX_ROUNDS, MAX_UNITS},
    terms::{Acceptance, Depth, Disclosure, Mechanism, Reserve, Rounds, Schedule, Ties},
};

/// The longest acceptance, in slots.
const LONGEST: u64 = 1 << 32;

/// How the price follows from the bids.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn mechanism(file: file::MechanismFile) -> Result<Mechanism, Failure> {
    Ok(match file {
        file::MechanismFile::FirstPrice => Mechanism::FirstPrice,
        file::MechanismFile::SecondPrice => Mechanism::UniformPrice { units: 1 },
        file::MechanismFile::UniformPrice { units } => {
            let most = u16::try_from(MAX_UNITS).unwrap_or(u16::MAX);
            within("mechanism.uniform-price.units", units, 1, most)?;
            Mechanism::UniformPrice { units }
        }
    })
}

/// How ties are broken.
pub fn ties(file: file::TiesFile) -> Ties {
    match file {
        file::TiesFile::EarliestCommit => Ties::EarliestCommit,
        file::TiesFile::Lottery => Ties::Lottery,
    }
}

/// What is opened besides winners and price.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn disclosure(file: file::DisclosureFile) -> Result<Disclosure, Failure> {
    let file::DisclosureFile { everything, cover, depth_from } = file;
    if everything {
        if cover || depth_from.is_some() {
            let sentence = "disclosure: everything includes cover and depth";
            return Err(Failure::new(Code::ScenarioField, sentence)
                .with_help("remove cover and depth_from, or remove everything"));
        }
        return Ok(Disclosure::Everything);
    }
    if let Some(bids) = depth_from {
        within("disclosure.depth_from", bids, 1, u32::MAX)?;
    }
    Ok(Disclosure::Facts { cover, depth: depth_from.map(|min_bids| Depth { min_bids }) })
}

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

/// Rounds, which need a depth to show.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn rounds(file: file::RoundsFile, disclosure: &Disclosure) -> Result<Rounds, Failure> {
    const SLOTS: u64 = 10;
    let file::RoundsFile { limit, commit_slots, reveal_slots, cover } = file;
    let commit_slots = commit_slots.unwrap_or(SLOTS);
    let reveal_slots = reveal_slots.unwrap_or(SLOTS);
    within("rounds.limit", limit, 2, u32::try_from(MAX_ROUNDS).unwrap_or(u32::MAX))?;
    within("rounds.commit_slots", commit_slots, 1, LONGEST)?;
    within("rounds.reveal_slots", reveal_slots, 1, LONGEST)?;
    if !matches!(disclosure, Disclosure::Facts { depth: Some(_), .. }) {
        let sentence = "rounds need a depth to show, and the scenario has none";
        return Err(
            Failure::new(Code::ScenarioField, sentence).with_help("set depth_from in [disclosure]")
        );
    }
    Ok(Rounds { limit, commit_slots, reveal_slots, cover })
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
