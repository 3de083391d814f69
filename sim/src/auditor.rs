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
