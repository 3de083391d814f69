//! What a plan implies, compared with what came out of the encrypted auction.

use crate::{
    plain::{
        PlainLot, PlainResult,
        market::{PlainCurve, PlainMarket},
    },
    simulate::{BidPlan, BidderConduct, CurvePlan, KeyholderConduct, Plan},
};
use talea_protocol::{
    bytes::{List, PartyKey},
    commitment::TradeSide,
    outcome::{
        Award, Clearing, Disclosed, Ending, LotResult, Outcome, ReserveResult, Survey, Trade,
    },
    price::{Level, PriceGrid, Scale},
    terms::Ties,
};

/// The active bids of a lot, in commit order, and what the rounds showed of them.
#[derive(Clone, Debug, Default)]
struct ActiveBids {
    bids: Vec<(PartyKey, Level)>,
    surveys: Vec<Survey>,
    /// Whether the last survey is of these very bids, so that no depth is asked for after it.
    is_surveyed: bool,
}

/// Every lot's bids as the last round leaves them.
fn active_bids(plan: &Plan, bidders: &[PartyKey]) -> Option<Vec<ActiveBids>> {
    let mut lots = vec![ActiveBids::default(); plan.terms.lots.len()];
    let place = |lots: &mut Vec<ActiveBids>, bid: &BidPlan, may_enter: bool| {
        let bidder = *bidders.get(bid.bidder)?;
        let lot = lots.get_mut(usize::try_from(bid.lot).ok()?)?;
        if bid.conduct == BidderConduct::Honest {
            match lot.bids.iter_mut().find(|(party, _)| *party == bidder) {
                Some((_, level)) => *level = bid.level,
                None if may_enter => lot.bids.push((bidder, bid.level)),
                None => {}
            }
        }
        Some(())
    };
    plan.bids.iter().try_for_each(|bid| place(&mut lots, bid, true))?;
    let Some(rounds) = plan.terms.rounds else { return Some(lots) };
    for round in 0..rounds.limit.saturating_sub(1) {
        let mut moved = round == 0;
        for (lot, line) in lots.iter_mut().zip(plan.terms.lots.iter()) {
            if lot.bids.is_empty() {
                continue;
            }
            let survey = plain(plan, &line.grid, &lot.bids).survey();
            moved |= lot.surveys.last() != Some(&survey);
            lot.surveys.push(survey);
        }
        if !moved {
            lots.iter_mut().for_each(|lot| lot.is_surveyed = true);
            break;
        }
        let next = usize::try_from(round).ok().and_then(|round| plan.rounds.get(round));
        next.into_iter().flatten().try_for_each(|bid| place(&mut lots, bid, false))?;
    }
    Some(lots)
}

/// A lot with these bids and no reserve.
fn plain<'a>(plan: &'a Plan, grid: &'a PriceGrid, bids: &'a [(PartyKey, Level)]) -> PlainLot<'a> {
    PlainLot { terms: &plan.terms, grid, bids, reserve: None, declines: false }
}

/// What the plan implies for lot `index` if enough keyholders do their work; `found` is what it came
/// to. A lottery's draw cannot be foretold: of those that tie, the ones that won come first, and
/// everything else is compared.
fn implied(
    plan: &Plan,
    index: usize,
    ActiveBids { mut bids, surveys, is_surveyed }: ActiveBids,
    found: &LotResult,
) -> Option<LotResult> {
    let lot = u32::try_from(index).ok()?;
    let of_lot = plan.bids.iter().filter(|bid| bid.lot == lot);
    let counts = Counts::of(&of_lot.map(|bid| bid.conduct).collect::<Vec<_>>());
    if plan.terms.ties == Ties::Lottery {
        sort_as_drawn(&mut bids, found);
    }
    let reserve = plan.reserves.iter().find(|reserve| reserve.lot == lot);
    let plain = PlainLot {
        reserve: reserve.filter(|reserve| reserve.is_revealed).map(|reserve| reserve.level),
        declines: plan.declines.contains(&lot),
        ..plain(plan, &plan.terms.lots.get(index)?.grid, &bids)
    };
    let PlainResult { ending, mut disclosed, reserve: of_reserve } = plain.result();
    if is_surveyed {
        disclosed.depth = surveys.last().and_then(|survey| survey.depth.clone());
    }
    let lapsed = reserve.is_some_and(|reserve| !reserve.is_revealed);
    let Counts { commits, ranked, invalid } = counts;
    Some(LotResult {
        commits,
        ranked,
        invalid,
        reserve: if lapsed { ReserveResult::Lapsed } else { of_reserve },
        disclosed: Disclosed { surveys: List::new(surveys).ok()?, ..disclosed },
        ending,
    })
}

