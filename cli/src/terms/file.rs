//! A file of terms as its author wrote it: every field, and nothing checked but its type.

use serde::Deserialize;
use talea_sim::scenario::file::{
    DisclosureFile, LadderFile, MechanismFile, PriceText, SideFile, TiesFile,
};

/// What a file of terms says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermsFile {
    pub(super) seller: String,
    pub(super) custodian: String,
    /// Receives forfeits and fees; nobody does if left out.
    pub(super) beneficiary: Option<String>,
    pub(super) board: BoardFile,
    pub(super) schedule: ScheduleFile,
    #[serde(default)]
    pub(super) stakes: StakesFile,
    /// Public keys of those who may bid; anybody if left out.
    pub(super) bidders: Option<Vec<String>>,
    #[serde(default = "max_bids_per_lot")]
    pub(super) max_bids_per_lot: u32,
    #[serde(default)]
    pub(super) mechanism: MechanismFile,
    #[serde(default)]
    pub(super) ties: TiesFile,
    #[serde(default)]
    pub(super) disclosure: DisclosureFile,
    pub(super) reserve: Option<ReserveFile>,
    pub(super) acceptance: Option<AcceptanceFile>,
    pub(super) rounds: Option<RoundsFile>,
    pub(super) quorum: Vec<GroupFile>,
    #[serde(default)]
    pub(super) every_lot: LadderFile,
    /// A CSV file of lots, beside this one.
    pub(super) lots_file: Option<String>,
    #[serde(default)]
    pub(super) lots: Vec<LotFile>,
}

pub(super) fn max_bids_per_lot() -> u32 {
    1_000
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardFile {
    pub(super) key: String,
    /// When slot 0 begins, such as `2026-12-01T14:00:00Z`; now if left out.
    pub(super) starts: Option<String>,
    /// The length of a slot; one second if left out.
    pub(super) slot: Option<String>,
}

/// Durations such as `"90s"`, `"10m"`, `"2h"`, each phase after the one before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleFile {
    pub(super) deals: String,
    pub(super) complaints: String,
    pub(super) commits: String,
    pub(super) reveals: String,
    pub(super) endorsing: String,
    pub(super) step: String,
    pub(super) step_per_bid: Option<String>,
    /// So long before the end of reveals, and of a later round's commits, keyholders attest nothing any
    /// more; if left out a tenth of the shortest of these phases, and ten seconds at most.
    pub(super) witness: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StakesFile {
    pub(super) deposit: u64,
    pub(super) bond: u64,
    pub(super) commit_fee: u64,
    /// Added to the fee for each bid that the lot has already.
    pub(super) fee_growth: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReserveFile {
    /// How long reserves can be committed, after the complaints; bids follow.
    pub(super) reserves: String,
    #[serde(default)]
    pub(super) opened: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptanceFile {
    pub(super) decide: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoundsFile {
    pub(super) limit: u32,
    pub(super) commits: String,
    pub(super) reveals: String,
    #[serde(default)]
    pub(super) cover: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFile {
    pub(super) name: String,
    pub(super) threshold: u16,
    pub(super) endorsements: Option<u16>,
    /// Whether its word counts for what the board did not take; if left out, if its threshold is more than 1.
    pub(super) witness: Option<bool>,
    pub(super) members: Vec<String>,
}

/// A line item; the same columns make a CSV file of lots.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LotFile {
    pub(super) name: String,
    /// An identifier of any kind, or one with a check digit.
    pub(super) identifier: Option<String>,
    pub(super) cusip: Option<String>,
    pub(super) isin: Option<String>,
    pub(super) side: Option<SideFile>,
    pub(super) scale: Option<String>,
    pub(super) start: Option<PriceText>,
    pub(super) tick: Option<PriceText>,
    pub(super) end: Option<PriceText>,
    pub(super) rungs: Option<u32>,
    pub(super) shape: Option<Vec<u32>>,
    pub(super) quantity: Option<u64>,
}
