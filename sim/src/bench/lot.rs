//! Auctions of one lot to measure, and their transcripts.

use super::rules::Rules;
use crate::simulate::{
    BidPlan, BidderConduct, Cast, CurvePlan, Plan, ReservePlan, Seat, SimulationError, simulate,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use talea_contract::Auction;
use talea_protocol::{
    builder::{MAX_BIDS_PER_LOT, TermsBuilder},
    bytes::{Domain, List, Text},
    commitment::TradeSide,
    mechanism::{Curve, Mechanism},
    price::{Level, PriceGrid},
    quorum::Group,
    terms::{Lot, Reserve, Rounds, Schedule, Terms},
    transcript::{Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};

/// One lot, this many bidders with different bids, quorum 2 of 3: its transcript.
///
/// # Errors
/// [`SimulationError`] if the run fails.
///
/// # Panics
/// Never: the terms are within every bound.
pub fn one_lot(
    grid: &PriceGrid,
    bidders: usize,
    rules: &Rules,
) -> Result<Vec<u8>, SimulationError> {
    let (cast, mut rng) = cast(bidders);
    let level = |bidder: usize| spread(bidder, grid);
    let bids = (0..bidders)
        .map(|bidder| BidPlan {
            lot: 0,
            bidder,
            level: level(bidder),
            conduct: BidderConduct::Honest,
        })
        .collect();
    let plan = Plan {
        bids,
        reserves: rules
            .reserve
            .map(|level| ReservePlan { lot: 0, level, is_revealed: true })
            .into_iter()
            .collect(),
        ..plan(terms(&cast, bidders, (grid, 1), rules))
    };
    transcript(cast, &plan, &mut rng)
}

/// A market, or a survey, to measure.
pub(super) struct Lots<'a> {
    pub(super) grid: &'a PriceGrid,
    pub(super) bidders: usize,
    /// Units of a bid, and of the lot.
    pub(super) units: u32,
    pub(super) mechanism: Mechanism,
}

/// One lot of a market: every second bidder sells where there are two sides. Its transcript.
///
/// # Errors
/// [`SimulationError`] if the run fails.
pub(super) fn one_market(lots: &Lots<'_>) -> Result<Vec<u8>, SimulationError> {
    let Lots { grid, bidders, units, mechanism } = *lots;
    let (cast, mut rng) = cast(bidders);
    let rules = Rules { mechanism, ..Rules::FIRST_PRICE };
    let mut terms = terms(&cast, bidders, (grid, units.into()), &rules);
    terms.max_bids_per_lot = u32::try_from(bidders).unwrap_or(u32::MAX);
    let plan = plan(terms);
    let honest = BidderConduct::Honest;
    let plan = match mechanism.curve() {
        None => {
            let bid =
                |bidder| BidPlan { lot: 0, bidder, level: spread(bidder, grid), conduct: honest };
            Plan { bids: (0..bidders).map(bid).collect(), ..plan }
        }
        Some(Curve { steps, .. }) => {
            let steps = usize::from(steps);
            let of_step = units.checked_div(steps as u32).unwrap_or(1).clamp(1, 7);
            let of_step = if steps == 1 { 1 } else { of_step };
            let sells = |bidder: usize| {
                matches!(mechanism, Mechanism::TwoSided { .. }) && !bidder.is_multiple_of(2)
            };
            let curve = |bidder: usize| CurvePlan {
                lot: 0,
                bidder,
                side: if sells(bidder) { TradeSide::Sell } else { TradeSide::Buy },
                steps: (0..steps)
                    .map(|step| (spread(bidder * steps + step, grid), of_step))
                    .collect(),
                conduct: honest,
            };
            Plan { curves: (0..bidders).map(curve).collect(), ..plan }
        }
    };
    transcript(cast, &plan, &mut rng)
}

fn cast(bidders: usize) -> (Cast, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let cast = Cast::draw(&[vec![Seat::Own; 3]], bidders, &mut rng);
    (cast, rng)
}

/// Levels spread over the grid by a multiplier that is odd, so that they differ while there is room.
fn spread(number: usize, grid: &PriceGrid) -> Level {
    Level((number as u32).wrapping_mul(2_654_435_761) % grid.levels)
}

/// A plan without bids.
fn plan(terms: Terms) -> Plan {
    Plan {
        terms,
        opening_slot: 1,
        bids: Vec::new(),
        curves: Vec::new(),
        rounds: Vec::new(),
        reserves: Vec::new(),
        declines: Default::default(),
        keyholders: Default::default(),
    }
}

fn transcript(cast: Cast, plan: &Plan, rng: &mut ChaCha20Rng) -> Result<Vec<u8>, SimulationError> {
    let mut transcript = Vec::new();
    simulate(cast, plan, &mut transcript, rng)?;
    Ok(transcript)
}

fn terms(cast: &Cast, bidders: usize, (grid, quantity): (&PriceGrid, u64), rules: &Rules) -> Terms {
    let text = |text| Text::new(text).expect("a short text");
    let members = (0..3).filter_map(|place| cast.member(0, place)).collect();
    let group = Group {
        name: text("keyholders"),
        threshold: 2,
        endorsements: 2,
        is_witness: true,
        members: List::new(members).expect("three members"),
    };
    let lot = Lot { name: text("lot"), identifier: text("LOT"), quantity, grid: grid.clone() };
    let domain = Domain::new("bench").expect("a short text");
    let builder = TermsBuilder {
        nonce: [9; 32],
        lots: vec![lot],
        mechanism: rules.mechanism,
        ties: rules.ties,
        disclosure: rules.disclosure,
        reserve: rules.reserve.map(|_| Reserve { until: 25, opened: false }),
        rounds: rules.survey.map(|cover| Rounds {
            limit: 2,
            commit_slots: 10,
            reveal_slots: 10,
            cover,
        }),
        stakes: cast.token_stakes(),
        quorum: vec![group],
        max_bids_per_lot: MAX_BIDS_PER_LOT.max(u32::try_from(bidders).unwrap_or(u32::MAX)),
        chunk_items: 1024,
        ..TermsBuilder::new(domain, cast.seller(), cast.custodian(), Schedule::even(10))
    };
    builder.build().expect("one lot and one group")
}

/// The records of a transcript of our own making: the auction before its first entry, and the
/// entries one by one.
///
/// # Panics
/// If it is not one.
pub(crate) fn open(transcript: &[u8]) -> (Auction, impl Iterator<Item = Entry>) {
    let mut rest = &transcript[MAGIC.len()..];
    let mut record = move || {
        let (header, after) = rest.split_first_chunk::<RECORD_HEADER_BYTES>()?;
        let (kind, length) = RecordKind::read_header(header).expect("a record");
        let (body, after) = after.split_at(length);
        rest = after;
        Some((kind, body))
    };
    let (_, genesis) = record().expect("a transcript has a genesis");
    let genesis: Genesis = borsh::from_slice(genesis).expect("a genesis");
    let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
    let entries = std::iter::from_fn(record)
        .filter(|(kind, _)| *kind == RecordKind::Entry)
        .map(|(_, body)| borsh::from_slice(body).expect("an entry"));
    (auction.expect("possible terms"), entries)
}

/// Replays a transcript of our own making through the contract.
///
/// # Panics
/// If it is not one.
pub fn replay(transcript: &[u8]) -> Auction {
    let (mut auction, entries) = open(transcript);
    for entry in entries {
        auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
    }
    auction
}