/// How many bids of a lot there are, and what becomes of them.
struct Counts {
    commits: u32,
    ranked: u32,
    invalid: u32,
}

impl Counts {
    fn of(conducts: &[BidderConduct]) -> Self {
        let number = |conduct| conducts.iter().filter(|of| **of == conduct).count() as u32;
        Self {
            commits: conducts.len() as u32,
            ranked: number(BidderConduct::Honest),
            invalid: number(BidderConduct::RevealsRubbish),
        }
    }
}

/// What the plan implies for lot `index` where bids are curves. Of a lottery's draw the order of those that would trade
/// is known, and no other bid's matters.
fn implied_market(
    plan: &Plan,
    index: usize,
    bidders: &[PartyKey],
    found: &LotResult,
) -> Option<LotResult> {
    let of_lot = plan.curves.iter().filter(|curve| usize::try_from(curve.lot) == Ok(index));
    let conducts: Vec<BidderConduct> = of_lot.clone().map(|curve| curve.conduct).collect();
    let Counts { commits, ranked, invalid } = Counts::of(&conducts);
    let honest = of_lot.filter(|curve| curve.conduct == BidderConduct::Honest);
    let plain = |CurvePlan { bidder, side, steps, .. }: &CurvePlan| {
        let party = *bidders.get(*bidder)?;
        Some(PlainCurve { party, side: *side, steps: steps.clone() })
    };
    let mut bids: Vec<PlainCurve> = honest.map(plain).collect::<Option<_>>()?;
    if let (Ties::Lottery, Ending::Cleared(clearing) | Ending::NoTrade(clearing)) =
        (plan.terms.ties, &found.ending)
    {
        let place = |bid: &PlainCurve| clearing.trades.iter().position(|t| t.party == bid.party);
        bids.sort_by_key(|bid| place(bid).unwrap_or(usize::MAX));
    }
    let (mechanism, fan_out) = (plan.terms.mechanism, plan.terms.fan_out);
    let lot = plan.terms.lots.get(index)?;
    Some(LotResult {
        commits,
        ranked,
        invalid,
        reserve: ReserveResult::None,
        disclosed: Disclosed::default(),
        ending: PlainMarket { mechanism, lot, fan_out, bids: &bids }.ending()?,
    })
}

/// Puts the bids in an order in which those that won a tie come before those that did not; where
/// all bids were opened, in the order in which they were.
fn sort_as_drawn(bids: &mut [(PartyKey, Level)], found: &LotResult) {
    if let Some(opened) = &found.disclosed.bids {
        bids.sort_by_key(|(bidder, _)| opened.iter().position(|bid| bid.bidder == *bidder));
        return;
    }
    let (Ending::Sold(award) | Ending::Declined(award)) = &found.ending else { return };
    let place = |bidder: &PartyKey| award.sales.iter().position(|sale| sale.winner == *bidder);
    bids.sort_by_key(|(bidder, _)| place(bidder).unwrap_or(usize::MAX));
}

/// In which lots an outcome is not the one that the plan implies, a sentence each. A lot may be
/// void where the plan has keyholders who do not behave, and only there.
#[must_use]
pub fn differences(plan: &Plan, bidders: &[PartyKey], outcome: &Outcome) -> Vec<String> {
    let may_be_void = plan.keyholders.values().any(|conduct| *conduct != KeyholderConduct::Honest);
    let lots = active_bids(plan, bidders);
    let mut found = Vec::new();
    if outcome.lots.len() != plan.terms.lots.len() {
        found.push(format!(
            "the outcome has {} lots and the terms {}",
            outcome.lots.len(),
            plan.terms.lots.len()
        ));
    }
    for (index, (lot, result)) in plan.terms.lots.iter().zip(outcome.lots.iter()).enumerate() {
        let active = lots.as_ref().and_then(|lots| lots.get(index)).cloned();
        let implied = match plan.terms.mechanism.curve() {
            None => active.and_then(|active| implied(plan, index, active, result)),
            Some(_) => implied_market(plan, index, bidders, result),
        };
        let is_excused = may_be_void && matches!(result.ending, Ending::Void(_));
        if is_excused || implied.as_ref() == Some(result) {
            continue;
        }
        let scale = lot.grid.scale;
        let implied = implied.map_or("nothing".into(), |result| in_words(scale, &result));
        found.push(format!(
            "lot {index} ({}): {}, but the bids imply {implied}",
            lot.name,
            in_words(scale, result),
        ));
    }
    found
}

