//! Bids with the lot that they are for and the level that their price is.

use super::{
    bidders::WrittenBid,
    file::{OfferFile, StepFile, TradeSideFile},
};
use crate::{
    failure::{Code, Failure},
    simulate::{BidPlan, CurvePlan},
};
use std::collections::BTreeMap;
use talea_parties::bidder::{BidError, check_curve};
use talea_protocol::{
    commitment::TradeSide,
    limits::MAX_BIDS_PER_LOT,
    price::{Level, Side},
    terms::{Lot, Mechanism, Rounds},
};
use talea_text::{file::PriceText, lot::read_bid};

/// The bids of a round: of one level each, or curves.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) bids: Vec<BidPlan>,
    pub(super) curves: Vec<CurvePlan>,
}

/// Gives every written bid its lot and its level, or its levels.
///
/// # Errors
/// `scenario.*`, naming the bid.
pub(super) fn place_bids(
    written: Vec<WrittenBid>,
    mechanism: Mechanism,
    lots: &[Lot],
    bidders: &[String],
    max_bids_per_lot: u32,
) -> Result<Placed, Failure> {
    let mut by_identifier: BTreeMap<&str, u32> = BTreeMap::new();
    for (index, lot) in (0u32..).zip(lots) {
        let identifier = lot.identifier.as_str();
        if let Some(before) = by_identifier.insert(identifier, index) {
            let sentence = format!(
                "lots[{index}].identifier: {identifier:?} is also the identifier of lots[{before}]"
            );
            return Err(Failure::new(Code::ScenarioIdentifier, sentence));
        }
    }
    let find = |text: &str| {
        let by_index = || {
            let index: u32 = text.parse().ok()?;
            (usize::try_from(index).ok()? < lots.len()).then_some(index)
        };
        by_identifier.get(text).copied().or_else(by_index)
    };
    let mut taken: BTreeMap<(usize, u32), String> = BTreeMap::new();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    let mut placed = Placed::default();
    for WrittenBid { at, bidder, lot: text, offer, conduct } in written {
        let name = bidders.get(bidder).map_or("", String::as_str);
        let found = find(&text).and_then(|lot| Some((lot, lots.get(usize::try_from(lot).ok()?)?)));
        let Some((lot, item)) = found else {
            let sentence = format!("{at}: {name} bids for {text:?}, which is not a lot");
            return Err(Failure::new(Code::ScenarioUnknownLot, sentence).with_help(
                "name a lot by its identifier, or by its index, counted from 0 in the order of lots",
            ));
        };
        if let Some(before) = taken.insert((bidder, lot), at.clone()) {
            let sentence = format!("{at}: {name} already bids for {}, at {before}", item.name);
            return Err(Failure::new(Code::ScenarioBidTwice, sentence)
                .with_help("a bidder has one bid per lot"));
        }
        let count = counts.entry(lot).or_default();
        *count = count.saturating_add(1);
        if *count > max_bids_per_lot {
            let sentence = format!(
                "{at}: {} takes {max_bids_per_lot} bids (max_bids_per_lot), and this is one more",
                item.name
            );
            return Err(Failure::new(Code::ScenarioTooManyBids, sentence));
        }
        match offer {
            OfferFile::Price(_) if mechanism.curve().is_some() => {
                return Err(refused(&at, &BidError::NeedsCurve)
                    .with_help("write { steps = [{ price = \"...\", quantity = 1 }] }"));
            }
            OfferFile::Price(price) => {
                let level = read_bid(&at, item, &price)?;
                placed.bids.push(BidPlan { lot, bidder, level, conduct });
            }
            OfferFile::Curve { side, steps } => {
                let side = side_of(&at, side, mechanism, item)?;
                let steps = read_steps(&at, item, steps)?;
                check_curve(mechanism, (lot, &item.grid), side, &steps)
                    .map_err(|error| refused(&at, &error))?;
                placed.curves.push(CurvePlan { lot, bidder, side, steps, conduct });
            }
        }
    }
    Ok(placed)
}

/// The side of a curve; that of its lot if there is but one.
fn side_of(
    at: &str,
    side: Option<TradeSideFile>,
    mechanism: Mechanism,
    lot: &Lot,
) -> Result<TradeSide, Failure> {
    match (side, lot.grid.side) {
        (Some(TradeSideFile::Buy), _) => Ok(TradeSide::Buy),
        (Some(TradeSideFile::Sell), _) => Ok(TradeSide::Sell),
        (None, _) if matches!(mechanism, Mechanism::TwoSided { .. }) => {
            let sentence =
                format!("{at}: a bid of a two-sided market has a side, and this one has none");
            Err(Failure::new(Code::ScenarioField, sentence)
                .with_help("write side = \"buy\" or side = \"sell\""))
        }
        (None, Side::HighestWins) => Ok(TradeSide::Buy),
        (None, Side::LowestWins) => Ok(TradeSide::Sell),
    }
}

fn read_steps(at: &str, lot: &Lot, steps: Vec<StepFile>) -> Result<Vec<(Level, u32)>, Failure> {
    let step = |(index, step): (usize, StepFile)| {
        let StepFile { price: PriceText(price), quantity } = step;
        Ok((read_bid(&format!("{at}.steps[{index}]"), lot, &price)?, quantity))
    };
    steps.into_iter().enumerate().map(step).collect()
}

/// A bid that its bidder could not make.
fn refused(at: &str, error: &BidError) -> Failure {
    let code = match error {
        BidError::NoUnits { .. }
        | BidError::QuantityTooLarge { .. }
        | BidError::TooManyUnits { .. } => Code::ScenarioQuantity,
        BidError::NoSteps | BidError::TooManySteps { .. } => Code::ScenarioBound,
        _ => Code::ScenarioField,
    };
    Failure::new(code, format!("{at}: {error}"))
}

/// Gives every bid of a later round its place: not below the one before.
///
/// # Errors
/// `scenario.*`, naming the bid.
pub(super) fn place_later_bids(
    later: Vec<(usize, WrittenBid)>,
    (mechanism, rounds): (Mechanism, Option<Rounds>),
    first: &[BidPlan],
    lots: &[Lot],
    bidders: &[String],
) -> Result<Vec<Vec<BidPlan>>, Failure> {
    let most = rounds.map_or(0, |rounds| rounds.limit.saturating_sub(1));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut placed: Vec<Vec<BidPlan>> = Vec::new();
    let mut active: BTreeMap<(usize, u32), Level> =
        first.iter().map(|bid| ((bid.bidder, bid.lot), bid.level)).collect();
    for (round, written) in later {
        let WrittenBid { at, bidder, lot: text, offer, conduct } = written;
        if round > most {
            let sentence =
                format!("{at}: there are {most} rounds after the first, and this is one more");
            return Err(
                Failure::new(Code::ScenarioBound, sentence).with_help("raise limit in [rounds]")
            );
        }
        let place = place_bids(
            vec![WrittenBid { at: at.clone(), bidder, lot: text, offer, conduct }],
            mechanism,
            lots,
            bidders,
            MAX_BIDS_PER_LOT,
        )?;
        for bid in place.bids {
            let before = active.insert((bidder, bid.lot), bid.level);
            if before.is_some_and(|before| bid.level < before) {
                let sentence =
                    format!("{at}: a bid of a later round is not worse than the one before");
                return Err(Failure::new(Code::ScenarioPrice, sentence));
            }
            if placed.len() < round {
                placed.resize(round, Vec::new());
            }
            if let Some(round) = round.checked_sub(1).and_then(|round| placed.get_mut(round)) {
                round.push(bid);
            }
        }
    }
    Ok(placed)
}
