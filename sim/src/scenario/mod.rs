//! A scenario: who takes part, under which terms, and what everybody does.
//!
//! [`file`](mod@file) is what the author wrote, [`Scenario`] what it means. Between the two everything is
//! checked, so that what can still fail afterwards is the auction and not the scenario. Fields that a file of
//! terms has too are read by [`talea_text`].

mod bidders;
pub mod bids;
mod cast;
pub mod file;
mod lots;
mod placed;
mod quorum;
pub mod rules;
mod schedule;

pub use quorum::GroupPlan;

use crate::{
    failure::{Code, Failure},
    input,
    simulate::{BidPlan, CurvePlan, KeyholderConduct, ReservePlan},
};
use bidders::Written;
use file::{AdmissionFile, ScenarioFile};
use lots::{EveryLot, Lots};
use placed::{Placed, place_bids, place_later_bids};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{Domain, PartyKey},
    limits::{MAX_BIDS_PER_LOT, MAX_CHUNK_ITEMS, MAX_LISTED_BIDDERS},
    quorum::KeyholderId,
    terms::{
        Acceptance, Disclosure, Lot, Mechanism, Money, Openings, Reserve, Rounds, Schedule, Stakes,
        Ties,
    },
};
use talea_text::{
    rules::{disclosure, domain, mechanism, money, named, openings, stakes, ties, within},
    suggest::Load,
};

/// Names that belong to parties of every auction.
const RESERVED: [&str; 3] = ["seller", "custodian", "beneficiary"];

/// A party whose key does not matter yet.
const NOBODY: PartyKey = PartyKey([0; 32]);

/// What is locked per bid, and per keyholder and lot, where a scenario does not say.
pub const LOCKED: u64 = 1_000;

/// A scenario that can be simulated.
///
/// # Invariants
/// Every bid names a bidder, a lot and a level that exist, and no bidder bids twice for a lot;
/// members sit in the quorum once; all of it keeps the bounds of checks T2 to T5.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about.
    pub title: String,
    /// Where every secret comes from.
    pub seed: u64,
    /// The board.
    pub domain: Domain,
    /// The opening's slot.
    pub opening_slot: u64,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What prices are, if the scenario says so.
    pub money: Option<Money>,
    /// Whether private openings are on the record.
    pub openings: Openings,
    /// What is opened besides winners and price.
    pub disclosure: Disclosure,
    /// Whether the seller may commit reserves.
    pub reserve: Option<Reserve>,
    /// Whether the seller may decline.
    pub acceptance: Option<Acceptance>,
    /// Whether bids can be improved round by round.
    pub rounds: Option<Rounds>,
    /// When phases end.
    pub schedule: Schedule,
    /// What is at stake; its beneficiary is of the cast.
    pub stakes: Stakes,
    /// Whether only the scenario's bidders may bid.
    pub is_listed: bool,
    /// Commits per lot, at most.
    pub max_bids_per_lot: u32,
    /// Test points asked at once.
    pub fan_out: u16,
    /// Items per chunk.
    pub chunk_items: u16,
    /// The line items.
    pub lots: Vec<Lot>,
    /// Who may decrypt.
    pub groups: Vec<GroupPlan>,
    /// Keyholders who do not behave.
    pub keyholders: BTreeMap<KeyholderId, KeyholderConduct>,
    /// Names of the bidders.
    pub bidders: Vec<String>,
    /// Their bids, in commit order.
    pub bids: Vec<BidPlan>,
    /// Their bids where a bid is a curve, in commit order.
    pub curves: Vec<CurvePlan>,
    /// What they bid in later rounds, from round 1.
    pub later_bids: Vec<Vec<BidPlan>>,
    /// The seller's reserves.
    pub reserves: Vec<ReservePlan>,
    /// The lots that the seller declines.
    pub declines: BTreeSet<u32>,
}

