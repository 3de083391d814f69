//! What each rule costs: one lot ranked under every mechanism and disclosure, or surveyed between
//! rounds, beside the first price.

use super::{Yardstick, one_lot, open, ratio, table};
use crate::simulate::SimulationError;
use comfy_table::Table;
use serde::Serialize;
use std::{hint::black_box, time::Duration};
use talea_contract::{Auction, Phase};
use talea_protocol::{
    price::{Level, PriceGrid},
    terms::{Depth, Disclosure, Mechanism, Ties},
    transcript::Entry,
};

/// The rules of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// In a few words.
    pub name: &'static str,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What is opened besides winners and price.
    pub disclosure: Disclosure,
    /// The seller's reserve, if it has one.
    pub reserve: Option<Level>,
    /// If it is the survey between two rounds that is measured: whether it shows the cover.
    pub survey: Option<bool>,
}

impl Rules {
    /// The best bid wins and pays what it bid; nothing else is opened.
    pub const FIRST_PRICE: Self = Self {
        name: "first price",
        mechanism: Mechanism::FirstPrice,
        ties: Ties::EarliestCommit,
        disclosure: Disclosure::WINNER_AND_PRICE,
        reserve: None,
        survey: None,
    };

    /// What a round shows before the next one.
    const SURVEY: Self = Self { disclosure: DEPTH, survey: Some(false), ..Self::FIRST_PRICE };

    /// The rules that figures are published for.
    pub const ALL: [Self; 10] = [
        Self::FIRST_PRICE,
        Self { name: "ties by lottery", ties: Ties::Lottery, ..Self::FIRST_PRICE },
        Self { name: "with cover", disclosure: COVER, ..Self::FIRST_PRICE },
        Self { name: "with depth", disclosure: DEPTH, ..Self::FIRST_PRICE },
        Self { name: "with a sealed reserve", reserve: Some(Level(1)), ..Self::FIRST_PRICE },
        Self { name: "second price", mechanism: units(1), ..Self::FIRST_PRICE },
        Self { name: "ten units, one price", mechanism: units(10), ..Self::FIRST_PRICE },
        Self { name: "everything", disclosure: Disclosure::Everything, ..Self::FIRST_PRICE },
        Self { name: "survey: depth", ..Self::SURVEY },
        Self { name: "survey: depth and cover", survey: Some(true), ..Self::SURVEY },
    ];
}

const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const DEPTH: Disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };

const fn units(units: u16) -> Mechanism {
    Mechanism::UniformPrice { units }
}

/// One lot ranked under some rules, quorum 2 of 3.
#[derive(Clone, Debug, Serialize)]
pub struct RulesFigures {
    /// Which rules.
    pub rules: &'static str,
    /// Levels of the grid.
    pub levels: u32,
    /// Its digits.
    pub shape: String,
    /// Bidders.
    pub bidders: usize,
    /// The contract from the first rank message to the outcome, per bidder, one core.
    pub rank_per_bidder: f64,
    /// The same as a multiple of the first price's, in this run.
    pub rank_to_first_price: f64,
    /// Steps: round trips to the keyholders.
    pub steps: u32,
    /// Bytes per bidder of the whole transcript; of a survey, of its own messages.
    pub bytes_per_bidder: u64,
}

/// The auction just before the first rank message, and the messages of this ranking or survey.
fn ranking(transcript: &[u8]) -> (Auction, Vec<Entry>) {
    let (mut auction, mut rest) = open(transcript);
    while auction.phase() != Phase::Ranking {
        let Some(entry) = rest.next() else { break };
        auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
    }
    let mut after = auction.clone();
    let mut entries = Vec::new();
    for entry in rest {
        after.apply(entry.slot, &entry.instruction).expect("it was accepted before");
        entries.push(entry);
        if after.phase() != Phase::Ranking {
            break;
        }
    }
    (auction, entries)
}

/// Steps of the lot's ranking.
fn steps(auction: &Auction, entries: &[Entry]) -> u32 {
    let mut auction = auction.clone();
    let keyholders: Vec<_> =
        auction.quorum_keys().map_or(Vec::new(), |keys| keys.share_keys.keys().copied().collect());
    let mut most = 0;
    for entry in entries {
        for due in keyholders.iter().flat_map(|id| auction.dues(*id)) {
            if let talea_contract::Due::Rank { header, .. } = due {
                most = most.max(header.step.saturating_add(1));
            }
        }
        auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
    }
    most
}

/// Measures every rule on one grid.
///
/// # Errors
/// [`SimulationError`] if a run fails.
pub(super) fn figures(
    yardstick: &mut Yardstick,
    time: Duration,
    grid: &PriceGrid,
    bidders: usize,
    progress: impl Fn(&str),
) -> Result<Vec<RulesFigures>, SimulationError> {
    let mut figures: Vec<RulesFigures> = Vec::new();
    for rules in Rules::ALL {
        progress(rules.name);
        let transcript = one_lot(grid, bidders, &rules)?;
        let (auction, entries) = ranking(&transcript);
        let rank = || {
            let mut auction = auction.clone();
            for entry in &entries {
                let applied = auction.apply(entry.slot, &entry.instruction);
                black_box(applied.expect("it was accepted before"));
            }
        };
        let rank_per_bidder = yardstick.ratio(time, rank) / bidders as f64;
        let bytes = match rules.survey {
            None => transcript.len(),
            Some(_) => entries.iter().map(|entry| entry.instruction.len()).sum(),
        };
        let first = figures.first().map_or(rank_per_bidder, |first| first.rank_per_bidder);
        figures.push(RulesFigures {
            rules: rules.name,
            levels: grid.levels,
            shape: grid.shape.to_string(),
            bidders,
            rank_per_bidder,
            rank_to_first_price: rank_per_bidder / first,
            steps: steps(&auction, &entries),
            bytes_per_bidder: bytes as u64 / bidders as u64,
        });
    }
    Ok(figures)
}

/// The figures as a table.
pub(super) fn to_table(figures: &[RulesFigures]) -> Table {
    let mut rows =
        table(&["rules", "shape", "bidders", "rank phase", "x first price", "steps", "bytes"]);
    for f in figures {
        rows.add_row([
            f.rules.to_string(),
            f.shape.clone(),
            f.bidders.to_string(),
            ratio(f.rank_per_bidder),
            format!("{:.2}", f.rank_to_first_price),
            f.steps.to_string(),
            f.bytes_per_bidder.to_string(),
        ]);
    }
    rows
}
