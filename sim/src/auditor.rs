//! The auction in the clear: what the bids imply, worked out the plain way and compared with what
//! came out of the encrypted one.

use crate::play::{BidderConduct, KeyholderConduct, Plan};
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, LotResult, Outcome},
    price::{Price, Rung},
};

/// What the plan implies for a lot if enough keyholders do their work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Bids committed.
    pub commits: u32,
    /// Bids revealed with a valid argument.
    pub ranked: u32,
    /// Bids revealed that prove nothing.
    pub invalid: u32,
    /// The winner, by index, and its rung: the highest, and of equals the earliest.
    pub best: Option<(usize, Rung)>,
}

/// What the plan implies, lot by lot.
#[must_use]
pub fn expected(plan: &Plan) -> Vec<Expected> {
    let mut lots = vec![Expected::default(); plan.terms.lots.len()];
    for bid in &plan.bids {
        let at = usize::try_from(bid.lot).unwrap_or(usize::MAX);
        let Some(lot) = lots.get_mut(at) else { continue };
        lot.commits = lot.commits.saturating_add(1);
        match bid.conduct {
            BidderConduct::Honest => {
                lot.ranked = lot.ranked.saturating_add(1);
                if lot.best.is_none_or(|(_, rung)| bid.rung > rung) {
                    lot.best = Some((bid.bidder, bid.rung));
                }
            }
            BidderConduct::RevealsRubbish => lot.invalid = lot.invalid.saturating_add(1),
            BidderConduct::NeverReveals => {}
        }
    }
    lots
}

/// In which lots an outcome is not the one that the plan implies, a sentence each. A lot may be
/// void where the plan has keyholders who do not behave, and only there.
#[must_use]
pub fn differences(plan: &Plan, bidders: &[PartyKey], outcome: &Outcome) -> Vec<String> {
    let may_be_void = plan.keyholders.values().any(|conduct| *conduct != KeyholderConduct::Honest);
    let lots = expected(plan).into_iter().zip(plan.terms.lots.iter());
    let mut found = Vec::new();
    if outcome.lots.len() != plan.terms.lots.len() {
        found.push(format!(
            "the outcome has {} lots and the terms {}",
            outcome.lots.len(),
            plan.terms.lots.len()
        ));
    }
    for (index, ((expected, lot), result)) in lots.zip(outcome.lots.iter()).enumerate() {
        let ending = match expected.best {
            Some((bidder, rung)) => bidders
                .get(bidder)
                .zip(lot.ladder.price(rung))
                .map(|(winner, price)| Ending::Sold { winner: *winner, rung, price }),
            None => Some(Ending::Unsold),
        };
        let LotResult { commits, ranked, invalid, ending: found_ending } = *result;
        let is_excused = may_be_void && matches!(found_ending, Ending::Void(_));
        let counts = (commits, ranked, invalid);
        let implied = (expected.commits, expected.ranked, expected.invalid);
        if !is_excused && (counts != implied || Some(found_ending) != ending) {
            found.push(format!(
                "lot {index} ({}): {} from {ranked} ranked of {commits} bids, but the bids imply {} \
                 from {} ranked of {}",
                lot.name,
                in_words(lot.ladder.scale, &found_ending),
                ending.map_or("nothing".into(), |ending| in_words(lot.ladder.scale, &ending)),
                expected.ranked,
                expected.commits,
            ));
        }
    }
    found
}

fn in_words(scale: talea_protocol::price::Scale, ending: &Ending) -> String {
    let write = |price: &Price| scale.write(*price);
    match ending {
        Ending::Sold { winner, price, .. } => format!("sold to {winner} at {}", write(price)),
        Ending::Unsold => "unsold".into(),
        Ending::Void(cause) => format!("void ({cause})"),
        Ending::Halted => "halted".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario::Scenario, seed};
    use std::path::Path;
    use talea_protocol::{bytes::List, outcome::VoidCause};

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
        let lots = vec![LotResult { commits: 5, ranked, invalid: 1, ending }];
        let auction = plan.terms.auction_id();
        Outcome { auction, lots: List::new(lots).unwrap(), accounts: Vec::new() }
    }

    #[test]
    fn the_highest_revealed_bid_wins_and_of_equals_the_earliest() {
        let (plan, _) = plan();
        let lot = Expected { commits: 5, ranked: 3, invalid: 1, best: Some((1, Rung(7))) };
        assert_eq!(expected(&plan), [lot]);
    }

    #[test]
    fn every_other_outcome_is_found_out() {
        let (mut plan, bidders) = plan();
        let sold = |bidder: usize, rung| Ending::Sold {
            winner: bidders[bidder],
            rung: Rung(rung),
            price: Price(i64::from(rung)),
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
        assert_eq!(found(&plan, void, 3), 1, "everybody behaves");
        let id = talea_protocol::quorum::KeyholderId { group: 0, member: 1 };
        plan.keyholders.insert(id, KeyholderConduct::NeverEndorses);
        assert_eq!(found(&plan, void, 3), 0, "somebody does not");
        assert_eq!(found(&plan, Ending::Halted, 3), 1);
    }
}