impl Scenario {
    /// Reads a scenario, and the file of bids beside it if it names one.
    ///
    /// # Errors
    /// [`Failure`], naming the field, and in a file of bids the line.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = input::read_text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_text(&text, folder)
    }

    /// Reads the text of a scenario; files that it names are in `folder`.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, Failure> {
        let file = ScenarioFile::parse(text)?;
        let title = named("title", &file.title)?.as_str().to_owned();
        let domain = domain("domain", &file.domain)?;
        let (max_bids_per_lot, fan_out, chunk_items) = sizes(&file)?;
        let mechanism = mechanism(file.mechanism)?;
        let disclosure = disclosure(file.disclosure)?;
        let acceptance = file.acceptance.map(rules::acceptance).transpose()?;
        let rounds = file.rounds.map(|file| rules::rounds(file, &disclosure)).transpose()?;
        let (opening_slot, schedule) = schedule::read_schedule(&file.schedule, rounds)?;
        let reserve = file.reserve.map(|file| rules::reserve(file, &schedule)).transpose()?;

        let Written { names: bidders, bids, later } =
            Written::read(file.bidders, file.bids.as_deref(), folder)?;
        let (groups, keyholders) = quorum::read_quorum(file.quorum, &bidders)?;
        let acts = groups.iter().map(|group| u32::from(group.threshold)).sum();
        let at_most = u32::try_from(bidders.len()).unwrap_or(u32::MAX).clamp(1, MAX_BIDS_PER_LOT);
        let every_lot = EveryLot {
            mechanism,
            grid: &file.every_lot,
            load: |levels| Load { levels, bidders: at_most, acts, fan_out },
            has_reserve: reserve.is_some(),
            has_acceptance: acceptance.is_some(),
        };
        let Lots { lots, reserves, declines } = Lots::read(file.lots, &every_lot)?;
        rules::judge_market(TermsBuilder {
            lots: lots.clone(),
            mechanism,
            disclosure,
            reserve,
            acceptance,
            rounds,
            max_bids_per_lot,
            ..TermsBuilder::new(domain.clone(), NOBODY, NOBODY, schedule)
        })?;
        let Placed { bids, curves } =
            place_bids(bids, mechanism, &lots, &bidders, max_bids_per_lot)?;
        let later_bids = place_later_bids(later, (mechanism, rounds), &bids, &lots, &bidders)?;

        let scenario = Self {
            title,
            seed: file.seed,
            domain,
            opening_slot,
            mechanism,
            ties: ties(file.ties),
            money: file.money.as_ref().map(money).transpose()?,
            openings: openings(file.openings),
            disclosure,
            reserve,
            acceptance,
            rounds,
            schedule,
            stakes: stakes(file.stakes, LOCKED, None),
            is_listed: file.admission == AdmissionFile::Listed,
            max_bids_per_lot,
            fan_out,
            chunk_items,
            lots,
            groups,
            keyholders,
            bidders,
            bids,
            curves,
            later_bids,
            reserves,
            declines,
        };
        scenario.check_money()?;
        scenario.check_list()?;
        Ok(scenario)
    }

    /// All money that the custodian will lock must be countable in 64 bits.
    fn check_money(&self) -> Result<(), Failure> {
        let Stakes { deposit, bond, commit_fee, fee_growth, .. } = self.stakes;
        // The highest fee that a lot can come to.
        let fee =
            commit_fee.saturating_add(fee_growth.saturating_mul(self.max_bids_per_lot.into()));
        let [deposit, bond, fee] = [deposit, bond, fee].map(u128::from);
        let count = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
        let members = self.groups.iter().map(|group| group.members.len()).sum();
        let bids = count(self.bids.len().max(self.curves.len()).max(1))
            .saturating_mul(deposit.saturating_add(fee));
        let reserves = count(self.reserves.len()).saturating_mul(deposit);
        let bonds = count(members).saturating_mul(count(self.lots.len())).saturating_mul(bond);
        if bids.saturating_add(reserves).saturating_add(bonds) > u128::from(u64::MAX) {
            let sentence = "stakes: all deposits, fees and bonds together exceed 2^64 - 1 units";
            return Err(Failure::new(Code::ScenarioStakes, sentence)
                .with_help("state them in a larger unit"));
        }
        Ok(())
    }

    /// A list of bidders must fit into terms.
    fn check_list(&self) -> Result<(), Failure> {
        let count = self.bidders.len();
        if self.is_listed && count > MAX_LISTED_BIDDERS {
            let sentence = format!(
                "admission: {count} bidders are listed, and a list holds {MAX_LISTED_BIDDERS}"
            );
            return Err(Failure::new(Code::ScenarioBound, sentence));
        }
        Ok(())
    }

    /// The quorum in words: `[seller 1 of 1] and [buyers 3 of 5]`.
    #[must_use]
    pub fn quorum_in_words(&self) -> String {
        let groups = self.groups.iter().map(|group| {
            format!("[{} {} of {}]", group.name, group.threshold, group.members.len())
        });
        groups.collect::<Vec<_>>().join(" and ")
    }
}

/// Commits per lot, test points asked at once, and items per chunk.
fn sizes(file: &ScenarioFile) -> Result<(u32, u16, u16), Failure> {
    let ScenarioFile { max_bids_per_lot, fan_out, chunk_items, .. } = *file;
    within("max_bids_per_lot", max_bids_per_lot, 1, MAX_BIDS_PER_LOT)?;
    within("fan_out", fan_out, 1, 1_023)?;
    within("chunk_items", chunk_items, 1, u16::try_from(MAX_CHUNK_ITEMS).unwrap_or(u16::MAX))?;
    Ok((max_bids_per_lot, fan_out, chunk_items))
}

#[cfg(test)]
mod tests;
