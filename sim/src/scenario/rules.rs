//! Mechanism, ties, disclosure, reserves and acceptance, as a scenario says them.

use super::{file, within};
use crate::failure::{Code, Failure};
use talea_protocol::{
    limits::MAX_UNITS,
    terms::{Acceptance, Depth, Disclosure, Mechanism, Reserve, Schedule, Ties},
};

/// The longest acceptance, in slots.
const LONGEST: u64 = 1 << 32;

pub(super) fn mechanism(file: file::MechanismFile) -> Result<Mechanism, Failure> {
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

pub(super) fn ties(file: file::TiesFile) -> Ties {
    match file {
        file::TiesFile::EarliestCommit => Ties::EarliestCommit,
        file::TiesFile::Lottery => Ties::Lottery,
    }
}

pub(super) fn disclosure(file: file::DisclosureFile) -> Result<Disclosure, Failure> {
    let file::DisclosureFile { everything, cover, depth_from } = file;
    if everything {
        if cover || depth_from.is_some() {
            let sentence = "disclosure: everything includes cover and depth";
            return Err(Failure::new(Code::ScenarioField, sentence)
                .with_help("leave cover and depth_from out, or everything"));
        }
        return Ok(Disclosure::Everything);
    }
    if let Some(bids) = depth_from {
        within("disclosure.depth_from", bids, 1, u32::MAX)?;
    }
    Ok(Disclosure::Facts { cover, depth: depth_from.map(|min_bids| Depth { min_bids }) })
}

pub(super) fn reserve(file: file::ReserveFile, schedule: &Schedule) -> Result<Reserve, Failure> {
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

pub(super) fn acceptance(file: file::AcceptanceFile) -> Result<Acceptance, Failure> {
    within("acceptance.slots", file.slots, 1, LONGEST)?;
    Ok(Acceptance { slots: file.slots })
}

/// Refuses a field of a lot that needs a table which is not there.
pub(super) fn require_table(at: &str, is_there: bool, table: &str) -> Result<(), Failure> {
    if is_there {
        return Ok(());
    }
    let sentence = format!("{at} needs a table [{table}], and the scenario has none");
    Err(Failure::new(Code::ScenarioField, sentence)
        .with_help(format!("add [{table}]; an empty one has the defaults, if it has any")))
}