fn in_words(scale: Scale, result: &LotResult) -> String {
    let LotResult { commits, ranked, invalid: _, reserve, disclosed, ending } = result;
    let award = |award: &Award| {
        let to: Vec<String> = award.sales.iter().map(|sale| sale.winner.to_string()).collect();
        format!("to {} at {}", to.join(", "), scale.write(award.quote.price))
    };
    let ending = match ending {
        Ending::Sold(sold) => format!("sold {}", award(sold)),
        Ending::Declined(declined) => format!("declined {}", award(declined)),
        Ending::BelowReserve => "below the reserve".into(),
        Ending::Unsold => "unsold".into(),
        Ending::Void(cause) => format!("void ({cause})"),
        Ending::Halted => "halted".into(),
        Ending::Cleared(clearing) => format!("cleared {}", market_in_words(scale, clearing)),
        Ending::NoTrade(clearing) => format!("no trade {}", market_in_words(scale, clearing)),
        Ending::OneSided => "one-sided".into(),
        Ending::Surveyed(statistics) => format!("surveyed: {statistics:?}"),
        Ending::TooFewAnswers => "too few answers".into(),
    };
    format!("{ending} from {ranked} ranked of {commits} bids, {reserve:?}, {disclosed:?}")
}

fn market_in_words(scale: Scale, clearing: &Clearing) -> String {
    let Clearing { price, between, margins, excess, trades } = clearing;
    let trade = |trade: &Trade| {
        let Trade { party, side, better, at_price, shared, amount } = trade;
        let side = match side {
            TradeSide::Buy => "buys",
            TradeSide::Sell => "sells",
        };
        format!("{party} {side} {better} and {shared} of {at_price} for {amount}")
    };
    let trades: Vec<String> = trades.iter().map(trade).collect();
    let price = scale.write(price.price);
    format!(
        "at {price} (between {between:?}, {margins:?}, excess {excess:?}): {}",
        trades.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario::Scenario, seed};
    use std::path::Path;
    use talea_protocol::{
        outcome::{PriceComparison, Quote, Sale, VoidCause},
        price::Price,
    };

    const TEXT: &str = r#"
title = "t"
seed = 1
lots = [{ name = "a", side = "sale", scale = "decimal 0", start = 0, end = 9 }]
quorum = [{ name = "g", threshold = 1, members = 2 }]
bidders = [
    { name = "A", bids = { 0 = 4 } },
    { name = "B", bids = { 0 = 7 } },
    { name = "C", bids = { 0 = 7 } },
    { name = "D", bids = { 0 = { price = 9, conduct = "never-reveals" } } },
    { name = "E", bids = { 0 = { price = 8, conduct = "reveals-rubbish" } } },
]
"#;

    fn plan() -> (Plan, Vec<PartyKey>) {
        let scenario = Scenario::from_text(TEXT, Path::new("")).unwrap();
        let (cast, plan) = scenario.cast(&mut seed::generator(1, 0)).unwrap();
        (plan, (0..5).map(|index| cast.bidder(index).unwrap()).collect())
    }

    fn outcome(plan: &Plan, ending: Ending, ranked: u32) -> Outcome {
        let lots = vec![LotResult {
            commits: 5,
            ranked,
            invalid: 1,
            reserve: ReserveResult::None,
            disclosed: Disclosed::default(),
            ending,
        }];
        let auction = plan.terms.auction_id();
        Outcome { auction, lots: List::new(lots).unwrap(), accounts: Vec::new() }
    }

    #[test]
    fn every_other_outcome_is_found_out() {
        let (mut plan, bidders) = plan();
        let sold = |bidder: usize, level| {
            let sale = Sale { winner: bidders[bidder], comparison: PriceComparison::AtPrice };
            let quote = Quote { level: Level(level), price: Price(i64::from(level)) };
            Ending::Sold(Award { quote, sales: List::new(vec![sale]).unwrap() })
        };
        let found = |plan: &Plan, ending, ranked| {
            differences(plan, &bidders, &outcome(plan, ending, ranked)).len()
        };
        assert_eq!(found(&plan, sold(1, 7), 3), 0);
        assert_eq!(found(&plan, sold(2, 7), 3), 1, "the later of equals");
        assert_eq!(found(&plan, sold(1, 6), 3), 1, "another price");
        assert_eq!(found(&plan, sold(1, 7), 4), 1, "another number of bids");
        assert_eq!(found(&plan, Ending::Unsold, 3), 1);
        assert_eq!(found(&plan, Ending::Halted, 3), 1);
        let void = Ending::Void(VoidCause::Quorum);
        assert_eq!(found(&plan, void.clone(), 3), 1, "everybody behaves");
        let id = talea_protocol::quorum::KeyholderId { group: 0, member: 1 };
        plan.keyholders.insert(id, KeyholderConduct::NeverEndorses);
        assert_eq!(found(&plan, void, 3), 0, "somebody does not");
        assert_eq!(found(&plan, Ending::Halted, 3), 1);
    }
}
